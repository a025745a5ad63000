"""What is new, moved and retired: builds write it down beside the bundles, and it is told as far as it still holds."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from index.catalogue.link import Link, link_from_row, link_to_row
from index.catalogue.urls import normalise
from index.types import News, NewsKind

#: In the folder of the index, since a bundle does not know what was before it.
NEWS_FILE: Final = "news.jsonl"


def news_to_row(one: News) -> dict[str, Any]:
    """Return a piece of news as plain data."""
    row = {"at": one.at.isoformat(timespec="seconds"), "kind": str(one.kind), "link": link_to_row(one.link)}
    return {**row, "was": one.was} if one.was else row


def read_news(index: Path) -> tuple[News, ...]:
    """Return what builds have written down, oldest first; lines that cannot be read are left out."""
    try:
        lines = (index / NEWS_FILE).read_bytes().splitlines()
    except OSError:
        return ()
    return tuple(_read(lines))


def _read(lines: Iterable[bytes]) -> Iterator[News]:
    for line in lines:
        try:
            row = json.loads(line)
            at = datetime.fromisoformat(row["at"])
            if at.tzinfo is not None:
                yield News(
                    kind=NewsKind(row["kind"]), link=link_from_row(row["link"]), at=at, was=str(row.get("was", ""))
                )
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            continue


@dataclass(frozen=True, slots=True)
class NewsFile:
    """The news beside an index, read again when a build has added to it."""

    index: Path
    _kept: dict[tuple[int, int], tuple[News, ...]]

    def read(self) -> tuple[News, ...]:
        """Return the news, oldest first."""
        try:
            status = (self.index / NEWS_FILE).stat()
        except OSError:
            return ()
        state = (status.st_mtime_ns, status.st_size)
        found = self._kept.get(state)
        if found is None:
            found = read_news(self.index)
            self._kept.clear()
            self._kept[state] = found
        return found


def latest(news: Iterable[News]) -> Iterator[News]:
    """Yield of each address what happened last, latest first."""
    told: set[str] = set()
    for one in sorted(news, key=lambda one: one.at, reverse=True):
        addresses = {normalise(address) for address in (one.link.url, one.was) if address}
        if not addresses & told:
            yield one
        told |= addresses


def holds(one: News, now: Link | None) -> bool:
    """Whether a piece of news is still true of what the catalogue has at its address, or does not have."""
    match one.kind:
        case NewsKind.RETIRED:
            return now is None
        case NewsKind.NEW:
            return now is not None
        case NewsKind.MOVED:
            if now is None or one.was:
                return now is not None
            return (now.status, now.moved_to) == (one.link.status, one.link.moved_to)
