"""Reads the times that exporters write."""

from datetime import UTC, date, datetime
from typing import Final

#: Units for each second that exporters use; the right one is that which makes a date between 1990 and 2100.
_UNITS: Final = (1, 1_000, 1_000_000, 1_000_000_000)
_EARLIEST: Final = 631_152_000
_LATEST: Final = 4_102_444_800
_MOST_DIGITS: Final = 20


def day_of(moment: str) -> date | None:
    """Return the UTC day of a Unix time in seconds, milli-, micro- or nanoseconds; None for anything else."""
    if not (moment.isascii() and moment.isdecimal() and len(moment) <= _MOST_DIGITS):
        return None
    for unit in _UNITS:
        seconds = int(moment) // unit
        if _EARLIEST <= seconds < _LATEST:
            return datetime.fromtimestamp(seconds, UTC).date()
    return None
