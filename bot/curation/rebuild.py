"""Runs `signpost build` in a separate process, and returns its progress and what changed."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, Self

from bot.curation.process import command, signpost
from bot.settings import Settings
from index import BuildBusyError

#: Seconds until the next attempt while another process is building.
BUSY_PAUSE_S = 2.0
_MAX_LINES = 12
_MAX_LINE_CHARS = 300

#: Is called with the number of encoded texts and the number of all.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A golden question that is answered by other links now: the first place at which they differ, and the link there."""

    question: str
    before: str
    after: str
    lost: bool
    """Whether the new answer is wrong."""
    place: int = 1

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Read a row of `signpost diff --json`, whose answers are as long as the question looks at."""
        pairs = list(zip_longest(row["before"], row["after"], fillvalue=""))
        place = next((number for number, (was, now) in enumerate(pairs) if was != now), 0)
        before, after = pairs[place] if pairs else ("", "")
        return cls(question=row["question"], before=before, after=after, lost=row["lost"], place=place + 1)

    @property
    def told(self) -> str:
        """The question and what happened to its answer, as a line."""
        where = f", {self.place}. link" if self.place > 1 else ""
        return f"“{self.question}”{where}: {self.before or 'nothing'} → {self.after or 'nothing'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """How a build ended."""

    version: str = ""
    links: int = 0
    encoded: int = 0
    fresh: bool = False
    """Whether the build made a new bundle current."""
    first: bool = False
    """Whether this is the first bundle, with none to compare it with."""
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    moved: tuple[Moved, ...] = ()
    problem: tuple[str, ...] = ()
    """Why there is no new index, line by line; the one before it keeps answering."""


async def rebuild(settings: Settings, progress: Progress) -> Rebuilt:
    """Build the catalogue's index and compare it with the one before.

    While another process builds the same index, this one waits. An error becomes the result's `problem`. When this call is
    cancelled, the build is killed; the current index stays as it is, and no lock is left behind.
    """
    try:
        async with asyncio.timeout(settings.rebuild_timeout_s):
            while True:
                built = await _build(settings, progress)
                if built is not None:
                    return built
                await asyncio.sleep(BUSY_PAUSE_S)
    except TimeoutError:
        limit = f"{settings.rebuild_timeout_s:g}"
        return Rebuilt(problem=(f"The build did not end within {limit} s and was stopped; see REBUILD_TIMEOUT_S.",))
    except OSError as error:
        return Rebuilt(problem=(f"The build could not be started ({error.strerror or error}).",))


async def _build(settings: Settings, progress: Progress) -> Rebuilt | None:
    """Build once; None when another build is running."""
    async with command(*signpost("build", "--json", "--index", settings.index, *_sources(settings))) as process:
        if process.stdout is None or process.stderr is None:
            raise OSError("no pipes")
        output, complaints = await asyncio.gather(process.stdout.read(), _listen(process.stderr, progress))
        code = await process.wait()
    if code == BuildBusyError.exit_code:
        return None
    if code:
        return Rebuilt(problem=tuple(complaints[-_MAX_LINES:]) or (f"`signpost build` ended with {code}.",))
    try:
        return _rebuilt(json.loads(output))
    except (ValueError, KeyError, TypeError, AttributeError):
        return Rebuilt(problem=("The build's report could not be read; `signpost log` shows what is current.",))


def _sources(settings: Settings) -> list[str]:
    """Return the option that names the catalogue; nothing when SIGNPOST_CATALOGUE names it."""
    if settings.catalogue or not settings.checkout:
        return []
    return ["--catalogue", str(Path(settings.checkout) / settings.catalogue_file)]


async def _listen(stream: asyncio.StreamReader, progress: Progress) -> list[str]:
    """Report progress until the process ends; return all other lines."""
    lines = []
    async for raw in stream:
        line = raw.decode("utf-8", "replace").strip()
        if line.startswith('{"done":'):
            told = json.loads(line)
            progress(told["done"], told["total"])
        elif line:
            lines.append(line.removeprefix("signpost: ")[:_MAX_LINE_CHARS])
    return lines


def _rebuilt(report: dict[str, Any]) -> Rebuilt:
    difference = report["diff"]
    return Rebuilt(
        version=report["version"],
        links=report["links"],
        encoded=report["encoded"],
        fresh=report["changed"],
        first=not difference["old"],
        added=tuple(difference["added"]),
        removed=tuple(difference["removed"]),
        changed=tuple(difference["changed"]),
        moved=tuple(map(Moved.of, difference["moved"])),
    )
