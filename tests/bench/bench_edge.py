"""The bot under connections that say nothing, and with a store that fails, while people ask. Takes about seven minutes.

Whoever is turned away comes again after a second, so the bot has a thousand new connections a second to judge.

    python -m tests.bench.bench_edge [--index DIR] [--seconds N] [--only PART]...

Commands come ten a second, each over a connection of its own, and a mention each second. The exit code is 1 when a bar is
missed. A full and a read-only disk need a small file system of their own, and that the user may mount one; where that may
not be, the limit of a file's size stands for the full disk, and the read-only one is left out and said. The latter is an ext4
in an image, which is told that its disk has failed: files that are open for writing can be written in what is only mounted
read-only.
"""

import argparse
import asyncio
import contextlib
import multiprocessing
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Final

from tests.bench.bench_bot import ROOT, Row, note, questions, seconds, table
from tests.bench.load import Answered, at_once, command_request
from tests.scenarios.support.bot_process import SIGNPOST, BotProcess, environment
from tests.scenarios.support.fake_slack import FakeSlack
from tests.scenarios.support.requests import command_fields, mention, unique

SECONDS: Final = 60.0
FILES: Final = 256
EVERY_S: Final = 0.1
MENTION_EVERY: Final = 10
#: The bars.
P99_S: Final = 1.0
LOG_BYTES: Final = 1_000_000
RECOVERED_S: Final = 15.0
#: Slack lets the bot ask about so many channels a minute, and the last mentions wait for that.
AFTERWARDS_S: Final = 90.0

_HEAD: Final = b"POST /slack/events HTTP/1.1\r\nHost: a\r\nX-"
_BODY: Final = b"POST /slack/events HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\ncommand=%2Fli"
#: What is sent at first, whether a byte a second follows, and on how many connections.
FLOOD: Final = ((_HEAD, False, 1_000), (_BODY, False, 200), (_HEAD, True, 50))


