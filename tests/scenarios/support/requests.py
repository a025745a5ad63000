"""Requests as Slack sends them: signed, with every field that Slack fills in."""

import hashlib
import hmac
import http.client
import itertools
import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.scenarios.support import workspace
from tests.scenarios.support.fake_slack import APP_ID, BOT_USER, TEAM, FakeSlack, new_trigger, new_ts
from tests.scenarios.support.limits import violations_of_message, violations_of_view

Json = dict[str, Any]

SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
ASKER = "U0ASKER"
CHANNEL = workspace.CHANNEL

_numbers = itertools.count(1)
_RUN = secrets.token_hex(3).upper()


def unique(prefix: str) -> str:
    """Return an id that no other request of this run has."""
    return f"{prefix}{_RUN}{next(_numbers):05d}"


@dataclass(frozen=True, slots=True)
class Reply:
    """What the bot answered over HTTP."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


def signature(body: bytes, timestamp: str, secret: str = SIGNING_SECRET) -> str:
    """Return what Slack puts into X-Slack-Signature."""
    return "v0=" + hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()


@dataclass(slots=True, kw_only=True)
class Caller:
    """Slack's hand on the bot's HTTP door."""

    base_url: str
    slack: FakeSlack
    secret: str = SIGNING_SECRET
    path: str = "/slack/events"
    timeout_s: float = 30.0
    sent: list[Json] = field(default_factory=list)

    def request(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Reply:
        """Send any request over a connection of its own."""
        address = urlsplit(self.base_url)
        assert address.hostname is not None
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=self.timeout_s)
        started = time.monotonic()
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            return Reply(response.status, dict(response.getheaders()), response.read(), time.monotonic() - started)
        finally:
            connection.close()

    def get(self, path: str) -> Reply:
        """Send a GET."""
        return self.request("GET", path)

    def post(
        self,
        body: bytes,
        *,
        content_type: str,
        timestamp: str | None = None,
        signed: str | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send a signed body; `timestamp` and `signed` replace what would be right."""
        timestamp = str(int(time.time())) if timestamp is None else timestamp
        headers = {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(body, timestamp, self.secret) if signed is None else signed,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            **(extra or {}),
        }
        return self.request("POST", self.path, body, headers)

    def post_json(self, value: Any, **how: Any) -> Reply:
        """Send JSON, as Slack sends events."""
        self.slack.workspace.observe(value)
        return self.post(json.dumps(value).encode(), content_type="application/json", **how)

    def post_form(self, fields: Mapping[str, str], **how: Any) -> Reply:
        """Send a form, as Slack sends commands and interactions."""
        self.slack.workspace.observe(json.loads(fields["payload"]) if "payload" in fields else dict(fields))
        body = urlencode(fields, errors="surrogatepass").encode()
        return self.post(body, content_type="application/x-www-form-urlencoded", **how)

    def command(self, text: str, *, how: Mapping[str, Any] | None = None, **fields: str) -> Reply:
        """Send the slash command; an answer in the acknowledgement is held against the limits."""
        return self.checked(self.post_form(command_fields(self.slack, text, **fields), **(how or {})))

    def checked(self, reply: Reply) -> Reply:
        """Hold the message or view in an acknowledgement against Slack's limits."""
        if reply.status == 200 and reply.body.startswith(b"{"):
            answer = reply.json
            if "text" in answer or "blocks" in answer:
                self.slack.violations += violations_of_message(answer, method="ack")
            if "view" in answer:
                self.slack.violations += violations_of_view(answer["view"])
        return reply

    def event(self, event: Any, /, *, how: Mapping[str, Any] | None = None, **envelope: Any) -> Reply:
        """Send an event in its envelope."""
        return self.post_json(event_envelope(event, **envelope), **(how or {}))

    def mention(self, text: str, *, how: Mapping[str, Any] | None = None, **fields: Any) -> Reply:
        """Send a mention of the bot; `text` does not hold the mention itself."""
        return self.event(mention(text, **fields), how=how)

    def interaction(self, payload: Json, *, how: Mapping[str, Any] | None = None) -> Reply:
        """Send a click, a shortcut or a submitted view."""
        return self.checked(self.post_form({"payload": json.dumps(payload)}, **(how or {})))


