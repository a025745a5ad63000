"""When something was, as exporters write it."""

from datetime import UTC, date, datetime
from typing import Final

#: Parts of a second in which exporters count; a date between 1990 and 2100 tells which it is.
_UNITS: Final = (1, 1_000, 1_000_000, 1_000_000_000)
_EARLIEST: Final = 631_152_000
_LATEST: Final = 4_102_444_800
_MOST_DIGITS: Final = 20


def day_of(moment: str) -> date | None:
    """Return the day of a Unix time in UTC, in seconds, milli- or microseconds; None for one that is none of these."""
    if not (moment.isascii() and moment.isdecimal() and len(moment) <= _MOST_DIGITS):
        return None
    for unit in _UNITS:
        seconds = int(moment) // unit
        if _EARLIEST <= seconds < _LATEST:
            return datetime.fromtimestamp(seconds, UTC).date()
    return None
