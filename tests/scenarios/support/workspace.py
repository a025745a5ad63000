"""What Slack knows of people, channels and messages in the scenarios, and what it lets an app do with them.

What Slack delivers to the bot, it knows from then on (`observe`): the channel, in which the app then is, the person and the
message. What it does not know, it does not find. Each rule says where Slack has it written.
"""

import itertools
import secrets
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import yaml

Json = dict[str, Any]

TEAM: Final = "T0SIGNPOST"
OTHER_TEAM: Final = "T0STRANGER"
BOT_USER: Final = "U0SIGNPOST"
BOT_ID: Final = "B0SIGNPOST"
APP_ID: Final = "A0SIGNPOST"
ENTERPRISE: Final = "E0SIGNPOST"
SISTER_TEAM: Final = "T0SISTER"
#: A channel that the bot is in from the start.
CHANNEL: Final = "C0GENERAL"

MANIFEST = Path(__file__).parents[3] / "deploy" / "slack-manifest.yaml"

#: The scopes that each method wants, as its page says (https://docs.slack.dev/reference/methods/NAME); where that depends on
#: the kind of the conversation, one for each kind. Methods that are not here want none.
_HISTORY = {"public": "channels:history", "private": "groups:history", "im": "im:history", "mpim": "mpim:history"}
_READ = {"public": "channels:read", "private": "groups:read", "im": "im:read", "mpim": "mpim:read"}
SCOPES: dict[str, str | dict[str, str]] = {
    "assistant.threads.setStatus": "assistant:write",
    "assistant.threads.setSuggestedPrompts": "assistant:write",
    "chat.postEphemeral": "chat:write",
    "chat.postMessage": "chat:write",
    "chat.unfurl": "links:write",
    "chat.update": "chat:write",
    "conversations.history": _HISTORY,
    "conversations.info": _READ,
    "conversations.open": "im:write",
    "conversations.replies": _HISTORY,
    "users.info": "users:read",
}
#: How often a minute each method may be called: `rate_limit` on its page, of the tiers that are explained at
#: https://docs.slack.dev/apis/web-api/rate-limits. Slack lets some bursts pass, which nobody can count on. What is not here
#: has a rule of its own, such as chat.postMessage, or none that is known.
_TIER_2, _TIER_3, _TIER_4 = 20, 50, 100
CALLS_A_MINUTE: Final = {
    "apps.connections.open": _TIER_3,
    "assistant.threads.setSuggestedPrompts": _TIER_4,
    "auth.teams.list": _TIER_2,
    "chat.postEphemeral": _TIER_4,
    "chat.unfurl": _TIER_3,
    "chat.update": _TIER_3,
    "conversations.history": _TIER_3,
    "conversations.info": _TIER_3,
    "conversations.open": _TIER_3,
    "conversations.replies": _TIER_3,
    "functions.completeError": _TIER_3,
    "functions.completeSuccess": _TIER_3,
    "oauth.v2.access": _TIER_4,
    "users.info": _TIER_4,
    "views.open": _TIER_4,
    "views.publish": _TIER_4,
    "views.push": _TIER_4,
    "views.update": _TIER_4,
}
#: https://docs.slack.dev/interactivity/implementing-shortcuts and the page of views.open: used once, within 3 seconds. Here
#: within as many as a busy machine may need.
TRIGGER_LIFE_S: Final = 60.0
#: https://docs.slack.dev/reference/methods/chat.update: the text's limit is lower than that of a new message.
MOST_UPDATED_CHARS: Final = 4_000

_MESSAGE_FIELDS = (
    "user",
    "text",
    "ts",
    "thread_ts",
    "team",
    "bot_id",
    "subtype",
    "blocks",
    "attachments",
    "files",
    "edited",
)


