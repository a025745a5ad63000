"""What the readers made of each catalogue file, kept from build to build by the file's content. Safe to delete."""

import hashlib
import json
import sqlite3
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import index.catalogue
from index.cache import check
from index.catalogue.link import Entry, Reading, Skip, Source
from index.links import link_from_row, link_to_row

READINGS_FILE: Final = "readings.sqlite3"


class ReadingCache:
    """Readings by content of their file; those of files that a build did not meet are forgotten at its end."""

    def __init__(self, folder: Path, *, fresh: bool = False) -> None:
        """`fresh` forgets what was kept."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / READINGS_FILE
        if fresh:
            _remove(path)
        try:
            self._database = _open(path)
        except sqlite3.DatabaseError:  # damaged: it is only a cache
            _remove(path)
            self._database = _open(path)
        self._reader = _reader_version()
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
        """Return what a file with this content, read as `place` says, gave before."""
        key = self._key(text, place)
        self._met.add(key)
        row = self._database.execute("SELECT reading, digest FROM readings WHERE file = ?", (key,)).fetchone()
        if row is None or row[1] != _digest(key, row[0]):  # a damaged row is read again from its file
            return None
        return _from_row(json.loads(row[0]))

    def put(self, text: str, place: str, reading: Reading) -> None:
        """Keep what a file gave."""
        key, row = self._key(text, place), json.dumps(_to_row(reading), ensure_ascii=False)
        self._database.execute("INSERT OR REPLACE INTO readings VALUES (?, ?, ?)", (key, row, _digest(key, row)))

    def _key(self, text: str, place: str) -> bytes:
        content = f"{self._reader}\0{place}\0{text}"
        return hashlib.sha256(content.encode("utf-8", "surrogatepass")).digest()


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path)
    try:
        database.execute("PRAGMA synchronous = OFF")
        database.execute(
            "CREATE TABLE IF NOT EXISTS readings (file BLOB PRIMARY KEY, reading TEXT, digest BLOB) WITHOUT ROWID"
        )
        database.execute("SELECT file, reading, digest FROM readings LIMIT 0")
        check(database)
    except BaseException:
        database.close()
        raise
    return database


def _remove(path: Path) -> None:
    for file in (path, path.with_name(f"{path.name}-journal")):
        file.unlink(missing_ok=True)


def _digest(key: bytes, row: str) -> bytes:
    return hashlib.sha256(key + row.encode("utf-8", "surrogatepass")).digest()


def _reader_version() -> str:
    """Return a hash of the readers' own code: another version may read the same file otherwise."""
    folder = Path(index.catalogue.__file__).parent
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(folder.glob("*.py")))).hexdigest()


def _to_row(reading: Reading) -> dict[str, Any]:
    return {
        "name": reading.name,
        "sections": reading.sections,
        "entries": [(link_to_row(entry.link), entry.source.path, entry.source.line) for entry in reading.entries],
        "skipped": [(skip.source.path, skip.source.line, skip.text, skip.reason) for skip in reading.skipped],
    }


def _from_row(row: dict[str, Any]) -> Reading:
    return Reading(
        name=row["name"],
        sections=tuple(tuple(section) for section in row["sections"]),
        entries=tuple(
            Entry(link=link_from_row(link), source=Source(path=path, line=line)) for link, path, line in row["entries"]
        ),
        skipped=tuple(
            Skip(source=Source(path=path, line=line), text=text, reason=reason)
            for path, line, text, reason in row["skipped"]
        ),
    )
