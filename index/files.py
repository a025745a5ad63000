"""Files that people hand over, read with bounds; and files of ours, written whole or not at all."""

import errno
import hashlib
import os
import sqlite3
import stat
import sys
import tempfile
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Final

#: About 500,000 links.
MAX_FILE_BYTES: Final = 256 * 1024 * 1024
_STREAMS: Final = ("/dev/stdin", "/dev/fd/")


def read_bounded(path: Path) -> bytes:
    """Return a file's content; OSError also for one that is too large, and for what never ends or begins.

    That is a pipe or a device, except for one that this process was given open, such as standard input.
    """
    about = path.stat()
    if not stat.S_ISREG(about.st_mode) and not stat.S_ISDIR(about.st_mode) and not str(path).startswith(_STREAMS):
        raise OSError(errno.EINVAL, "it is a pipe or a device and no file")
    if about.st_size > MAX_FILE_BYTES:
        raise OSError(errno.EFBIG, f"it has {about.st_size:,} bytes, {MAX_FILE_BYTES:,} are read at most")
    with path.open("rb") as file:
        content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise OSError(errno.EFBIG, f"it has more than {MAX_FILE_BYTES:,} bytes")
    return content


def read_text(path: Path) -> str:
    """Return the text of a file that `read_bounded` reads, with line feeds as line ends; UnicodeDecodeError."""
    return unix_lines(read_bounded(path).decode("utf-8-sig"))


def unix_lines(text: str) -> str:
    """Return a text with line feeds as line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old content or the new, never a part."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync(path.parent)


def sync(path: Path) -> None:
    """Have the disk keep what was written to a file or folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def code_version(files: Iterable[str | Path], packages: Iterable[str]) -> bytes:
    """Return a hash of source files, of the versions of installed packages and of Python; raises when one is missing."""
    digest = hashlib.sha256(sys.version.encode())
    for package in packages:
        digest.update(f"{package} {version(package)}\0".encode())
    for file in files:
        digest.update(hashlib.sha256(Path(file).read_bytes()).digest())
    return digest.digest()


def check_database(database: sqlite3.Connection) -> None:
    """Raise sqlite3.DatabaseError where a database is damaged."""
    (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise sqlite3.DatabaseError(found)