@dataclass(slots=True)
class Asked:
    """What people got while they asked."""

    answers: list[Answered] = field(default_factory=list)
    failed: int = 0
    """Commands whose connection broke, or that got no answer."""
    mentions: list[str] = field(default_factory=list)
    """The channels of mentions that were acknowledged."""

    @property
    def p99_s(self) -> float:
        """The seconds that one command in a hundred takes longer than."""
        return (
            quantiles([answer.seconds for answer in self.answers], n=100)[98] if len(self.answers) > 1 else float("inf")
        )

    @property
    def said(self) -> str:
        """How many were answered, in words."""
        good = sum(answer.message for answer in self.answers)
        return f"{good} of {len(self.answers) + self.failed} commands answered, p99 {seconds(self.p99_s)}"

    @property
    def all_answered(self) -> bool:
        """Whether every command got a message."""
        return not self.failed and all(answer.message for answer in self.answers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What the measurements share."""

    slack: FakeSlack
    folder: Path
    index: Path
    questions: Iterator[str]
    seconds: float

    @contextlib.contextmanager
    def bot(self, name: str, *, files: int = 0, **settings: str) -> Iterator[BotProcess]:
        """Run a bot in a folder of its own."""
        folder = self.folder / name
        bot = BotProcess(
            slack=self.slack,
            folder=folder,
            environment=environment(self.slack, folder, SIGNPOST_INDEX=str(self.index), **settings),
            scripted=False,
            signpost=SIGNPOST,
            files=files,
        )
        try:
            yield bot.start()
        finally:
            bot.kill()

    def ask(self, bot: BotProcess, until: Callable[[], bool]) -> Asked:
        """Ask until something is true."""
        asked, port, caller = Asked(), int(bot.environment["PORT"]), bot.caller(timeout_s=5.0)
        for number, question in enumerate(self.questions):
            if until():
                break
            began = time.monotonic()
            try:
                asked.answers += at_once(port, [command_request(command_fields(self.slack, question), port)])
            except OSError:
                asked.failed += 1
            if number % MENTION_EVERY == 0:
                event = mention(question, channel=unique("C0B"))
                with contextlib.suppress(OSError):
                    if caller.event(event).status == 200:
                        asked.mentions.append(event["channel"])
            time.sleep(max(0.0, EVERY_S - (time.monotonic() - began)))
        return asked

    def ask_for(self, bot: BotProcess, duration_s: float) -> Asked:
        """Ask for some seconds."""
        end = time.monotonic() + duration_s
        return self.ask(bot, lambda: time.monotonic() >= end)

    def answered(self, asked: Asked) -> str:
        """Say how many of the mentions got exactly one answer, posted or whispered; each had a channel of its own."""

        def found() -> list[str]:
            return [post["channel"] for post in self.slack.posts()]

        with contextlib.suppress(AssertionError):
            self.slack.wait_for(lambda: set(found()) >= set(asked.mentions), within_s=AFTERWARDS_S)
        once = Counter(found())
        return (
            f"{sum(once[channel] == 1 for channel in asked.mentions)} of {len(asked.mentions)} mentions answered once"
        )


async def _hold(port: int, start: bytes, *, drips: bool) -> None:
    """Keep one connection open and unfinished; open another when it is closed."""
    while True:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(start)
            closed = asyncio.ensure_future(reader.read())
            while drips and not closed.done():
                writer.write(b"x")
                await asyncio.wait({closed}, timeout=1.0)
            with contextlib.suppress(OSError):
                await closed
            writer.close()
        await asyncio.sleep(1.0)


def hold_all(port: int) -> None:
    """Keep the flood up, in a process of its own, until that is ended."""

    async def everything() -> None:
        await asyncio.gather(*(_hold(port, start, drips=drips) for start, drips, count in FLOOD for _ in range(count)))

    asyncio.run(everything())


def flood(bench: Bench) -> list[Row]:
    """Ask beside more unfinished connections than the bot has files."""
    note("a flood of connections …")
    with bench.bot("flood", files=FILES) as bot:
        alone = bench.ask_for(bot, bench.seconds / 4)
        before = len(bot.log_text())
        holder = multiprocessing.get_context("spawn").Process(
            target=hold_all, args=(int(bot.environment["PORT"]),), daemon=True
        )
        holder.start()
        try:
            asked = bench.ask_for(bot, bench.seconds)
        finally:
            holder.terminate()
        log_bytes, ready = len(bot.log_text()) - before, bot.get("/readyz").status
    return [
        Row(
            what=f"{' + '.join(str(count) for _, _, count in FLOOD)} half-open, half-body and tarpit connections at "
            f"{FILES} files, {bench.seconds:g} s",
            bar=f"commands answered throughout, p99 {P99_S:g} s; log under {LOG_BYTES / 1e6:g} MB",
            measured=f"{asked.said} (without the flood {seconds(alone.p99_s)}); {bench.answered(asked)}; "
            f"log {log_bytes / 1e3:.1f} kB; /readyz {ready}",
            met=asked.all_answered and asked.p99_s <= P99_S and log_bytes < LOG_BYTES,
        )
    ]


@contextlib.contextmanager
def _disk(folder: Path, *, fails: bool) -> Iterator[Path | None]:
    """Mount a small file system, one of ext4 when it is to fail; None where that may not be."""
    folder.mkdir(parents=True)
    commands = [["mount", "-t", "tmpfs", "-o", "size=4m", "signpost-bench", str(folder)]]
    if fails:
        image = _image(folder)
        commands = [
            ["truncate", "--size=32M", image],
            ["mkfs.ext4", "-q", image],
            ["mount", "-o", "loop", image, str(folder)],
        ]
    if any(subprocess.run(command, capture_output=True, check=False).returncode for command in commands):
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _image(disk: Path) -> str:
    return f"{disk}.img"


@contextlib.contextmanager
def full(bot: BotProcess, store: Path, disk: Path | None) -> Iterator[None]:
    """Leave no byte free."""
    if disk is None:
        soft, hard = resource.prlimit(bot.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (bot.log_path.stat().st_size + 100_000, hard))
        yield
        resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (soft, hard))
        return
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4_096))
    yield
    filler.unlink()


@contextlib.contextmanager
def read_only(bot: BotProcess, store: Path, disk: Path | None) -> Iterator[None]:
    """Let the file system give up writing, as it does when its disk fails; then mend it as an operator would."""
    assert disk is not None
    subprocess.run(["mount", "-o", "remount,abort", str(disk)], check=True)
    yield
    until = time.monotonic() + RECOVERED_S
    while subprocess.run(["umount", str(disk)], capture_output=True, check=False).returncode:
        assert time.monotonic() < until, "the bot holds on to files of the store that it cannot use"
        time.sleep(0.05)
    subprocess.run(["e2fsck", "-p", _image(disk)], capture_output=True, check=False)
    subprocess.run(["mount", "-o", "loop", _image(disk), str(disk)], check=True)


@contextlib.contextmanager
def locked(bot: BotProcess, store: Path, disk: Path | None) -> Iterator[None]:
    """Hold the lock for writing."""
    with contextlib.closing(sqlite3.connect(store, isolation_level=None, timeout=30)) as database:
        database.execute("begin immediate")
        yield
        database.execute("rollback")


@contextlib.contextmanager
def removed(bot: BotProcess, store: Path, disk: Path | None) -> Iterator[None]:
    """Remove the store's folder, and put a file into its place, so that none can be made."""
    aside = store.parent.with_suffix(".removed")
    store.parent.replace(aside)
    store.parent.touch()
    yield
    store.parent.unlink()


TROUBLES: Final = {"full": full, "read-only": read_only, "locked": locked, "removed": removed}


def _kept(store: Path) -> int:
    try:
        with contextlib.closing(sqlite3.connect(f"{store.as_uri()}?mode=ro", uri=True)) as database:
            return int(database.execute("select count(*) from answers").fetchone()[0])
    except sqlite3.Error:
        return -1


def trouble(bench: Bench, name: str) -> list[Row]:
    """Ask while the store is in some trouble, and until it has recovered."""
    note(f"a store that is {name} …")
    fails = TROUBLES[name] is read_only
    with _disk(bench.folder / f"{name}-disk", fails=fails) as disk:
        if disk is None and fails:
            return [
                Row(what=f"store {name}", bar="", measured="left out: no file system can be mounted here", met=True)
            ]
        folder = (disk or bench.folder / f"{name}-disk") / "store"
        store = folder / "store.sqlite3"
        with bench.bot(name, STORE_URL=f"sqlite:///{store}") as bot:
            bench.ask_for(bot, 2.0)
            with TROUBLES[name](bot, store, disk):
                asked = bench.ask_for(bot, bench.seconds)
                red = bot.get("/readyz").status == 503
            ended, before = time.monotonic(), _kept(store)
            late = bench.ask(
                bot,
                lambda: (
                    (bot.get("/readyz").status == 200 and _kept(store) > max(before, 0))
                    or time.monotonic() > ended + 4 * RECOVERED_S
                ),
            )
            recovered_s = time.monotonic() - ended
            asked.answers += late.answers
            asked.failed += late.failed
            asked.mentions += late.mentions
            once = bench.answered(asked)
            traces = bot.log_text().count("Traceback")
    return [
        Row(
            what=f"store {name}, {bench.seconds:g} s",
            bar=f"every command answered; recovered within {RECOVERED_S:g} s",
            measured=f"{asked.said}; {once}; health {'red' if red else 'GREEN'} meanwhile; recovered after "
            f"{seconds(recovered_s)}; {traces} traces in the log",
            met=asked.all_answered and red and recovered_s <= RECOVERED_S,
        )
    ]


PARTS: Final[dict[str, Callable[[Bench], list[Row]]]] = {
    "flood": flood,
    **{name: lambda bench, name=name: trouble(bench, name) for name in TROUBLES},  # type: ignore[misc]
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure everything; return 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description="Measure the bot under floods of connections and without its store.")
    parser.add_argument("--index", type=Path, help="an index that was built before; one is built otherwise")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long each trouble lasts (60)")
    parser.add_argument("--only", choices=PARTS, action="append", help="measure this part only")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="signpost-bench-") as name, FakeSlack() as slack:
        folder, index = Path(name), given.index
        if index is None:
            note("building the shipped catalogue's index …")
            index = folder / "index"
            subprocess.run([SIGNPOST, "build", "--index", index], cwd=ROOT, check=True, capture_output=True)
        bench = Bench(slack=slack, folder=folder, index=index.absolute(), questions=questions(), seconds=given.seconds)
        rows = [row for part in given.only or PARTS for row in PARTS[part](bench)]
    sys.stdout.write(f"{table(rows)}\n")
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
