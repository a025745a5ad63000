"""A section's path as one label, and back."""

from collections.abc import Iterable, Sequence

from bot.slack.text import clamp, one_line

MAX_LABEL_CHARS = 75
_MARK = ">"


def section_label(path: Sequence[str]) -> str:
    """Return a section's path as an option shows it, cut where it is long."""
    return clamp(one_line(" > ".join(path)), MAX_LABEL_CHARS)


def section_of(label: str, known: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the path of a label: the known one that is shown so, else its headings."""
    found = next((path for path in known if section_label(path) == label), None)
    return tuple(part.strip() for part in label.split(_MARK) if part.strip()) if found is None else found
