"""Claims: a delivery has one or more keys, and only the first caller that asks for all of them gets it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from bot.store import unanswered
from bot.store.tables import CLAIMS

#: Until a key is this old, nobody can claim it again.
CLAIM_LIFE_MS = 24 * 3_600_000
#: The most by which a pause between two runs can age keys. It is less than `CLAIM_LIFE_MS`, so that keys of the last hour
#: before a restart are still valid after it, also when the wall clock has jumped ahead.
MAX_GAP_MS = 23 * 3_600_000
#: After each `PRUNE_EVERY` claims, up to `PRUNE_ROWS` old keys are deleted: more than were added, and few enough to be fast.
PRUNE_EVERY = 100
PRUNE_ROWS = 500

# Built once, because building a statement takes longer than running it.
_KEY, _AGE = CLAIMS.c.key_hash, CLAIMS.c.claimed_at_ms
_FIND = select(_KEY, _AGE).where(_KEY.in_(bindparam("keys", expanding=True)))
_AGE_OF = select(_AGE).where(bindparam("key") == _KEY)
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
    """The time by which keys age. It starts at the wall clock and then counts elapsed time, so it never jumps.

    A jump of the wall clock while the bot runs makes no difference. Only at the start is the wall clock used: its time is
    limited to between the time of the newest key and `MAX_GAP_MS` after it.
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
        """Return the time to store with a claim."""
        return self._base_ms + self._monotonic_ms() - self._started_ms

    def __repr__(self) -> str:
        return f"<ClaimClock at {self.now_ms()} ms>"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimWrite:
    """Keys to take (`take`), or to give back."""

    key_hashes: tuple[bytes, ...]
    take: bool
    settle: bool = False
    """Whether a mention is kept under the last key, and forgotten when the keys are given back."""
    promise: dict[str, Any] | None = None
    """The mention to keep until it is answered, when the keys are taken."""


class Claims:
    """Decides claims inside a writer's transaction."""

    __slots__ = ("_since_prune", "clock")

    def __init__(self, clock: ClaimClock) -> None:
        self.clock = clock
        self._since_prune = PRUNE_EVERY

    def apply(self, connection: Connection, writes: Sequence[ClaimWrite]) -> list[bool]:
        """Apply `writes` in their order; false for a claim when one of its keys is taken."""
        now = self.clock.now_ms()
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
        settled = [write.key_hashes[-1:] for write in writes if write.settle]
        if settled:
            unanswered.settle(connection, settled)
        promised = [
            write.promise for write, new in zip(writes, results, strict=True) if new and write.promise is not None
        ]
        if promised:
            unanswered.promise(connection, promised, now_ms=wall_ms())
        self._prune(connection, len(writes), oldest_valid)
        return results

    def _prune(self, connection: Connection, writes: int, oldest_valid: int) -> None:
        self._since_prune += writes
        if self._since_prune < PRUNE_EVERY:
            return
        self._since_prune = 0
        connection.execute(_PRUNE, {"oldest_valid": oldest_valid})

    def __repr__(self) -> str:
        return f"<Claims, {self.clock!r}>"


def newest_claim_ms(connection: Connection) -> int | None:
    """When the newest key was claimed, by the clock of the process that claimed it; None when there is no key."""
    newest: int | None = connection.scalar(select(func.max(CLAIMS.c.claimed_at_ms)))
    return newest


def is_claimed(connection: Connection, key_hash: bytes, oldest_ms: int) -> bool:
    """Return whether a key was claimed after a time, by the clock of claims."""
    claimed_at = connection.scalar(_AGE_OF, {"key": key_hash})
    return claimed_at is not None and claimed_at > oldest_ms
