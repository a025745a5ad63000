"""Reads the files of a bundle into memory, and refuses what cannot be what a build wrote.

Nothing of a bundle is mapped: a mapped file that somebody shortens in place ends the process (SIGBUS) at the next question.
"""

import json
import os
import re
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from index.bundle import damaged

#: A file of links up to this size is kept in memory: some 100,000 links. Of a larger one each link is read when it is shown.
MOST_KEPT: Final = 64 * 1024 * 1024
_BLOCK: Final = 8 * 1024 * 1024


def read_array(path: Path, kind: type[np.generic], dimensions: int = 1) -> npt.NDArray[Any]:
    """Return an array of a bundle; BundleDamagedError if it is none of this type and number of dimensions."""
    found = np.load(path, allow_pickle=False)
    if not isinstance(found, np.ndarray) or found.dtype != np.dtype(kind) or found.ndim != dimensions:
        raise damaged(path, f"not an array of {np.dtype(kind)} with {dimensions} dimensions")
    if np.issubdtype(kind, np.floating) and not np.isfinite(found).all():
        raise damaged(path, "holds numbers that are none")
    found = np.ascontiguousarray(found)
    found.flags.writeable = False
    return found


def read_object(path: Path) -> dict[str, Any]:
    """Return a JSON object of a bundle. BundleDamagedError."""
    found = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise damaged(path, "holds no JSON object")
    return found


def expect(path: Path, *facts: object) -> None:
    """Refuse a file of which one of the facts is not true. BundleDamagedError."""
    if not all(map(bool, facts)):
        raise damaged(path, "does not fit the other files of its bundle")


def within(numbers: npt.NDArray[Any], most: int) -> bool:
    """Whether all numbers are from 0 to below `most`."""
    return not len(numbers) or (int(numbers.min()) >= 0 and int(numbers.max()) < most)


class Lines:
    """The lines of a file by their places in it. Safe to read from several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle = os.open(path, os.O_RDONLY)
        self._close = weakref.finalize(self, os.close, self._handle)
        self.size = os.fstat(self._handle).st_size
        self._kept: bytes | None = None
        if self.size <= MOST_KEPT:
            self._kept = self._part(0, self.size)
            self._close()

    def between(self, start: int, end: int) -> bytes:
        """Return the bytes between two places; BundleDamagedError if the file has been shortened meanwhile."""
        return self._part(start, end) if self._kept is None else self._kept[start:end]

    def find(self, pattern: re.Pattern[bytes]) -> Iterator[tuple[int, re.Match[bytes]]]:
        """Yield every match that is within one line, with its place in the file."""
        start = 0
        while start < self.size:
            block = self.between(start, min(start + _BLOCK, self.size))
            whole = block[: block.rfind(b"\n") + 1] or block
            for found in pattern.finditer(whole):
                yield start + found.start(), found
            start += len(whole)

    def _part(self, start: int, end: int) -> bytes:
        parts: list[bytes] = []
        while start < end:
            part = os.pread(self._handle, end - start, start)
            if not part:
                raise damaged(self._path, "has been shortened")
            parts.append(part)
            start += len(part)
        return b"".join(parts)
