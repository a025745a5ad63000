"""Once and only once: keys that stand for a delivery are taken by the first who asks for all of them."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from bot.store.tables import CLAIMS

#: How long a claimed key keeps others from claiming it.
CLAIM_LIFE_MS = 24 * 3_600_000
#: A gap between two runs counts as this much at most, so that keys of the hour before a restart outlive it.
MAX_GAP_MS = 23 * 3_600_000
#: Once in this many claims, this many old keys are dropped at most: it costs little, and more go than come.
PRUNE_EVERY = 100
PRUNE_ROWS = 500

# Built once: putting a statement together costs more than running it.
_KEY, _AGE = CLAIMS.c.key_hash, CLAIMS.c.claimed_at_ms
_FIND = select(_KEY, _AGE).where(_KEY.in_(bindparam("keys", expanding=True)))
_DROP = delete(CLAIMS).where(_KEY.in_(bindparam("keys", expanding=True)))
_TAKE = insert(CLAIMS)
_OLD = select(_KEY).where(bindparam("oldest_valid") >= _AGE).order_by(_AGE).limit(PRUNE_ROWS)
_PRUNE = delete(CLAIMS).where(_KEY.in_(_OLD))


def wall_ms() -> int:
    """Milliseconds since 1970 UTC, by the machine's clock."""
    return time.time_ns() // 1_000_000


def monotonic_ms() -> int:
    """Milliseconds since some fixed moment; never runs backwards."""
    return time.monotonic_ns() // 1_000_000


class ClaimClock:
    """Time that keys are aged by, which never jumps: it starts at the wall clock and then counts real time only.

    A clock that jumps ahead while the bot runs does not age the keys, one that jumps back does not keep new keys from
    being told from old ones. Between two runs only the wall clock is left: it is taken at its word up to `MAX_GAP_MS`
    beyond the newest key, and not at all when it stands before that key.
    """

    __slots__ = ("_base_ms", "_monotonic_ms", "_started_ms")

    def __init__(
        self,
        newest_claim_ms: int | None,
        *,
        wall: Callable[[], int] = wall_ms,
        monotonic: Callable[[], int] = monotonic_ms,
    ) -> None:
        self._monotonic_ms = monotonic
        self._started_ms = monotonic()
        now = wall()
        self._base_ms = now if newest_claim_ms is None else max(newest_claim_ms, min(now, newest_claim_ms + MAX_GAP_MS))

    def now_ms(self) -> int:
        """Return the moment to stamp a claim with."""
        return self._base_ms + self._monotonic_ms() - self._started_ms

    def __repr__(self) -> str:
        return f"<ClaimClock at {self.now_ms()} ms>"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimWrite:
    """Take the keys, or give them back."""

    key_hashes: tuple[bytes, ...]
    take: bool


class Claims:
    """Decides claims inside a writer's transaction."""

    __slots__ = ("_clock", "_since_prune")

    def __init__(self, clock: ClaimClock) -> None:
        self._clock = clock
        self._since_prune = PRUNE_EVERY

    def apply(self, connection: Connection, writes: Sequence[ClaimWrite]) -> list[bool]:
        """Decide `writes` in their order; true where a claim got all of its keys."""
        now = self._clock.now_ms()
        oldest_valid = now - CLAIM_LIFE_MS
        mentioned = list(dict.fromkeys(key for write in writes for key in write.key_hashes))
        rows = connection.execute(_FIND, {"keys": mentioned})
        stored = {row.key_hash: row.claimed_at_ms for row in rows}
        held = {key for key, claimed_at in stored.items() if claimed_at > oldest_valid}
        fresh: set[bytes] = set()
        results = []
        for write in writes:
            if not write.take:
                held.difference_update(write.key_hashes)
                fresh.difference_update(write.key_hashes)
                results.append(True)
            elif held.isdisjoint(write.key_hashes):
                held.update(write.key_hashes)
                fresh.update(write.key_hashes)
                results.append(True)
            else:
                results.append(False)
        gone = [key for key in stored if key in fresh or key not in held]
        if gone:
            connection.execute(_DROP, {"keys": gone})
        if fresh:
            connection.execute(_TAKE, [{"key_hash": key, "claimed_at_ms": now} for key in fresh])
        self._prune(connection, len(writes), oldest_valid)
        return results

    def _prune(self, connection: Connection, writes: int, oldest_valid: int) -> None:
        self._since_prune += writes
        if self._since_prune < PRUNE_EVERY:
            return
        self._since_prune = 0
        connection.execute(_PRUNE, {"oldest_valid": oldest_valid})

    def __repr__(self) -> str:
        return f"<Claims, {self._clock!r}>"


def newest_claim_ms(connection: Connection) -> int | None:
    """When the newest key was claimed, by the clock of who claimed it; None when there is none."""
    newest: int | None = connection.scalar(select(func.max(CLAIMS.c.claimed_at_ms)))
    return newest
