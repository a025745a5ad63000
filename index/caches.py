"""Opens the caches that builds keep for the next build, SQLite files, and hashes the code that filled them."""

import hashlib
import sqlite3
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path


def open_cache(path: Path, create: str, look: str, *, fresh: bool = False) -> sqlite3.Connection:
    """Open a database: `create` makes its table, `look` tests its columns; a damaged database is replaced.

    `fresh` deletes what was kept.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if fresh:
        _remove(path)
    try:
        return _open(path, create, look)
    except sqlite3.DatabaseError:
        _remove(path)
        return _open(path, create, look)


def _open(path: Path, create: str, look: str) -> sqlite3.Connection:
    database = sqlite3.connect(path)
    try:
        for statement in ("PRAGMA synchronous = OFF", create, look):
            database.execute(statement)
        _check(database)
    except BaseException:
        database.close()
        raise
    return database


def _check(database: sqlite3.Connection) -> None:
    (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise sqlite3.DatabaseError(found)


def _remove(path: Path) -> None:
    for file in (path, path.with_name(f"{path.name}-journal")):
        file.unlink(missing_ok=True)


def code_version(files: Iterable[str | Path], packages: Iterable[str]) -> bytes:
    """Return a hash of source files and of the versions of packages and Python; raises when a package is missing."""
    digest = hashlib.sha256(sys.version.encode())
    for package in packages:
        digest.update(f"{package} {version(package)}\0".encode())
    for file in files:
        digest.update(hashlib.sha256(Path(file).read_bytes()).digest())
    return digest.digest()
