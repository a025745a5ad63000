"""The bot under load, beside a bare Bolt app that only acknowledges, in one run on this machine. Takes about two minutes.

    python -m tests.bench.bench_bot [--index DIR] [--commands N] [--only PART]...

Every command asks something else. Commands are sent from this process, on the same processors: what that takes is told
beside what the bot takes. The exit code is 1 when a bar is missed. Nothing else should run on the machine
meanwhile; the time of the processor that a command takes is printed too, and hardly depends on what else runs.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path
from statistics import median, quantiles
from typing import Final

from index import defaults
from tests.bench.load import Answered, at_once, command_request, event_request, in_turn, shared
from tests.scenarios.support.bot_process import SIGNPOST, BotProcess, environment, free_port
from tests.scenarios.support.fake_slack import FakeSlack
from tests.scenarios.support.requests import command_fields, event_envelope, mention

ROOT: Final = Path(__file__).resolve().parents[2]
JUDGED: Final = ("judged-networking.jsonl", "judged-offtopic.jsonl")
#: Four of five questions are about the catalogue's field.
NETWORKING: Final = 160
OFF_TOPIC: Final = 40
WARMING: Final = 50
BURST: Final = 200
SUSTAINED: Final = 20_000
CONNECTIONS: Final = 16
MENTIONS: Final = 20
LATE_S: Final = 5.0
#: The bars.
OVER_BARE_MS: Final = 5.0
BURST_P99_S: Final = 2.0
BURST_ACK_S: Final = 3.0
RATE: Final = 150.0
SUSTAINED_P99_S: Final = 0.5
GROWTH: Final = 1.05
BESIDE_MENTIONS_S: Final = 0.5
TICKS_A_SECOND: Final = os.sysconf("SC_CLK_TCK")

_PLACES: Final = ("", "on eks", "on bare metal", "in production", "on gke", "at work", "on prem", "in our staging")
_ENDS: Final = (
    *("", "please", "any links?", "for a beginner", "with helm", "with examples", "step by step", "this week", "asap"),
    *("for my team", "with calico", "and ipv6", "without downtime", "for two clusters"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table."""

    what: str
    bar: str
    measured: str
    met: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A process that takes commands."""

    pid: int
    port: int

    def cpu_s(self) -> float:
        """Return the time of the processor that it took so far, in all its threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND

    def memory_mb(self) -> float:
        """Return its resident memory in megabytes of a million bytes."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmRSS:")[1].split()[0]) * 1024 / 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What the measurements share."""

    slack: FakeSlack
    bot: Server
    bare: Server
    questions: Iterator[str]
    """Each given once."""
    sustained: int

    def requests(self, count: int, server: Server) -> list[bytes]:
        """Return signed commands, each with a question that was not asked before."""
        return [
            command_request(command_fields(self.slack, question), server.port)
            for question in islice(self.questions, count)
        ]


def note(text: str) -> None:
    """Tell a person what is going on."""
    sys.stderr.write(f"{text}\n")


