"""The loop's own decisions where several processes share a store; the writer and the build are played."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from bot.curation.loop import Curation
from bot.curation.order import Order, Written
from bot.curation.rebuild import Progress, Rebuilt
from bot.errors import StoreError
from bot.settings import Settings
from bot.slack.outbox import Outbox
from bot.store import ChangeState, Store, Suggestion
from tests.bot.tiny import IDENTITY, RecordingApi, services_of

CHECKOUT = {
    "CATALOGUE_CHECKOUT": "/nowhere",
    "CATALOGUE_FILE": "links.yaml",
    "CURATORS_CHANNEL": "C0CURATORS",
}
SUGGESTION = Suggestion(
    suggestion_id="s1",
    url="https://example.com/",
    title="A page",
    section="CNI",
    description="",
    question="",
    team="TOURS",
    user="U0ASKER",
)


@asynccontextmanager
async def approved() -> AsyncIterator[tuple[Curation, Store, RecordingApi]]:
    """Yield the loop, its store with one approved suggestion, and what Slack gets."""
    api = RecordingApi()
    api.answers["chat.postMessage"] = {"channel": "C0CURATORS", "ts": "2.000001"}
    async with services_of(None, **CHECKOUT) as services:
        outbox = Outbox(api, IDENTITY)  # type: ignore[arg-type]
        curation = Curation(services.settings, services.store, services.answering, outbox)
        await services.store.add_suggestion(SUGGESTION)
        place = ("C0CURATORS", "1.000001")
        assert await services.store.decide_suggestion("s1", approved=True, by="U0CURATOR", place=place)
        following = asyncio.create_task(curation.follow())
        try:
            yield curation, services.store, api
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)


async def until(store: Store, state: ChangeState) -> None:
    """Wait until the change is so far."""
    for _ in range(6_000):
        if await store.changes(state):
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"no change is {state}")


async def until_shown(api: RecordingApi, *, in_thread: bool) -> None:
    """Wait until a message ends with how the build went."""
    for _ in range(6_000):
        if any(
            "up to date" in call["text"] and ("ts" in call or "thread_ts" in call) == in_thread for _, call in api.calls
        ):
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"the result is not shown: {api.calls}")


async def until_told(api: RecordingApi, words: str) -> str:
    """Wait until a message has these words, and return it."""
    for _ in range(6_000):
        if told := [str(call["text"]) for _, call in api.calls if words in call["text"]]:
            return told[0]
        await asyncio.sleep(0.01)
    raise AssertionError(f"nobody is told: {api.calls}")


def play(monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[str], object]) -> None:
    """Play the writer and the build; `meanwhile` is called within each."""

    async def run_writer(_: Order) -> Written:
        await _awaited(meanwhile("write"))
        return Written(where="commit abc on main")

    async def rebuild(_: Settings, __: Progress) -> Rebuilt:
        await asyncio.sleep(0.05)  # the message that it is being built is on its way
        await _awaited(meanwhile("build"))
        return Rebuilt(version="0123456789abcdef", links=3)

    monkeypatch.setattr("bot.curation.loop._run_writer", run_writer)
    monkeypatch.setattr("bot.curation.loop.rebuild", rebuild)


async def _awaited(work: object) -> None:
    if asyncio.iscoroutine(work):
        await work


async def test_what_is_written_counts_where_another_process_gave_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one waited too long for the checkout and called it stuck; this one wrote it."""
    stores: list[Store] = []

    def meanwhile(step: str) -> object:
        return stores[0].move_change("s1", ChangeState.WAITING, ChangeState.STUCK, "busy") if step == "write" else None

    play(monkeypatch, meanwhile)
    async with approved() as (_, store, _api):
        stores.append(store)
        await until(store, ChangeState.LIVE)


async def test_no_message_says_for_ever_that_it_is_being_built(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process built it meanwhile: the message that was put up here ends as well."""
    stores: list[Store] = []

    def meanwhile(step: str) -> object:
        return stores[0].move_change("s1", ChangeState.WRITTEN, ChangeState.LIVE) if step == "build" else None

    play(monkeypatch, meanwhile)
    async with approved() as (_, store, api):
        stores.append(store)
        await until(store, ChangeState.LIVE)
        await until_shown(api, in_thread=True)
    assert len(api.of("chat.postMessage")) == 1


async def test_who_asked_for_a_build_is_told_also_when_the_store_fails_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A store that is locked for a moment costs the change another round, and nobody the result."""
    play(monkeypatch, lambda _: None)
    async with approved() as (curation, store, api):
        await until(store, ChangeState.LIVE)
        await store.move_change("s1", ChangeState.LIVE, ChangeState.WRITTEN)
        curation._mine.add("s1")

        async def locked(*_: object) -> bool:
            raise StoreError("the store cannot write: database is locked")

        monkeypatch.setattr(store, "move_change", locked)
        api.calls.clear()
        api.answers["chat.postMessage"] = {}  # so that nothing is edited and what is asked for is told on its own
        curation.ask_for_build("U0CURATOR")
        await until_shown(api, in_thread=False)


async def test_a_build_that_the_bot_leaves_is_told_as_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGTERM in the middle of a build: within a second, and the change is built after the next start."""
    building = asyncio.Event()

    async def meanwhile(step: str) -> None:
        if step == "build":
            building.set()
            await asyncio.sleep(60)

    play(monkeypatch, meanwhile)
    async with approved() as (_, store, api):
        await asyncio.wait_for(building.wait(), 60)
        assert [change.state for change in await store.changes(*ChangeState)] == [ChangeState.WRITTEN]
    assert "stopped before the index was built" in api.of("chat.update")[-1]["text"]


async def test_a_build_that_fails_is_told_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """In Slack, in the store, and where the curators' page looks; the next build that succeeds takes it back there."""
    play(monkeypatch, lambda _: None)
    problem = ("links.yaml:3: the title is missing; give the link one", "links.yaml:9: no address")

    ends = [Rebuilt(problem=problem), Rebuilt(version="0123456789abcdef", links=3)]

    async def rebuild(_: Settings, __: Progress) -> Rebuilt:
        return ends.pop(0)

    monkeypatch.setattr("bot.curation.loop.rebuild", rebuild)
    async with approved() as (curation, store, api):
        await until(store, ChangeState.STUCK)
        (change,) = await store.changes(ChangeState.STUCK)
        assert change.detail.splitlines() == ["commit abc on main", *problem]
        assert curation.problem == problem
        told = await until_told(api, "the build failed")
        assert told.splitlines()[2:4] == list(problem)
        curation.ask_for_build("U0CURATOR")
        await until_shown(api, in_thread=False)
        assert len(curation.problem) == 0
