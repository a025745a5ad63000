"""Dedupe keys: taken once, by one, for a day, whatever the clock does."""

import asyncio
import random
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, insert, select

from bot.errors import StoreError
from bot.store import Store, claims
from bot.store.claims import (
    CLAIM_LIFE_MS,
    MAX_GAP_MS,
    PRUNE_EVERY,
    ClaimClock,
    Claims,
    ClaimWrite,
    monotonic_ms,
    wall_ms,
)
from bot.store.tables import CLAIMS
from tests.bot.store.conftest import look, only_postgresql

OpenStore = Callable[..., Awaitable[Store]]
HOUR_MS = 3_600_000


@dataclass
class Clocks:
    """The machine's two clocks, moved by hand."""

    wall: int = 1_700_000_000_000
    monotonic: int = 5_000

    def pass_ms(self, amount: int) -> None:
        """Let real time pass."""
        self.wall += amount
        self.monotonic += amount

    def __call__(self, newest: int | None) -> ClaimClock:
        """Make a claim clock on these clocks."""
        return ClaimClock(newest, wall=lambda: self.wall, monotonic=lambda: self.monotonic)


async def test_the_first_claim_wins_and_the_second_loses(store: Store) -> None:
    """A delivery is handled once, however often it comes; who loses does not free the key for the next."""
    assert await store.claim("event:1")
    for _ in range(3):
        assert not await store.claim("event:1")


async def test_one_key_in_common_is_enough_to_lose_and_a_loser_takes_nothing(store: Store) -> None:
    """All keys or none: the key that a loser alone has stays free."""
    assert await store.claim("event:1", "message:a")
    assert not await store.claim("event:2", "message:a")
    assert await store.claim("event:2")


async def test_a_claim_without_keys_is_true(store: Store) -> None:
    """Nothing to compare is nothing seen before."""
    assert await store.claim()
    assert await store.claim()


async def test_the_same_key_twice_in_one_claim_counts_once(store: Store) -> None:
    """A caller may repeat itself."""
    assert await store.claim("a", "a")


async def test_released_keys_can_be_claimed_again(store: Store) -> None:
    """Work that failed before anything was sent is open to the next delivery."""
    assert await store.claim("a", "b")
    await store.release("a", "b", "never claimed")
    assert await store.claim("a", "b")


async def test_whether_a_key_is_taken_can_be_asked_without_taking_it(open_store: OpenStore) -> None:
    """For a day, to the millisecond, in every process; what was given back is not taken."""
    clocks = Clocks()
    first, second = await open_store(clock=clocks), await open_store(clock=clocks)
    assert not await second.is_claimed("a")
    assert await first.claim("a")
    assert await second.is_claimed("a")
    assert not await second.is_claimed("b")
    clocks.pass_ms(CLAIM_LIFE_MS - 1)
    assert await second.is_claimed("a")
    clocks.pass_ms(1)
    assert not await second.is_claimed("a")
    assert await second.claim("a")
    await second.release("a")
    assert not await first.is_claimed("a")


async def test_any_text_is_a_key(store: Store) -> None:
    """Lone surrogates, NUL and long texts are told apart."""
    keys = ("\ud800", "\udfff", "\x00", "", "x" * 100_000, "x" * 100_001)
    for key in keys:
        assert await store.claim(key), key[:5]
    for key in keys:
        assert not await store.claim(key), key[:5]


async def test_of_many_tasks_one_wins(store: Store) -> None:
    """Group commit decides claims of one group in their order."""
    results = await asyncio.gather(*(store.claim("same", f"own:{number}") for number in range(200)))
    assert sum(results) == 1


async def test_of_two_stores_on_one_file_one_wins(open_store: OpenStore) -> None:
    """What one process took, the other sees at once."""
    first, second = await open_store(), await open_store()
    for number in range(50):
        results = await asyncio.gather(first.claim(f"k{number}"), second.claim(f"k{number}"))
        assert sorted(results) == [False, True]


