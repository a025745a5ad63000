"""Sends messages to Slack, with a limited number of retries and simpler forms for messages that Slack refuses.

A message that is known to have arrived is not sent again. Messages to one channel are sent one after another; a channel
that must wait does not delay the others.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from bot.errors import SlackBusyError, SlackOfflineError, SlackSendError, SlackTokenError, SlackUnclearError
from bot.running.logs import log_failure
from bot.slack.api import SlackApi
from bot.slack.message import Message
from bot.slack.payloads import Identity

logger = logging.getLogger("signpost.outbox")

MAX_ATTEMPTS = 4
FIRST_PAUSE_S = 0.5
#: Slack asks to wait up to a minute. An answer that would be later than this is given up.
MAX_WAIT_S = 300.0
#: How many messages are read to see whether an unclear one has arrived.
LOOK_BACK = 30

_LAYOUT_CODES = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "invalid_attachments"})
_LENGTH_CODES = frozenset({"msg_too_long", "text_too_long"})
#: HTTP 200 with an incomplete answer: Slack has almost certainly carried out the call.
_DONE_BUT_UNREAD = "http_200"

Sleep = Callable[[float], Awaitable[None]]
Send = Callable[[Message], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a message goes, and the user who gets it directly when it cannot go there."""

    channel: str
    thread_ts: str = ""
    user: str = ""
    opens_thread: bool = False
    """Whether nobody has replied there yet, so that the thread begins with what is posted."""

    @property
    def is_direct(self) -> bool:
        """Whether it is a conversation with the bot alone."""
        return self.channel.startswith(("D", "U", "W"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A posted message, which can be edited."""

    channel: str
    ts: str


@dataclass(slots=True)
class _Lane:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


class Outbox:
    """Sends everything that is not an acknowledgement. No method raises; the result says whether the message arrived."""

    def __init__(self, api: SlackApi, identity: Identity, *, sleep: Sleep = asyncio.sleep) -> None:
        self._api = api
        self._identity = identity
        self._sleep = sleep
        self._lanes: dict[str, _Lane] = {}

    async def post(self, place: Place, message: Message) -> bool:
        """Post a message that everybody in the conversation can see."""
        marked = _marked(message)
        marker = marked.blocks[0]["block_id"] if marked.blocks else ""
        send = self._calling("chat.postMessage", **_where(place))

        async def arrived() -> bool | None:
            return await self._arrived(place, marker) if marker else None

        return await self._or_directly(place, message, self._in_lane(place.channel, send, marked, arrived))

    async def put_up(self, place: Place, message: Message) -> Posted | None:
        """Post a message that is edited later; None when it did not arrive, or Slack did not say where it is."""
        send = self._calling("chat.postMessage", **_where(place))
        try:
            answer = await self._in_lane(place.channel, send, message, None)
        except SlackSendError as error:
            _give_up(error)
            return None
        channel, ts = answer.get("channel"), answer.get("ts")
        return Posted(channel=channel, ts=ts) if isinstance(channel, str) and isinstance(ts, str) else None

    async def edit(self, posted: Posted, message: Message) -> bool:
        """Replace the content of a message from `put_up`."""
        send = self._calling("chat.update", channel=posted.channel, ts=posted.ts)
        try:
            await self._in_lane(posted.channel, send, message, None)
        except SlackSendError as error:
            _give_up(error)
            return False
        return True

    async def whisper(self, place: Place, message: Message) -> bool:
        """Post a message that only the place's user can see.

        In a thread without replies Slack would accept it and show it to nobody, so it goes to the top of the channel then.
        """
        where = {"channel": place.channel} if place.opens_thread else _where(place)
        send = self._calling("chat.postEphemeral", **where, user=place.user)
        return await self._or_directly(place, message, self._in_lane(place.channel, send, message, None))

    async def respond(
        self, response_url: str, message: Message, place: Place, *, public: bool = False, replace: bool = False
    ) -> bool:
        """Answer through a response URL; when that is used up, with a message that only the user sees."""

        async def send(form: Message) -> dict[str, Any]:
            response = form.response(public=public, replace=replace)
            if place.thread_ts:
                response["thread_ts"] = place.thread_ts
            await self._api.respond(response_url, response)
            return {}

        if response_url:
            try:
                await self._deliver(send, message, None)
            except SlackSendError as error:
                logger.warning("a response URL did not take an answer: %s", error, extra={"code": error.code})
            else:
                return True
        if not place.user:
            return False
        return await (self.post(place, message) if public else self.whisper(place, message))

    def _calling(self, method: str, **where: str) -> Send:
        async def send(form: Message) -> dict[str, Any]:
            return await self._api.call(method, {**where, **form.payload()})

        return send

    async def _or_directly(self, place: Place, message: Message, sending: Awaitable[dict[str, Any]]) -> bool:
        """Send; when the channel refuses the message, send it to the asker directly, once."""
        try:
            await sending
        except (SlackTokenError, SlackUnclearError, SlackBusyError, SlackOfflineError) as error:
            _give_up(error)
            return False
        except SlackSendError as error:
            if not place.user or place.is_direct:
                _give_up(error)
                return False
            refused = error
        else:
            return True
        logger.info("%s; told the asker directly", refused, extra={"code": refused.code})
        send = self._calling("chat.postMessage", channel=place.user)
        try:
            await self._in_lane(place.user, send, message.elsewhere(refused.code), None)
        except SlackSendError as error:
            _give_up(error)
            return False
        return True

    async def _in_lane(
        self, channel: str, send: Send, message: Message, arrived: Callable[[], Awaitable[bool | None]] | None
    ) -> dict[str, Any]:
        """Deliver after all earlier messages to the same channel."""
        lane = self._lanes.setdefault(channel, _Lane())
        lane.users += 1
        try:
            async with lane.lock:
                return await self._deliver(send, message, arrived)
        finally:
            lane.users -= 1
            if not lane.users:
                self._lanes.pop(channel, None)

    async def _deliver(
        self, send: Send, message: Message, arrived: Callable[[], Awaitable[bool | None]] | None
    ) -> dict[str, Any]:
        """Try until Slack accepts it, refuses it for good, or the limits are reached; raise the last SlackSendError."""
        form, waited_s = message, 0.0
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                return await send(form)
            except (SlackBusyError, SlackUnclearError, SlackOfflineError) as error:
                pause_s = (
                    error.retry_after_s if isinstance(error, SlackBusyError) else FIRST_PAUSE_S * 2 ** (attempt - 1)
                )
                waited_s += pause_s
                if isinstance(error, SlackUnclearError) and await _was_done(error, arrived):
                    return {}
                if attempt == MAX_ATTEMPTS or waited_s > MAX_WAIT_S:
                    raise
                await self._sleep(pause_s)
            except SlackTokenError:
                raise
            except SlackSendError as error:
                simpler = _simpler(form, message, error.code)
                if simpler is None:
                    raise
                form = simpler
        raise SlackSendError("Slack took no form of the message", code="not_taken")

    async def _arrived(self, place: Place, marker: str) -> bool | None:
        """Return whether the conversation has our message with `marker`; None when that cannot be found out."""
        arguments: dict[str, Any] = {"channel": place.channel, "limit": LOOK_BACK}
        if place.thread_ts:
            method = "conversations.replies"
            arguments |= {"ts": place.thread_ts, "oldest": place.thread_ts}
        else:
            method = "conversations.history"
        try:
            answer = await self._api.call(method, arguments)
        except SlackSendError:
            return None
        messages = answer.get("messages")
        if not isinstance(messages, list) or (answer.get("has_more") and place.thread_ts):
            return None
        return any(
            isinstance(block, dict) and block.get("block_id") == marker
            for message in messages
            if isinstance(message, dict)
            for block in message.get("blocks") or ()
        )


async def _was_done(error: SlackUnclearError, arrived: Callable[[], Awaitable[bool | None]] | None) -> bool:
    """Whether an unclear call counts as done: its message was found, or Slack answered 200 and nobody can look."""
    seen = await arrived() if arrived is not None else None
    return error.code == _DONE_BUT_UNREAD if seen is None else seen


def _where(place: Place) -> dict[str, str]:
    where = {"channel": place.channel}
    return {**where, "thread_ts": place.thread_ts} if place.thread_ts else where


def _marked(message: Message) -> Message:
    """Give the first block a random id, by which the message can be found again."""
    if not message.blocks:
        return message
    first, *others = message.blocks
    return Message(text=message.text, blocks=({**first, "block_id": f"message:{secrets.token_hex(8)}"}, *others))


def _simpler(form: Message, message: Message, code: str) -> Message | None:
    """Return the next simpler form when the refusal was about the form; None when there is none."""
    if code in _LAYOUT_CODES and form is message and form.blocks:
        return message.plain()
    if code in (_LENGTH_CODES | _LAYOUT_CODES) and form != message.short():
        return message.short()
    return None


def _give_up(error: SlackSendError) -> None:
    log_failure(logger, f"a message could not be sent: {error}", code=error.code)
