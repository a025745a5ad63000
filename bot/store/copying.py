"""Copies a SQLite database that is in use, and empties its log."""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Final

#: Attempts at emptying a log that others are reading just then.
ATTEMPTS: Final = 5
PAUSE_S: Final = 0.2
#: What SQLite and the bot keep beside a database.
BESIDE: Final = ("", "-wal", "-shm", "-journal", ".lock")


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a database with SQLite's own backup, check the copy, and only then give it its name.

    All pages are copied in one step. Others write meanwhile, into the log; in parts the copy would begin anew with each write.
    OSError or sqlite3.Error when that fails; `target` is then as it was.
    """
    target = target.resolve()
    if target in {source.resolve().with_name(f"{source.resolve().name}{end}") for end in BESIDE}:
        raise FileExistsError("that is the store itself")
    if target.exists() and not target.is_file():
        raise FileExistsError("there is something else that is no file")
    if not target.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {target.parent}")
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        os.close(os.open(aside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as database,
            closing(sqlite3.connect(aside)) as copy,
        ):
            database.backup(copy)
            # Without a log beside it the copy is one file, and can be moved.
            copy.execute("pragma journal_mode=delete")
            (found,) = copy.execute("pragma integrity_check").fetchone()
            if found != "ok":
                raise sqlite3.DatabaseError(f"the copy is damaged: {found}")
        with aside.open("rb") as written:
            os.fsync(written.fileno())
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)


def empty_log(file: Path) -> bool:
    """Bring a database's log into the database and cut it to nothing; false where others would not let go of it.

    What was deleted is overwritten in the database, and would stay readable in the log for as long as nobody writes much.
    """
    with closing(sqlite3.connect(file, timeout=PAUSE_S, isolation_level=None)) as database:
        for _ in range(ATTEMPTS):
            (busy, _, _) = database.execute("pragma wal_checkpoint(truncate)").fetchone()
            if not busy:
                return True
            time.sleep(PAUSE_S)
    return False
