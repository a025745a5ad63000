"""Reads the earlier messages of a thread from Slack: its start and its end, or nothing when Slack refuses."""

import asyncio
import logging
from dataclasses import dataclass, replace
from typing import Any, Self

from bot.errors import SlackSendError
from bot.slack.api import SlackApi
from bot.slack.ids import MISSES
from bot.slack.payloads import SLACKBOT, Identity, Said
from bot.slack.text import urls_of_message
from bot.slack.untrusted import dict_of, list_of, text_of
from index import Turn

logger = logging.getLogger("signpost.threads")

#: Slack recommends no more than this. Apps that are sold outside Slack's marketplace always get only 15.
PAGE = 200
#: Most pages of one thread. It is enough to reach the end of about ten thousand messages that are evenly spread in time.
MOST_PAGES = 12
#: Messages of a thread's end that are enough to know its subject.
ENOUGH = 100
#: After this many seconds the rest of the thread is left out.
READ_TIMEOUT_S = 8.0

_SECOND = 1_000_000
#: Subtypes of messages that people and other apps write; the others are messages of Slack itself.
_SAID = frozenset({"", "bot_message", "file_share", "me_message", "thread_broadcast"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """The messages of a thread before one of them."""

    turns: tuple[Turn, ...] = ()
    """Its messages in plain text, oldest first; those of the bot are marked as ours."""
    bot_asked: bool = False
    """Whether somebody mentioned the bot."""

    @property
    def bot_answered(self) -> bool:
        """Whether the bot posted in it."""
        return any(turn.ours for turn in self.turns)

    @property
    def says_something(self) -> bool:
        """Whether people or other apps wrote any text in it."""
        return any(turn.text for turn in self.turns if not turn.ours)

    @property
    def urls(self) -> frozenset[str]:
        """Every link in it, also those that the bot offered; not those that it named as its nearest misses."""
        return frozenset().union(*(turn.links for turn in self.turns))

    def followed_by(self, texts: tuple[str, ...]) -> Self:
        """Return the thread with more texts at its end."""
        return replace(self, turns=(*self.turns, *map(Turn, texts)))


async def read_thread(api: SlackApi, identity: Identity, channel: str, thread_ts: str, before_ts: str) -> Thread:
    """Read the thread before the message of `before_ts`; an empty one when Slack refuses."""
    turns: list[Turn] = []
    bot_asked = False
    for message in await _messages(_Reading(api=api, channel=channel, thread_ts=thread_ts, before_ts=before_ts)):
        said, links = Said.of(message), frozenset(urls_of_message(message))
        if identity.wrote(message):
            turns.append(Turn("", ours=True) if _has_misses(message) else Turn(said.words(), ours=True, links=links))
        elif text_of(message.get("subtype")) in _SAID and message.get("user") != SLACKBOT:
            bot_asked = bot_asked or (not message.get("bot_id") and identity.is_mentioned_in(said.ways[0]))
            turns += map(Turn, said.passed_on(but_of=identity.ids))
            turns.append(Turn(said.words(drop_user=identity.user_id), links=links))
        elif links:
            turns.append(Turn("", links=links))
    return Thread(turns=tuple(turns), bot_asked=bot_asked)


async def answered_since(api: SlackApi, identity: Identity, channel: str, thread_ts: str, ts: str) -> bool | None:
    """Return whether the bot wrote in the thread after the message of `ts`; None when Slack does not say."""
    arguments = {"channel": channel, "ts": thread_ts, "oldest": ts, "limit": PAGE}
    try:
        answer = await api.call("conversations.replies", arguments, timeout_s=READ_TIMEOUT_S)
    except SlackSendError as error:
        logger.info("a thread could not be read: %s", error, extra={"code": error.code})
        return None
    messages = map(dict_of, list_of(answer.get("messages")))
    return any(identity.wrote(message) and _time(text_of(message.get("ts"))) > _time(ts) for message in messages)


def _has_misses(message: dict[str, Any]) -> bool:
    """Whether our message names nearest misses: they were not offered, and may answer the next question."""
    return any(dict_of(block).get("block_id") == MISSES for block in list_of(message.get("blocks")))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """Reads a thread page by page."""

    api: SlackApi
    channel: str
    thread_ts: str
    before_ts: str

    async def page(self, after: int) -> tuple[list[dict[str, Any]], bool]:
        """Return a page of the messages after a time, oldest first, and whether more follow.

        Slack sends the thread's first message with every page; it is kept only in a page from the start.
        """
        arguments = {"channel": self.channel, "ts": self.thread_ts, "limit": PAGE, "latest": self.before_ts}
        from_start = after <= _time(self.thread_ts)
        if not from_start:
            arguments["oldest"] = f"{after // _SECOND}.{after % _SECOND:06d}"
        answer = await self.api.call("conversations.replies", arguments, timeout_s=READ_TIMEOUT_S)
        messages = [dict_of(item) for item in list_of(answer.get("messages"))]
        kept = [
            message
            for message in messages
            if message.get("ts") != self.before_ts and (from_start or message.get("ts") != self.thread_ts)
        ]
        return kept, bool(kept) and answer.get("has_more") is True


async def _messages(reading: _Reading) -> list[dict[str, Any]]:
    """Return the start of a thread and, if that is not all, its end; when Slack refuses, what was read until then.

    Slack sends the oldest messages first and cannot be asked for the newest. So each next page starts twice as far into the
    thread as the last one ended, or half way from there to the latest reply, which the first message names. When too few
    messages are left there, the page after the last one is read instead.
    """
    start = read_to = after = _time(reading.thread_ts)
    too_far = _time(reading.before_ts)
    found: dict[int, dict[str, Any]] = {}
    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            for _ in range(MOST_PAGES):
                page, more = await reading.page(after)
                found |= {_time(text_of(message.get("ts"))): message for message in page}
                if read_to == start and page and (latest := _time(text_of(page[0].get("latest_reply")))):
                    too_far = min(too_far, latest + 1)
                if more:
                    read_to = max(read_to, _time(text_of(page[-1].get("ts"))))
                    after = max(read_to, min(2 * read_to - start, (read_to + too_far) // 2))
                elif after == read_to or len(page) >= ENOUGH:
                    break
                else:
                    too_far, after = after, read_to
    except SlackSendError as error:
        logger.info("a thread could not be read: %s", error, extra={"code": error.code})
    except TimeoutError:
        logger.info("a thread could not be read to its end in time")
    return [found[time] for time in sorted(found)]


def _time(ts: str) -> int:
    """Return a message's time in microseconds; 0 for a text that is not a `ts`."""
    try:
        return round(float(ts) * _SECOND)
    except (ValueError, OverflowError):
        return 0
