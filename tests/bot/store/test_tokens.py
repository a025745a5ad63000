"""The newest pair of a token that rotates: leased by one process at a time, and never overwritten by an older one."""

from collections.abc import Awaitable, Callable

from bot.store import Store, TokenPair

OpenStore = Callable[..., Awaitable[Store]]

FIRST = TokenPair(access="a0", refresh="r0")
SECOND = TokenPair(access="a1", refresh="r1", obtained_at_ms=1, expires_at_ms=2)


async def test_one_process_at_a_time_may_renew(open_store: OpenStore) -> None:
    """Until it has kept the new pair, gave the lease back, or took too long."""
    one, other = await open_store(), await open_store()
    assert await one.token("s") is None
    assert await one.lease_token("s", FIRST, for_ms=60_000) == FIRST
    assert await other.lease_token("s", FIRST, for_ms=60_000) is None
    assert await other.lease_token("another", FIRST, for_ms=60_000) == FIRST
    await one.release_token("s", FIRST)
    assert await other.lease_token("s", FIRST, for_ms=60_000) == FIRST
    await other.keep_token("s", SECOND)
    assert await one.token("s") == SECOND
    assert await one.lease_token("s", FIRST, for_ms=0) == SECOND
    assert await other.lease_token("s", FIRST, for_ms=60_000) == SECOND


async def test_who_came_too_late_overwrites_nothing(open_store: OpenStore) -> None:
    """A process whose lease ended, and whose pair was used up meanwhile, ends no lease of the next pair."""
    one, other = await open_store(), await open_store()
    assert await one.lease_token("s", FIRST, for_ms=0) == FIRST
    assert await other.lease_token("s", FIRST, for_ms=60_000) == FIRST
    await other.keep_token("s", SECOND)
    assert await other.lease_token("s", FIRST, for_ms=60_000) == SECOND
    await one.release_token("s", FIRST)
    assert await one.token("s") == SECOND
    assert await one.lease_token("s", FIRST, for_ms=60_000) is None


async def test_a_pair_shows_no_token() -> None:
    """Not in a log, nor in a trace."""
    assert "r1" not in repr(SECOND)
    assert "a1" not in repr(SECOND)
