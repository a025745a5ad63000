"""Files of our own that people edit or a crash leaves half written: each must be read, or refused in one line."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final
from xml.etree import ElementTree as ET

from bot.errors import SettingsError
from bot.project import _table, _values, read_env_file
from bot.settings import Settings
from index.builder.vocabulary_file import read_vocabulary
from index.catalogue.checks.records import CHECKS
from index.catalogue.formats.page import read_html
from index.catalogue.link import Entry, Link, Reading, Source
from index.catalogue.pages.page_file import PAGES
from index.catalogue.questions import read_questions
from index.catalogue.record_files import RecordForm, T
from index.catalogue.writers import FORMS, not_carried, written
from index.drafting.drafts import read_drafts, take_out
from index.errors import CatalogueError
from index.feeds import Feed, as_atom, as_json, as_markdown, as_text
from index.judge.golden import read_golden
from index.search.news import read_news
from index.types import News, NewsKind
from tests.fuzz.making import text
from tests.fuzz.shared import folder


def _written(name: str, content: str) -> Path:
    path = folder() / name
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    return path


def _edited(content: str) -> None:
    """Read it as each file that a curator edits beside the list."""
    path = _written("ours.yaml", content)
    for read in (read_vocabulary, read_questions, read_golden, read_drafts):
        with suppress(CatalogueError):
            read(path)
    with suppress(CatalogueError):
        drafts = read_drafts(path)
        take_out(path, [draft.url for draft in drafts[::2]], all_by_rules=True)
        read_drafts(path)  # what is left can be read, too


def _records(content: str) -> None:
    """Read it as what the checks and `signpost enrich` kept, and as an index's news; what is read can be written."""
    path = _written("records.jsonl", content)
    for damaged in (None, list[CatalogueError]().append):
        _again(CHECKS, path, damaged)
        _again(PAGES, path, damaged)
    _written("news.jsonl", content)
    read_news(folder())


def _again(form: RecordForm[T], path: Path, damaged: Callable[[CatalogueError], None] | None) -> None:
    with suppress(CatalogueError):
        found = form.read(path, damaged)
        form.write(path.with_suffix(".again"), found)
        assert form.read(path.with_suffix(".again")) == found


def _settings(content: str) -> None:
    """Read it as signpost.toml and as .env."""
    values = {}
    with suppress(SettingsError):
        path = _written("signpost.toml", content)
        values = dict(_values(path, _table(path) or {}))
    with suppress(SettingsError):
        values |= read_env_file(_written(".env", content))
    with suppress(SettingsError):
        Settings.from_environment(
            {name: one if isinstance(one, str) else ":".join(one) for name, one in values.items()}
        )


def _exported(content: str) -> None:
    """Write what a page gave as every format and as every feed: what is written can be read."""
    with suppress(CatalogueError):
        links = read_html(content, "x.html", name=content[:9]).links[:4]
        entries = tuple(Entry(link=link, source=Source(path="x")) for link in links)
        reading = Reading(name=content[:20], entries=entries)
        for form in FORMS if links else ():
            not_carried(reading, written(reading, form), form)
        _fed(links, content)


def _fed(links: tuple[Link, ...], content: str) -> None:
    at = datetime(2026, 1, 2, tzinfo=UTC)
    news = tuple(News(kind=kind, link=link, at=at, was=link.url) for link in links for kind in NewsKind)
    feed = Feed(name=content[:20], news=news, updated=at, home="https://a.org/", address="https://a.org/feed")
    assert list(as_text(news)) or not news
    as_markdown(feed)
    as_json(feed)
    ET.fromstring(as_atom(feed))


OURS: Final[dict[str, tuple[Callable[[Random], Any], Callable[[Any], None]]]] = {
    "edited": (partial(text, "ours"), _edited),
    "records": (partial(text, "records"), _records),
    "settings": (partial(text, "settings"), _settings),
    "exported": (partial(text, "html"), _exported),
}
