"""A small world of web sites on one port of this machine: virtual hosts by name, each path as the test wants it."""

import asyncio
import socket
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from inspect import iscoroutinefunction
from typing import Any

import httpx2

from index.catalogue.checks.checker import Target
from index.catalogue.checks.network import Network
from index.catalogue.checks.records import Verdict
from index.catalogue.checks.run import Bounds, Run
from index.catalogue.http import Addresses

LOOPBACK = "127.0.0.1"
ARTICLE = """<html><head><title>How services work</title></head><body><h1>How services work</h1>
<p>A service gives a set of pods one name and one address, and spreads what comes in over them.</p></body></html>"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a site was asked."""

    host: str
    method: str
    path: str
    headers: Mapping[str, str]
    at: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What a site answers."""

    status: int = 200
    body: str | bytes = ARTICLE
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "text/html; charset=utf-8"
    after_s: float = 0.0


Writer = asyncio.StreamWriter
Page = Answer | Callable[[Request], Answer] | Callable[[Request, Writer], Awaitable[None]]


def redirect(to: str, status: int = 301) -> Answer:
    """Answer with a redirect."""
    return Answer(status, "", {"Location": to})


@dataclass(slots=True, kw_only=True)
class World:
    """The sites, and what was asked of them."""

    pages: dict[tuple[str, str], Page] = field(default_factory=dict)
    """By host and path; `*` is every other path of a host. What is not here is not found."""
    hosts: dict[str, tuple[str, ...] | Exception] = field(default_factory=dict)
    """Where a host is, unless it is here: on this machine."""
    requests: list[Request] = field(default_factory=list)
    port: int = 0
    tls_port: int = 0
    context: ssl.SSLContext | None = None
    trouble: str = ""
    """What the last run said."""
    most: Counter[str] = field(default_factory=Counter)
    """The most requests that were under way at a time, of all hosts (``) and of each."""
    _now: Counter[str] = field(default_factory=Counter)

    def url(self, host: str, path: str = "/", *, tls: bool = False) -> str:
        """Return a page's address."""
        return f"https://{host}:{self.tls_port}{path}" if tls else f"http://{host}:{self.port}{path}"

    def asked(self, host: str, path: str | None = None) -> list[str]:
        """Return the methods by which a page, or any page but robots.txt, was asked for."""
        return [
            one.method
            for one in self.requests
            if one.host == host and (one.path == path if path else one.path != "/robots.txt")
        ]

    async def resolve(self, host: str, _port: int) -> tuple[str, ...]:
        """Look a host up."""
        found = self.hosts.get(host, (host if host.replace(".", "").isdigit() else LOOPBACK,))
        if isinstance(found, Exception):
            raise found
        return found

    async def check(
        self, targets: Iterable[str | Target], *, known: Iterable[str | Target] = (), **bounds: Any
    ) -> dict[str, Verdict]:
        """Check links and return what was found of each; `known` are links that were fine before."""
        found: dict[str, Verdict] = {}

        def keep(target: Target, verdict: Verdict) -> None:
            assert target.url not in found
            found[target.url] = verdict

        run = self.run(keep, Network(known=_targets(known)), **bounds)
        await run.check(_targets(targets))
        self.trouble = run.trouble
        return found

    def run(self, found: Callable[[Target, Verdict], None], network: Network, **bounds: Any) -> Run:
        """Return a run of checks of this world."""
        return Run(
            found=found,
            bounds=Bounds(**{"delay_s": 0.0, "timeout_s": 60.0, "retries": 1, **bounds}),
            addresses=Addresses(permitted=LOOPBACK.__eq__, resolver=self.resolve),
            context=self.context or httpx2.create_ssl_context(),
            network=network,
        )

    async def serve(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        """Serve one connection."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._answer(_request(head), writer)
        except (asyncio.IncompleteReadError, ConnectionError, _Over):
            pass
        finally:
            writer.close()

    async def _answer(self, request: Request, writer: Writer) -> None:
        self.requests.append(request)
        for name in ("", request.host):
            self._now[name] += 1
            self.most[name] = max(self.most[name], self._now[name])
        try:
            page = self.pages.get((request.host, request.path)) or self.pages.get((request.host, "*"))
            if page is None:
                page = Answer(404, "<title>404 Not Found</title>")
            answer = await _made(page, request, writer)
            await asyncio.sleep(answer.after_s)
            writer.write(_bytes(request, answer))
            await writer.drain()
        finally:
            for name in ("", request.host):
                self._now[name] -= 1


def _targets(links: Iterable[str | Target]) -> list[Target]:
    return [one if isinstance(one, Target) else Target(url=one) for one in links]


async def _made(page: Page, request: Request, writer: Writer) -> Answer:
    if isinstance(page, Answer):
        return page
    if iscoroutinefunction(page):
        await page(request, writer)
        raise _Over
    made = page(request)  # type: ignore[call-arg]
    assert isinstance(made, Answer)
    return made


class _Over(Exception):  # noqa: N818 - the page did with the connection what it wanted
    pass


def _request(head: bytes) -> Request:
    first, *rest = head.decode("latin-1").rstrip().split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    host = headers["host"].rpartition(":")[0] or headers["host"]
    return Request(host=host, method=method, path=path, headers=headers, at=time.monotonic())


def _bytes(request: Request, answer: Answer) -> bytes:
    body = answer.body.encode() if isinstance(answer.body, str) else answer.body
    headers = {"Content-Length": str(len(body)), "Content-Type": answer.content_type, **answer.headers}
    lines = [f"HTTP/1.1 {answer.status} Whatever", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    bodiless = request.method == "HEAD" or answer.status == 304
    return "\r\n".join(lines).encode() + (b"" if bodiless else body)


def no_such_host() -> socket.gaierror:
    """Return what the system says of a name that nobody has."""
    return socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@asynccontextmanager
async def opened(world: World, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[World]:
    """Serve a world as long as the block runs."""
    server = await asyncio.start_server(world.serve, LOOPBACK, 0, limit=2**20)
    world.port = server.sockets[0].getsockname()[1]
    secure = await asyncio.start_server(world.serve, LOOPBACK, 0, ssl=tls) if tls else None
    world.tls_port = secure.sockets[0].getsockname()[1] if secure else 0
    try:
        yield world
    finally:
        for one in (server, secure):
            if one is not None:
                one.close()
