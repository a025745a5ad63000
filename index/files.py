"""Reads people's files up to a limit of size, writes our files atomically, and locks them."""

import errno
import fcntl
import glob
import hashlib
import os
import secrets
import stat
import time
import weakref
from pathlib import Path
from typing import Final, Self

#: About 500,000 links.
MAX_FILE_BYTES: Final = 256 * 1024 * 1024
_STREAMS: Final = ("/dev/stdin", "/dev/fd/")
_POLL_S: Final = 0.1


def read_bounded(path: Path) -> bytes:
    """Return a file's content; OSError also for a file that is too large, and for a pipe or a device.

    A pipe or device that this process was started with, such as standard input, is read.
    """
    about = path.stat()
    _check_regular(about.st_mode, path)
    if about.st_size > MAX_FILE_BYTES:
        raise OSError(errno.EFBIG, f"it has {about.st_size:,} bytes, {MAX_FILE_BYTES:,} are read at most")
    with path.open("rb") as file:
        content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise OSError(errno.EFBIG, f"it has more than {MAX_FILE_BYTES:,} bytes")
    return content


def _check_regular(mode: int, path: Path) -> None:
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode) and not str(path).startswith(_STREAMS):
        raise OSError(errno.EINVAL, "it is a pipe or a device and no file")


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file with line feeds as line ends. OSError as in `read_bounded`, UnicodeDecodeError."""
    return unix_lines(read_bounded(path).decode("utf-8-sig"))


def matching(pattern: str) -> list[Path]:
    """Return the files and folders that an absolute or relative pattern matches, in no order; `**` matches any folders."""
    return [Path(name) for name in glob.glob(pattern, recursive=True)]  # noqa: PTH207 - Path.glob takes no absolute one


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content; OSError as in `read_bounded`, but for the size."""
    _check_regular(path.stat().st_mode, path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unix_lines(text: str) -> str:
    """Return a text with line feeds as line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees either the old or the new content, never a part; after OSError, the old one.

    An existing file keeps its permissions, and a symbolic link stays a link.
    """
    path = path.resolve()
    aside = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        with aside.open("xb") as file:
            if path.exists():
                os.fchmod(file.fileno(), path.stat().st_mode & 0o777)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    sync(path.parent)


def sync(path: Path) -> None:
    """Flush what was written to a file or folder to the disk, where the system can do that."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except PermissionError:  # a folder that we may write to but not read
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system that cannot flush folders
            raise
    finally:
        os.close(handle)


class FileLock:
    """A lock on a file or folder; the system releases it when the process ends, even by a kill.

    Several processes may hold a `shared` lock. BlockingIOError when another lock is not released within `wait_s`; any
    other OSError when there is nothing to lock, or the file system has no locks.
    """

    def __init__(self, path: Path, *, create: bool = False, shared: bool = False, wait_s: float = 0.0) -> None:
        handle = os.open(path, os.O_RDWR | os.O_CREAT if create else os.O_RDONLY, 0o644)
        self.release = weakref.finalize(self, os.close, handle)
        give_up = time.monotonic() + wait_s
        while True:
            try:
                fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= give_up:
                    self.release()
                    raise
                time.sleep(_POLL_S)
            except OSError:
                self.release()
                raise
            else:
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
