"""Sends messages to Slack: bounded retries, one channel at a time, fallbacks, and no double post after a known success.

A channel that must wait holds up nobody else: each has a lane of its own, and whoever sends runs beside the requests.
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
#: Slack asks for up to a minute; longer than this altogether and the answer is no longer one.
MAX_WAIT_S = 300.0
#: Messages looked through to see whether an unclear one has arrived.
LOOK_BACK = 30

_LAYOUT_CODES = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "invalid_attachments"})
_LENGTH_CODES = frozenset({"msg_too_long", "text_too_long"})
#: HTTP 200 with half an answer: Slack has done it all but certainly.
_DONE_BUT_UNREAD = "http_200"

Sleep = Callable[[float], Awaitable[None]]
Send = Callable[[Message], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a message goes, and who is told directly when it cannot go there."""

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
    """A message in a conversation that may be edited."""

    channel: str
    ts: str


@dataclass(slots=True)
class _Lane:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


class Outbox:
    """Everything that the bot sends on its own; nothing here raises, the result says whether it arrived."""

    def __init__(self, api: SlackApi, identity: Identity, *, sleep: Sleep = asyncio.sleep) -> None:
        self._api = api
        self._identity = identity
        self._sleep = sleep
        self._lanes: dict[str, _Lane] = {}

    async def post(self, place: Place, message: Message) -> bool:
        """Post a message that everybody there can see."""
        marked = _marked(message)
        marker = marked.blocks[0]["block_id"] if marked.blocks else ""
        send = self._calling("chat.postMessage", **_where(place))

        async def arrived() -> bool | None:
            return await self._arrived(place, marker) if marker else None

        return await self._or_directly(place, message, self._in_lane(place.channel, send, marked, arrived))

    async def put_up(self, place: Place, message: Message) -> Posted | None:
        """Post a message that is edited later; None when it did not arrive, or nobody knows where it is."""
        send = self._calling("chat.postMessage", **_where(place))
        try:
            answer = await self._in_lane(place.channel, send, message, None)
        except SlackSendError as error:
            _give_up(error)
            return None
        channel, ts = answer.get("channel"), answer.get("ts")
        return Posted(channel=channel, ts=ts) if isinstance(channel, str) and isinstance(ts, str) else None

    async def edit(self, posted: Posted, message: Message) -> bool:
        """Replace a message that was put up."""
        send = self._calling("chat.update", channel=posted.channel, ts=posted.ts)
        try:
            await self._in_lane(posted.channel, send, message, None)
        except SlackSendError as error:
            _give_up(error)
            return False
        return True

    async def whisper(self, place: Place, message: Message) -> bool:
        """Post a message that only the place's user can see.

        Slack takes one for a thread without replies as well, and shows it to nobody: it goes into the channel then.
        """
        where = {"channel": place.channel} if place.opens_thread else _where(place)
        send = self._calling("chat.postEphemeral", **where, user=place.user)
        return await self._or_directly(place, message, self._in_lane(place.channel, send, message, None))

    async def respond(
        self, response_url: str, message: Message, place: Place, *, public: bool = False, replace: bool = False
    ) -> bool:
        """Answer through a response URL; when it is used up, to the user alone by other means."""

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
        """Send, and where the channel refuses it, tell the asker directly, once."""
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
        """Deliver when those before it in the same channel are through."""
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
        """Try until it is taken, refused for good, or enough; raises the last SlackSendError."""
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
        """Look in the conversation for a message of ours with `marker`; None when that cannot be seen."""
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
    """Whether a call without an answer counts as done: it can be seen, or Slack said 200."""
    seen = await arrived() if arrived is not None else None
    return error.code == _DONE_BUT_UNREAD if seen is None else seen


def _where(place: Place) -> dict[str, str]:
    where = {"channel": place.channel}
    return {**where, "thread_ts": place.thread_ts} if place.thread_ts else where


def _marked(message: Message) -> Message:
    """Give the first block an id of its own, by which the message can be found again."""
    if not message.blocks:
        return message
    first, *others = message.blocks
    return Message(text=message.text, blocks=({**first, "block_id": f"message:{secrets.token_hex(8)}"}, *others))


def _simpler(form: Message, message: Message, code: str) -> Message | None:
    """Return the next simpler form for a refusal that is about form, None when there is none."""
    if code in _LAYOUT_CODES and form is message and form.blocks:
        return message.plain()
    if code in (_LENGTH_CODES | _LAYOUT_CODES) and form != message.short():
        return message.short()
    return None


def _give_up(error: SlackSendError) -> None:
    log_failure(logger, f"a message could not be sent: {error}", code=error.code)
