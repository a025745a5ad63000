"""Reads the times that exporters write."""

from datetime import UTC, date, datetime
from typing import Final

#: Units for each second that exporters use; the right one is that which makes a date between 1990 and 2100.
_UNITS: Final = (1, 1_000, 1_000_000, 1_000_000_000)
_EARLIEST: Final = 631_152_000
_LATEST: Final = 4_102_444_800
_MOST_DIGITS: Final = 20
#: Chromium counts microseconds from 1601, and these seconds are between that and 1970.
_MICROSECONDS: Final = 1_000_000
_SECONDS_FROM_1601: Final = 11_644_473_600


def day_of(moment: str) -> date | None:
    """Return the UTC day of a Unix time in seconds, milli-, micro- or nanoseconds, or of Chromium's; None for anything else."""
    if not (moment.isascii() and moment.isdecimal() and len(moment) <= _MOST_DIGITS):
        return None
    counted = int(moment)
    for seconds in (*(counted // unit for unit in _UNITS), counted // _MICROSECONDS - _SECONDS_FROM_1601):
        if _EARLIEST <= seconds < _LATEST:
            return datetime.fromtimestamp(seconds, UTC).date()
    return None