@pytest.fixture
def connection() -> Iterator[Connection]:
    """Give a database with no row, outside of any store."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        CLAIMS.metadata.create_all(connection)
        yield connection
    engine.dispose()


def take(key: str) -> ClaimWrite:
    """Return a claim of one key."""
    return ClaimWrite(key_hashes=(key.encode(),), take=True)


def test_a_group_is_decided_in_its_order(connection: Connection) -> None:
    """Each write sees what those before it did, also a key that is given back between two claims."""
    decides = Claims(Clocks()(None))
    back = replace(take("a"), take=False)
    assert decides.apply(connection, [take("a"), take("a"), back, take("a"), take("b")]) == [
        True,
        False,
        True,
        True,
        True,
    ]
    assert decides.apply(connection, [take("a"), back]) == [False, True]
    assert connection.scalars(select(CLAIMS.c.key_hash)).all() == [b"b"]


def test_old_keys_are_looked_for_once_in_a_hundred_claims(connection: Connection) -> None:
    """At the first claim of a process, and then not at every one: looking takes longer than a claim."""
    clocks = Clocks()
    Claims(clocks(None)).apply(connection, [take("old")])
    clocks.pass_ms(CLAIM_LIFE_MS)
    decides = Claims(clocks(None))

    def is_kept() -> bool:
        return connection.scalar(select(CLAIMS.c.key_hash).where(CLAIMS.c.key_hash == b"old")) is not None

    decides.apply(connection, [take("first")])
    assert not is_kept()
    connection.execute(insert(CLAIMS), [{"key_hash": b"old", "claimed_at_ms": 0}])
    for number in range(PRUNE_EVERY - 1):
        decides.apply(connection, [take(str(number))])
        assert is_kept()
    decides.apply(connection, [take("last")])
    assert not is_kept()


@only_postgresql
async def test_stores_that_take_much_at_once_in_any_order_wait_for_no_one_in_a_circle(
    url: str,
) -> None:
    """What one has written and the other wants, and the other way round: neither fails, and each key has one winner."""
    stores = [await Store.open(url, hash_key=b"k", store_questions=False) for _ in range(3)]
    draw = random.Random(1)

    async def takes(store: Store, first: int) -> list[int]:
        numbers = draw.sample(range(first, first + 80), 80)
        won: list[int] = []

        async def take(number: int) -> None:
            if await store.claim(f"event:{number}", f"message:{number}"):
                won.append(number)

        others = [
            work() for number in numbers for work in (store.ping, partial(store.claim_report, f"report:{number}"))
        ]
        await asyncio.gather(*draw.sample([*map(take, numbers), *others], 240))
        return won

    for first in (0, 80, 160, 240):
        of_each = await asyncio.gather(*(takes(store, first) for store in stores))
        assert sorted(number for won in of_each for number in won) == list(range(first, first + 80))
    for store in stores:
        await store.close()


RACER = """
import asyncio, sys
from bot.store import Store
from tests.patience import be_patient

async def main():
    be_patient()
    store = await Store.open(sys.argv[1], hash_key=b"k", store_questions=False)
    print("ready", flush=True)
    sys.stdin.readline()
    won = [n for n in range(200) if await store.claim(f"key:{n}", f"other:{n}")]
    print(" ".join(map(str, won)), flush=True)
    await store.close()

