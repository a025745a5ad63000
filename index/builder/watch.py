"""Builds again when a file of the catalogue changes, by looking at the files a few times a second.

A look costs a millisecond for a few hundred files. It sees every change on every file system: an editor that writes a
new file and renames it, a file added to a folder or removed, a container's volume, a network share.
"""

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from index.catalogue.checks.records import STATE_FILE
from index.catalogue.formats.which import SUFFIXES
from index.catalogue.pages.page_file import PAGES_FILE
from index.catalogue.questions import QUESTIONS_FILE
from index.catalogue.sources.sources import AnySource, LocalSource, is_source_list, read_source_list
from index.errors import CatalogueError
from index.files import matching
from index.judge.golden import GOLDEN_FILE

LOOK_S: Final = 0.3

Snapshot = dict[str, tuple[int, int, int]]


def watch(paths: Callable[[], Iterable[Path]], build: Callable[[], bool], *, stop: threading.Event) -> None:
    """Call `build` now and after every change of a file, until told to stop.

    After a change, the build waits until two looks in a row see the same files; a change during a build leads to another
    one. A build that returns false is tried again.
    """
    done: Snapshot | None = None
    while not stop.is_set():
        seen = snapshot(paths())
        if seen == done:
            stop.wait(LOOK_S)
            continue
        if done is not None:
            stop.wait(LOOK_S)
            if snapshot(paths()) != seen:
                continue
        done = seen if build() else {}


def snapshot(paths: Iterable[Path]) -> Snapshot:
    """Return a value that changes when the files change; a folder counts as the catalogue files in it."""
    found: Snapshot = {}
    for path in paths:
        for file in _files(path):
            try:
                status = file.stat()
            except OSError:
                continue
            found[str(file)] = (status.st_ino, status.st_mtime_ns, status.st_size)
    return found


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(folder) / name for name in names if name in {STATE_FILE, PAGES_FILE} or _is_catalogue(name))


def _is_catalogue(name: str) -> bool:
    return Path(name).suffix.lower() in SUFFIXES


def files_of(sources: Iterable[AnySource]) -> Iterator[Path]:
    """Yield the files and folders on this disk that a build of these sources reads, with those beside them that count."""
    for source in sources:
        if not isinstance(source, LocalSource):
            continue
        parent = source.path.parent
        pattern = "" if source.path.exists() else str(source.path)
        beside = (STATE_FILE, PAGES_FILE, GOLDEN_FILE, QUESTIONS_FILE)
        yield from (source.path, *matching(pattern), *(parent / name for name in beside))
        yield from files_of(_listed(source.path))


def _listed(path: Path) -> tuple[AnySource, ...]:
    """Return the sources that a file lists; none when it is no file of sources or cannot be read now."""
    try:
        text = path.read_text(encoding="utf-8") if path.is_file() and path.suffix in {".yaml", ".yml"} else ""
        return read_source_list(text, path).sources if is_source_list(text) else ()
    except (OSError, ValueError, CatalogueError):
        return ()
