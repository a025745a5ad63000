"""A bot that is asked all the time while other bundles are made current under it.

    python -m tests.bench.bench_reload [--catalogue PATH] [--like DIR] [--swaps N] [--rate N]

The two bundles differ in their links' publishers alone, which every answer shows: an answer whose links are not all of
the version that it names was mixed. `--like` is an index whose encoder and vectors spare encoding. Takes about three
minutes; the exit code is 1 when a bar is missed. Figures of time are fair only on a machine with nothing else to do, the
ratio of the two p99 hardly depends on it.
"""

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle
from pathlib import Path
from typing import Final

import aiohttp

from index import defaults
from index.bundle import IndexFolder
from index.catalogue.formats.native import write_native
from index.catalogue.read import read
from tests.bench.bench_bot import Row, Server, note, questions, seconds, table
from tests.scenarios.support.bot_process import SIGNPOST, BotProcess, environment
from tests.scenarios.support.fake_slack import FakeSlack

QUIET_S: Final = 30.0
BETWEEN_S: Final = 2.0
#: The bars.
SEEN_S: Final = 2.0
SLOWER: Final = 3.0
GROWTH: Final = 1.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One answer: when it was asked, how long it took, which bundle gave it, and what is wrong with it."""

    at: float
    seconds: float
    version: str
    wrong: str


@dataclass(slots=True, kw_only=True)
class Load:
    """Asks so many questions a second, whether the ones before are answered or not."""

    url: str
    rate: float
    publishers: dict[str, str]
    """Which publisher all links of a version have."""
    asked: list[Asked] = field(default_factory=list)

    async def run(self, stop: asyncio.Event) -> None:
        """Ask until told to stop, then wait for the last answers."""
        texts = cycle([question for question, _ in zip(questions(), range(400), strict=False)])
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
            asyncio.TaskGroup() as all_,
        ):
            due = time.perf_counter()
            while not stop.is_set():
                all_.create_task(self._ask(session, next(texts)))
                due += 1 / self.rate
                await asyncio.sleep(max(due - time.perf_counter(), 0))

    async def _ask(self, session: aiohttp.ClientSession, question: str) -> None:
        started = time.perf_counter()
        version, wrong = "", ""
        try:
            async with session.get(self.url, params={"q": question}) as response:
                row = await response.json()
            taken = time.perf_counter() - started
            version = row.get("version", "")
            found = {result["publisher"] for result in row.get("results", [])}
            if response.status != 200:
                wrong = f"{response.status}: {row}"
            elif found - {self.publishers[version]}:
                wrong = f"version {version} with links of {sorted(found)}"
        except (aiohttp.ClientError, ValueError, KeyError) as error:
            taken, wrong = time.perf_counter() - started, repr(error)
        self.asked.append(Asked(at=started, seconds=taken, version=version, wrong=wrong))


def two_bundles(folder: Path, catalogue: Path, like: Path | None) -> tuple[IndexFolder, dict[str, str]]:
    """Build the catalogue twice, with other publishers; return the index, and each version's publisher."""
    index = folder / "index"
    for name in ("encoders", "cache") if like else ():
        shutil.copytree(like / name, index / name)  # type: ignore[operator]
    reading = read([catalogue])
    publishers = {}
    for publisher in ("one.example", "two.example"):
        entries = tuple(replace(entry, link=replace(entry.link, publisher=publisher)) for entry in reading.entries)
        file = folder / "catalogue.yaml"
        file.write_text(write_native(replace(reading, name="bench", entries=entries)), encoding="utf-8")
        subprocess.run([SIGNPOST, "build", "--index", index, "--catalogue", file], check=True, capture_output=True)
        publishers[IndexFolder(index).current()] = publisher
    return IndexFolder(index), publishers


def p99(found: Sequence[Asked]) -> float:
    """Return the seconds that one in a hundred takes longer than."""
    return sorted(one.seconds for one in found)[int(len(found) * 0.99)]


