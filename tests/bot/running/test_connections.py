"""One server in this process, over real connections: who may stay, who must go, and with short times when."""

import asyncio
import contextlib
import errno
import logging
import resource
import socket
import struct
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.running import connections, listening
from bot.running.connections import HEAD_BYTES, KEEP_ALIVE_S, RESERVE, Capacity, Door
from bot.running.edge import Guarded
from bot.running.logs import Seldom
from bot.running.metrics import Metrics
from tests.bot.serving import Served, served

LIMIT_S = 0.3
#: What is waited for comes long before the limits that a test does not shorten.
WITHIN_S, LONG_S = 60, 600.0
#: More bytes than the system keeps for a client that does not read.
LARGE = 32_000_000


class Server:
    """A server with an application that can be kept waiting at /wait, and that reads a body at /body."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.waiting = 0
        """How many requests wait."""
        self.large = 0
        """How many were answered with more than their clients read."""
        self.turns: asyncio.Queue[None] = asyncio.Queue()
        routes = [
            Route("/healthz", self._well),
            Route("/wait", self._wait),
            Route("/body", self._body, methods=["POST"]),
            Route("/nobody", self._well, methods=["POST"]),
            Route("/large", self._large),
            Route("/parts", self._parts),
            Route("/turn", self._turn),
        ]
        self.app = Guarded(Starlette(routes=routes))
        self.running: Served
        self.writers: list[asyncio.StreamWriter] = []

    @property
    def door(self) -> Door:
        """What counts its connections."""
        return self.running.door

    async def _large(self, _: Request) -> Response:
        self.large += 1
        return Response(bytes(LARGE))

    async def _parts(self, _: Request) -> Response:
        async def parts() -> AsyncIterator[bytes]:
            for _ in range(LARGE // 100_000):
                yield bytes(100_000)

        self.large += 1
        return StreamingResponse(parts())

    async def _turn(self, _: Request) -> Response:
        await self.turns.get()
        return PlainTextResponse("waited")

    async def _well(self, _: Request) -> Response:
        return PlainTextResponse("well")

    async def _wait(self, _: Request) -> Response:
        self.waiting += 1
        await self.go_on.wait()
        return PlainTextResponse("waited")

    async def _body(self, request: Request) -> Response:
        return PlainTextResponse(await request.body())

    async def connect(
        self, start: bytes = b"", *, source: str = "127.0.0.1"
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection from some address and send the start of something."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.running.port, local_addr=(source, 0))
        self.writers.append(writer)
        writer.write(start)
        return reader, writer

    async def ask(self, path: str, method: str = "GET", headers: str = "") -> bytes:
        """Return all that comes back for a request of its own connection."""
        reader, _writer = await self.connect(request(path, f"Connection: close\r\n{headers}", method))
        async with asyncio.timeout(WITHIN_S):
            return await reader.read()

    async def open_are(self, count: int) -> None:
        """Wait until so many connections are open."""
        await until(lambda: len(self.door.all.open) == count)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what the server does."""
    async with asyncio.timeout(WITHIN_S):
        while not condition():  # noqa: ASYNC110 - anything may make it true
            await asyncio.sleep(0.01)


def request(path: str, headers: str = "", method: str = "GET") -> bytes:
    """Return a request's head."""
    return f"{method} {path} HTTP/1.1\r\nHost: a\r\n{headers}\r\n".encode()


@asynccontextmanager
async def serving(
    most: int = 100, *, proxies: Sequence[str] = ("127.0.0.1",), keep_alive_s: int = KEEP_ALIVE_S
) -> AsyncIterator[Server]:
    """Run a server."""
    server = Server()
    trusts = frozenset(proxies).__contains__
    async with served(server.app, most=most, trusts=trusts, keep_alive_s=keep_alive_s) as server.running:
        try:
            yield server
        finally:
            server.go_on.set()
            for writer in server.writers:
                writer.close()
                with contextlib.suppress(ConnectionError):
                    await writer.wait_closed()


