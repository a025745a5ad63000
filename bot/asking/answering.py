"""From a question to a message: searched in a small pool of threads, rendered, kept in the store.

Nothing that goes wrong in here reaches a surface as an exception: a person gets a message in any case.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import ParamSpec, TypeVar

from bot.asking.index_holder import IndexHolder
from bot.asking.inquiry import Inquiry, Surface
from bot.blocks.answer import Offer, answer_message, shown_urls
from bot.blocks.notes import apology_message, nothing_message, refusal_message, usage_message
from bot.errors import StoreError
from bot.running.health import Health, Part
from bot.running.logs import new_reference, private
from bot.running.metrics import Metrics
from bot.settings import Settings
from bot.slack.message import Message
from bot.slack.text import clean
from bot.store import AnswerRecord, Store
from index.errors import BundleError, FilterError, UsageError
from index.types import MAX_QUESTION_CHARS, Answer, Asks, Hit, Question

logger = logging.getLogger("signpost.answering")

#: A search that takes longer is given up; its thread cannot be stopped, its asker need not wait.
SEARCH_TIMEOUT_S = 20.0
#: The answer is not held up longer than this by a store that does not take it.
RECORD_TIMEOUT_S = 0.5

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Outcome(StrEnum):
    """How a question ended."""

    ANSWERED = "answered"
    NOTHING = "nothing"
    USAGE = "usage"
    FAILED = "failed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search gave: an answer, or the message to say instead."""

    inquiry: Inquiry
    outcome: Outcome
    seconds: float
    answer: Answer | None = None
    hits: tuple[Hit, ...] = ()
    catalogue: str = ""
    """The name of the catalogue that answered."""
    instead: Message | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a person gets."""

    message: Message
    outcome: Outcome
    answer_id: str = ""
    answer: Answer | None = None
    hits: tuple[Hit, ...] = ()
    catalogue: str = ""


class Answering:
    """Asks the index, off the event loop, and makes the messages."""

    def __init__(self, asks: Asks, settings: Settings, store: Store, *, health: Health, metrics: Metrics) -> None:
        self._asks = asks
        self._settings = settings
        self._store = store
        self._health = health
        self._metrics = metrics
        self._pool = ThreadPoolExecutor(settings.search_threads, thread_name_prefix="search")

    @property
    def asks(self) -> Asks:
        """The bundle that is served now: several things asked of it come from that one alone.

        Its methods may take milliseconds, so call them through `run`.
        """
        return self._asks.now() if isinstance(self._asks, IndexHolder) else self._asks

    async def run(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Run one of the index's methods in the pool; TimeoutError when it takes too long."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(SEARCH_TIMEOUT_S):
            return await loop.run_in_executor(self._pool, lambda: function(*args, **kwargs))

    async def answer(self, inquiry: Inquiry, asks: Asks | None = None) -> Reply:
        """Answer a question, from the bundle that is served now or from the one that is given."""
        return await self.reply(await self.find(inquiry, asks))

    async def find(self, inquiry: Inquiry, asks: Asks | None = None) -> Found:
        """Search, and nothing more: neither counted nor kept."""
        started = time.perf_counter()
        asks = asks or self.asks
        if inquiry.strangers and self._settings.slack_connect == "refuse":
            return Found(inquiry=inquiry, outcome=Outcome.REFUSED, seconds=0.0, instead=refusal_message())
        channel = self._settings.for_channel(inquiry.channel)
        top_k = inquiry.top_k or self._settings.links_in(inquiry.channel)
        question = Question(
            text=clean(inquiry.text[:MAX_QUESTION_CHARS]),
            thread=inquiry.thread,
            top_k=inquiry.offset + top_k,
            exclude_urls=inquiry.exclude_urls,
            sections=channel.sections,
            public_only=inquiry.strangers,
        )
        outcome, instead, answer = Outcome.FAILED, None, None
        with private(inquiry.text, question.text, *inquiry.thread):
            try:
                answer = await self.run(asks.ask, question)
            except UsageError as error:
                # A wrong filter's message names sections, hosts and tags that are there.
                hidden = inquiry.strangers and isinstance(error, FilterError)
                problem = "No link that I may show here passes these filters" if hidden else str(error)
                outcome, instead = Outcome.USAGE, usage_message(problem, command=self._settings.command)
            except Exception as error:  # noqa: BLE001 - whatever it is, the asker gets an apology and the log its trace
                instead = self._failed(error)
        seconds = time.perf_counter() - started
        if answer is None:
            return Found(inquiry=inquiry, outcome=outcome, seconds=seconds, instead=instead)
        self._health.well(Part.SEARCH)
        hits = tuple(answer.hits[inquiry.offset : inquiry.offset + top_k]) if answer.answered else ()
        outcome = Outcome.ANSWERED if shown_urls(hits) else Outcome.NOTHING
        catalogue = asks.info.name
        return Found(inquiry=inquiry, outcome=outcome, seconds=seconds, answer=answer, hits=hits, catalogue=catalogue)

    def _failed(self, error: Exception) -> Message:
        """Log a failed search and return the apology for it."""
        reference = new_reference()
        logger.error("a search failed", exc_info=error, extra={"reference": reference})
        if not isinstance(error, BundleError):  # the holder of the index reports those itself
            self._health.ill(Part.SEARCH, f"the last search failed with {type(error).__name__}")
        return apology_message(reference)

    async def reply(self, found: Found) -> Reply:
        """Render, count and keep what was found."""
        inquiry, answer = found.inquiry, found.answer
        self._metrics.count_question(inquiry.surface, found.outcome, found.seconds)
        if answer is None:
            return Reply(message=found.instead or apology_message(new_reference()), outcome=found.outcome)
        answer_id = secrets.token_hex(8)
        question = answer.asked if inquiry.thread else clean(inquiry.text[:MAX_QUESTION_CHARS])
        if found.outcome is Outcome.ANSWERED:
            offer = Offer(
                answer_id=answer_id,
                question=question,
                offset=inquiry.offset,
                catalogue=found.catalogue,
                can_share=inquiry.can_share,
                on_message=inquiry.surface is not Surface.HOME,
                public_only=inquiry.strangers,
                slack_feedback=self._settings.feedback_buttons == "slack",
                shared_by=inquiry.shared_by,
            )
            message = answer_message(answer, found.hits, offer)
        else:
            message = nothing_message(
                answer, question=question, catalogue=found.catalogue, can_suggest=not inquiry.strangers
            )
        await self._keep(found, answer, answer_id)
        return Reply(
            message=message,
            outcome=found.outcome,
            answer_id=answer_id,
            answer=answer,
            hits=found.hits,
            catalogue=found.catalogue,
        )

    async def _keep(self, found: Found, answer: Answer, answer_id: str) -> None:
        """Keep the answer before it is given; a store that fails turns health red and holds nobody up."""
        inquiry = found.inquiry
        record = AnswerRecord(
            answer_id=answer_id,
            question=inquiry.text[:MAX_QUESTION_CHARS],
            surface=inquiry.surface,
            team=inquiry.team,
            channel=inquiry.channel,
            user=inquiry.user,
            answered=found.outcome is Outcome.ANSWERED,
            confidence=answer.confidence,
            urls=shown_urls(found.hits),
            version=answer.version,
            latency_ms=found.seconds * 1_000,
        )
        try:
            async with asyncio.timeout(RECORD_TIMEOUT_S):
                await self._store.record_answer(record)
        except TimeoutError:
            self._health.ill(Part.STORE, "no answer in time")
        except StoreError as error:
            self._health.ill(Part.STORE, str(error))

    def close(self) -> None:
        """Take no more searches; those that run are left to end."""
        self._pool.shutdown(wait=False, cancel_futures=True)