asyncio.run(main())
"""


def test_processes_that_race_from_an_empty_folder_share_the_keys(url: str) -> None:
    """Two processes make one new store together, and each key has one winner."""
    racers = [
        subprocess.Popen([sys.executable, "-c", RACER, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    won: list[int] = []
    try:
        for racer in racers:
            assert racer.stdout is not None
            assert racer.stdout.readline() == "ready\n"
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write("go\n")
            racer.stdin.flush()
        for racer in racers:
            out, _ = racer.communicate(timeout=60)
            won.extend(map(int, out.split()))
            assert racer.returncode == 0
    finally:
        for racer in racers:
            if racer.poll() is None:
                racer.kill()
                racer.communicate()
    assert sorted(won) == list(range(200))


def test_time_is_told_in_whole_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """By both clocks: keys are compared to the millisecond, and a database keeps whole numbers."""
    now = SimpleNamespace(time_ns=lambda: 1_700_000_000_123_999_999, monotonic_ns=lambda: 86_400_000_456_999_999)
    monkeypatch.setattr(claims, "time", now)
    assert repr(wall_ms()) == "1700000000123"
    assert repr(monotonic_ms()) == "86400000456"


async def test_keys_outlive_the_process(open_store: OpenStore) -> None:
    """A restart does not answer twice."""
    first = await open_store()
    assert await first.claim("a")
    await first.close()
    assert not await (await open_store()).claim("a")


async def test_a_key_is_free_again_after_a_day(open_store: OpenStore) -> None:
    """24 hours, to the millisecond."""
    clocks = Clocks()
    store = await open_store(clock=clocks)
    assert await store.claim("a")
    clocks.pass_ms(CLAIM_LIFE_MS - 1)
    assert not await store.claim("a")
    clocks.pass_ms(1)
    assert await store.claim("a")
    assert not await store.claim("a")


@pytest.mark.parametrize("jump_ms", [-3650 * CLAIM_LIFE_MS, -HOUR_MS, HOUR_MS, 25 * HOUR_MS, 3650 * CLAIM_LIFE_MS])
async def test_a_jump_of_the_clock_while_running_neither_doubles_nor_loses(open_store: OpenStore, jump_ms: int) -> None:
    """Keys age by the time that passes, not by what the clock is set to."""
    clocks = Clocks()
    store = await open_store(clock=clocks)
    assert await store.claim("before")
    clocks.wall += jump_ms
    assert not await store.claim("before")
    assert await store.claim("after")
    assert not await store.claim("after")
    clocks.pass_ms(CLAIM_LIFE_MS)
    assert await store.claim("before")


@pytest.mark.parametrize("jump_ms", [-3650 * CLAIM_LIFE_MS, 3650 * CLAIM_LIFE_MS])
async def test_a_jump_of_the_clock_over_a_restart_does_not_double_what_came_just_before(
    open_store: OpenStore, jump_ms: int
) -> None:
    """A retry comes within six minutes; keys of the last hour outlive any gap, and even they end."""
    clocks = Clocks()
    first = await open_store(clock=clocks)
    assert await first.claim("before")
    await first.close()
    clocks.wall += jump_ms
    second = await open_store(clock=clocks)
    assert not await second.claim("before")
    assert await second.claim("new")
    clocks.pass_ms(CLAIM_LIFE_MS)
    assert await second.claim("before")


async def test_old_keys_are_dropped(open_store: OpenStore, url: str) -> None:
    """The table stays as long as a day's keys."""
    clocks = Clocks()
    store = await open_store(clock=clocks)
    await asyncio.gather(*(store.claim(f"old:{number}") for number in range(600)))
    clocks.pass_ms(CLAIM_LIFE_MS)
    for number in range(210):
        await store.claim(f"new:{number}")
    assert look(url, "select count(*) from claims") == [(210,)]


@given(
    gap=st.integers(min_value=-(10**13), max_value=10**13), run=st.integers(min_value=0, max_value=10 * CLAIM_LIFE_MS)
)
@settings(max_examples=200, deadline=None)
def test_the_clock_never_runs_backwards_and_never_skips_the_last_hour(gap: int, run: int) -> None:
    """Whatever the wall clock says at the next start; a pause that can be one ages keys by its length."""
    clocks = Clocks()
    newest = clocks.wall
    clocks.wall += gap
    clock = clocks(newest)
    assert clock.now_ms() == newest + min(max(gap, 0), MAX_GAP_MS)
    clocks.wall -= 10**12
    clocks.monotonic += run
    assert clock.now_ms() >= newest + run


async def test_a_claim_on_a_closed_store_is_a_store_error(store: Store) -> None:
    """No hanging, no other exception."""
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await store.claim("a")
