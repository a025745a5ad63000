"""Files that people hand over, read with bounds; and files of ours, written whole or not at all."""

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


def matching(pattern: str) -> list[Path]:
    """Return the files and folders that an absolute or relative pattern matches, `**` any folders; in no order."""
    return [Path(name) for name in glob.glob(pattern, recursive=True)]  # noqa: PTH207 - Path.glob takes no absolute one


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unix_lines(text: str) -> str:
    """Return a text with line feeds as line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old content or the new, never a part; OSError leaves the old.

    A file that is there keeps its rights, and a link to one stays a link.
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
    """Have the disk keep what was written to a file or folder, as far as it can be asked to."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except PermissionError:  # a folder that may be written to and not read
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system that does this for no folder
            raise
    finally:
        os.close(handle)


class FileLock:
    """A lock on a file or folder; the system lets go of it when the process ends, however it ends.

    One that is `shared` may be held by several. BlockingIOError where another is held and is not let go of within
    `wait_s`; any other OSError where there is nothing to lock, or the file system has no locks.
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
