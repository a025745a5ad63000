"""Writes down beside the bundles what is new, moved and retired from one to the next."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from index.builder.diff import LinkDiff
from index.bundle import IndexFolder
from index.catalogue.link import Link, Status
from index.files import write_atomically
from index.search.news import NEWS_FILE, news_to_row, read_news
from index.types import News, NewsKind

#: How much is kept, which bounds what a page or a feed has to read.
MOST: Final = 2_000
KEPT: Final = timedelta(days=400)


def record(folder: IndexFolder, diff: LinkDiff, *, now: datetime | None = None) -> None:
    """Add what changed to the news of an index; call it before the new bundle is made current.

    A build that is killed in between has told what is not true yet; readers leave that out.
    """
    now = now or datetime.now(UTC)
    fresh = list(news_of(diff, now))
    if not fresh:
        return
    kept = [one for one in read_news(folder.path) if now - one.at <= KEPT]
    lines = [json.dumps(news_to_row(one), ensure_ascii=False).encode() + b"\n" for one in (*kept, *fresh)[-MOST:]]
    write_atomically(folder.path / NEWS_FILE, b"".join(lines))


def forget(folder: IndexFolder) -> None:
    """Drop the news, which are of another catalogue."""
    (folder.path / NEWS_FILE).unlink(missing_ok=True)


def news_of(diff: LinkDiff, at: datetime) -> Iterator[News]:
    """Yield what a change of the links means; one that comes under another address with the same title has moved."""
    gone = {_identity(link): link for link in diff.removed}
    for link in diff.added:
        before = gone.pop(_identity(link), None)
        if before is None:
            yield News(kind=NewsKind.NEW, link=link, at=at)
        else:
            yield News(kind=NewsKind.MOVED, link=link, at=at, was=before.url)
    for change in diff.changed:
        was, link = change.before, change.after
        if link.status is Status.MOVED and (was.status is not Status.MOVED or was.moved_to != link.moved_to):
            yield News(kind=NewsKind.MOVED, link=link, at=at)
    removed = {link.url for link in gone.values()}
    yield from (News(kind=NewsKind.RETIRED, link=link, at=at) for link in diff.removed if link.url in removed)


def _identity(link: Link) -> tuple[str, tuple[str, ...]]:
    return link.title.casefold(), link.section
