"""Sends messages to Slack, with a limited number of retries and simpler forms for messages that Slack refuses.

A message that is known to have arrived is not sent again. Messages to one channel are sent one after another, no faster than
Slack takes them; a channel that must wait does not delay the others.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from bot.errors import SlackBusyError, SlackOfflineError, SlackSendError, SlackTokenError, SlackUnclearError
from bot.running.logs import log_failure
from bot.slack.api import POST_TIMEOUT_S, SlackApi
from bot.slack.message import Message
from bot.slack.payloads import Identity
from bot.slack.untrusted import dict_of, list_of, text_of

logger = logging.getLogger("signpost.outbox")

#: Attempts of which nobody knows what became of them. When Slack asks to wait, that is none.
MAX_ATTEMPTS = 4
FIRST_PAUSE_S = 0.5
#: Slack asks to wait up to a minute. A message that would wait longer than this goes to the asker directly.
MAX_WAIT_S = 300.0
#: Slack takes about one message a second in a channel, and more for a moment: https://docs.slack.dev/apis/web-api/rate-limits
PACE_S = 1.0
#: Messages a page, and pages, that are read to see whether an unclear one has arrived.
LOOK_BACK, LOOK_BACK_PAGES = 200, 10
#: A call that breaks sooner did not get far; one that Slack had for longer it may still carry out.
BROKE_WITHIN_S = 1.0
#: How far the machine's clock may be from Slack's; requests that differ more are refused.
MAX_SKEW_S = 300.0

_LAYOUT_CODES = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "invalid_attachments"})
_LENGTH_CODES = frozenset({"msg_too_long", "text_too_long"})
#: HTTP 200 with an incomplete answer: Slack has almost certainly carried out the call.
_DONE_BUT_UNREAD = "http_200"

Sleep = Callable[[float], Awaitable[None]]
Send = Callable[[Message], Awaitable[dict[str, Any]]]
#: Looks for a message that was sent after a time (by this machine's clock). It returns its channel and `ts`; an empty dict
#: when it is not there; None when that cannot be found out.
Look = Callable[[float], Awaitable[dict[str, Any] | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a message goes, and the user who gets it directly when it cannot go there."""

    channel: str
    thread_ts: str = ""
    user: str = ""
    opens_thread: bool = False
    """Whether nobody has replied there yet, so that the thread begins with what is posted."""
    asked_ts: str = ""
    """The message that is answered: what is posted comes after it."""

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
    """The messages that wait for one channel."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0
    crowded: bool = False
    """Whether Slack asked to wait; from then on the messages that wait are sent at Slack's pace."""
    free_at: float = 0.0
    """When the next message may be sent."""