async def measure(load: Load, folder: IndexFolder, server: Server, swaps: int) -> list[Row]:
    """Ask for a while, then make the other bundle current again and again."""
    stop = asyncio.Event()
    asking = asyncio.create_task(load.run(stop))
    await asyncio.sleep(QUIET_S / 6)  # the first questions warm everything up
    begun = time.perf_counter()
    note("quiet …")
    await asyncio.sleep(QUIET_S)
    pushes: list[float] = []
    memory: list[float] = []
    note(f"{swaps} swaps …")
    for version in _alternately(folder, load.publishers, swaps):
        pushes.append(time.perf_counter())
        # Not in this loop: a disk that takes its time would be taken for a bot that does.
        await asyncio.to_thread(_point, folder, version)
        await asyncio.sleep(BETWEEN_S)
        memory.append(server.memory_mb())
    stop.set()
    await asking
    quiet = [one for one in load.asked if begun <= one.at < pushes[0]]
    during = [one for one in load.asked if one.at >= pushes[0]]
    wrong = [one.wrong for one in load.asked if one.wrong]
    seen = [_seen_after(load.asked, start) for start in pushes]
    tenth = len(memory) // 10
    return [
        Row(
            what=f"{len(load.asked):,} questions, {load.rate:g} a second, over {swaps} swaps",
            bar="no error, no answer mixed from two versions",
            measured=f"{len(wrong)} wrong {wrong[:1] or ''}; {len({one.version for one in load.asked})} versions seen",
            met=not wrong,
        ),
        Row(
            what="the other bundle answers after its publication",
            bar=f"≤ {SEEN_S:g} s",
            measured=f"{seconds(sorted(seen)[len(seen) // 2])} in the median, {seconds(max(seen))} at most",
            met=max(seen) <= SEEN_S,
        ),
        Row(
            what=f"p99 while a bundle is pushed every {BETWEEN_S:g} s",
            bar=f"≤ {SLOWER:g} × the quiet p99",
            measured=f"quiet {seconds(p99(quiet))}, during pushes {seconds(p99(during))}: "
            f"{p99(during) / p99(quiet):.1f} ×",
            met=p99(during) <= SLOWER * p99(quiet),
        ),
        Row(
            what="memory, mean of the first and of the last tenth of the swaps",
            bar=f"grows by {GROWTH - 1:.0%} at most",
            measured=f"{_mean(memory[:tenth]):.0f} MB, {_mean(memory[-tenth:]):.0f} MB",
            met=_mean(memory[-tenth:]) <= GROWTH * _mean(memory[:tenth]),
        ),
    ]


def _point(folder: IndexFolder, version: str) -> None:
    """Make a bundle current as a publication does."""
    aside = folder.path / "next"
    aside.write_text(f"{version}\n", encoding="utf-8")
    aside.replace(folder.pointer)


def _alternately(folder: IndexFolder, versions: dict[str, str], count: int) -> Iterator[str]:
    """Yield the versions in turn, the one that is not current first."""
    order = sorted(versions, key=lambda version: version == folder.current())
    for _, version in zip(range(count), cycle(order), strict=False):
        yield version


def _seen_after(asked: Sequence[Asked], start: float) -> float:
    """Return the seconds from a publication to the first question that another version answered than the one before."""
    before = max((one for one in asked if one.at < start), key=lambda one: one.at).version
    after = [one.at for one in asked if one.at >= start and one.version != before]
    return min(after, default=float("inf")) - start


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def main() -> int:
    """Measure; return 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description="Ask a bot while its index changes.")
    parser.add_argument("--catalogue", type=Path, default=defaults.CATALOGUE, help="default: the shipped one")
    parser.add_argument("--like", type=Path, help="an index of this catalogue, to take encoder and vectors from")
    parser.add_argument("--swaps", type=int, default=100)
    parser.add_argument("--rate", type=float, default=50.0, help="questions a second")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="signpost-bench-") as name, FakeSlack() as slack:
        note("building two bundles …")
        folder, publishers = two_bundles(Path(name), arguments.catalogue, arguments.like)
        settings = environment(slack, Path(name), SIGNPOST_INDEX=str(folder.path), SIGNPOST_MODE="web")
        bot = BotProcess(
            slack=slack, folder=Path(name), environment=settings, scripted=False, signpost=SIGNPOST
        ).start()
        try:
            server = Server(pid=bot.pid, port=int(settings["PORT"]))
            load = Load(url=f"{bot.base_url}/api/ask", rate=arguments.rate, publishers=publishers)
            rows = asyncio.run(measure(load, folder, server, arguments.swaps))
        finally:
            bot.stop()
    note(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    sys.stdout.write(f"{table(rows)}\n")
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
