"""Turns a question into a message: searches in a small pool of threads, renders the answer and stores it.

No exception leaves this module: when something fails, the person still gets a message.
"""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, partial
from typing import ParamSpec, TypeVar

from bot.asking.examples import examples
from bot.asking.inquiry import Inquiry, Surface
from bot.blocks.answer import Offer, answer_message, shown_urls
from bot.blocks.notes import apology_message, nothing_message, posted_message, refusal_message, usage_message
from bot.errors import StoreError
from bot.running.health import Health, Part
from bot.running.logs import log_failure, private
from bot.running.metrics import Metrics
from bot.settings import Settings
from bot.slack.buttons import Asked
from bot.slack.message import Message
from bot.store import AnswerRecord, Store
from index import Answer, Asks, BundleError, FilterError, Hit, Question, UsageError

logger = logging.getLogger("signpost.answering")

#: After this the asker gets an apology. The search itself cannot be stopped: its thread runs on.
SEARCH_TIMEOUT_S = 20.0

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Ending(StrEnum):
    """How a question ended."""

    ANSWERED = "answered"
    DOUBTFUL = "doubtful"
    """With links that the index is not sure of."""
    NOTHING = "nothing"
    POSTED = "posted"
    """With nothing but what stands in its thread already."""
    USAGE = "usage"
    FAILED = "failed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """How a question ended, and what its asker gets."""

    inquiry: Inquiry
    ending: Ending
    compose: Callable[[], Message]
    """Makes the message for Slack, which takes as long as half a search; page and API have no use for it."""
    seconds: float
    answer_id: str = ""
    answer: Answer | None = None
    """None when there is no answer; the message then says why."""
    problem: str = ""
    """What was wrong with the question, as plain text without Slack's commands; empty for every other ending."""
    meant: tuple[str, str] = ("", "")
    """The value of a filter that is wrong, and the one that was probably meant."""
    reference: str = ""
    """Of a search that failed: what its trace in the log is found by."""
    hits: tuple[Hit, ...] = ()
    catalogue: str = ""
    """The name of the catalogue that answered."""

    @property
    def message(self) -> Message:
        """What its asker gets in Slack."""
        return self.compose()

    @property
    def has_links(self) -> bool:
        """Whether it offers links, be they doubtful."""
        return self.is_answer and bool(self.hits)

    @property
    def is_answer(self) -> bool:
        """Whether the question has an answer, be it doubtful, and be no link of it left behind those shown before."""
        return self.ending in {Ending.ANSWERED, Ending.DOUBTFUL}