class Outbox:
    """Sends everything that is not an acknowledgement. No method raises; the result says whether the message arrived."""

    def __init__(
        self,
        api: SlackApi,
        identity: Identity,
        *,
        sleep: Sleep = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._identity = identity
        self._sleep = sleep
        self._clock = clock
        self._lanes: dict[str, _Lane] = {}

    async def post(self, place: Place, message: Message) -> bool:
        """Post a message that everybody in the conversation can see."""
        marked = _marked(message, place)
        send = self._calling("chat.postMessage", **_where(place))
        return await self._or_directly(
            place, message, self._in_lane(place.channel, send, marked, self._looking(place, marked))
        )

    async def has_answered(
        self, place: Place, *, appears_in_s: float = 0.0, max_wait_s: float = MAX_WAIT_S
    ) -> bool | None:
        """Return whether the message that the place names was answered there; None when that cannot be found out.

        An answer that is on its way, since a process died while it sent it, has some time to appear. Slack may want the bot to
        wait before it looks.
        """
        answered = await self._has_answered(place, max_wait_s)
        if appears_in_s and answered is False:
            await self._sleep(appears_in_s)
            answered = await self._has_answered(place, max_wait_s)
        return answered

    async def _has_answered(self, place: Place, max_wait_s: float) -> bool | None:
        sign = _sign(place)

        def ours(message: dict[str, Any]) -> bool:
            blocks = list_of(message.get("blocks"))
            # The form without blocks has no sign; it is ours, and comes after the question.
            return self._identity.wrote(message) and (
                not blocks or any(text_of(dict_of(block).get("block_id")).startswith(sign) for block in blocks)
            )

        waited_s = 0.0
        while True:
            try:
                found = await self._find(place, ours, place.asked_ts)
            except SlackBusyError as error:
                # After a start many may have to be looked for, more than Slack lets the bot look for in a minute.
                waited_s += (pause_s := _pause_s(error))
                if waited_s > max_wait_s:
                    return None
                await self._sleep(pause_s)
            except SlackSendError:
                return None
            else:
                return None if found is None else bool(found)

    async def put_up(self, place: Place, message: Message) -> Posted | None:
        """Post a message that is edited later; None when it did not arrive, or Slack did not say where it is."""
        marked = _marked(message, place)
        send = self._calling("chat.postMessage", **_where(place))
        try:
            answer = await self._in_lane(place.channel, send, marked, self._looking(place, marked))
        except SlackSendError as error:
            _give_up(error)
            return None
        channel, ts = answer.get("channel"), answer.get("ts")
        return Posted(channel=channel, ts=ts) if isinstance(channel, str) and isinstance(ts, str) else None

    async def edit(self, posted: Posted, message: Message) -> bool:
        """Replace the content of a message from `put_up`."""

        async def send(form: Message) -> dict[str, Any]:
            # A message keeps the blocks that it has, unless others are named.
            where = {"channel": posted.channel, "ts": posted.ts, "blocks": []}
            return await self._api.call("chat.update", {**where, **form.payload()}, timeout_s=POST_TIMEOUT_S)

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
        self,
        response_url: str,
        message: Message,
        place: Place,
        *,
        public: bool = False,
        replaces: Posted | None = None,
    ) -> bool:
        """Answer through a response URL; when that is used up, with a message that only the user sees.

        What `replaces` the message with the button is put in its place then, too: others read it, and may not press the button
        again. A form can stay open for longer than the half hour that a response URL lasts.
        """

        async def send(form: Message) -> dict[str, Any]:
            response = form.response(public=public, replace=replaces is not None)
            if place.thread_ts:
                response["thread_ts"] = place.thread_ts
            await self._api.respond(response_url, response)
            return {}

        if response_url:
            sent = _marked(message, place) if public else message
            try:
                await self._deliver(send, sent, self._looking(place, sent) if public else None, _Lane())
            except SlackSendError as error:
                logger.warning("a response URL did not take an answer: %s", error, extra={"code": error.code})
            else:
                return True
        if replaces is not None and replaces.channel and replaces.ts and await self.edit(replaces, message):
            return True
        if not place.user:
            return False
        return await (self.post(place, message) if public or place.is_direct else self.whisper(place, message))

    def _calling(self, method: str, **where: str) -> Send:
        async def send(form: Message) -> dict[str, Any]:
            return await self._api.call(method, {**where, **form.payload()}, timeout_s=POST_TIMEOUT_S)

        return send

    async def _or_directly(self, place: Place, message: Message, sending: Awaitable[dict[str, Any]]) -> bool:
        """Send; when the channel refuses the message, send it to the asker directly, once."""
        try:
            await sending
        except (SlackTokenError, SlackUnclearError, SlackOfflineError) as error:
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

    async def _in_lane(self, channel: str, send: Send, message: Message, look: Look | None) -> dict[str, Any]:
        """Deliver after all earlier messages to the same channel."""
        lane = self._lanes.setdefault(channel, _Lane())
        lane.users += 1
        try:
            async with lane.lock:
                return await self._deliver(send, message, look, lane)
        finally:
            lane.users -= 1
            if not lane.users:
                del self._lanes[channel]

    async def _deliver(self, send: Send, message: Message, look: Look | None, lane: _Lane) -> dict[str, Any]:
        """Try until Slack accepts it, refuses it for good, or the limits are reached; raise the last SlackSendError."""
        form, attempt, waited_s, began = message, 0, 0.0, time.time()
        while True:
            await self._until(lane.free_at)
            sent_at = self._clock()
            try:
                answer = await send(form)
            except SlackBusyError as error:
                waited_s += (pause_s := _pause_s(error))
                lane.crowded, lane.free_at = True, self._clock() + pause_s
                if waited_s > MAX_WAIT_S:
                    raise
            except (SlackUnclearError, SlackOfflineError) as error:
                attempt += 1
                await self._time_to_appear(error, sent_at)
                if (done := await _done(error, look, began)) is not None:
                    return done
                if attempt == MAX_ATTEMPTS:
                    raise
                await self._sleep(FIRST_PAUSE_S * 2 ** (attempt - 1))
            except SlackSendError as error:
                simpler = _simpler(form, message, error.code)
                if simpler is None:
                    raise
                form = simpler
            else:
                lane.free_at = self._clock() + PACE_S if lane.crowded else 0.0
                return answer

    async def _time_to_appear(self, error: SlackSendError, sent_at: float) -> None:
        """Give what Slack may still be carrying out the time that it may take."""
        if isinstance(error, SlackUnclearError) and self._clock() - sent_at > BROKE_WITHIN_S:
            await self._until(sent_at + POST_TIMEOUT_S)

    async def _until(self, moment: float) -> None:
        if (early_s := moment - self._clock()) > 0:
            await self._sleep(early_s)

    def _looking(self, place: Place, marked: Message) -> Look | None:
        """Return what looks in the conversation for a message that has a marker."""
        if not marked.blocks:
            return None

        def is_it(message: dict[str, Any]) -> bool:
            return self._is(message, marked)

        async def look(began: float) -> dict[str, Any] | None:
            try:
                return await self._find(place, is_it, place.asked_ts or f"{began - MAX_SKEW_S:.6f}")
            except SlackSendError:
                return None

        return look

    async def _find(self, place: Place, is_it: Callable[[dict[str, Any]], bool], oldest: str) -> dict[str, Any] | None:
        """Look for a message of ours after the time `oldest`, page by page."""
        where: dict[str, Any] = {"channel": place.channel, "limit": LOOK_BACK, "oldest": oldest}
        method = "conversations.history"
        if place.thread_ts:
            method = "conversations.replies"
            where["ts"] = place.thread_ts
        for _ in range(LOOK_BACK_PAGES):
            answer = await self._api.call(method, where)
            messages = answer.get("messages")
            if not isinstance(messages, list):
                return None
            for message in map(dict_of, messages):
                if is_it(message):
                    return {"channel": place.channel, "ts": message.get("ts")}
            if not answer.get("has_more"):
                return {}
            where["cursor"] = text_of(dict_of(answer.get("response_metadata")).get("next_cursor"))
            if not where["cursor"]:
                return None
        return None

    def _is(self, message: dict[str, Any], marked: Message) -> bool:
        """Whether a message of the conversation is the marked one, or its form without blocks, which has no marker."""
        blocks = list_of(message.get("blocks"))
        if blocks:
            return any(dict_of(block).get("block_id") == marked.blocks[0]["block_id"] for block in blocks)
        return self._identity.wrote(message) and message.get("text") == marked.short().text


