"""Slack's payloads as values. A handler makes one of them in its first line, and passes no dict on.

A field of a payload may be missing or have a wrong type; it is then empty.
"""

import hashlib
import json
import math
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from bot.slack.buttons import Asked
from bot.slack.ids import NO_SECTION, Field
from bot.slack.text import FoundLink, decode, links_in, one_line, split_quotes, unescape_slack, urls_of_message
from bot.slack.untrusted import dict_of, list_of, text_of

SLACKBOT = "USLACKBOT"
#: Subtypes of messages that a person wrote; all others are edits or messages of Slack itself.
_SPOKEN_SUBTYPES = frozenset({"", "file_share", "thread_broadcast"})
#: Fields that mark an attachment as another message: a forwarded one, or one that was linked.
_FORWARDED = ("is_share", "is_msg_unfurl")
#: Slack's fallback text for an attachment that has only blocks.
_NO_FALLBACK = "[no preview available]"
_MUTE_BLOCKS = frozenset({"actions", "button", "image", "input"})
_TEXTS_OF_BLOCKS = ("title", "subtitle", "text", "description", "body")
_PARTS_OF_BLOCKS = ("fields", "elements", "rows")
_LINES_OF_RICH_TEXT = frozenset({"rich_text_section", "rich_text_quote", "rich_text_preformatted"})


def _id_of(value: Any) -> str:
    """Return the id from an object, or the value itself when Slack sends only the id."""
    return text_of(value.get("id")) if isinstance(value, dict) else text_of(value)


def external_of(body: dict[str, Any]) -> bool | None:
    """Return whether an event's channel is shared with other organisations; None when the event does not say."""
    flag = body.get("is_ext_shared_channel")
    return flag if isinstance(flag, bool) else None


def _edited_after_s(event: dict[str, Any]) -> float | None:
    if "edited" not in event:
        return None
    try:
        return float(text_of(dict_of(event["edited"]).get("ts"))) - float(text_of(event.get("ts")))
    except ValueError:
        return math.inf


