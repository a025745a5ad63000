"""Each delivery is handled once: by memory, by the store, and without the store."""

import pytest

from bot.errors import StoreError
from bot.running import once
from bot.running.metrics import Metrics
from bot.running.once import Once


class Claims:
    """A store's claims, kept in this process; fails while `broken`."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[str, str]] = {}
        self.settled: list[str] = []
        self.released: list[tuple[str, ...]] = []
        self.left: list[str] = []
        """Keys whose payload this process holds no longer."""
        self.broken = False

    def _look(self) -> None:
        if self.broken:
            raise StoreError("no store")

    async def claim(self, *keys: str, payload: str = "", user: str = "") -> bool:
        """Claim keys, or none of them."""
        self._look()
        if any(key in self.kept for key in keys):
            return False
        self.kept |= dict.fromkeys(keys, (payload, user))
        return True

    async def is_claimed(self, key: str) -> bool:
        """Whether a key is taken."""
        self._look()
        return key in self.kept

    def let_go(self, key: str) -> None:
        """Remember what is left to others."""
        self.left.append(key)

    async def settle(self, key: str) -> None:
        """Remember that a delivery is done with."""
        self._look()
        self.settled.append(key)

    async def release(self, *keys: str) -> None:
        """Give keys back."""
        self._look()
        self.released.append(keys)
        for key in keys:
            self.kept.pop(key, None)


def of(claims: Claims) -> tuple[Once, Metrics]:
    """Return what handles once, as a process has it, and its metrics."""
    metrics = Metrics()
    return Once(claims, metrics), metrics  # type: ignore[arg-type]


def duplicates(metrics: Metrics) -> float:
    """Return how many duplicates were counted."""
    return sum(
        sample.value
        for family in metrics.duplicates.collect()
        for sample in family.samples
        if sample.name.endswith("_total")
    )


async def test_one_process_takes_a_delivery_once_under_any_of_its_keys() -> None:
    """What the store is given is kept with its payload and its person; each later copy is counted."""
    claims = Claims()
    first, metrics = of(claims)
    assert await first.claim("event", "message", payload="{}", user="U1")
    assert claims.kept == {"event": ("{}", "U1"), "message": ("{}", "U1")}
    assert not await first.claim("message")
    assert not await first.claim("other", "event")
    assert duplicates(metrics) == 2
    assert await first.claim("other")
    assert duplicates(metrics) == 2


async def test_another_process_takes_nothing_that_the_store_knows() -> None:
    """And says so in its own metrics."""
    claims = Claims()
    first, _ = of(claims)
    second, metrics = of(claims)
    assert await first.claim("event")
    assert not await second.claim("event")
    assert duplicates(metrics) == 1
    assert claims.kept == {"event": ("", "")}


async def test_without_a_store_the_memory_decides() -> None:
    """Nothing raises; nobody is answered twice, and nobody is left without an answer."""
    claims = Claims()
    claims.broken = True
    taken, metrics = of(claims)
    assert await taken.claim("event")
    assert not await taken.claim("event")
    assert duplicates(metrics) == 1
    await taken.settle("event")
    await taken.release("event")
    assert await taken.claim("event")


async def test_what_is_given_back_is_taken_again() -> None:
    """From memory and from the store, all of it, and unknown keys do no harm; what is settled is told to the store."""
    claims = Claims()
    taken, _ = of(claims)
    assert await taken.claim("event", "message")
    await taken.settle("event")
    assert claims.settled == ["event"]
    await taken.release("event", "message", "unknown")
    assert not claims.kept
    assert await taken.claim("event")
    assert await taken.claim("message")


async def test_one_process_begins_to_answer_what_was_kept() -> None:
    """Whoever takes over what another process left asks first; to have claimed a delivery is not to have begun."""
    claims = Claims()
    first, _ = of(claims)
    second, metrics = of(claims)
    assert await first.claim("event", payload="{}")
    assert not await second.has_begun("event")
    assert await second.begins("event")
    assert await first.has_begun("event")
    assert not await first.begins("event")
    assert not await first.has_begun("another")
    assert await first.begins("another")
    assert duplicates(metrics) == 0


async def test_without_a_store_whoever_asks_may_begin() -> None:
    """A process answers what it has; but what another one left may have been begun, and is not answered twice."""
    claims = Claims()
    claims.broken = True
    taken, _ = of(claims)
    assert await taken.begins("event")
    assert await taken.has_begun("event")


async def test_what_is_given_back_may_be_begun_again() -> None:
    """The payload is kept under the last key, which stays the last that the store is told; so is the right to answer it."""
    claims = Claims()
    taken, _ = of(claims)
    assert await taken.claim("event", "message", payload="{}")
    assert await taken.begins("message")
    await taken.release("event", "message")
    assert claims.released == [("begun:message", "event", "message")]
    assert not await taken.has_begun("message")
    assert await taken.begins("message")
    assert await taken.claim("command", payload="{}")
    await taken.release("command")
    assert claims.released[1:] == [("begun:command", "command")]


def test_what_cannot_be_answered_now_is_left_to_whoever_looks_next() -> None:
    """It is no longer held here."""
    claims = Claims()
    taken, _ = of(claims)
    taken.let_go("event")
    assert claims.left == ["event"]


async def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest keys go first; the newest are known without the store."""
    monkeypatch.setattr(once, "REMEMBERED", 2)
    claims = Claims()
    claims.broken = True
    taken, _ = of(claims)
    for key in ("a", "b", "c"):
        assert await taken.claim(key)
    assert not await taken.claim("c")
    assert not await taken.claim("b")
    assert await taken.claim("a")