def questions() -> Iterator[str]:
    """Yield the judged questions, the off-topic ones among them, as they are and then in other situations."""
    asked = []
    for name, count in zip(JUDGED, (NETWORKING, OFF_TOPIC), strict=True):
        rows = [json.loads(line) for line in (defaults.DATA / name).read_text(encoding="utf-8").splitlines()]
        asked.append([row["query"] for row in rows[:: max(len(rows) // count, 1)]][:count])
    every = len(asked[0]) // len(asked[1])
    mixed = []
    for number, off_topic in enumerate(asked[1]):
        mixed += [*asked[0][number * every : (number + 1) * every], off_topic]
    for end, place in product(_ENDS, _PLACES):
        for question in mixed:
            yield " ".join(filter(None, (question, place, end)))


def p99(answers: Sequence[Answered]) -> float:
    """Return the seconds that one in a hundred takes longer than."""
    return quantiles([answer.seconds for answer in answers], n=100)[98]


def seconds(duration: float) -> str:
    """Write a duration."""
    return f"{duration * 1e3:.1f} ms" if duration < 1 else f"{duration:.2f} s"


def with_links(answers: Sequence[Answered]) -> str:
    """Say how many answers there are, and how many of them show links."""
    said = sum(answer.message for answer in answers)
    return f"{said:,} of {len(answers):,} answered, {sum(answer.links for answer in answers):,} with links"


def one_at_a_time(bench: Bench) -> list[Row]:
    """Send commands in turn, to the bare app and to the bot."""
    note("one at a time …")
    in_turn(bench.bare.port, bench.requests(WARMING, bench.bare))
    in_turn(bench.bot.port, bench.requests(WARMING, bench.bot))
    used, taken = {}, {}
    for server in (bench.bare, bench.bot):
        requests = bench.requests(BURST * 2, server)
        before = server.cpu_s()
        taken[server.port] = in_turn(server.port, requests)
        used[server.port] = (server.cpu_s() - before) / len(requests) * 1e3
    found = [answer for answer in taken[bench.bot.port] if answer.links]
    bare = median(answer.seconds for answer in taken[bench.bare.port]) * 1e3
    ours = median(answer.seconds for answer in found) * 1e3
    cpu = f"processor time a command: bare {used[bench.bare.port]:.2f} ms, Signpost {used[bench.bot.port]:.2f} ms"
    return [
        Row(
            what="slash command, one at a time, p50",
            bar=f"bare Bolt + {OVER_BARE_MS:g} ms",
            measured=f"bare {bare:.2f} ms, Signpost {ours:.2f} ms ({len(found)} with links); {cpu}",
            met=ours <= bare + OVER_BARE_MS,
        )
    ]


def burst(bench: Bench) -> list[Row]:
    """Send many commands at the same moment."""
    note("all at once …")
    answers = at_once(bench.bot.port, bench.requests(BURST, bench.bot))
    slowest = max(answer.seconds for answer in answers)
    return [
        Row(
            what=f"{BURST} slash commands at once",
            bar=f"all answered; p99 ≤ {BURST_P99_S:g} s, none over {BURST_ACK_S:g} s",
            measured=f"{with_links(answers)}; p99 {seconds(p99(answers))}, slowest {seconds(slowest)}",
            met=all(answer.message for answer in answers) and p99(answers) <= BURST_P99_S and slowest <= BURST_ACK_S,
        )
    ]


def sustained(bench: Bench) -> list[Row]:
    """Send commands for a while over several connections, and watch the memory."""
    note(f"{bench.sustained:,} commands …")
    requests = bench.requests(bench.sustained, bench.bot)
    marks = {bench.sustained // 4, bench.sustained // 2, bench.sustained}
    memory: list[float] = []

    def done(count: int) -> None:
        if count in marks:
            memory.append(bench.bot.memory_mb())

    before, own, started = bench.bot.cpu_s(), time.process_time(), time.perf_counter()
    answers = shared(bench.bot.port, requests, connections=CONNECTIONS, done=done)
    taken, used, sending = time.perf_counter() - started, bench.bot.cpu_s() - before, time.process_time() - own
    rate = sum(answer.message for answer in answers) / taken
    return [
        Row(
            what=f"{bench.sustained:,} commands over {CONNECTIONS} connections",
            bar=f"≥ {RATE:g} answered a second; p99 < {SUSTAINED_P99_S * 1e3:g} ms",
            measured=(
                f"{rate:.0f} a second, p99 {seconds(p99(answers))}; {with_links(answers)}; "
                f"processor time a command {used / len(answers) * 1e3:.2f} ms, and {sending / len(answers) * 1e3:.2f} ms to "
                f"send it; {(used + sending) / taken / (os.cpu_count() or 1):.0%} of the machine"
            ),
            met=rate >= RATE and p99(answers) < SUSTAINED_P99_S and all(answer.message for answer in answers),
        ),
        Row(
            what=f"memory after {' / '.join(f'{mark:,}' for mark in sorted(marks))}",
            bar=f"flat: grows by {GROWTH - 1:.0%} at most",
            measured=" / ".join(f"{megabytes:.0f} MB" for megabytes in memory),
            met=memory[-1] <= memory[0] * GROWTH,
        ),
    ]


def beside_mentions(bench: Bench) -> list[Row]:
    """Send commands while mentions wait for a Slack that takes its time."""
    note(f"a Slack that takes {LATE_S:g} s …")
    late = bench.slack.fail("*", times=None, delay_s=LATE_S)
    envelopes = [
        event_envelope(mention(question, channel=f"C0LATE{number:02d}"))
        for number, question in enumerate(islice(bench.questions, MENTIONS))
    ]
    for envelope in envelopes:
        bench.slack.workspace.observe(envelope)
    events = [json.dumps(envelope).encode() for envelope in envelopes]
    shared(bench.bot.port, [event_request(event, bench.bot.port) for event in events], connections=4)
    started = time.perf_counter()
    answers = in_turn(bench.bot.port, bench.requests(WARMING, bench.bot))
    meanwhile = time.perf_counter() - started < LATE_S
    late.times = 0
    slowest = max(answer.seconds for answer in answers)
    bench.slack.wait_for_posts(MENTIONS, within_s=LATE_S * 4)
    return [
        Row(
            what=f"commands while {MENTIONS} mentions wait {LATE_S:g} s for Slack",
            bar=f"answered within {BESIDE_MENTIONS_S:g} s",
            measured=f"{with_links(answers)}; slowest {seconds(slowest)}; every mention answered in the end",
            met=all(answer.message for answer in answers) and slowest <= BESIDE_MENTIONS_S and meanwhile,
        )
    ]


PARTS: Final[dict[str, Callable[[Bench], list[Row]]]] = {
    "one": one_at_a_time,
    "burst": burst,
    "mentions": beside_mentions,
    "sustained": sustained,
}


@contextmanager
def serving_bare(slack: FakeSlack, folder: Path) -> Iterator[Server]:
    """Run the bare Bolt app."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.bare_bolt", str(port), slack.api_url]
    with (
        (folder / "bare.log").open("wb") as log,
        subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log) as process,
    ):
        try:
            server = Server(pid=process.pid, port=port)
            _wait_for(server, slack)
            yield server
        finally:
            process.terminate()


def _wait_for(server: Server, slack: FakeSlack) -> None:
    give_up = time.monotonic() + 30
    while True:
        try:
            in_turn(server.port, [command_request(command_fields(slack, "anybody there?"), server.port)])
        except ExceptionGroup:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.1)
        else:
            return


@contextmanager
def serving_bot(slack: FakeSlack, folder: Path, index: Path) -> Iterator[Server]:
    """Run `signpost serve`, as it is by default."""
    settings = environment(slack, folder, SIGNPOST_INDEX=str(index))
    bot = BotProcess(slack=slack, folder=folder, environment=settings, scripted=False, signpost=SIGNPOST).start()
    try:
        yield Server(pid=bot.pid, port=int(settings["PORT"]))
    finally:
        bot.stop()


def table(rows: Sequence[Row]) -> str:
    """Lay the rows out in Markdown."""
    lines = ["| | bar | measured | |", "|---|---|---|---|"]
    lines += [f"| {row.what} | {row.bar} | {row.measured} | {'met' if row.met else 'MISSED'} |" for row in rows]
    return "\n".join(lines)


def main() -> int:
    """Measure everything; return 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description="Measure the bot beside a bare Bolt app.")
    parser.add_argument("--index", type=Path, help="an index that was built before; one is built otherwise")
    parser.add_argument("--commands", type=int, default=SUSTAINED, help="how many commands in a row (20,000)")
    parser.add_argument("--only", choices=PARTS, action="append", help="measure this part only")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="signpost-bench-") as name, ExitStack() as stack:
        folder, index = Path(name), arguments.index
        if index is None:
            note("building the shipped catalogue's index …")
            index = folder / "index"
            subprocess.run([SIGNPOST, "build", "--index", index], cwd=ROOT, check=True, capture_output=True)
        slack = stack.enter_context(FakeSlack())
        bench = Bench(
            slack=slack,
            bot=stack.enter_context(serving_bot(slack, folder, index.absolute())),
            bare=stack.enter_context(serving_bare(slack, folder)),
            questions=questions(),
            sustained=arguments.commands,
        )
        load = os.getloadavg()[0]
        rows = [row for part in arguments.only or PARTS for row in PARTS[part](bench)]
    note(f"{os.cpu_count()} processors, load {load:.1f} before and {os.getloadavg()[0]:.1f} after")
    sys.stdout.write(f"{table(rows)}\n")
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
