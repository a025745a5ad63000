"""Holds the index that answers, and opens the new bundle when the pointer names another one."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bot.running.health import Health, Part
from bot.running.metrics import Metrics
from bot.settings import Settings
from index import Asks, BundleError, BundleMissingError, DeadLinks, Searcher

logger = logging.getLogger("signpost.index")

POINTER = "current"
#: A look costs microseconds and works on every file system: local, NFS, a volume of a container. A new bundle of 15,000
#: links is found, opened and in use within two seconds.
POLL_S = 0.25
#: Seconds between attempts to open a bundle that could not be opened. Its disk may come back without a new pointer.
RETRY_S = 10.0

#: Takes the folder and the bundle that is open now (or None), and opens the current one.
Opener = Callable[[Path, Asks | None], Asks]


def open_searcher(path: Path, before: Asks | None, *, dead_links: DeadLinks = DeadLinks.LAST) -> Asks:
    """Open the current bundle of an index folder; reuse the encoder of `before` when it is the same."""
    return Searcher.open(path, dead_links=dead_links, like=before if isinstance(before, Searcher) else None)


class IndexHolder:
    """The current index. One bundle answers a question from start to end, also when the pointer moves meanwhile."""

    def __init__(self, path: Path, *, health: Health, metrics: Metrics, opener: Opener = open_searcher) -> None:
        self._path = path
        self._health = health
        self._metrics = metrics
        self._opener = opener
        self._current: Asks | None = None
        self._seen: str | None = None
        self._problem = ""
        """Why the index could not be opened the last time; empty if it could."""

    def reload(self, *, strict: bool = False) -> None:
        """Open the bundle that the pointer names; on any error keep the one that is open, and report the index as ill.

        Where `strict`, a BundleError is raised and not reported: for a command, whose user it tells in a line.
        """
        self._seen = self._pointer()
        try:
            fresh = self._opener(self._path, self._current)
            info = fresh.info
        except Exception as error:
            if strict and isinstance(error, BundleError):
                raise
            kept = "; the one before it keeps serving" if self._current is not None else ""
            problem = f"{type(error).__name__}: {error}{kept}"
            # What is wrong with an index is no fault of the program: health's one line says it, and no trace is needed.
            if problem != self._problem and not isinstance(error, BundleError):
                logger.exception("the index cannot be opened%s", kept)
            self._problem = problem
            self._health.ill(Part.INDEX, problem)
            return
        self._current, self._problem = fresh, ""
        self._metrics.serve_version(info.version, info.link_count)
        self._health.well(Part.INDEX)
        logger.info("serving the index", extra={"version": info.version, "links": info.link_count})

    async def follow(self) -> None:
        """Look at the pointer a few times a second, until cancelled; in a thread, so a slow disk delays no question."""
        since_failure_s = 0.0
        while True:
            await asyncio.sleep(POLL_S)
            since_failure_s = since_failure_s + POLL_S if self._problem else 0.0
            if await asyncio.to_thread(self._pointer) != self._seen or since_failure_s >= RETRY_S:
                since_failure_s = 0.0
                await asyncio.to_thread(self.reload)

    def _pointer(self) -> str:
        """Return a text that changes when the pointer changes; the pointer may be a file or a symbolic link."""
        pointer = self._path / POINTER
        try:
            if pointer.is_symlink():
                return str(pointer.readlink())
            status = pointer.stat()
        except OSError:
            return "missing"
        return f"{status.st_ino} {status.st_mtime_ns} {status.st_size}"

    def now(self) -> Asks:
        """Return the bundle that is served now; BundleMissingError when there is none.

        Keep it to ask the same bundle several times.
        """
        if self._current is None:
            raise BundleMissingError(f"no index is being served from {self._path}; {BundleMissingError.ADVICE}")
        return self._current

    def __repr__(self) -> str:
        return f"<IndexHolder {self._path}, {'serving' if self._current is not None else 'empty'}>"


def open_holder(settings: Settings, *, health: Health, metrics: Metrics) -> IndexHolder:
    """Return the holder of the index that the settings name; it serves nothing until `reload`."""
    opener = partial(open_searcher, dead_links=settings.dead_links)
    return IndexHolder(Path(settings.index), health=health, metrics=metrics, opener=opener)
