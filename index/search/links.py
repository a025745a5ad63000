"""Reads the links of a bundle from disk, one by one, when a hit is shown."""

import json
import mmap
import re
from collections.abc import Iterator
from functools import lru_cache, partial
from pathlib import Path
from typing import Final

import numpy as np

from index.catalogue.link import Link, link_from_row
from index.numeric import Bools, Int32, Int64
from index.search.filters import Facets

LINKS_FILE: Final = "links.jsonl"
OFFSETS_FILE: Final = "links.npy"
FACETS_FILE: Final = "facets.json"
COLUMNS_FILE: Final = "columns.npy"
#: This many parsed links stay in memory: a few links are shown most of the time.
REMEMBERED: Final = 2_048

_URL: Final = re.compile(rb'{"url": ("(?:[^"\\]|\\.)*")')
_ADDED: Final = re.compile(rb'"added": "(\d{4})-(\d\d)-(\d\d)"')


class LinkFile:
    """Links by number, parsed when they are asked for. Safe to read from several threads."""

    def __init__(self, folder: Path) -> None:
        self._offsets = np.load(folder / OFFSETS_FILE)
        with (folder / LINKS_FILE).open("rb") as file:
            self._content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._parse = partial(_parse, self._content, self._offsets)
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._parse)

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __getitem__(self, row: int) -> Link:
        return self._remembered(row)

    def __iter__(self) -> Iterator[Link]:
        # Not cached: reading all links must not push the often shown ones out of the cache.
        return map(self._parse, range(len(self)))

    def url(self, row: int) -> str:
        """Return the address of a link, the first value of its line, without parsing the rest."""
        found = _URL.match(self._content, int(self._offsets[row]))
        return self[row].url if found is None else str(json.loads(found[1]))

    def dates(self) -> tuple[Int64, Int64]:
        """Return the links that have an `added` date, in their order, and the dates as numbers such as 20240531.

        The dates are found by a pattern, without parsing: text inside a JSON string cannot match, since its quotes are escaped.
        """
        found = [(match.start(), int(match[1] + match[2] + match[3])) for match in _ADDED.finditer(self._content)]
        places, dates = np.array(found, dtype=np.int64).reshape(-1, 2).T
        return np.searchsorted(self._offsets, places, side="right") - 1, dates


def _parse(content: mmap.mmap, offsets: Int64, row: int) -> Link:
    return link_from_row(json.loads(content[int(offsets[row]) : int(offsets[row + 1])]))


def open_facets(
    folder: Path,
) -> tuple[Facets, Bools, Int32]:
    """Return the values of the filters, which links are highlighted, and the number of the first link of each's article."""
    content = json.loads((folder / FACETS_FILE).read_text(encoding="utf-8"))
    section_of, host_of, stars, highlight, article_of = np.load(folder / COLUMNS_FILE)
    facets = Facets(
        sections=tuple(tuple(section) for section in content["sections"]),
        section_of=section_of,
        also_in={int(number): rows for number, rows in content.get("also_in", {}).items()},
        hosts=tuple(content["hosts"]),
        host_of=host_of,
        stars=stars,
        tags=content["tags"],
        dead=np.isin(np.arange(len(stars)), content.get("dead", [])),
    )
    return facets, highlight.astype(np.bool_), article_of