class Silent(Outbox):
    """Sends nothing, for a bot without Slack."""

    async def post(self, place: Place, message: Message) -> bool:  # noqa: ARG002 - the base's signature
        """Count it as told: curators see it on their page."""
        return True

    async def put_up(self, place: Place, message: Message) -> Posted | None:  # noqa: ARG002
        """Post nothing."""
        return None

    async def edit(self, posted: Posted, message: Message) -> bool:  # noqa: ARG002
        """Edit nothing."""
        return True


async def _done(error: SlackSendError, look: Look | None, began: float) -> dict[str, Any] | None:
    """Return the answer to an unclear call that counts as done: its message was found, or nobody can look and it was a 200.

    None when the call must be tried again.
    """
    if isinstance(error, SlackOfflineError):
        return None
    found = await look(began) if look is not None else None
    if found is None:
        return {} if error.code == _DONE_BUT_UNREAD else None
    return found or None


def _where(place: Place) -> dict[str, str]:
    where = {"channel": place.channel}
    return {**where, "thread_ts": place.thread_ts} if place.thread_ts else where


def _pause_s(error: SlackBusyError) -> float:
    """Return how long Slack wants to be left alone."""
    return max(error.retry_after_s, FIRST_PAUSE_S)


def _sign(place: Place) -> str:
    """Return how the ids of all messages begin that answer what the place names."""
    return f"message:{place.asked_ts}:"


def _marked(message: Message, place: Place) -> Message:
    """Give the first block a random id, by which the message can be found again, and which says what it answers."""
    if not message.blocks:
        return message
    first, *others = message.blocks
    return Message(text=message.text, blocks=({**first, "block_id": f"{_sign(place)}{secrets.token_hex(8)}"}, *others))


def _simpler(form: Message, message: Message, code: str) -> Message | None:
    """Return the next simpler form when the refusal was about the form; None when there is none."""
    if code in _LAYOUT_CODES and form is message and form.blocks:
        return message.plain()
    if code in (_LENGTH_CODES | _LAYOUT_CODES) and form != message.short():
        return message.short()
    return None


def _give_up(error: SlackSendError) -> None:
    log_failure(logger, f"a message could not be sent: {error}", code=error.code)
