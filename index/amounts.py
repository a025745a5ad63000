"""Counts for people: `1 link`, `0 links`, `1,819 links`."""


def amount(count: int, one: str, many: str = "") -> str:
    """Return a number with its noun: `one` where it is 1, else `many`, by default `one` with an s."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
