"""One server in this process, over real connections, with short times: who may stay, who must go."""

import asyncio
import contextlib
import logging
import resource
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.running import connections
from bot.running.connections import KEEP_ALIVE_S, RESERVE, Capacity, Door, connections_of
from bot.running.logs import Seldom
from bot.running.metrics import Metrics

LIMIT_S = 0.3


class Server:
    """A server with an application that can be kept waiting at /wait, and that reads a body at /body."""

    def __init__(self, most: int) -> None:
        self.metrics = Metrics()
        self.door = Door(most, self.metrics)
        self.go_on = asyncio.Event()
        routes = [
            Route("/healthz", self._well),
            Route("/wait", self._wait),
            Route("/body", self._body, methods=["POST"]),
            Route("/nobody", self._well, methods=["POST"]),
        ]
        self.uvicorn = uvicorn.Server(
            uvicorn.Config(
                Starlette(routes=routes),
                http=connections_of(self.door),
                port=0,
                ws="none",
                lifespan="off",
                log_config=None,
                timeout_keep_alive=1,
            )
        )
        self.port = 0
        self.writers: list[asyncio.StreamWriter] = []

    async def _well(self, _: Request) -> Response:
        return PlainTextResponse("well")

    async def _wait(self, _: Request) -> Response:
        await self.go_on.wait()
        return PlainTextResponse("waited")

    async def _body(self, request: Request) -> Response:
        return PlainTextResponse(await request.body())

    async def connect(self, start: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection and send the start of something."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writers.append(writer)
        writer.write(start)
        return reader, writer

    async def ask(self, path: str) -> bytes:
        """Return all that comes back for a request of its own connection."""
        reader, _writer = await self.connect(request(path, "Connection: close\r\n"))
        async with asyncio.timeout(5):
            return await reader.read()


def request(path: str, headers: str = "", method: str = "GET") -> bytes:
    """Return a request's head."""
    return f"{method} {path} HTTP/1.1\r\nHost: a\r\n{headers}\r\n".encode()


@asynccontextmanager
async def serving(most: int = 100) -> AsyncIterator[Server]:
    """Run a server."""
    server = Server(most)
    server.uvicorn.capture_signals = contextlib.nullcontext  # type: ignore[assignment, method-assign]
    running = asyncio.create_task(server.uvicorn.serve())
    while not server.uvicorn.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    server.port = server.uvicorn.servers[0].sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        server.go_on.set()
        for writer in server.writers:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
        server.uvicorn.should_exit = True
        await running


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HEAD_TIMEOUT_S", "BODY_TIMEOUT_S"):
        monkeypatch.setattr(connections, name, LIMIT_S)


async def closed_after(reader: asyncio.StreamReader) -> tuple[float, bytes]:
    """Return when the other side closes, and what it said."""
    started = asyncio.get_running_loop().time()
    async with asyncio.timeout(5):
        said = await reader.read()
    return asyncio.get_running_loop().time() - started, said


BODY = "Content-Length: 50\r\n"


@pytest.mark.parametrize(
    ("start", "status"),
    [
        (b"", b""),
        (b"GET", b"408"),
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\n", b"408"),
        (request("/body", BODY, "POST"), b""),
        (request("/body", BODY, "POST") + b"some", b""),
        (request("/nobody", BODY, "POST") + b"some", b"200"),
        (request("/healthz") + b"GET /he", b"200"),
    ],
    ids=["nothing", "a word", "half a head", "no body", "half a body", "a body nobody wants", "half of a second head"],
)
@pytest.mark.parametrize("drips", [False, True])
async def test_what_is_not_complete_in_time_is_closed(start: bytes, status: bytes, *, drips: bool) -> None:
    """However many bytes come meanwhile; who has begun a head is told."""
    async with serving() as server:
        reader, writer = await server.connect(start)

        async def drip() -> None:
            while start:
                writer.write(b"x")
                await asyncio.sleep(0.05)

        dripping = asyncio.create_task(drip()) if drips else None
        with contextlib.suppress(ConnectionError):
            seconds, said = await closed_after(reader)
            assert said[9:12] == status
            assert 0.8 * LIMIT_S < seconds < 3 * LIMIT_S
        if dripping is not None:
            dripping.cancel()
            await asyncio.wait({dripping})
        await asyncio.sleep(0.05)
        assert server.door.open == set()
        assert b"the request came too slowly" in server.metrics.render()


async def test_a_connection_that_is_kept_outlives_the_limit_of_a_head() -> None:
    """It is closed when nobody used it for longer, and each request on it has its own time."""
    async with serving() as server:
        reader, writer = await server.connect()
        for _ in range(3):
            writer.write(request("/healthz"))
            assert (await reader.readuntil(b"well")).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(1.5 * LIMIT_S)
        seconds, said = await closed_after(reader)
        assert said == b""
        assert seconds > 1 - 2 * LIMIT_S
    assert KEEP_ALIVE_S > 60  # https://nginx.org/en/docs/http/ngx_http_upstream_module.html#keepalive_timeout


async def test_an_answer_may_take_longer_than_a_head() -> None:
    """What the application does is not what the other side is slow with."""
    async with serving() as server:
        reader, _writer = await server.connect(request("/wait", "Connection: close\r\n"))
        await asyncio.sleep(2 * LIMIT_S)
        server.go_on.set()
        assert (await reader.read()).endswith(b"waited")


async def test_the_oldest_that_waits_makes_room() -> None:
    """What has no complete request goes before what is kept for another one, and what is being answered stays."""
    async with serving(most=4) as server:
        busy, _ = await server.connect(request("/wait", "Connection: close\r\n"))
        idle, idle_writer = await server.connect(request("/healthz"))
        await idle.readuntil(b"well")
        first, _ = await server.connect(b"GET")
        await server.connect(b"GET")
        await asyncio.sleep(0.05)
        assert b"200 OK" in await server.ask("/healthz")
        assert (await closed_after(first))[0] < LIMIT_S / 2
        for _ in range(3):
            await server.connect(b"GET")
        idle_writer.write(request("/healthz"))
        await idle.readuntil(b"well")
        server.go_on.set()
        assert (await busy.read()).endswith(b"waited")
        assert b"too many connections" in server.metrics.render()


async def test_where_all_are_busy_only_the_health_is_answered() -> None:
    """A few places are kept for it; whoever comes after those is refused before a byte is read."""
    async with serving(most=3) as server:
        busy = [await server.connect(request("/wait", "Connection: close\r\n")) for _ in range(3)]
        await asyncio.sleep(0.05)
        for path, status in (("/healthz", b"200 OK"), ("/wait", b"503 Service"), ("/healthz", b"200 OK")):
            assert status in (await server.ask(path)).partition(b"\r\n")[0]
        kept, _writer = await server.connect(request("/healthz"))
        assert (await kept.read()).endswith(b"well")  # and closed, also where it would be kept
        await asyncio.sleep(0.05)
        assert len(server.door.open) == 3
        server.go_on.set()
        for reader, _one in busy:
            assert (await reader.read()).endswith(b"waited")


async def test_whoever_comes_after_the_reserve_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """By an answer that was there before; none of those that are busy is closed."""
    monkeypatch.setattr(connections, "HEALTH_PATHS", {"/wait"})
    async with serving(most=1) as server:
        busy = []
        for _ in range(1 + RESERVE):
            busy.append(await server.connect(request("/wait", "Connection: close\r\n")))
            await asyncio.sleep(0.02)
        reader, _writer = await server.connect()
        assert (await reader.read()).startswith(b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n")
        server.go_on.set()
        for reader, _one in busy:
            assert (await reader.read()).endswith(b"waited")


@pytest.mark.parametrize("files", [64, 256, 1_024, 65_536, resource.RLIM_INFINITY])
def test_connections_leave_files_for_the_rest(monkeypatch: pytest.MonkeyPatch, files: int) -> None:
    """So many are accepted at once, and may be thrice before the first of them is seen."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (files, files))
    capacity = Capacity.of_this_process()
    there = files if files != resource.RLIM_INFINITY else 10_000
    assert capacity.connections + RESERVE + 3 * capacity.at_once <= 0.85 * there
    assert capacity.connections >= min(there // 2, 1_000)
    assert 4 <= capacity.at_once <= 128


OUT_OF_FILES = """
import asyncio, resource, sys
from bot.running.connections import tell_loop_trouble
from bot.running.logs import configure_logs

async def main():
    configure_logs("info")
    asyncio.get_running_loop().set_exception_handler(tell_loop_trouble)
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0, backlog=8)
    resource.setrlimit(resource.RLIMIT_NOFILE, (14, 14))
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.sleep(2.5)

asyncio.run(main())
"""


def test_where_no_file_is_left_the_log_has_a_line() -> None:
    """Asyncio alone writes a trace for each attempt, and attempts as often as there is room in the backlog."""
    with (
        subprocess.Popen(
            [sys.executable, "-c", OUT_OF_FILES], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process,
        contextlib.ExitStack() as stack,
    ):
        assert process.stdout is not None
        port = int(process.stdout.readline())
        for _ in range(14):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        log = process.stdout.read().decode()
    assert log.count("\n") == 1, log[:2_000]
    assert "no connection can be accepted" in log


def test_a_line_is_written_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line for itself; errors always."""
    now = 1_000.0
    monkeypatch.setattr("bot.running.logs.time.monotonic", lambda: now)
    seldom = Seldom()

    def passes(text: str, *arguments: object, level: int = logging.WARNING) -> bool:
        return seldom.filter(logging.LogRecord("a", level, "", 0, text, arguments, None))

    assert [passes("turned away: %s", "late"), passes("turned away: %s", "late"), passes("turned away: %s", "x")] == [
        True,
        False,
        True,
    ]
    assert [passes("broken", level=logging.ERROR) for _ in range(2)] == [True, True]
    now += 61
    assert [passes("turned away: %s", "late"), passes("turned away: %s", "late")] == [True, False]
