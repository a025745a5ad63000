"""From a question to a message: every ending is a message, and nothing that fails inside gets out."""

import asyncio
import sqlite3
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.asking import answering as answering_module
from bot.asking.answering import Ending
from bot.asking.inquiry import Inquiry, Surface
from bot.running.health import Part
from bot.running.once import Once
from bot.store import batches
from index.errors import BundleMissingError, FilterError
from index.types import MAX_QUESTION_CHARS, Answer, Question
from tests.bot.tiny import CALICO, CILIUM, TinyAsks, answer_of, services_of

ASKED = Inquiry(surface=Surface.COMMAND, text="cilium", channel="C0ONE", user="U0ASKER", team="TOURS")


def with_text(text: str, **rest: Any) -> Inquiry:
    """Return another question."""
    return Inquiry(surface=Surface.COMMAND, text=text, channel="C0ONE", user="U0ASKER", team="TOURS", **rest)


async def test_an_answer_is_counted_and_kept() -> None:
    """By its id, which the buttons carry."""
    async with services_of() as services:
        reply = await services.answering.answer(ASKED)
        assert reply.ending is Ending.ANSWERED
        assert reply.answer_id in str(reply.message.blocks)
        metrics = services.metrics.render().decode()
        assert 'signpost_questions_total{outcome="answered",surface="command"} 1.0' in metrics
        assert "signpost_answered_share 1.0" in metrics


@pytest.mark.parametrize(
    ("text", "ending", "share"),
    [("cilium", Ending.ANSWERED, 1.0), ("cilium maybe", Ending.DOUBTFUL, 1.0), ("hardly cilium", Ending.NOTHING, 0.0)],
)
async def test_each_verdict_is_an_ending(text: str, ending: Ending, share: float) -> None:
    """Counted and kept as such; a gap is only what had nothing, and what was in doubt is listed apart."""
    async with services_of() as services:
        reply = await services.answering.answer(with_text(text))
        assert reply.ending is ending
        assert reply.has_links is bool(reply.hits) is (ending is not Ending.NOTHING)
        metrics = services.metrics.render().decode()
        assert f'signpost_questions_total{{outcome="{ending}",surface="command"}} 1.0' in metrics
        assert f"signpost_answered_share {share}" in metrics
        since = datetime.now(UTC) - timedelta(hours=1)
        found = [len(await services.store.gaps(since, 10, doubtful=doubtful)) for doubtful in (False, True)]
        assert found == [ending is Ending.NOTHING, ending is Ending.DOUBTFUL]


async def test_what_stands_in_the_thread_already_is_no_gap() -> None:
    """Its asker reads that it is there, and how to get it once more; the catalogue lacks nothing."""

    class Posted(TinyAsks):
        def ask(self, question: Question) -> Answer:
            return replace(answer_of([], asked=question.text), posted=True)

    async with services_of(Posted()) as services:
        reply = await services.answering.answer(with_text("cilium"))
        assert reply.ending is Ending.POSTED
        assert not reply.has_links
        assert "in this thread already" in reply.message.text
        assert "no good link" not in str(reply.message)
        assert "open_suggestion" in str(reply.message.blocks)
        assert not await services.store.gaps(datetime.now(UTC) - timedelta(hours=1), 10)
        assert "signpost_answered_share 1.0" in services.metrics.render().decode()
        stranger = await services.answering.answer(with_text("cilium", strangers=True))
        assert "open_suggestion" not in str(stranger.message.blocks)


@pytest.mark.parametrize(
    ("error", "ending", "part"),
    [
        (FilterError("there is no section zz"), Ending.USAGE, None),
        (BundleMissingError("no bundle"), Ending.FAILED, None),
        (RuntimeError("cilium broke"), Ending.FAILED, Part.SEARCH),
        (MemoryError(), Ending.FAILED, Part.SEARCH),
    ],
)
async def test_a_search_that_fails_is_a_message(error: Exception, ending: Ending, part: Part | None) -> None:
    """A usage error says what is wrong, everything else is an apology with a reference."""
    asks = TinyAsks(error=error)
    async with services_of(asks) as services:
        reply = await services.answering.answer(ASKED)
        assert reply.ending is ending
        assert ("no section zz" if ending is Ending.USAGE else "reference") in reply.message.text
        assert services.health.is_well(Part.SEARCH) is (part is None)
        asks.error = None
        await services.answering.answer(ASKED)
        assert services.health.is_well(Part.SEARCH)