@pytest.fixture(autouse=True)
def _long(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HEAD_TIMEOUT_S", "BODY_TIMEOUT_S", "REQUEST_TIMEOUT_S"):
        monkeypatch.setattr(connections, name, LONG_S)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a head and a body little time."""
    for name in ("HEAD_TIMEOUT_S", "BODY_TIMEOUT_S"):
        monkeypatch.setattr(connections, name, LIMIT_S)


async def closed(reader: asyncio.StreamReader) -> bytes:
    """Wait until the other side closes, and return what it said."""
    async with asyncio.timeout(WITHIN_S):
        return await reader.read()


def now_s() -> float:
    """Return the time by which the server goes."""
    return asyncio.get_running_loop().time()


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
@pytest.mark.usefixtures("short")
async def test_what_is_not_complete_in_time_is_closed(start: bytes, status: bytes, *, drips: bool) -> None:
    """However many bytes come meanwhile; who has begun a head is told."""
    async with serving() as server:
        started = now_s()
        reader, writer = await server.connect(start)

        async def drip() -> None:
            while start:
                writer.write(b"x")
                await asyncio.sleep(0.05)

        dripping = asyncio.create_task(drip()) if drips else None
        with contextlib.suppress(ConnectionError):
            assert (await closed(reader))[9:12] == status
        assert now_s() - started > 0.99 * LIMIT_S
        if dripping is not None:
            dripping.cancel()
            await asyncio.wait({dripping})
        await server.open_are(0)
        assert b"the request came too slowly" in server.door.metrics.render()


@pytest.mark.usefixtures("short")
async def test_a_connection_that_is_kept_outlives_the_limit_of_a_head() -> None:
    """Each request on it has its own time."""
    async with serving() as server:
        reader, writer = await server.connect()
        for _ in range(3):
            writer.write(request("/healthz"))
            assert (await reader.readuntil(b"well")).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(1.5 * LIMIT_S)


async def test_a_connection_that_nobody_uses_is_closed() -> None:
    """After the time for which it is kept."""
    async with serving(keep_alive_s=1) as server:
        started = now_s()
        reader, _writer = await server.connect(request("/healthz"))
        assert (await closed(reader)).endswith(b"well")
        assert now_s() - started > 0.99
    assert KEEP_ALIVE_S > 60  # https://nginx.org/en/docs/http/ngx_http_upstream_module.html#keepalive_timeout


@pytest.mark.usefixtures("short")
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
        await server.open_are(4)
        assert b"200 OK" in await server.ask("/healthz")
        assert await closed(first) == b""
        for _ in range(3):
            await server.connect(b"GET")
        idle_writer.write(request("/healthz"))
        await idle.readuntil(b"well")
        server.go_on.set()
        assert (await busy.read()).endswith(b"waited")
        assert b"too many connections" in server.door.metrics.render()


async def test_where_all_are_busy_only_the_health_is_answered() -> None:
    """A few places are kept for it; whoever comes after those is refused before a byte is read."""
    async with serving(most=3) as server:
        busy = [await server.connect(request("/wait", "Connection: close\r\n")) for _ in range(3)]
        await until(lambda: server.waiting == 3)
        for path, status in (("/healthz", b"200 OK"), ("/wait", b"503 Service"), ("/healthz", b"200 OK")):
            assert status in (await server.ask(path)).partition(b"\r\n")[0]
        kept, _writer = await server.connect(request("/healthz"))
        assert (await kept.read()).endswith(b"well")  # and closed, also where it would be kept
        await server.open_are(3)
        server.go_on.set()
        for reader, _one in busy:
            assert (await reader.read()).endswith(b"waited")


async def test_whoever_comes_after_the_reserve_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """By an answer that was there before; none of those that are busy is closed."""
    monkeypatch.setattr(connections, "HEALTH_PATHS", {"/wait"})
    async with serving(most=1) as server:
        busy = []
        for number in range(1 + RESERVE):
            busy.append(await server.connect(request("/wait", "Connection: close\r\n")))
            await until(lambda wanted=number + 1: server.waiting == wanted)  # type: ignore[misc]
        reader, _writer = await server.connect()
        assert (await reader.read()).startswith(b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n")
        server.go_on.set()
        for reader, _one in busy:
            assert (await reader.read()).endswith(b"waited")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8 without being told")
async def test_one_peer_takes_the_places_of_no_other() -> None:
    """Its own oldest connection makes room for it; who is busy or idle elsewhere stays."""
    async with serving(most=8, proxies=()) as server:
        idle, idle_writer = await server.connect(request("/healthz"), source="127.0.0.2")
        await idle.readuntil(b"well")
        first, _ = await server.connect(b"GET", source="127.0.0.3")
        for _ in range(5):
            await server.connect(b"GET", source="127.0.0.3")
        assert await closed(first) == b""
        await server.open_are(3)
        idle_writer.write(request("/healthz"))
        await idle.readuntil(b"well")
        busy = [await server.connect(request("/wait"), source="127.0.0.4") for _ in range(2)]
        await until(lambda: server.waiting == 2)
        refused, _ = await server.connect(request("/wait"), source="127.0.0.4")
        assert (await refused.readline()).startswith(b"HTTP/1.1 503")
        server.go_on.set()
        for reader, _writer in busy:
            await reader.readuntil(b"waited")


async def test_whoever_does_not_take_the_answer_loses_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit of the whole request; the application is told that nobody listens any more."""
    monkeypatch.setattr(connections, "REQUEST_TIMEOUT_S", LIMIT_S)
    async with serving() as server:
        reader, _writer = await server.connect(request("/wait"))
        assert await closed(reader) == b""
        assert b"the request took too long" in server.door.metrics.render()
        await server.open_are(0)


async def test_whoever_does_not_read_makes_room() -> None:
    """Nobody keeps others out by asking for much and taking nothing, be it kept or closed after the answer."""
    async with serving(most=3) as server:
        for path, headers in (("/large", ""), ("/parts", ""), ("/large", "Connection: close\r\n")):
            await server.connect(request(path, headers))
        await until(lambda: server.large == 3)
        await server.open_are(3)
        for number in range(3):
            reader, writer = await server.connect(request("/nobody", method="POST"))
            assert (await reader.readuntil(b"well")).startswith(b"HTTP/1.1 200")
            writer.write(request("/wait"))
            await until(lambda wanted=number + 1: server.waiting == wanted)  # type: ignore[misc]
        await server.open_are(3)


async def test_a_closed_connection_whose_answer_nobody_takes_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Soon, and without a line in the log: its request was answered."""
    monkeypatch.setattr(connections, "LINGER_S", LIMIT_S)
    async with serving() as server:
        started = now_s()
        await server.connect(request("/large", "Connection: close\r\n"))
        await until(lambda: server.large == 1)
        await server.open_are(0)
        assert now_s() - started > 0.99 * LIMIT_S


async def test_requests_behind_each_other_have_their_own_times() -> None:
    """They are answered in their order; the time of the whole request is that of each."""
    async with serving() as server:
        reader, _writer = await server.connect(request("/turn") * 3 + request("/healthz"))
        ends = {0.0}
        for _ in range(3):
            await until(lambda: ends.isdisjoint(_ends(server)))
            ends.update(_ends(server))
            server.turns.put_nowait(None)
            assert (await reader.readuntil(b"waited")).startswith(b"HTTP/1.1 200")
        assert (await reader.readuntil(b"well")).startswith(b"HTTP/1.1 200")


def _ends(server: Server) -> set[float]:
    """Return when the request of each connection must have been answered."""
    return {getattr(one, "_until", 0.0) for one in server.door.all.open} or {0.0}


FRAMES = {
    "two lengths": "Content-Length: 5\r\nContent-Length: 6\r\n",
    "a length and chunks": "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "chunks and a length": "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    "chunks twice": "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    "chunks of something": "Transfer-Encoding: gzip, chunked\r\n",
    "a blank before the colon": "Transfer-Encoding : chunked\r\n",
    "a length with a sign": "Content-Length: +5\r\n",
}


@pytest.mark.parametrize("headers", FRAMES.values(), ids=FRAMES)
async def test_no_request_hides_in_the_body_of_another(headers: str) -> None:
    """Where two readers may see different ends of a body, the first request is refused and nothing behind it is read."""
    async with serving() as server:
        reader, _writer = await server.connect(request("/body", headers, "POST") + b"0\r\n\r\n" + request("/healthz"))
        said = await reader.read()
        assert said.startswith(b"HTTP/1.1 400")
        assert said.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("before", [b"", request("/healthz")], ids=["first", "second"])
async def test_a_large_head_is_refused(before: bytes) -> None:
    """Taking one of many lines apart takes long, and nobody else is answered meanwhile."""
    async with serving() as server:
        reader, writer = await server.connect(before)
        if before:
            await reader.readuntil(b"well")
        assert b"200 OK" in await server.ask("/healthz", headers="X: " + "a" * (HEAD_BYTES - 100) + "\r\n")
        whole, all_of_it = await server.connect(before)
        if before:
            await whole.readuntil(b"well")
        writer.write(request("/healthz", "a:\r\n" * HEAD_BYTES)[: HEAD_BYTES + 1])
        assert (await reader.read())[9:12] == b"400"
        all_of_it.write(request("/healthz", "a:\r\n" * 10_000))
        with contextlib.suppress(ConnectionError):  # what was sent and not read resets the connection
            assert (await whole.read())[9:12] in {b"400", b""}
        assert b"200 OK" in await server.ask("/healthz")
        await until(lambda: len(server.door.all.open) <= 1)


WELL = {
    "byte by byte": (b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", True),
    "HTTP/1.0 without a host": (b"GET /healthz HTTP/1.0\r\n\r\n", False),
    "bare line ends": (b"GET /healthz HTTP/1.1\nHost: a\n\n", True),
    "an upgrade": (
        request("/healthz", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: YQ==\r\n"),
        False,
    ),
    "another upgrade": (request("/healthz", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"), False),
    "a body with its head": (request("/body", "Content-Length: 4\r\n", "POST") + b"well", False),
    "a body byte by byte": (request("/body", "Content-Length: 4\r\n", "POST") + b"well", True),
    "chunks byte by byte": (
        request("/body", "Transfer-Encoding: chunked\r\n", "POST") + b"2\r\nwe\r\n2\r\nll\r\n0\r\n\r\n",
        True,
    ),
}


@pytest.mark.parametrize(("sent", "slowly"), WELL.values(), ids=WELL)
async def test_what_comes_in_time_is_answered(sent: bytes, *, slowly: bool) -> None:
    """In whatever pieces it comes."""
    async with serving() as server:
        reader, writer = await server.connect()
        for piece in [sent[place : place + 1] for place in range(len(sent))] if slowly else [sent]:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        said = await reader.readuntil(b"well")
        assert said.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "sent", [b"\x16\x03\x01\x02", b"\r\n", b"GET", request("/body", BODY, "POST"), request("/wait")]
)
async def test_whoever_breaks_off_gives_the_place_back(sent: bytes) -> None:
    """By a reset, at any point; what can be no request is refused at its first byte."""
    async with serving() as server:
        reader, writer = await server.connect(sent)
        if sent[0] < ord("A"):
            assert (await reader.read())[9:12] == b"400"
        else:
            await server.open_are(1)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        await server.open_are(0)


async def test_the_end_waits_for_answers_and_for_nothing_else() -> None:
    """A half head is closed at once; a request is answered, also one whose head has just come."""
    async with serving() as server:
        half, _ = await server.connect(b"GET")
        asked, _ = await server.connect(request("/wait", "Connection: close\r\n"))
        await until(lambda: server.waiting == 1)
        await server.open_are(2)
        server.running.server.should_exit = True
        assert await half.read() == b""
        server.go_on.set()
        assert (await asked.read()).endswith(b"waited")


async def test_a_head_that_has_just_come_makes_room_for_nobody() -> None:
    """Neither while its connection is handed to the server."""
    async with serving(most=2) as server:
        with contextlib.ExitStack() as stack:
            opened = []
            for start in (request("/healthz", "Connection: close\r\n"), b"GET", b"GET"):  # accepted in one go
                one = stack.enter_context(socket.create_connection(("127.0.0.1", server.running.port)))
                one.sendall(start)
                opened.append(one)
            assert (await asyncio.to_thread(opened[0].recv, 1_000)).startswith(b"HTTP/1.1 200")
            assert await asyncio.to_thread(opened[1].recv, 1_000) == b""


def test_a_peer_is_an_address_or_a_network_of_ipv6() -> None:
    """Who has such a network has an address for each connection; a proxy speaks for many and is none."""
    door = Door(100, Metrics(), trusts=lambda host: host == "10.0.0.1")
    assert door.peer_of("2001:db8::1") == door.peer_of("2001:db8::ffff:2") != door.peer_of("2001:db8:0:1::1")
    assert door.peer_of("::ffff:192.0.2.1") == door.peer_of("192.0.2.1") != door.peer_of("192.0.2.2")
    assert door.peer_of("10.0.0.1") == ""


@pytest.mark.parametrize("files", [64, 256, 1_024, 65_536, resource.RLIM_INFINITY])
def test_connections_leave_files_for_the_rest(monkeypatch: pytest.MonkeyPatch, files: int) -> None:
    """So many are accepted at once, and may be thrice before the first of them is seen."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (files, files))
    capacity = Capacity.of_this_process()
    there = files if files != resource.RLIM_INFINITY else 10_000
    assert capacity.connections + RESERVE + 3 * capacity.at_once <= 0.85 * there
    assert capacity.connections >= min(there // 2, 1_000)
    assert 4 <= capacity.at_once <= 128


async def test_where_no_file_is_left_the_log_has_a_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Accepting is tried again later, and not as long as somebody waits; whoever waits is then answered."""
    monkeypatch.setattr(listening, "PAUSE_S", 0.1)
    tried = 0

    def without_files(_: socket.socket) -> None:
        nonlocal tried
        tried += 1
        raise OSError(errno.EMFILE, "Too many open files")

    async with serving() as server:
        with monkeypatch.context() as patched:
            patched.setattr(socket.socket, "accept", without_files)
            started = now_s()
            asking = asyncio.create_task(server.ask("/healthz"))
            await until(lambda: tried >= 3)
            seconds = now_s() - started
        assert b"200 OK" in await asking
    assert seconds >= 0.99 * 0.1 * (tried - 1)
    assert {record.getMessage() for record in caplog.records} == {
        "no connection can be accepted: [Errno 24] Too many open files"
    }


def test_a_line_is_written_once_a_minute_with_a_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line for itself; errors always, their traces once a minute."""
    now = 1_000.0
    monkeypatch.setattr("bot.running.logs.time.monotonic", lambda: now)
    seldom = Seldom()

    def written(text: str, *arguments: object, level: int = logging.WARNING, error: Exception | None = None) -> str:
        record = logging.LogRecord("a", level, "", 0, text, arguments, (type(error), error, None) if error else None)
        return f"{record.getMessage()}{' with trace' if record.exc_info else ''}" if seldom.filter(record) else ""

    late = "turned away: %s"
    assert [written(late, "late"), written(late, "late"), written(late, "x")] == [
        "turned away: late",
        "",
        "turned away: x",
    ]
    broken = [written("broken", level=logging.ERROR, error=ValueError()) for _ in range(2)]
    assert broken == ["broken with trace", "broken"]
    for _ in range(4):
        written(late, "late")
    now += 61
    assert written(late, "late") == "turned away: late (5 more times in the last 61 s)"
    assert written(late, "late") == ""
    for number in range(2_000):
        written(late, number)
    assert len(seldom._told) <= 500
