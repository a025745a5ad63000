"""Reads the links of a bundle from disk, one by one, when a hit is shown."""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Final

import numpy as np

from index.bundle import damaged
from index.catalogue.link import Link, Status, link_from_row
from index.numeric import Bools, Int32, Int64
from index.search.filters import HIGHLIGHTED, Facets
from index.search.stored import Lines, expect, read_array, read_object, within

LINKS_FILE: Final = "links.jsonl"
OFFSETS_FILE: Final = "links.npy"
FACETS_FILE: Final = "facets.json"
COLUMNS_FILE: Final = "columns.npy"
#: This many parsed links stay in memory: a few links are shown most of the time.
REMEMBERED: Final = 2_048

_URL: Final = re.compile(rb'{"url": ("(?:[^"\\]|\\.)*")')
_STATUS: Final = re.compile(rb'"status": "(\w+)"')
_ADDED: Final = re.compile(rb'"added": "(\d{4})-(\d\d)-(\d\d)"')


class LinkFile:
    """Links by number, parsed when they are asked for. Safe to read from several threads.

    BundleDamagedError for files that a build has not written, also from each method that reads a link.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / LINKS_FILE
        self._lines = Lines(self._path)
        self._offsets = read_array(folder / OFFSETS_FILE, np.int64)
        is_whole = len(self._offsets) and self._offsets[0] == 0 and self._offsets[-1] == self._lines.size
        expect(folder / OFFSETS_FILE, is_whole, (np.diff(self._offsets) > 0).all())
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
        found = _URL.match(self._line(row))
        return self[row].url if found is None else str(json.loads(found[1]))

    def states(self) -> dict[str, Bools]:
        """Return for each status which links have it, each of shape (links,).

        They are found as the dates are.
        """
        alive = np.ones(len(self), dtype=np.bool_)
        found = {str(status): np.zeros(len(self), dtype=np.bool_) for status in Status}
        for at, match in self._lines.find(_STATUS):
            row = int(np.searchsorted(self._offsets, at, side="right")) - 1
            alive[row] = False
            found.setdefault(match[1].decode(), np.zeros(len(self), dtype=np.bool_))[row] = True
        return {**found, str(Status.ALIVE): alive}

    def dates(self) -> tuple[Int64, Int64]:
        """Return the links that have an `added` date, in their order, and the dates as numbers such as 20240531.

        The dates are found by a pattern, without parsing: text inside a JSON string cannot match, since its quotes are escaped.
        """
        found = [(at, int(match[1] + match[2] + match[3])) for at, match in self._lines.find(_ADDED)]
        places, dates = np.array(found, dtype=np.int64).reshape(-1, 2).T
        return np.searchsorted(self._offsets, places, side="right") - 1, dates

    def _line(self, row: int) -> bytes:
        return self._lines.between(int(self._offsets[row]), int(self._offsets[row + 1]))

    def _parse(self, row: int) -> Link:
        try:
            return link_from_row(json.loads(self._line(row)))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise damaged(self._path, f"its line {row + 1} holds no link") from error


def open_facets(folder: Path, links: LinkFile) -> tuple[Facets, Int32]:
    """Return the values of the filters, and the number of the first link of each's article. BundleDamagedError."""
    content = read_object(folder / FACETS_FILE)
    section_of, host_of, stars, highlight, article_of = read_array(folder / COLUMNS_FILE, np.int32, 2)
    sections, hosts, tags = tuple(map(tuple, content["sections"])), tuple(content["hosts"]), content["tags"]
    also_in = {int(number): rows for number, rows in content.get("also_in", {}).items()}
    listed = list(chain(*also_in.values(), *tags.values()))
    expect(
        folder / FACETS_FILE,
        {str} >= set(map(type, chain(hosts, tags, *sections))),
        {int} >= set(map(type, listed)) and within(np.array(listed, dtype=np.int64), len(stars)),
        within(np.array(list(also_in), dtype=np.int64), len(sections)),
    )
    expect(
        folder / COLUMNS_FILE,
        len(stars) == len(links),
        within(section_of, len(sections)),
        within(host_of, len(hosts)),
        within(article_of, len(stars)),
    )
    rows, dates = links.dates()
    days = np.zeros(len(stars), dtype=np.int64)
    days[rows] = dates
    facets = Facets(
        sections=sections,
        section_of=section_of,
        also_in=also_in,
        hosts=hosts,
        host_of=host_of,
        stars=stars,
        tags=tags,
        states={**links.states(), HIGHLIGHTED: highlight.astype(np.bool_)},
        days=days,
    )
    return facets, article_of