async def test_strangers_are_not_told_what_filters_there_are() -> None:
    """The message of a wrong filter offers those of the whole catalogue."""
    asks = TinyAsks(error=FilterError("no link is on the host 'x'; there are intranet.example and wiki.example"))
    async with services_of(asks) as services:
        assert "intranet" in (await services.answering.answer(ASKED)).message.text
        reply = await services.answering.answer(with_text("host:x cilium", strangers=True))
        assert reply.ending is Ending.USAGE
        assert "intranet" not in reply.message.text


async def test_a_long_question_is_clamped() -> None:
    """100,000 characters are no more work than 2,000."""
    asks = TinyAsks()
    async with services_of(asks) as services:
        await services.answering.answer(with_text("x" * 100_000))
        assert len(asks.asked[0].text) == MAX_QUESTION_CHARS


async def test_strangers_are_told_what_is_no_filter_anywhere() -> None:
    """Which says nothing of this catalogue."""
    problem = "stars:9 is not a number of stars; 0, 1, 2 and 3 exist"
    async with services_of(TinyAsks(error=FilterError(problem, malformed=True))) as services:
        assert (await services.answering.answer(with_text("stars:9", strangers=True))).problem == problem


async def test_strangers_get_public_links_or_a_refusal() -> None:
    """As the setting says."""
    asks = TinyAsks()
    async with services_of(asks) as services:
        reply = await services.answering.answer(with_text("cni", strangers=True))
        assert [hit.link for hit in reply.hits] == [CALICO]
        nothing = await services.answering.answer(with_text("nothing", strangers=True))
        assert "open_suggestion" not in str(nothing.message.blocks)
    async with services_of(asks, SLACK_CONNECT="refuse") as services:
        reply = await services.answering.answer(with_text("cni", strangers=True))
        assert reply.ending is Ending.REFUSED
        assert len(asks.asked) == 2


async def test_an_offset_shows_the_next_links() -> None:
    """Numbers go on."""
    async with services_of() as services:
        reply = await services.answering.answer(with_text("cni", offset=1, top_k=1))
        assert [hit.link for hit in reply.hits] == [CALICO]
        assert "2. <" in reply.message.text


async def test_a_channels_settings_count() -> None:
    """Its number of links and its sections."""
    asks = TinyAsks()
    async with services_of(asks, SLACK_CHANNELS='{"C0ONE": {"links": 1, "sections": ["CNI"]}}') as services:
        reply = await services.answering.answer(ASKED)
        assert [hit.link for hit in reply.hits] == [CILIUM]
        assert asks.asked[0].sections == ("CNI",)


async def test_a_store_that_fails_does_not_keep_the_answer_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Health turns red, the person gets the links."""

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    async with services_of() as services:
        monkeypatch.setattr(batches, "insert_answers", full)
        assert (await services.answering.answer(ASKED)).ending is Ending.ANSWERED
        assert not services.health.is_well(Part.STORE)


async def test_a_search_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its asker gets an apology."""
    monkeypatch.setattr(answering_module, "SEARCH_TIMEOUT_S", 0.05)
    end = threading.Event()

    class Endless(TinyAsks):
        def ask(self, question: Question) -> Any:
            end.wait(60)

    async with services_of(Endless()) as services:
        assert (await services.answering.answer(ASKED)).ending is Ending.FAILED
        end.set()


async def test_a_delivery_is_taken_up_once() -> None:
    """By whichever of its keys; released keys can be taken again."""
    async with services_of() as services:
        assert await services.once.claim("event:1", "message:1")
        assert not await services.once.claim("event:2", "message:1")
        assert not await services.once.claim("event:1")
        await services.once.release("event:1", "message:1")
        assert await services.once.claim("event:1")


async def test_a_restart_does_not_answer_twice() -> None:
    """The store knows what memory has forgotten."""
    async with services_of() as services:
        assert await services.once.claim("event:1")
        restarted = Once(services.store, services.metrics)
        assert not await restarted.claim("event:1")


async def test_twins_that_arrive_together_are_one() -> None:
    """Without waiting for the store."""
    async with services_of() as services:
        taken = await asyncio.gather(*(services.once.claim(f"event:{n}", "message:1") for n in range(10)))
        assert taken.count(True) == 1
