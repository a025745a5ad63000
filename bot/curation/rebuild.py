"""Building the index from Slack: `signpost build` in a process of its own, how far it is, and what changed."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.curation.process import command, signpost
from bot.settings import Settings
from index import BuildBusyError

#: A build that another process has begun is waited for.
BUSY_PAUSE_S = 2.0
_MAX_LINES = 12
_MAX_LINE_CHARS = 300

#: Texts that are encoded, of how many.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A question that is asked of every build and is answered by another link than before."""

    question: str
    before: str
    after: str
    lost: bool
    """Whether it is answered wrongly now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """How a build ended."""

    version: str = ""
    links: int = 0
    encoded: int = 0
    fresh: bool = False
    """Whether another bundle than before is current now."""
    first: bool = False
    """Whether there was none to compare with."""
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    moved: tuple[Moved, ...] = ()
    problem: tuple[str, ...] = ()
    """Why there is no new index, line by line; the one before it keeps answering."""


async def rebuild(settings: Settings, progress: Progress) -> Rebuilt:
    """Build the catalogue's index and compare it with the one before.

    One build at a time, however many processes ask: a build that runs elsewhere is waited for. Whatever goes wrong is the
    result's `problem`. Cancelled, the build is killed, which leaves the current index as it is and no lock behind.
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
    """Return the option that names the catalogue, none where the environment does."""
    if settings.catalogue or not settings.checkout:
        return []
    return ["--catalogue", str(Path(settings.checkout) / settings.catalogue_file)]


async def _listen(stream: asyncio.StreamReader, progress: Progress) -> list[str]:
    """Pass progress on until the process is done; return every other line."""
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
        moved=tuple(
            Moved(
                question=one["question"],
                before=next(iter(one["before"]), ""),
                after=next(iter(one["after"]), ""),
                lost=one["lost"],
            )
            for one in difference["moved"]
        ),
    )