class Answering:
    """Asks the index in threads beside the event loop, and makes the messages."""

    def __init__(
        self, served: Callable[[], Asks], settings: Settings, store: Store, *, health: Health, metrics: Metrics
    ) -> None:
        self._served = served
        self._settings = settings
        self._store = store
        self._health = health
        self._metrics = metrics
        self._examples: tuple[Asks | None, dict[bool, tuple[str, ...]]] = None, {}
        self._pool = ThreadPoolExecutor(settings.search_threads, thread_name_prefix="search")

    @property
    def asks(self) -> Asks:
        """The bundle that is served now, BundleMissingError when there is none.

        Keep it where one answer needs several calls, so that all of them ask the same bundle. Its methods may take
        milliseconds, so call them through `run`.
        """
        return self._served()

    async def run(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Run one of the index's methods in the pool; TimeoutError when it takes too long."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(SEARCH_TIMEOUT_S):
            return await loop.run_in_executor(self._pool, lambda: function(*args, **kwargs))

    async def examples(self, *, strangers: bool) -> tuple[str, ...]:
        """Return up to four questions that the bundle that is served now answers; for strangers with public links.

        They are found once for each bundle. None when there is no index, or when looking for them fails: nobody waits for
        examples.
        """
        try:
            asks = self.asks
            of, found = self._examples
            if of is not asks:
                self._examples = of, found = asks, {}
            if strangers not in found:
                found[strangers] = await self.run(examples, asks, public_only=strangers)
            return found[strangers]
        except Exception as error:  # noqa: BLE001 - the help and Home are shown without them
            logger.info("no examples could be found (%s)", type(error).__name__)
            return ()

    async def answer(self, inquiry: Inquiry, asks: Asks | None = None) -> Reply:
        """Answer a question, from the bundle that is served now or from the one that is given."""
        reply = await self.find(inquiry, asks)
        await self.keep(reply)
        return reply

    async def find(self, inquiry: Inquiry, asks: Asks | None = None) -> Reply:
        """Search only; the question is not counted and not stored."""
        started = time.perf_counter()
        # The setting is about Slack; whoever opens the page, or gives a key of the API, says by that what others get. Those
        # whom Slack sends to `/mcp` are refused there.
        in_slack = inquiry.surface not in {Surface.WEB, Surface.API, Surface.MCP}
        if inquiry.strangers and in_slack and self._settings.slack_connect == "refuse":
            return Reply(inquiry=inquiry, ending=Ending.REFUSED, compose=refusal_message, seconds=0.0)
        top_k = inquiry.top_k or self._settings.links_in(inquiry.channel, public=inquiry.public)
        question = Question(
            text=inquiry.text,
            thread=inquiry.thread,
            top_k=inquiry.offset + top_k,
            exclude_urls=inquiry.exclude_urls,
            sections=self._settings.for_channel(inquiry.channel).sections,
            public_only=inquiry.strangers,
        )
        with private(inquiry.text, *(turn.text for turn in inquiry.thread)):
            try:
                asks = asks or self.asks
                answer = await self.run(asks.ask, question)
            except Exception as error:  # noqa: BLE001 - the asker gets an apology, and the log the trace
                return self._failed(inquiry, error, time.perf_counter() - started)
        seconds = time.perf_counter() - started
        self._health.well(Part.SEARCH)
        hits = tuple(answer.offered[inquiry.offset : inquiry.offset + top_k])
        answer_id, catalogue = inquiry.answer_id or secrets.token_hex(8), asks.info.name
        return Reply(
            inquiry=inquiry,
            ending=_ending(answer, hits or answer.offered[: inquiry.offset]),
            compose=cache(partial(self._message, inquiry, answer, hits, answer_id, catalogue)),
            seconds=seconds,
            answer_id=answer_id,
            answer=answer,
            hits=hits,
            catalogue=catalogue,
        )

    def _failed(self, inquiry: Inquiry, error: Exception, seconds: float) -> Reply:
        """Return the reply to a search that failed: what was wrong with the question, or an apology."""
        if isinstance(error, UsageError):
            # The message about a wrong filter lists sections, hosts and tags of the catalogue.
            hidden = inquiry.strangers and isinstance(error, FilterError) and not error.malformed
            problem = "No link that I may show here passes these filters" if hidden else str(error)
            compose = partial(usage_message, problem, command=self._settings.command)
            meant = (error.wrong, error.meant) if isinstance(error, FilterError) and not hidden else ("", "")
            return Reply(
                inquiry=inquiry, ending=Ending.USAGE, compose=compose, seconds=seconds, problem=problem, meant=meant
            )
        if not isinstance(error, BundleError):  # the holder of the index reports those itself
            self._health.ill(Part.SEARCH, f"the last search failed with {type(error).__name__}")
        reference = log_failure(logger, "a search failed", error)
        compose = partial(apology_message, reference)
        return Reply(inquiry=inquiry, ending=Ending.FAILED, compose=compose, seconds=seconds, reference=reference)

    def _message(
        self, inquiry: Inquiry, answer: Answer, hits: tuple[Hit, ...], answer_id: str, catalogue: str
    ) -> Message:
        question = answer.asked if inquiry.thread else inquiry.text
        if not shown_urls(hits):
            can_suggest = not inquiry.strangers
            if answer.posted:
                return posted_message(question, can_suggest=can_suggest)
            return nothing_message(answer, question=question, catalogue=catalogue, can_suggest=can_suggest)
        offer = Offer(
            asked=Asked(question=question, answer_id=answer_id, offset=inquiry.offset, public_only=inquiry.strangers),
            catalogue=catalogue,
            can_share=inquiry.can_share,
            can_report=not inquiry.strangers and self._settings.has_curators,
            on_message=inquiry.surface is not Surface.HOME,
            slack_feedback=self._settings.feedback_buttons == "slack",
            shared_by=inquiry.shared_by,
        )
        return answer_message(answer, hits, offer)

    async def keep(self, reply: Reply) -> None:
        """Count and store an answer; when the store fails, the answer is sent all the same."""
        inquiry, answer = reply.inquiry, reply.answer
        self._metrics.count_question(inquiry.surface, reply.ending, reply.seconds)
        if answer is None:
            return
        record = AnswerRecord(
            answer_id=reply.answer_id,
            question=inquiry.text,
            surface=inquiry.surface,
            team=inquiry.team,
            channel=inquiry.channel,
            user=inquiry.user,
            answered=reply.ending in {Ending.ANSWERED, Ending.POSTED},
            doubtful=reply.ending is Ending.DOUBTFUL,
            confidence=answer.confidence,
            urls=shown_urls(reply.hits),
            version=answer.version,
            latency_ms=reply.seconds * 1_000,
        )
        with contextlib.suppress(StoreError):
            await self._store.record_answer(record)

    def close(self) -> None:
        """Start no more searches; do not wait for those that run."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _ending(answer: Answer, hits: Sequence[Hit]) -> Ending:
    """Return how a question ended for which these hits are offered; a hit that cannot be shown is none."""
    if not shown_urls(hits):
        return Ending.POSTED if answer.posted else Ending.NOTHING
    return Ending.ANSWERED if answer.answered else Ending.DOUBTFUL
