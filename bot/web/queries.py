"""A question as it stands in the address: its filters, and the questions that one more or one less of them makes."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final
from urllib.parse import quote

from bot.slack.text import one_line
from index import written_filters

#: Where the page is.
HOME: Final = "/"
#: Every link of a page narrows the same question, by values that come again and again.
_written = lru_cache(maxsize=256)(written_filters)
_quoted = lru_cache(maxsize=8_192)(partial(quote, safe=""))
_SAID: Final = {
    "section": "Section",
    "tag": "Tag",
    "host": "Site",
    "stars": "Stars, at least",
    "after": "Added since",
    "is": "State",
}


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter of the question, and where a press on it leads."""

    label: str
    value: str
    href: str
    """The address of another question: without the filter, or with it instead of a wrong one."""


def address(query: str, page: int = 1) -> str:
    """Return the address of a question's results."""
    further = f"&page={page}" if page > 1 else ""
    return _address(query) + further


def _address(*parts: str) -> str:
    """Return the address of a question that consists of these parts."""
    query = "%20".join(_quoted(part) for part in parts if part)
    return f"{HOME}?q={query}" if query else HOME


@lru_cache(maxsize=4_096)
def filter_of(name: str, value: str) -> str:
    """Return a filter as people write it; quotation marks inside a value cannot be written and are left out."""
    plain = one_line(value).replace('"', "")
    return f'{name}:"{plain}"' if " " in plain or not plain else f"{name}:{plain}"


def narrowed(query: str, name: str, value: str) -> str:
    """Return the address of a question with one more filter; one that is there already is not repeated."""
    wanted = filter_of(name, value)
    rest, written = _written(query)
    texts = [one.text for one in written]
    if wanted.casefold() not in (text.casefold() for text in texts):
        # A second value of these would only widen or repeat what the first one says.
        texts = [one.text for one in written if one.name != name or one.is_unwanted or name not in {"stars", "after"}]
        texts.append(wanted)
    return _address(*texts, rest)


def corrected(query: str, wrong: str, meant: str) -> Chip | None:
    """Return a filter with what was probably meant instead of a wrong value, and the question with it; None without one."""
    rest, written = _written(query)
    found = next((one for one in written if wrong and meant and one.value.casefold() == wrong.casefold()), None)
    if found is None:
        return None
    right = ("-" if found.is_unwanted else "") + filter_of(found.name, meant)
    texts = [right if one is found else one.text for one in written]
    return Chip(label=_SAID[found.name], value=meant, href=_address(*texts, rest))


def chips(query: str) -> Iterator[Chip]:
    """Yield the filters of a question."""
    rest, written = _written(query)
    for number, one in enumerate(written):
        others = [other.text for place, other in enumerate(written) if place != number]
        label = _SAID[one.name]
        yield Chip(
            label=f"Without {label.lower()}" if one.is_unwanted else label,
            value=one.value,
            href=_address(*others, rest),
        )


def words_of(query: str) -> str:
    """Return a question without its filters."""
    return _written(query)[0]
