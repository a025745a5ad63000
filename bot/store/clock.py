"""Time that dedupe keys are aged by: it never jumps, whatever happens to the machine's clock."""

import time
from collections.abc import Callable

#: How long a claimed key keeps others from claiming it.
CLAIM_LIFE_MS = 24 * 3_600_000
#: A gap between two runs counts as this much at most, so that keys of the hour before a restart outlive it.
MAX_GAP_MS = 23 * 3_600_000


def wall_ms() -> int:
    """Milliseconds since 1970 UTC, by the machine's clock."""
    return time.time_ns() // 1_000_000


def monotonic_ms() -> int:
    """Milliseconds since some fixed moment; never runs backwards."""
    return time.monotonic_ns() // 1_000_000


class ClaimClock:
    """Starts at the wall clock and then counts real time only.

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