def enterprise_of(body: dict[str, Any]) -> str:
    """Return the organisation that an event comes from; empty in a shared channel, where the field may name another one."""
    return text_of(body.get("enterprise_id")) if external_of(body) is False else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who the bot is in its workspace or organisation, as Slack's `auth.test` says."""

    user_id: str
    bot_id: str
    team_id: str = ""
    """The workspace; empty for an app that is installed for a whole organisation."""
    enterprise_id: str = ""
    """The organisation, where the workspace belongs to one."""

    @classmethod
    def of(cls, answer: dict[str, Any]) -> Self:
        """Read an answer of `auth.test`; for a whole organisation, its team is missing or the organisation's id."""
        team, enterprise = str(answer.get("team_id") or ""), str(answer.get("enterprise_id") or "")
        if answer.get("is_enterprise_install") is True:
            team, enterprise = "", enterprise or team
        return cls(
            user_id=str(answer.get("user_id") or ""),
            bot_id=str(answer.get("bot_id") or ""),
            team_id=team,
            enterprise_id=enterprise,
        )

    @property
    def is_org_wide(self) -> bool:
        """Whether the app is installed for a whole organisation."""
        return bool(self.enterprise_id) and not self.team_id

    def is_ours(self, team: str, enterprise: str = "") -> bool:
        """Whether one of these ids is the installation's; Slack may send the organisation's id as the team."""
        return bool({team, enterprise} & ({self.team_id, self.enterprise_id} - {""}))

    @property
    def ids(self) -> frozenset[str]:
        """The author ids of the bot's own messages."""
        return frozenset({self.user_id, self.bot_id} - {""})

    def is_mentioned_in(self, text: str) -> bool:
        """Whether a text in Slack's encoding mentions the bot."""
        return f"<@{self.user_id}>" in text or f"<@{self.user_id}|" in text

    def wrote(self, message: dict[str, Any]) -> bool:
        """Whether a message is the bot's own."""
        return bool({text_of(message.get("user")), text_of(message.get("bot_id"))} & self.ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The workspaces and the organisation of a person, as `users.info` says."""

    teams: frozenset[str]
    enterprise: str

    @classmethod
    def of(cls, answer: dict[str, Any]) -> Self:
        """Read an answer of `users.info`."""
        user = dict_of(answer.get("user"))
        of_organisation = dict_of(user.get("enterprise_user"))
        teams = map(text_of, (user.get("team_id"), *list_of(of_organisation.get("teams"))))
        return cls(teams=frozenset(teams) - {""}, enterprise=text_of(of_organisation.get("enterprise_id")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarded:
    """A message within another one: forwarded, or quoted."""

    author: str
    """Empty where it is not known."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The text of a message in Slack's encoding, from its text, blocks or attachments.

    Alerts, messages of workflows and messages that only forward another one often have an empty `text`.
    """

    ways: tuple[str, ...]
    """The message's text without quotes, its blocks and its attachments; the first that is not empty counts.

    Of another app's message, the first is all that it shows.
    """
    forwarded: tuple[Forwarded, ...]

    @classmethod
    def of(cls, message: dict[str, Any]) -> Self:
        """Read a message, or the event that brings it."""
        attachments = [dict_of(item) for item in list_of(message.get("attachments"))]
        forwarded = [item for item in attachments if any(item.get(mark) is True for mark in _FORWARDED)]
        added = [item for item in attachments if item not in forwarded]
        own, quoted = split_quotes(text_of(message.get("text")))
        in_blocks, attached = " ".join(_in_blocks(message.get("blocks"))), " ".join(map(_in_attachment, added))
        if message.get("bot_id"):
            # The text of an app's message is often only its notification, and the rest stands below; not so a link's preview.
            below = " ".join(_in_attachment(item) for item in added if not text_of(item.get("from_url")))
            ways: tuple[str, ...] = (f"{max(own, in_blocks, key=len)} {below}".strip(), attached)
        else:
            ways = (own, "" if quoted else in_blocks, attached)
        return cls(
            ways=ways,
            forwarded=(
                *([Forwarded(author="", text=quoted)] if quoted else []),
                *(
                    Forwarded(
                        author=text_of(item.get("author_id")) or text_of(item.get("bot_id")), text=_in_attachment(item)
                    )
                    for item in forwarded
                ),
            ),
        )

    def words(self, *, drop_user: str = "") -> str:
        """Return the author's own words in plain text, without mentions of `drop_user`."""
        return next((words for way in self.ways if (words := decode(way, drop_user=drop_user))), "")

    def links(self) -> frozenset[str]:
        """Return the addresses in it, also those of forwarded messages."""
        return frozenset(
            link.url for text in (*self.ways, *(one.text for one in self.forwarded)) for link in links_in(text)
        )

    def passed_on(self, *, but_of: Container[str] = ()) -> tuple[str, ...]:
        """Return the texts that it forwards or quotes, without those of the authors `but_of`."""
        texts = (decode(one.text) for one in self.forwarded if one.author not in but_of)
        return tuple(text for text in texts if text)


def _in_attachment(attachment: dict[str, Any]) -> str:
    """Return the text of an attachment; the fallback only when there is no other, since it repeats the rest."""
    said = [text_of(attachment.get(name)) for name in ("pretext", "title", "text")]
    for field in map(dict_of, list_of(attachment.get("fields"))):
        said += [text_of(field.get("title")), text_of(field.get("value"))]
    said += _in_blocks(attachment.get("blocks"))
    if not any(said):
        inner = (dict_of(dict_of(item).get("message")) for item in list_of(attachment.get("message_blocks")))
        said = [text for message in inner for text in _in_blocks(message.get("blocks"))]
    fallback = text_of(attachment.get("fallback"))
    return " ".join(filter(None, said)) or (fallback if fallback != _NO_FALLBACK else "")


def _leaf(leaf: dict[str, Any]) -> str:
    text, url = text_of(leaf.get("text")), text_of(leaf.get("url"))
    return f"<{url}|{text}>" if url and text else f"<{url}>" if url else text


def _in_blocks(part: Any) -> Iterator[str]:
    """Yield the text of blocks, line by line."""
    for item in list_of(part):
        if isinstance(item, list):
            yield from _in_blocks(item)
            continue
        block = dict_of(item)
        kind = text_of(block.get("type"))
        if kind in _LINES_OF_RICH_TEXT:
            leaves = map(dict_of, list_of(block.get("elements")))
            yield "".join(_leaf(leaf) for leaf in leaves)
        elif kind not in _MUTE_BLOCKS:
            for text in map(block.get, _TEXTS_OF_BLOCKS):
                yield text_of(text) or text_of(dict_of(text).get("text"))
            for parts in map(block.get, _PARTS_OF_BLOCKS):
                yield from _in_blocks(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A slash command."""

    text: str
    team: str
    enterprise: str
    channel: str
    user: str
    trigger_id: str
    response_url: str

    @classmethod
    def of(cls, body: dict[str, Any]) -> Self:
        """Read a command's form."""
        return cls(
            text=text_of(body.get("text")).strip(),
            team=text_of(body.get("team_id")),
            enterprise=text_of(body.get("enterprise_id")),
            channel=text_of(body.get("channel_id")),
            user=text_of(body.get("user_id")),
            trigger_id=text_of(body.get("trigger_id")),
            response_url=text_of(body.get("response_url")),
        )

    @property
    def keys(self) -> tuple[str, ...]:
        """The dedupe key."""
        return (f"trigger:{self.trigger_id}",) if self.trigger_id else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A message or a mention, from an event."""

    event_id: str
    team: str
    """The workspace that the event was delivered for."""
    author_team: str
    """The author's workspace or organisation."""
    enterprise: str
    """The organisation that the event comes from; empty unless its channel is known not to be shared with another one."""
    channel: str
    channel_type: str
    user: str
    text: str
    said: Said
    ts: str
    thread_ts: str
    subtype: str
    edited_after_s: float | None
    """How long after it was written it was edited; infinity when Slack does not say that, None when it was not edited."""
    by_bot: bool
    external: bool | None
    """Whether the channel is shared with other organisations; None where the event does not say it."""

    @classmethod
    def of(cls, body: dict[str, Any]) -> Self:
        """Read an event callback of type `app_mention` or `message`."""
        event = dict_of(body.get("event"))
        team = text_of(body.get("team_id"))
        return cls(
            event_id=text_of(body.get("event_id")),
            team=team or text_of(event.get("team")),
            author_team=text_of(event.get("user_team")) or text_of(event.get("team")) or team,
            enterprise=enterprise_of(body),
            channel=text_of(event.get("channel")),
            channel_type=text_of(event.get("channel_type")),
            user=text_of(event.get("user")),
            text=text_of(event.get("text")),
            said=Said.of(event),
            ts=text_of(event.get("ts")),
            thread_ts=text_of(event.get("thread_ts")),
            subtype=text_of(event.get("subtype")),
            edited_after_s=_edited_after_s(event),
            by_bot=bool(event.get("bot_id") or event.get("bot_profile")),
            external=external_of(body),
        )

    @classmethod
    def of_edit(cls, body: dict[str, Any]) -> "tuple[Spoken, Spoken]":
        """Read an event of the subtype `message_changed`: the message as it is now, and as it was."""
        event = dict_of(body.get("event"))
        where = {name: event.get(name) for name in ("channel", "channel_type")}

        def version(name: str) -> "Spoken":
            return cls.of({**body, "event": {"edited": {}, **dict_of(event.get(name)), **where}})

        return version("message"), version("previous_message")

    def mentions(self, identity: Identity) -> bool:
        """Whether its author mentions the bot, not only somebody who is quoted."""
        return identity.is_mentioned_in(self.said.ways[0])

    def quotes_mention(self, identity: Identity) -> bool:
        """Whether the bot is mentioned only in what is quoted."""
        return identity.is_mentioned_in(self.text) and not self.mentions(identity)

    def is_for(self, identity: Identity) -> bool:
        """Whether a person wrote this: not a bot, and not Slack itself."""
        return (
            bool(self.channel and self.ts and self.user)
            and not self.by_bot
            and self.subtype in _SPOKEN_SUBTYPES
            and self.user not in {SLACKBOT, identity.user_id}
        )

    @property
    def author_enterprise(self) -> str:
        """The author's organisation, where the event names it: it speaks of the author's own workspace."""
        return self.enterprise if self.author_team == self.team else ""

    @property
    def is_direct(self) -> bool:
        """Whether it is a direct message to the bot."""
        return self.channel_type == "im" or (not self.channel_type and self.channel.startswith("D"))

    @property
    def in_thread(self) -> bool:
        """Whether it is a reply in a thread."""
        return bool(self.thread_ts) and self.thread_ts != self.ts

    @property
    def keys(self) -> tuple[str, ...]:
        """The dedupe keys. Slack's retries share the first; a mention and the message event for it share the second.

        The second has no workspace in it, because in a shared channel the two events name different ones.
        """
        message = f"message:{self.channel}:{self.ts}"
        return (f"event:{self.event_id}", message) if self.event_id else (message,)


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeOpened:
    """Somebody opened the bot's Home or Messages tab."""

    user: str
    team: str
    enterprise: str
    channel: str
    tab: str

    @classmethod
    def of(cls, body: dict[str, Any]) -> Self:
        """Read an event callback of type `app_home_opened`."""
        event = dict_of(body.get("event"))
        return cls(
            user=text_of(event.get("user")),
            team=text_of(body.get("team_id")),
            enterprise=enterprise_of(body),
            channel=text_of(event.get("channel")),
            tab=text_of(event.get("tab")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionCall:
    """A call of one of the app's functions: by Slack's search, or as a step of a workflow."""

    execution_id: str
    callback_id: str
    inputs: Mapping[str, Any]
    user: str
    """Who searches; a workflow does not say who runs it."""
    team: str
    enterprise: str
    token: str
    """The token with which this call must be completed."""

    @classmethod
    def of(cls, body: dict[str, Any]) -> Self:
        """Read an event callback of type `function_executed`."""
        event = dict_of(body.get("event"))
        inputs = dict_of(event.get("inputs"))
        return cls(
            execution_id=text_of(event.get("function_execution_id")),
            callback_id=text_of(dict_of(event.get("function")).get("callback_id")),
            inputs=inputs,
            user=_id_of(inputs.get("user_context")),
            team=text_of(body.get("team_id")),
            enterprise=text_of(body.get("enterprise_id")),
            token=text_of(event.get("bot_access_token")),
        )

    def text(self, name: str) -> str:
        """Return an input that is a text; empty for anything else."""
        return text_of(self.inputs.get(name))

    def chosen(self, name: str) -> tuple[str, ...]:
        """Return what was chosen for a filter of a search: one value or several."""
        value = dict_of(self.inputs.get("filters")).get(name)
        return tuple(filter(None, map(text_of, list_of(value) or [value])))


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """A click, a shortcut or a sent form: who, where, and how to answer."""

    user: str
    team: str
    user_team: str
    """The person's workspace or organisation. `team` is no proof of it, since it may be the installation's."""
    enterprise: str
    """The person's organisation. The field `enterprise` of the payload itself is always the installation's."""
    channel: str
    thread_ts: str
    """The thread that it happened in; empty for the first message of a thread, since its reader may not have that open."""
    message_ts: str
    trigger_id: str
    response_url: str
    form_key: str
    """Which form was sent, and with what in it; empty for all else."""
    action_id: str
    value: str
    """A button's value, a menu's choice or an input's text."""
    private: bool
    """Whether only one person can see the message that was clicked."""

    @classmethod
    def of(cls, body: dict[str, Any]) -> Self:
        """Read an interaction's payload; only the first action is used, since Slack sends only one."""
        user = dict_of(body.get("user"))
        user_team = text_of(user.get("team_id"))
        container, message = dict_of(body.get("container")), dict_of(body.get("message"))
        message_ts = text_of(container.get("message_ts")) or text_of(message.get("ts"))
        thread_ts = text_of(container.get("thread_ts")) or text_of(message.get("thread_ts"))
        is_sent = body.get("type") == "view_submission"
        actions = list_of(body.get("actions"))
        action = dict_of(actions[0]) if actions else {}
        return cls(
            user=text_of(user.get("id")),
            team=_id_of(body.get("team")) or user_team,
            user_team=user_team,
            enterprise=text_of(dict_of(user.get("enterprise_user")).get("enterprise_id")),
            channel=_id_of(body.get("channel")) or text_of(container.get("channel_id")),
            thread_ts=thread_ts if thread_ts != message_ts else "",
            message_ts=message_ts,
            trigger_id=text_of(body.get("trigger_id")),
            response_url=text_of(body.get("response_url")),
            form_key=_form_key(dict_of(body.get("view"))) if is_sent else "",
            action_id=text_of(action.get("action_id")),
            value=_value_of(action),
            private=container.get("is_ephemeral") is True,
        )

    @property
    def keys(self) -> tuple[str, ...]:
        """The dedupe keys. Slack sends an interaction once, but a recorded request could be sent again.

        A form whose answer was lost stays open, and whoever sends it again does that with another trigger. What was changed
        before that is meant to count.
        """
        keys = {"trigger": self.trigger_id, "form": self.form_key}
        return tuple(f"{kind}:{key}" for kind, key in keys.items() if key)


def _value_of(action: dict[str, Any]) -> str:
    return text_of(action.get("value")) or text_of(dict_of(action.get("selected_option")).get("value"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """The message that a shortcut was used on."""

    said: Said
    authors: frozenset[str]
    """Ids of the user and of the bot that wrote it, as far as Slack names them."""
    ts: str
    thread_ts: str
    links: tuple[FoundLink, ...]
    """Its links, each with a title where Slack or the author gave one."""

    @classmethod
    def of(cls, body: dict[str, Any]) -> Self:
        """Read a message shortcut's payload."""
        message = dict_of(body.get("message"))
        previews = [dict_of(item) for item in list_of(message.get("attachments"))]
        titles = {
            unescape_slack(text_of(preview.get("from_url")) or text_of(preview.get("title_link"))): text_of(
                preview.get("title")
            )
            for preview in previews
        }
        raw = text_of(message.get("text"))
        said = Said.of(message)
        urls = dict.fromkeys([*(link.url for link in links_in(raw)), *urls_of_message(message)])
        labels = {link.url: link.label for link in links_in(raw)}
        return cls(
            said=said,
            authors=frozenset({text_of(message.get("user")), text_of(message.get("bot_id"))} - {""}),
            ts=text_of(message.get("ts")),
            thread_ts=text_of(message.get("thread_ts")),
            links=tuple(FoundLink(url, titles.get(url) or labels.get(url, "")) for url in urls),
        )

    def text(self, identity: Identity) -> str:
        """Return what it says and forwards, without what the bot itself wrote."""
        if self.authors & identity.ids:
            return ""
        own = self.said.words(drop_user=identity.user_id)
        return " ".join(filter(None, (*self.said.passed_on(but_of=identity.ids), own)))

    @property
    def in_thread(self) -> bool:
        """Whether it is a reply in a thread."""
        return bool(self.thread_ts) and self.thread_ts != self.ts


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The content of the form to suggest a link."""

    url: str = ""
    title: str = ""
    section: str = ""
    """The chosen section's path, as its option shows it."""
    description: str = ""
    question: str = ""
    """The question that had no answer; empty when there was none."""

    @classmethod
    def of(cls, body: dict[str, Any]) -> Self:
        """Read a `view_submission`."""
        view = dict_of(body.get("view"))
        return cls(
            url=text_of(_entered(view, Field.URL).get("value")).strip(),
            title=one_line(text_of(_entered(view, Field.TITLE).get("value"))),
            section=_chosen_section(_entered(view, Field.SECTION)),
            description=one_line(text_of(_entered(view, Field.DESCRIPTION).get("value"))),
            question=Asked.of(text_of(view.get("private_metadata"))).question,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The content of the form that says which link answers a question."""

    question: str
    link: str
    """The address of the link that was chosen in the menu."""
    address: str
    """An address that was pasted and not chosen in the menu."""

    @classmethod
    def of(cls, body: dict[str, Any]) -> Self:
        """Read a `view_submission`."""
        view = dict_of(body.get("view"))
        return cls(
            question=text_of(_entered(view, Field.QUESTION).get("value")),
            link=text_of(dict_of(_entered(view, Field.LINK).get("selected_option")).get("value")),
            address=text_of(_entered(view, Field.ADDRESS).get("value")).strip(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MendedLink:
    """The content of the form in which a curator changes a link."""

    title: str
    section: str | None
    """The chosen section's path, as its option shows it; None where the form has no sections."""
    questions: tuple[str, ...]
    retired: bool

    @classmethod
    def of(cls, body: dict[str, Any]) -> Self:
        """Read a `view_submission`."""
        view = dict_of(body.get("view"))
        menu = _entered(view, Field.MENDED_SECTION)
        lines = text_of(_entered(view, Field.MENDED_QUESTIONS).get("value")).splitlines()
        return cls(
            title=one_line(text_of(_entered(view, Field.MENDED_TITLE).get("value"))),
            section=_chosen_section(menu) if menu else None,
            questions=tuple(filter(None, map(one_line, lines))),
            retired=bool(list_of(_entered(view, Field.RETIRED).get("selected_options"))),
        )


def _form_key(view: dict[str, Any]) -> str:
    if not view.get("id"):
        return ""
    entered = json.dumps(dict_of(view.get("state")).get("values"), sort_keys=True)
    return f"{text_of(view.get('id'))}:{hashlib.sha256(entered.encode()).hexdigest()}"


def _entered(view: dict[str, Any], field: Field) -> dict[str, Any]:
    """Return the state of a field of a form."""
    values = dict_of(dict_of(view.get("state")).get("values"))
    return dict_of(dict_of(values.get(field)).get(field))


def _chosen_section(menu: dict[str, Any]) -> str:
    """Return the path of the section that was chosen, as its option shows it; empty where none was.

    Slack sends the text of blocks back with `& < >` as entities, and the headings of a path have `>` between them.
    """
    chosen = dict_of(menu.get("selected_option"))
    if chosen.get("value") == NO_SECTION:
        return ""
    return one_line(unescape_slack(text_of(dict_of(chosen.get("text")).get("text"))))
