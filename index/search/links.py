"""The links of a bundle on disk: read one by one, when a hit is shown."""

import json
import mmap
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from index.catalogue.link import Link, Status
from index.catalogue.urls import host
from index.search.filters import Facets

LINKS_FILE: Final = "links.jsonl"
OFFSETS_FILE: Final = "links.npy"
FACETS_FILE: Final = "facets.json"
COLUMNS_FILE: Final = "columns.npy"
#: Links that are kept parsed: few links are shown most.
REMEMBERED: Final = 2_048


def link_to_row(link: Link) -> dict[str, Any]:
    """Return a link as plain data, without what is empty."""
    row = {
        "url": link.url,
        "title": link.title,
        "publisher": link.publisher,
        "description": link.description,
        "section": list(link.section),
        "tags": list(link.tags),
        "stars": link.stars,
        "highlight": link.highlight,
        "questions": list(link.questions),
        "added": link.added.isoformat() if link.added else "",
        "status": "" if link.status is Status.ALIVE else link.status.value,
        "moved_to": link.moved_to,
    }
    return {key: value for key, value in row.items() if value}


def link_from_row(row: dict[str, Any]) -> Link:
    """Read what `link_to_row` gave."""
    return Link(
        url=row["url"],
        title=row["title"],
        publisher=row.get("publisher", ""),
        description=row.get("description", ""),
        section=tuple(row.get("section", ())),
        tags=tuple(row.get("tags", ())),
        stars=row.get("stars", 0),
        highlight=row.get("highlight", False),
        questions=tuple(row.get("questions", ())),
        added=date.fromisoformat(row["added"]) if "added" in row else None,
        status=Status(row.get("status", Status.ALIVE)),
        moved_to=row.get("moved_to", ""),
    )


def save_links(links: Sequence[Link], articles: Sequence[Sequence[int]], folder: Path) -> None:
    """Write links, their places in the file and the columns that are filtered by; `articles` groups equal ones."""
    lines = [json.dumps(link_to_row(link), ensure_ascii=False).encode() + b"\n" for link in links]
    (folder / LINKS_FILE).write_bytes(b"".join(lines))
    np.save(folder / OFFSETS_FILE, np.concatenate([[0], np.cumsum([len(line) for line in lines])]).astype(np.int64))
    sections = list(dict.fromkeys(link.section for link in links))
    hosts = sorted({host(link.url) for link in links})
    tags: dict[str, list[int]] = {}
    for row, link in enumerate(links):
        for tag in link.tags:
            tags.setdefault(tag.lower(), []).append(row)
    section_numbers = {section: number for number, section in enumerate(sections)}
    host_numbers = {name: number for number, name in enumerate(hosts)}
    article_of = list(range(len(links)))
    for group in articles:
        for row in group:
            article_of[row] = group[0]
    columns = np.array(
        [
            (section_numbers[link.section], host_numbers[host(link.url)], link.stars, link.highlight, article)
            for link, article in zip(links, article_of, strict=True)
        ],
        dtype=np.int32,
    )
    np.save(folder / COLUMNS_FILE, np.ascontiguousarray(columns.T), allow_pickle=False)
    facets: dict[str, Any] = {
        "sections": [list(section) for section in sections],
        "hosts": hosts,
        "tags": dict(sorted(tags.items())),
        "dead": [row for row, link in enumerate(links) if link.status is Status.DEAD],
    }
    (folder / FACETS_FILE).write_text(json.dumps(facets, ensure_ascii=False), encoding="utf-8")


def link_lines(folder: Path) -> list[bytes]:
    """Return the links of a bundle as they are written, one line each."""
    return (folder / LINKS_FILE).read_bytes().splitlines()


class LinkFile:
    """Links by number, parsed when they are asked for. Safe to read from several threads."""

    def __init__(self, folder: Path) -> None:
        self._offsets = np.load(folder / OFFSETS_FILE)
        with (folder / LINKS_FILE).open("rb") as file:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._parse = partial(_parse, content, self._offsets)
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._parse)

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __getitem__(self, row: int) -> Link:
        return self._remembered(row)

    def __iter__(self) -> Iterator[Link]:
        # Whoever reads all links must not put those out that are asked for again and again.
        return map(self._parse, range(len(self)))


def _parse(content: mmap.mmap, offsets: npt.NDArray[np.int64], row: int) -> Link:
    return link_from_row(json.loads(content[int(offsets[row]) : int(offsets[row + 1])]))


def open_facets(
    folder: Path,
) -> tuple[Facets, "np.ndarray[Any, np.dtype[np.bool_]]", "np.ndarray[Any, np.dtype[np.int32]]"]:
    """Return the filters' values, which links are highlighted, and each link's article (its first link's number)."""
    content = json.loads((folder / FACETS_FILE).read_text(encoding="utf-8"))
    section_of, host_of, stars, highlight, article_of = np.load(folder / COLUMNS_FILE)
    facets = Facets(
        sections=tuple(tuple(section) for section in content["sections"]),
        section_of=section_of,
        hosts=tuple(content["hosts"]),
        host_of=host_of,
        stars=stars,
        tags=content["tags"],
        dead=np.isin(np.arange(len(stars)), content.get("dead", [])),
    )
    return facets, highlight.astype(np.bool_), article_of
