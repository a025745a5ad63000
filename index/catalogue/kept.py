"""Keeps the readings of the catalogue's files from build to build, by content. Safe to delete.

For Markdown each part of a page is kept separately, for other formats the whole file.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import index.catalogue
from index.caches import code_version, open_cache
from index.catalogue.formats.markdown import PagePart
from index.catalogue.formats.page import Headings
from index.catalogue.link import Entry, Reading, Skip, Source, link_from_row, link_to_row

READINGS_FILE: Final = "readings.sqlite3"
_CREATE: Final = "CREATE TABLE IF NOT EXISTS readings (file BLOB PRIMARY KEY, reading TEXT, digest BLOB) WITHOUT ROWID"
_LOOK: Final = "SELECT file, reading, digest FROM readings LIMIT 0"


class ReadingCache:
    """Readings by content; those that a build did not use are deleted at its end."""

    def __init__(self, folder: Path, *, fresh: bool = False) -> None:
        """`fresh` forgets what was kept."""
        self._database = open_cache(folder / READINGS_FILE, _CREATE, _LOOK, fresh=fresh)
        self._version = code_version(
            _code(),
            ("charset-normalizer", "docutils", "emoji", "ftfy", "markdown-it-py", "PyYAML", "selectolax"),
        )
        self._met: set[bytes] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            kept = {bytes(row[0]) for row in self._database.execute("SELECT file FROM readings")}
            gone = [(key,) for key in kept - self._met]
            self._database.executemany("DELETE FROM readings WHERE file = ?", gone)
            self._database.commit()
        self._database.close()

    def get(self, text: str, place: str) -> Reading | None:
        """Return the kept reading of a file with this content at this place, or None."""
        row = self._row(self._key("file", place, text))
        return None if row is None else _reading_from_row(row)

    def put(self, text: str, place: str, reading: Reading) -> None:
        """Keep the reading of a file."""
        self._keep(self._key("file", place, text), _reading_to_row(reading))

    def get_part(self, text: str, under: Headings, start: Source) -> PagePart | None:
        """Return the kept result of a part of a page, at any line, or None."""
        row = self._row(self._key("part", json.dumps(under), text))
        return None if row is None else _part_from_row(row, start)

    def put_part(self, text: str, under: Headings, start: Source, part: PagePart) -> None:
        """Keep the result of a part of a page."""
        self._keep(self._key("part", json.dumps(under), text), _part_to_row(part, start))

    def _row(self, key: bytes) -> dict[str, Any] | None:
        self._met.add(key)
        row = self._database.execute("SELECT reading, digest FROM readings WHERE file = ?", (key,)).fetchone()
        if row is None or row[1] != _digest(key, row[0]):  # a damaged row is read again from its file
            return None
        found: dict[str, Any] = json.loads(row[0])
        return found

    def _keep(self, key: bytes, content: dict[str, Any]) -> None:
        row = json.dumps(content, ensure_ascii=False)
        self._database.execute("INSERT OR REPLACE INTO readings VALUES (?, ?, ?)", (key, row, _digest(key, row)))

    def _key(self, kind: str, place: str, text: str) -> bytes:
        content = f"{kind}\0{place}\0{text}"
        return hashlib.sha256(self._version + content.encode("utf-8", "surrogatepass")).digest()


def _digest(key: bytes, row: str) -> bytes:
    return hashlib.sha256(key + row.encode("utf-8", "surrogatepass")).digest()


def _code() -> list[Path]:
    """Return the source files that a reading depends on: the readers, and the code that keeps their results."""
    return sorted(Path(index.catalogue.__file__).parent.rglob("*.py"))


def _entry_to_row(entry: Entry, after: int) -> tuple[object, ...]:
    """Return an entry as plain data, with its line relative to `after`."""
    return entry.source.line - after, link_to_row(entry.link), entry.item, entry.kind, entry.is_mention


def _entry_from_row(row: Sequence[Any], start: Source) -> Entry:
    line, link, item, kind, is_mention = row
    source = Source(path=start.path, line=start.line + line)
    return Entry(link=link_from_row(link), source=source, item=item, kind=kind, is_mention=is_mention)


def _reading_to_row(reading: Reading) -> dict[str, Any]:
    return {
        "name": reading.name,
        "sections": reading.sections,
        "entries": [(entry.source.path, *_entry_to_row(entry, 0)) for entry in reading.entries],
        "skipped": [(skip.source.path, skip.source.line, skip.text, skip.reason) for skip in reading.skipped],
    }


def _reading_from_row(row: dict[str, Any]) -> Reading:
    return Reading(
        name=row["name"],
        sections=tuple(tuple(section) for section in row["sections"]),
        entries=tuple(_entry_from_row(entry, Source(path=path)) for path, *entry in row["entries"]),
        skipped=tuple(
            Skip(source=Source(path=path, line=line), text=text, reason=reason)
            for path, line, text, reason in row["skipped"]
        ),
    )


def _part_to_row(part: PagePart, start: Source) -> dict[str, Any]:
    return {
        "title": part.title,
        "headings": part.headings,
        "is_open": part.is_open,
        "has_definitions": part.has_definitions,
        "entries": [_entry_to_row(entry, start.line) for entry in part.entries],
        "skipped": [(skip.source.line - start.line, skip.text, skip.reason) for skip in part.skipped],
    }


def _part_from_row(row: dict[str, Any], start: Source) -> PagePart:
    return PagePart(
        title=row["title"],
        headings=tuple((level, text) for level, text in row["headings"]),
        is_open=row["is_open"],
        has_definitions=row["has_definitions"],
        entries=tuple(_entry_from_row(entry, start) for entry in row["entries"]),
        skipped=tuple(
            Skip(source=Source(path=start.path, line=start.line + line), text=text, reason=reason)
            for line, text, reason in row["skipped"]
        ),
    )
