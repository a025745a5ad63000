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

    async def settle(self, key: str) -> None:
        """Remember that a delivery is done with."""
        self._look()
        self.settled.append(key)

    async def release(self, *keys: str) -> None:
        """Give keys back."""
        self._look()
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
