"""The index that is being served: swapped when the pointer moves, kept when the new one is bad."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.asking import index_holder
from bot.asking.index_holder import IndexHolder
from bot.running.health import Health, Part
from bot.running.metrics import Metrics
from index.errors import BundleDamagedError, BundleMissingError
from index.types import Asks, Question
from tests.bot.tiny import TinyAsks


class Bundles:
    """Opens what the test says."""

    def __init__(self) -> None:
        self.next: Asks | Exception = BundleMissingError("no bundle")
        self.opened = 0

    def open(self, _: Path, __: Asks | None) -> Asks:
        """Open the next one."""
        self.opened += 1
        if isinstance(self.next, Exception):
            raise self.next
        return self.next


@pytest.fixture
def bundles() -> Bundles:
    """Return bundles that can be told what they are."""
    return Bundles()


@pytest.fixture
def health() -> Health:
    """Return health of its own."""
    return Health(Metrics())


@pytest.fixture
def holder(tmp_path: Path, bundles: Bundles, health: Health) -> IndexHolder:
    """Return a holder of a folder without an index."""
    return IndexHolder(tmp_path, health=health, metrics=Metrics(), opener=bundles.open)


def test_without_an_index_nothing_is_served(holder: IndexHolder, health: Health) -> None:
    """Health says so, and asking is an error that says what to do."""
    holder.reload()
    assert not health.is_well(Part.INDEX)
    with pytest.raises(BundleMissingError, match="signpost build"):
        holder.now()


def test_a_damaged_index_is_told_in_one_line_once(
    holder: IndexHolder, bundles: Bundles, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a trace, and not again at each try; another damage is told."""
    bundles.next = TinyAsks()
    holder.reload()
    for problem in ("rows.npy: damaged", "rows.npy: damaged", "links.jsonl: has been shortened"):
        bundles.next = BundleDamagedError(problem)
        holder.reload()
    told = [record for record in caplog.records if record.levelname == "ERROR"]
    assert [record.getMessage() for record in told] == [
        f"index is not well: BundleDamagedError: {problem}; the one before it keeps serving"
        for problem in ("rows.npy: damaged", "links.jsonl: has been shortened")
    ]
    assert all(record.exc_info is None for record in told)
    assert holder.now().info


def test_a_bad_successor_leaves_the_old_index_serving(holder: IndexHolder, bundles: Bundles, health: Health) -> None:
    """Red health, the same answers."""
    bundles.next = TinyAsks()
    holder.reload()
    assert health.is_well(Part.INDEX)
    for error in (BundleDamagedError("a file is missing"), ValueError("anything"), MemoryError()):
        bundles.next = error
        holder.reload()
        assert not health.is_well(Part.INDEX)
        assert holder.now().ask(Question(text="x")).answered
    bundles.next = TinyAsks(links=())
    holder.reload()
    assert health.is_well(Part.INDEX)
    assert holder.now().info.link_count == 0


@pytest.mark.parametrize(
    "move",
    [
        lambda pointer: (pointer.with_name("new").write_text("b2\n"), pointer.with_name("new").replace(pointer)),
        lambda pointer: pointer.unlink(),
        lambda pointer: (pointer.unlink(), pointer.symlink_to("b2")),
    ],
    ids=["renamed over", "removed", "made a link"],
)
async def test_the_pointer_is_followed(
    holder: IndexHolder,
    bundles: Bundles,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    move: Callable[[Path], object],
) -> None:
    """Every way to move it is seen, and an unmoved one is left alone."""
    monkeypatch.setattr(index_holder, "POLL_S", 0.01)
    pointer = tmp_path / "current"
    pointer.write_text("b1\n")
    bundles.next = TinyAsks()
    holder.reload()
    async with following(holder):
        await until(lambda: bundles.opened == 1, for_s=0.1)
        move(pointer)
        await until(lambda: bundles.opened == 2)


def following(holder: IndexHolder) -> "Following":
    """Run `follow` within the block."""
    return Following(holder)


class Following:
    """A running `follow`."""

    def __init__(self, holder: IndexHolder) -> None:
        self.holder = holder

    async def __aenter__(self) -> None:
        self.task = asyncio.create_task(self.holder.follow())

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def until(condition: Callable[[], bool], *, for_s: float = 0.0) -> None:
    """Wait until the condition holds; with `for_s`, check that it goes on holding."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - anything may make it true
            await asyncio.sleep(0.01)
    await asyncio.sleep(for_s)
    assert condition()