def command_fields(slack: FakeSlack, text: str, **fields: str) -> dict[str, str]:
    """Return the fields of a slash command."""
    return {
        "token": "legacy-token-that-nobody-checks",
        "team_id": TEAM,
        "team_domain": "example",
        "channel_id": CHANNEL,
        "channel_name": "general",
        "user_id": ASKER,
        "user_name": "asker",
        "command": "/links",
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": slack.response_url(channel=fields.get("channel_id", CHANNEL)),
        "trigger_id": new_trigger(),
        **fields,
    }


def event_envelope(event: Any, /, **envelope: Any) -> Json:
    """Return the envelope of an event."""
    return {
        "token": "legacy-token-that-nobody-checks",
        "team_id": TEAM,
        "api_app_id": APP_ID,
        "event": event,
        "type": "event_callback",
        "event_id": unique("Ev"),
        "event_time": int(time.time()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM,
                "user_id": BOT_USER,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": unique("4-"),
        **envelope,
    }


def mention(text: str, /, **fields: Any) -> Json:
    """Return an `app_mention` event."""
    ts = fields.pop("ts", None) or new_ts()
    return {
        "type": "app_mention",
        "user": ASKER,
        "text": f"<@{BOT_USER}> {text}".strip(),
        "ts": ts,
        "channel": CHANNEL,
        "team": TEAM,
        "event_ts": ts,
        "client_msg_id": unique("m-"),
        **fields,
    }


def message(text: str, /, **fields: Any) -> Json:
    """Return a `message` event in a channel."""
    ts = fields.pop("ts", None) or new_ts()
    return {
        "type": "message",
        "user": ASKER,
        "text": text,
        "ts": ts,
        "channel": CHANNEL,
        "channel_type": "channel",
        "team": TEAM,
        "event_ts": ts,
        "client_msg_id": unique("m-"),
        **fields,
    }


def direct_message(text: str, /, **fields: Any) -> Json:
    """Return a `message.im` event."""
    return message(text, **{"channel": "D0ASKER", "channel_type": "im", **fields})


def function_executed(slack: FakeSlack, callback_id: str, inputs: Json) -> Json:
    """Return the event by which Slack calls a function of the app."""
    execution_id, token = slack.execution(callback_id)
    return {
        "type": "function_executed",
        "function": {"id": "Fn1", "callback_id": callback_id, "title": "A function", "type": "app"},
        "inputs": inputs,
        "function_execution_id": execution_id,
        "workflow_execution_id": unique("Wx"),
        "event_ts": new_ts(),
        "bot_access_token": token,
    }


def click(
    slack: FakeSlack,
    element: Json,
    *,
    block_id: str = "b",
    shown: Json | None = None,
    **fields: Any,
) -> Json:
    """Return the payload of a click on `element` (as the bot sent it) under the message `shown`."""
    action = {name: value for name, value in element.items() if name in {"action_id", "type", "value", "text"}}
    action |= {"block_id": block_id, "action_ts": new_ts(), **fields.pop("action", {})}
    ts = (shown or {}).get("ts") or new_ts()
    container: Json = {"type": "message", "message_ts": ts, "channel_id": CHANNEL, "is_ephemeral": True}
    payload: Json = {
        "type": "block_actions",
        "team": {"id": TEAM, "domain": "example"},
        "user": {"id": ASKER, "username": "asker", "name": "asker", "team_id": TEAM},
        "api_app_id": APP_ID,
        "token": "legacy-token-that-nobody-checks",
        "container": container,
        "trigger_id": new_trigger(),
        "channel": {"id": CHANNEL, "name": "general"},
        "response_url": slack.response_url(channel=(fields.get("channel") or {}).get("id", CHANNEL)),
        "actions": [action],
        "is_enterprise_install": False,
        "enterprise": None,
        "state": {"values": {}},
    }
    if shown is not None:
        payload["message"] = {"type": "message", "ts": ts, "user": BOT_USER, **shown}
    payload.update(fields)
    return payload


def menu_of(row: Json, **fields: Any) -> Json:
    """Return the payload that asks what the menu in `row`, a block of a message, offers."""
    (element,) = [one for one in row["elements"] if one["type"] == "external_select"]
    return {
        "type": "block_suggestion",
        "team": {"id": TEAM, "domain": "example"},
        "user": {"id": ASKER, "name": "asker", "team_id": TEAM},
        "api_app_id": APP_ID,
        "container": {"type": "message", "message_ts": new_ts(), "channel_id": CHANNEL, "is_ephemeral": True},
        "channel": {"id": CHANNEL, "name": "general"},
        "action_id": element["action_id"],
        "block_id": row["block_id"],
        "value": "",
        **fields,
    }


def shortcut(slack: FakeSlack, callback_id: str, text: str, **fields: Any) -> Json:
    """Return the payload of a message shortcut on a message that says `text`."""
    ts = new_ts()
    return {
        "type": "message_action",
        "callback_id": callback_id,
        "trigger_id": new_trigger(),
        "response_url": slack.response_url(channel=(fields.get("channel") or {}).get("id", CHANNEL)),
        "team": {"id": TEAM, "domain": "example"},
        "user": {"id": ASKER, "name": "asker", "username": "asker", "team_id": TEAM},
        "channel": {"id": CHANNEL, "name": "general"},
        "message": {"type": "message", "user": "U0AUTHOR", "text": text, "ts": ts, "team": TEAM},
        "message_ts": ts,
        "action_ts": new_ts(),
        "token": "legacy-token-that-nobody-checks",
        "api_app_id": APP_ID,
        "is_enterprise_install": False,
        "enterprise": None,
        **fields,
    }


def submission(view: Json, values: Mapping[str, Mapping[str, Json]], **fields: Any) -> Json:
    """Return the payload of a submitted modal: `view` as the bot opened it, and the state of its inputs."""
    return {
        "type": "view_submission",
        "team": {"id": TEAM, "domain": "example"},
        "user": {"id": ASKER, "name": "asker", "username": "asker", "team_id": TEAM},
        "api_app_id": APP_ID,
        "token": "legacy-token-that-nobody-checks",
        "trigger_id": new_trigger(),
        "view": {
            **view,
            "id": unique("V"),
            "team_id": TEAM,
            "state": {"values": {block: _as_sent_back(dict(inputs)) for block, inputs in values.items()}},
            "hash": "1.a",
            "app_id": APP_ID,
            "bot_id": "B0SIGNPOST",
        },
        "response_urls": [],
        "is_enterprise_install": False,
        "enterprise": None,
        **fields,
    }


def _as_sent_back(value: Any) -> Any:
    """Return what stands in a form as Slack sends it back: the texts of its options with entities, what people type without.

    https://github.com/slackapi/bolt-python/issues/513
    """
    if isinstance(value, dict):
        is_text = value.get("type") == "plain_text" and isinstance(value.get("text"), str)
        escaped = {"text": escape(value["text"], quote=False)} if is_text else {}
        return {name: _as_sent_back(inner) for name, inner in value.items()} | escaped
    return [_as_sent_back(inner) for inner in value] if isinstance(value, list) else value


def elements(value: Any) -> list[Json]:
    """Return every interactive element of blocks, a message or a view, in order."""
    found: list[Json] = []
    if isinstance(value, dict):
        if "action_id" in value:
            found.append(value)
        for inner in value.values():
            found += elements(inner)
    elif isinstance(value, list):
        for inner in value:
            found += elements(inner)
    return found


def button(message_or_view: Json, words: str) -> Json:
    """Return the button whose text holds `words`, case ignored."""
    for element in elements(message_or_view):
        text = element.get("text")
        if isinstance(text, dict) and words.casefold() in str(text.get("text", "")).casefold():
            return element
    labels = [element.get("text", element.get("type")) for element in elements(message_or_view)]
    raise AssertionError(f"no button says {words!r}; there are {labels}")


def urls_shown(value: Any) -> list[str]:
    """Return the URLs of blocks that a person can follow: links in rich text and mrkdwn, and URL buttons."""
    found: list[str] = []
    if isinstance(value, dict):
        if isinstance(value.get("url"), str):
            found.append(value["url"])
        if value.get("type") == "mrkdwn":
            found += [target.replace("&amp;", "&") for target in re.findall(r"<(http[^|>]*)", value["text"])]
        for inner in value.values():
            found += urls_shown(inner)
    elif isinstance(value, list):
        for inner in value:
            found += urls_shown(inner)
    return list(dict.fromkeys(found))
