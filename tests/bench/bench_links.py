"""Measures link checks: many links on a server of this machine with slow and failing hosts, beside the ideal time.

    python -m tests.bench.bench_links [LINKS]

The ideal time is that of a checker without any cost of its own that asks once for each link, at the same concurrency:
all the answers' latencies over the requests at a time, or the longest queue of one host where that is longer. HEAD before
GET, robots.txt, retries and the search for soft 404s are all on top of it.
"""

import asyncio
import resource
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx2

from index.catalogue.checks.checker import Target
from index.catalogue.checks.evidence import advance
from index.catalogue.checks.records import Outcome, Recorder, Verdict
from index.catalogue.checks.run import Bounds, Run
from index.catalogue.http import Addresses

ROOT: Final = Path(__file__).resolve().parents[2]
LOOPBACK: Final = "127.0.0.1"
LINKS_A_HOST: Final = 20
#: Each a twentieth of all hosts.
SLOW, FAILING = 7, 13
_EVERY: Final = 20
_FAILURES: Final = ("missing", "broken", "reset", "mute")

WORDS: Final = ["pods", "services", "nodes", "volumes", "names", "policies", "routes", "probes", "limits", "quotas"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pauses:
    """How long answers take, in seconds."""

    usual_s: float = 0.05
    slow_s: float = 1.0
    timeout_s: float = 3.0
    """When the checks give up."""

    def of(self, host: str) -> float:
        """Return how long a host takes."""
        return self.slow_s if host.startswith("slow") else self.usual_s


@dataclass(frozen=True, slots=True)
class Kind:
    """What the links of some paths do."""

    outcome: Outcome
    answer: Callable[[str, str], tuple[int, Mapping[str, str], str]]
    """From host and path to status, headers and body."""


def _article(host: str, path: str) -> tuple[int, Mapping[str, str], str]:
    words = " ".join(WORDS) * 20
    name = "".join(chr(ord("a") + int(digit)) for digit in host if digit.isdigit())  # no site has the title of another
    return 200, {}, f"<title>About {name} {path}</title><p>{words} on {path.replace('/', ' ')} of {host}</p>"


def _text(status: int, body: str) -> Callable[[str, str], tuple[int, Mapping[str, str], str]]:
    return lambda _host, _path: (status, {}, body)


def _redirect(status: int, to: str) -> Callable[[str, str], tuple[int, Mapping[str, str], str]]:
    return lambda _host, path: (status, {"Location": to.replace("PATH", path)}, "")


#: By the number of a link within its host; the rest are articles.
KINDS: Final[dict[int, Kind]] = {
    2: Kind(Outcome.MOVED, _redirect(301, "/new/PATH")),
    3: Kind(Outcome.ALIVE, _redirect(302, "/new/PATH")),
    5: Kind(Outcome.GONE, _text(404, "<title>Not here</title>")),
    7: Kind(Outcome.GONE, _text(410, "")),
    9: Kind(Outcome.SUSPICIOUS, _text(200, "<title>Page not found</title>")),
    11: Kind(Outcome.SUSPICIOUS, _redirect(301, "/")),
    13: Kind(Outcome.UNKNOWN, _text(403, "")),
    15: Kind(Outcome.HIJACKED, _text(200, "<title>Slot gacor</title><p>judi online, togel</p>")),
    17: Kind(Outcome.HIJACKED, _text(200, "<title>Sold</title><p>This domain is for sale</p>")),
}
ARTICLE: Final = Kind(Outcome.ALIVE, _article)


def host_name(number: int) -> str:
    """Return a host's name; it tells what the host is like."""
    if number % _EVERY == SLOW:
        return f"slow{number}.test"
    if number % _EVERY == FAILING:
        return f"{_FAILURES[number // _EVERY % len(_FAILURES)]}{number}.test"
    return f"h{number}.test"


def expected(host: str, number: int) -> Outcome:
    """Return what a check must find."""
    if host.startswith("missing"):
        return Outcome.GONE
    if host.startswith(_FAILURES):
        return Outcome.UNKNOWN
    return KINDS.get(number, ARTICLE).outcome


class Site(asyncio.Protocol):
    """Every host, one connection of it: answers after a while, and as the host's name and the path say."""

    def __init__(self, pauses: "Pauses") -> None:
        self._pauses = pauses
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request."""
        self._rest += data
        while b"\r\n\r\n" in self._rest:
            head, _, self._rest = self._rest.partition(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            method, path, _ = lines[0].split(" ")
            host = next(line[6:] for line in lines if line[:6].lower() == "host: ").partition(":")[0]
            self._answer(method, path, host)

    def _answer(self, method: str, path: str, host: str) -> None:
        loop = asyncio.get_running_loop()
        if host.startswith("mute"):
            return
        if host.startswith("reset"):
            raw = self._transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            loop.call_later(self._pauses.usual_s, self._transport.abort)
            return
        status, headers, body = answer_of(host, path)
        fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        content = body.encode()
        head = (
            f"HTTP/1.1 {status} X\r\nContent-Type: text/html\r\nContent-Length: {len(content)}\r\n{fields}\r\n".encode()
        )
        loop.call_later(self._pauses.of(host), self._transport.write, head if method == "HEAD" else head + content)


def answer_of(host: str, path: str) -> tuple[int, Mapping[str, str], str]:
    """Return what a host answers."""
    if host.startswith("missing") or path == "/robots.txt" or "signpost-" in path:
        return 404, {}, ""
    if host.startswith("broken"):
        return 500, {}, ""
    if path == "/":
        return 200, {}, "<title>Start</title>"
    number = path.rpartition("/")[2]
    kind = KINDS.get(int(number), ARTICLE) if path.startswith("/p/") else ARTICLE
    return kind.answer(host, path)


async def serve(pauses: Pauses) -> None:
    """Serve until the process is ended; print the port."""
    server = await asyncio.get_running_loop().create_server(lambda: Site(pauses), LOOPBACK, 0, backlog=1_000)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - told to the parent
    await server.serve_forever()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a run took and got wrong."""

    links: int
    seconds: float
    cpu_s: float
    ideal_s: float
    wrong: Counter[str]


async def _here(_host: str, _port: int) -> tuple[str, ...]:
    return (LOOPBACK,)


def measure(hosts: Sequence[int], pauses: Pauses, *, concurrency: int = 64, per_host: int = 2) -> Measured:
    """Check the links of some hosts against a server of its own process."""
    command = [sys.executable, "-m", "tests.bench.bench_links", "--serve", str(pauses.usual_s), str(pauses.slow_s)]
    bounds = Bounds(concurrency=concurrency, per_host=per_host, delay_s=0.0, timeout_s=pauses.timeout_s)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            places = {
                f"http://{host_name(number)}:{port}/p/{link}": (host_name(number), link)
                for number in hosts
                for link in range(LINKS_A_HOST)
            }
            with tempfile.TemporaryDirectory() as folder:
                return _measured(places, Path(folder), bounds, pauses)
        finally:
            server.kill()


def _measured(places: Mapping[str, tuple[str, int]], folder: Path, bounds: Bounds, pauses: Pauses) -> Measured:
    wrong: Counter[str] = Counter()
    with Recorder({url: [folder] for url in places}).writing() as recorder:

        def found(target: Target, verdict: Verdict) -> None:
            host, number = places[target.url]
            if verdict.outcome is not expected(host, number):
                wrong[f"{host} /{number}: {verdict.outcome} ({verdict.reason})"] += 1
            recorder.add(advance(None, target.url, verdict, now=datetime.now(UTC), dead_after=3))

        addresses = Addresses(permitted=LOOPBACK.__eq__, resolver=_here)
        run = Run(found=found, bounds=bounds, addresses=addresses, context=httpx2.create_ssl_context())
        before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        asyncio.run(run.check([Target(url=url) for url in places]))
        seconds = time.perf_counter() - started
        after = resource.getrusage(resource.RUSAGE_SELF)
        assert len(recorder.records) == len(places), run.trouble
    return Measured(
        links=len(places),
        seconds=seconds,
        cpu_s=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        ideal_s=ideal([host for host, _ in places.values()], bounds, pauses),
        wrong=wrong,
    )


def ideal(hosts: Sequence[str], bounds: Bounds, pauses: Pauses) -> float:
    """Return the seconds that one request for each link takes; a host that never answers is found out by one."""
    queues = {
        host: pauses.timeout_s if host.startswith("mute") else pauses.of(host) * count
        for host, count in Counter(hosts).items()
    }
    return max(sum(queues.values()) / bounds.concurrency, max(queues.values()) / bounds.per_host)


def main() -> None:
    """Measure and print."""
    if "--serve" in sys.argv:
        usual_s, slow_s = map(float, sys.argv[-2:])
        asyncio.run(serve(Pauses(usual_s=usual_s, slow_s=slow_s)))
        return
    links = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    found = measure(range(links // LINKS_A_HOST), Pauses())
    for line, count in found.wrong.most_common(20):
        print(f"WRONG {count} x {line}")  # noqa: T201
    print(  # noqa: T201
        f"{found.links} links in {found.seconds:.1f} s, {found.seconds / found.ideal_s:.2f} times the ideal "
        f"{found.ideal_s:.1f} s; processor {found.cpu_s:.1f} s, {found.cpu_s / found.links * 1_000:.2f} ms a link; "
        f"{found.wrong.total()} classified wrongly"
    )


if __name__ == "__main__":
    main()
