"""Writes a catalogue in the formats that are read, each by a function from a reading to its text.

A writer writes what the reader of the format reads. Values that the format has no place for are left out; `not_carried`
reads the text back and counts them.
"""

import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from itertools import zip_longest
from pathlib import Path
from typing import Final

from index.catalogue.formats.native import write_native
from index.catalogue.link import Entry, Further, Link, Reading
from index.catalogue.merge import join_items
from index.catalogue.read import read
from index.catalogue.urls import host
from index.catalogue.writers.html import write_bookmarks, write_html
from index.catalogue.writers.markdown import write_markdown
from index.catalogue.writers.opml import write_opml
from index.catalogue.writers.outline import in_each_section
from index.catalogue.writers.tables import write_objects, write_spreadsheet
from index.errors import CatalogueError


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A format to write: its function, and the suffixes of its files."""

    write: Callable[[Reading], str]
    suffixes: tuple[str, ...]
    is_page: bool = False
    """Whether people read it as it is, so that private links must not be in it."""


FORMS: Final[dict[str, Form]] = {
    "yaml": Form(write=write_native, suffixes=(".yaml", ".yml")),
    "markdown": Form(write=write_markdown, suffixes=(".md", ".markdown"), is_page=True),
    "html": Form(write=write_html, suffixes=(".html", ".htm"), is_page=True),
    "csv": Form(write=write_spreadsheet, suffixes=(".csv",)),
    "json": Form(write=write_objects, suffixes=(".json",)),
    "bookmarks": Form(write=write_bookmarks, suffixes=(".html", ".htm")),
    "opml": Form(write=write_opml, suffixes=(".opml",)),
}


def written(reading: Reading, form: str) -> bytes:
    """Return a reading as a file of that format, without private links where that is a page.

    CatalogueError for text that cannot be encoded (a lone surrogate).
    """
    if FORMS[form].is_page:
        reading = replace(reading, entries=tuple(entry for entry in reading.entries if not entry.link.private))
    try:
        return FORMS[form].write(reading).encode()
    except UnicodeEncodeError:
        raise CatalogueError("a link holds half a character (a lone surrogate), which no file can hold") from None


def not_carried(reading: Reading, content: bytes, form: str) -> dict[str, int]:
    """Read a file back, and count by field the links that differ from the reading.

    A link is compared with those of the same address, by section. A link without a publisher has its host as publisher, and
    a link in several sections may be written once in each.
    """
    with tempfile.TemporaryDirectory(prefix="signpost-") as folder:
        path = Path(folder) / f"catalogue{FORMS[form].suffixes[0]}"
        path.write_bytes(content)
        again = _by_address(join_items(read([path]).entries))
    counts: Counter[str] = Counter()
    for url, links in _by_address(reading.entries).items():
        found = again.get(url, [])
        for link, other in zip_longest(links, found[: len(links)]):
            counts.update(["link"] if other is None else _differences(link, other))
        if not _further(links) <= _further(found):
            counts["further"] += 1
    return dict(counts)


def _by_address(entries: Iterable[Entry]) -> dict[str, list[Link]]:
    found: defaultdict[str, list[Link]] = defaultdict(list)
    links = in_each_section(entry.link for entry in entries)
    for link in sorted(links, key=lambda link: link.section):
        found[link.url].append(link)
    return found


def _differences(link: Link, other: Link) -> list[str]:
    names = [one.name for one in fields(Link) if getattr(link, one.name) != getattr(other, one.name)]
    same_publisher = (link.publisher or host(link.url)) == other.publisher
    return [name for name in names if name != "further" and not (name == "publisher" and same_publisher)]


def _further(links: Iterable[Link]) -> set[Further]:
    """Return the further addresses of an item from all its links; a list need not repeat them with each."""
    return {one for link in links for one in link.further}