def _times() -> Iterator[int]:
    last = 0
    while True:
        last = max(last + 1, time.time_ns() // 1_000)
        yield last


_TIMES = _times()
_ONE_AT_A_TIME = threading.Lock()
_NUMBERS = itertools.count(1)
_RUN = secrets.token_hex(4)
_TRIGGERS: dict[str, float] = {}


def new_ts() -> str:
    """Return a message's ts: the time in microseconds, later than all others, as a conversation's messages are."""
    with _ONE_AT_A_TIME:
        now = next(_TIMES)
    return f"{now // 1_000_000}.{now % 1_000_000:06d}"


def new_trigger() -> str:
    """Return the id of a trigger that somebody pulls now."""
    trigger = f"13345224609.738474920.{_RUN}{next(_NUMBERS):06d}"
    _TRIGGERS[trigger] = time.monotonic()
    return trigger


def no(error: str, **more: Any) -> Json:
    """Return how Slack refuses a call."""
    return {"ok": False, "error": error, **more}


def granted() -> frozenset[str]:
    """Return the scopes that the manifest asks for."""
    scopes = yaml.safe_load(MANIFEST.read_text("utf-8"))["oauth_config"]["scopes"]
    return frozenset(scopes["bot"]) | frozenset(scopes.get("bot_optional", ()))


class Workspace:
    """People, channels and messages, and who may read and write what."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.channels: dict[str, Json] = {}
        self.users: dict[str, Json] = {}
        self.threads: dict[tuple[str, str], list[Json]] = {}
        self.installation: Json = {}
        """What `auth.test` says instead of the usual, from one start of the bot to the next."""
        self.workspaces: list[str] = [TEAM, SISTER_TEAM]
        """Those of the organisation that the app is approved for, where there is an organisation."""
        self.scopes = granted()
        self.invited: set[str] = {CHANNEL}
        """Channels that the bot is in from the start of each test."""
        self._exchanged: set[str] = set()
        self._shared: dict[tuple[str, str], set[str]] = {}
        """The links of messages that the app was told of, by what its answer names the message with."""
        self.forget()

    def forget(self) -> None:
        """Start the next test with the usual channels, and nobody."""
        with self.lock:
            self.channels.clear()
            self.users.clear()
            self.threads.clear()
            self.scopes = granted()
            self.channels.update((channel, {"is_member": True}) for channel in self.invited)

    # What happens in Slack

    def invite(self, channel: str) -> None:
        """Let the app into a channel, in which it stays."""
        with self.lock:
            self.invited.add(channel)
            self.channels.setdefault(channel, {"is_member": True})

    def observe(self, payload: Any) -> None:
        """Know what Slack knows once it delivers this payload."""
        if not isinstance(payload, dict):
            return
        event = payload.get("event")
        with self.lock:
            if isinstance(event, dict):
                self._happened(payload, event)
            elif "command" in payload:
                self._acted(payload.get("channel_id"), payload.get("user_id"), payload.get("team_id"))
            else:
                channel, user = (payload.get(name) for name in ("channel", "user"))
                user = user if isinstance(user, dict) else {}
                self._acted(
                    channel.get("id") if isinstance(channel, dict) else None, user.get("id"), user.get("team_id")
                )

    def _acted(self, channel: Any, user: Any, team: Any) -> None:
        """Somebody uses a command, a button or a shortcut, which works where the app is not, too."""
        if isinstance(channel, str) and channel:
            self.channels.setdefault(channel, {})
        self._meet(user, team)

    def _happened(self, payload: Json, event: Json) -> None:
        """Something happens in a conversation: events come only from those that the app is in."""
        if event.get("type") == "link_shared":
            urls = {str(link.get("url")) for link in event.get("links") or [] if isinstance(link, dict)}
            for names in (("unfurl_id", "source"), ("channel", "message_ts")):
                self._shared[str(event.get(names[0])), str(event.get(names[1]))] = urls
        channel, external = event.get("channel"), payload.get("is_ext_shared_channel")
        enterprise = payload.get("enterprise_id") if external is False else None
        self._meet(event.get("user"), event.get("user_team") or event.get("team") or payload.get("team_id"), enterprise)
        if not isinstance(channel, str) or not channel:
            return
        about = self.channels.setdefault(channel, {})
        about.setdefault("is_member", True)
        kind = event.get("channel_type")
        about.setdefault("is_mpim" if kind == "mpim" else "is_private", kind in {"mpim", "group"})
        if external is True:
            about.setdefault("is_ext_shared", True)
        spoken = event.get("type") in {"app_mention", "message"} and not event.get("hidden")
        if spoken and isinstance(event.get("ts"), str):
            self._keep(channel, {name: event[name] for name in _MESSAGE_FIELDS if name in event})

    def _meet(self, user: Any, team: Any, enterprise: Any = None) -> None:
        if isinstance(user, str) and user and isinstance(team, str) and team:
            whose = {"enterprise_user": {"enterprise_id": enterprise, "teams": [team]}} if enterprise else {}
            self.users.setdefault(user, {"team_id": team, **whose})

    def _keep(self, channel: str, message: Json) -> None:
        root = message.get("thread_ts") or message["ts"]
        thread = self.threads.setdefault((channel, root), [])
        if all(one["ts"] != message["ts"] for one in thread):
            thread.append({"type": "message", **message})

    def add_message(self, channel: str, ts: str, text: str, *, thread_ts: str | None = None, **rest: Any) -> Json:
        """Put a message into a channel that the bot is in."""
        message = {"type": "message", "user": "U0ASKER", "team": TEAM, "text": text, "ts": ts, **rest}
        if thread_ts is not None:
            message["thread_ts"] = thread_ts
        with self.lock:
            self.channels.setdefault(channel, {}).setdefault("is_member", True)
            thread = self.threads.setdefault((channel, thread_ts or ts), [])
            thread[:] = [*(one for one in thread if one["ts"] != ts), message]
        return message

    def posted(self, channel: str, payload: Json) -> Json:
        """Keep a message that the bot posts, in a call or through a response URL, and return it."""
        message = {
            "type": "message",
            "user": BOT_USER,
            "bot_id": BOT_ID,
            "app_id": APP_ID,
            "team": TEAM,
            "ts": new_ts(),
        }
        message |= {"text": payload.get("text", ""), "blocks": payload.get("blocks", [])}
        message |= {name: payload[name] for name in ("metadata", "thread_ts") if payload.get(name)}
        with self.lock:
            self._keep(channel, message)
        return message

    def responded(self, channel: str, message_ts: str, payload: Json) -> bool:
        """Take what came through a response URL, and return whether anybody sees it.

        https://docs.slack.dev/interactivity/handling-user-interaction: `in_channel` makes a message that everybody sees and
        that the conversation has from then on, also where the app is no member; `replace_original` changes the message that
        was clicked. All else one person sees, in a thread under the same rule as by chat.postEphemeral.
        """
        with self.lock:
            if payload.get("replace_original") is True and message_ts:
                messages = (one for (where, _), thread in self.threads.items() if where == channel for one in thread)
                for message in messages:
                    if message["ts"] == message_ts:
                        message |= {"text": payload.get("text", ""), "blocks": payload.get("blocks", [])}
            elif payload.get("response_type") == "in_channel":
                self.posted(channel, payload)
            else:
                return payload.get("replace_original") is True or self.is_seen({**payload, "channel": channel})
        return True

    # What Slack says to calls

    def refusal(self, method: str, payload: Json) -> Json | None:
        """Return why a call is refused before anything else is looked at; None when it may be made."""
        with self.lock:
            channel = str(payload.get("channel") or "")
            wanted = SCOPES.get(method)
            if isinstance(wanted, dict):
                wanted = wanted[self._kind(channel)]
            if wanted and wanted not in self.scopes:
                # https://docs.slack.dev/reference/methods/conversations.info: `missing_scope`, with what is needed.
                return no("missing_scope", needed=wanted, provided=",".join(sorted(self.scopes)))
            if method in {"chat.postMessage", "chat.postEphemeral", "chat.update"}:
                return self._closed(channel, writing=True)
            if method in {"conversations.replies", "conversations.history"}:
                return self._closed(channel, writing=False)
            return None

    def _kind(self, channel: str) -> str:
        about = self.channels.get(channel, {})
        if channel.startswith("D"):
            return "im"
        return "mpim" if about.get("is_mpim") else "private" if about.get("is_private") else "public"

    def _closed(self, channel: str, *, writing: bool) -> Json | None:
        """Return why the app may not write or read here.

        https://docs.slack.dev/reference/methods/chat.postMessage: `channel` may be a person, whose conversation with the app
        is meant; `not_in_channel` where the app is no member (it has no `chat:write.public`), `is_archived`, and
        `channel_not_found` for what the app cannot see, such as private channels that it is not in.
        """
        if channel.startswith(("U", "W")):
            return None if writing and channel in self.users else no("channel_not_found")
        about = self.channels.get(channel)
        if about is None:
            return no("channel_not_found")
        if not about.get("is_member"):
            hidden = self._kind(channel) != "public"
            return no("channel_not_found" if hidden else "not_in_channel")
        return no("is_archived") if writing and about.get("is_archived") else None

    def conversation_of(self, channel: str) -> str:
        """Return the conversation that a message to a channel or a person goes to, as Slack's answer names it."""
        if not channel.startswith(("U", "W")):
            return channel
        with self.lock:
            self.channels.setdefault("D" + channel[1:], {"is_member": True})
        return "D" + channel[1:]

    def is_seen(self, payload: Json) -> bool:
        """Whether a private message goes to a channel, or into a thread that somebody has replied in.

        In any other thread it is accepted and not shown ("only shown if there is already an active thread"):
        https://docs.slack.dev/reference/methods/chat.postEphemeral
        """
        thread_ts = payload.get("thread_ts")
        with self.lock:
            thread = self.threads.get((str(payload.get("channel")), str(thread_ts)), [])
            return not thread_ts or any(message["ts"] != thread_ts for message in thread)

    def ephemeral(self, payload: Json) -> Json:
        """Answer chat.postEphemeral; its page: `user_not_in_channel`, where it is known who is in it."""
        members = self.channels.get(str(payload.get("channel")), {}).get("members")
        if members is not None and payload.get("user") not in members:
            return no("user_not_in_channel")
        return {"ok": True, "message_ts": new_ts()}

    def update(self, payload: Json) -> Json:
        """Answer chat.update; its page: `message_not_found`, `cant_update_message` for those of others, `msg_too_long`."""
        channel, ts = str(payload.get("channel")), payload.get("ts")
        with self.lock:
            everything = (one for (where, _), thread in self.threads.items() if where == channel for one in thread)
            message = next((one for one in everything if one["ts"] == ts), None)
            if message is None:
                return no("message_not_found")
            if message.get("bot_id") != BOT_ID:
                return no("cant_update_message")
            if len(str(payload.get("text", ""))) > MOST_UPDATED_CHARS:
                return no("msg_too_long")
            message.update({name: payload[name] for name in ("text", "blocks") if name in payload})
        return {"ok": True, "channel": channel, "ts": ts, "text": payload.get("text", "")}

    def preview(self, payload: Json, urls: list[Any]) -> Json:
        """Answer chat.unfurl.

        https://docs.slack.dev/reference/methods/chat.unfurl: one of two pairs says which message it is, and each address has to
        be in that message as it was written there.
        """
        pairs = [(payload.get("unfurl_id"), payload.get("source")), (payload.get("channel"), payload.get("ts"))]
        named = [(str(one), str(other)) for one, other in pairs if one and other]
        if not named:
            return no("missing_unfurl_id")
        with self.lock:
            shared = self._shared.get(named[0])
        if shared is None:
            return no("cannot_find_message")
        return {"ok": True} if set(urls) <= shared else no("cannot_unfurl_url")

    def exchange(self, trigger: Any) -> str:
        """Use up a trigger, and return why that cannot be; the codes are on the page of views.open."""
        pulled_at = _TRIGGERS.get(str(trigger))
        if pulled_at is None:
            return "invalid_trigger_id"
        if trigger in self._exchanged:
            return "exchanged_trigger_id"
        if time.monotonic() - pulled_at > TRIGGER_LIFE_S:
            return "expired_trigger_id"
        self._exchanged.add(str(trigger))
        return ""

    def replies(self, payload: Json, *, at_most: int) -> Json:
        """Give the messages between `oldest` and `latest`, the earliest first, and a cursor where there are more.

        https://docs.slack.dev/reference/methods/conversations.replies: both ends are left out unless `inclusive`; a
        limit is under 1,000, and some apps get 15 at most. The first message of a thread is in each answer but those to
        a cursor, whatever the range (not in Slack's reference; clients of it say so, such as the R package slackr).
        """
        root = str(payload.get("ts"))
        with self.lock:
            channel = str(payload.get("channel"))
            thread = [dict(one) for one in self.threads.get((channel, root), [])]
            # "A thread's parent message or a message in the thread": of a reply's own ts, that reply alone is known here.
            threads = (messages for (where, _), messages in self.threads.items() if where == channel)
            thread = thread or [dict(one) for messages in threads for one in messages if one["ts"] == root]
        if not thread:
            return no("thread_not_found")
        thread.sort(key=_when)
        if len(thread) > 1 and thread[0]["ts"] == root:
            thread[0] |= {"thread_ts": root, "reply_count": len(thread) - 1, "latest_reply": thread[-1]["ts"]}
        cursor = str(payload.get("cursor") or "")
        within = [one for one in thread if _is_within(one, payload) or (one["ts"] == root and not cursor)]
        return _page(within, cursor, min(int(payload.get("limit") or 999), at_most))

    def history(self, payload: Json) -> Json:
        """Give what is at the top of a channel between `oldest` and `latest`, the newest first.

        https://docs.slack.dev/reference/methods/conversations.history: replies are not in it unless they were sent to the
        channel too; 100 a page by default, 999 at most.
        """
        channel = str(payload.get("channel"))
        with self.lock:
            found = [
                dict(one)
                for (where, root), thread in self.threads.items()
                for one in thread
                if where == channel and (one["ts"] == root or one.get("subtype") == "thread_broadcast")
            ]
        found.sort(key=_when, reverse=True)
        within = [one for one in found if _is_within(one, payload)]
        return _page(within, str(payload.get("cursor") or ""), int(payload.get("limit") or 100))

    def channel_info(self, payload: Json) -> Json:
        """Answer conversations.info; its page: `channel_not_found` also for a private channel that the app is not in."""
        channel = str(payload.get("channel"))
        with self.lock:
            known = self.channels.get(channel)
            if known is None or (self._kind(channel) != "public" and not known.get("is_member")):
                return no("channel_not_found")
        usual = {"id": channel, "name": channel.lower(), "is_channel": True, "is_member": False, "is_ext_shared": False}
        return {"ok": True, "channel": {**usual, **known}}

    def user_info(self, payload: Json) -> Json:
        """Answer users.info.

        https://docs.slack.dev/reference/objects/user-object: people of an organisation have `enterprise_user`, with all their
        workspaces; `is_stranger` marks those of other ones.
        """
        user = str(payload.get("user"))
        with self.lock:
            known = self.users.get(user)
        if known is None:
            return no("user_not_found")
        team, enterprise = known.get("team_id"), self.installation.get("enterprise_id")
        of_organisation = {"enterprise_user": {"enterprise_id": enterprise, "teams": [team]}}
        ours = team == TEAM or (bool(enterprise) and team in self.workspaces)
        whose: Json = of_organisation if ours and enterprise else {} if ours else {"is_stranger": True}
        usual = {"id": user, "name": user.lower(), "is_bot": False, "profile": {"display_name": user}}
        return {"ok": True, "user": {**usual, **whose, **known}}

    def teams(self, payload: Json) -> Json:
        """Answer auth.teams.list; its page: for an app of the whole organisation, at most 1,000 a page."""
        limit, first = int(payload.get("limit") or 100), int(payload.get("cursor") or 0)
        if not 1 <= limit <= 1_000:
            return no("invalid_limit")
        page = self.workspaces[first : first + limit]
        following = str(first + limit) if first + limit < len(self.workspaces) else ""
        teams = [{"id": team, "name": team.lower()} for team in page]
        return {"ok": True, "teams": teams, "response_metadata": {"next_cursor": following}}


def _when(message: Json) -> Decimal:
    return Decimal(message["ts"])


def _is_within(message: Json, payload: Json) -> bool:
    oldest, latest = (Decimal(str(payload.get(name) or end)) for name, end in (("oldest", "0"), ("latest", "inf")))
    inclusive = payload.get("inclusive") in {True, "true", "1"}
    return oldest < _when(message) < latest or (inclusive and _when(message) in {oldest, latest})


def _page(messages: list[Json], cursor: str, limit: int) -> Json:
    """Return a page from the message that the cursor names, and the next cursor.

    https://docs.slack.dev/apis/web-api/pagination: an answer says `has_more`, and has a cursor, where something follows.
    """
    if cursor:
        start = cursor.removeprefix("next_ts:")
        places = [place for place, one in enumerate(messages) if one["ts"] == start]
        if not places:
            return no("invalid_cursor")
        messages = messages[places[0] :]
    answer: Json = {"ok": True, "messages": messages[:limit], "has_more": len(messages) > limit}
    if answer["has_more"]:
        answer["response_metadata"] = {"next_cursor": f"next_ts:{messages[limit]['ts']}"}
    return answer
