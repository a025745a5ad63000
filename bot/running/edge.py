"""What every HTTP request passes: who asks, what is for operators only, how often, and how a failure ends.

A client is the peer of the connection, or behind a proxy that is trusted the address that the proxy names.
"""

import hmac
import ipaddress
import json
import logging
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from http import HTTPStatus
from string import printable
from typing import Final
from urllib.parse import quote

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.running.logs import log_failure
from bot.running.metrics import Metrics

logger = logging.getLogger("signpost.edge")

#: Clients whose rate is remembered; the one that asked longest ago is forgotten first.
REMEMBERED: Final = 10_000
#: Below it every error is a problem, as RFC 9457 has it.
API_PATH: Final = "/api/v1"
#: Never limited: those who watch the bot must hear of it when everybody else has to wait.
HEALTH_PATHS: Final = frozenset({"/healthz", "/readyz", "/metrics"})
#: An IPv6 client usually has a network of this size to itself, and could take another address for each request.
_IPV6_NETWORK: Final = 64
_LENGTHS: Final = frozenset({b"content-length", b"transfer-encoding"})
#: How the names begin of what a proxy adds to the requests of others.
_FORWARDED: Final = (b"x-forwarded-", b"forwarded", b"x-real-ip", b"via", b"cf-connecting-ip", b"true-client-ip")

#: Makes a page of a refusal, for those that can show one: its body and headers; None for those that cannot.
AsPage = Callable[[Scope, int, str], tuple[bytes, Sequence[tuple[bytes, bytes]]] | None]
#: Never limited either: a page asks for them besides itself, and they are in memory.
_FILES: Final = "/static/"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Clients:
    """Knows which proxies are trusted, and who is behind them."""

    def __init__(self, trusted: Sequence[str], operator_token: str = "") -> None:
        self._trusted = tuple(ipaddress.ip_network(one, strict=False) for one in trusted)
        self._token = operator_token.encode()

    def trusts(self, host: str) -> bool:
        """Whether this peer is a proxy that may speak for others."""
        address = _address(host)
        return address is not None and any(address in network for network in self._trusted)

    def of(self, scope: Scope) -> str:
        """Return who asks: the last address of `X-Forwarded-For` that no trusted proxy has, else the peer.

        What stands before that address was written by the client itself, so it proves nothing.
        """
        client = str((scope.get("client") or ("",))[0])
        if not self.trusts(client):
            return client_key(client)
        named = ",".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for")
        for one in map(_without_port, reversed(named.split(","))):
            if _address(one) is None:
                break
            client = one
            if not self.trusts(client):
                break
        return client_key(client)

    def is_operator(self, scope: Scope) -> bool:
        """Whether a request may see more than the state: it has the token, or comes from this machine by no proxy."""
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        if self._token and hmac.compare_digest(given, b"Bearer " + self._token):
            return True
        return self.is_local(scope)

    def is_local(self, scope: Scope) -> bool:
        """Whether a request comes from this machine, and by no proxy."""
        address = _address(str((scope.get("client") or ("",))[0]))
        local = address is not None and address.is_loopback
        return local and not any(name.startswith(_FORWARDED) for name, _ in scope["headers"])


def _address(host: str) -> Address | None:
    """Return the address; an IPv4 address in the form of IPv6 as what it is."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _without_port(named: str) -> str:
    """Return the address of a hop, which some proxies name with its port."""
    named = named.strip()
    if named.startswith("["):
        return named[1:].partition("]")[0]
    return named.partition(":")[0] if named.count(":") == 1 else named


def client_key(host: str) -> str:
    """Return what one client is counted by: its address, or its network for IPv6."""
    address = _address(host)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, _IPV6_NETWORK), strict=False))
    return host if address is None else str(address)


class RateLimit:
    """Lets each client ask so many times a minute, all at once or evenly; then 429 with the seconds to wait.

    A token bucket: it holds a minute's requests and is filled evenly.
    """

    def __init__(
        self,
        app: ASGIApp,
        clients: Clients,
        per_minute: int,
        *,
        metrics: Metrics,
        counted_elsewhere: Callable[[Scope], bool] = lambda _: False,
        as_page: AsPage = lambda *_: None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._clients = clients
        self._per_minute = per_minute
        self._metrics = metrics
        self._counted_elsewhere = counted_elsewhere
        self._as_page = as_page
        self._now = now
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        path = scope.get("path", "")
        is_free = scope["type"] != "http" or path in HEALTH_PATHS or path.startswith(_FILES)
        if is_free or not self._per_minute:
            await self._app(scope, receive, send)
            return
        wait_s = 0.0 if self._counted_elsewhere(scope) else self._take(self._clients.of(scope))
        if not wait_s:
            await self._app(scope, receive, send)
            return
        self._metrics.rejected.labels("too many requests of one client").inc()
        logger.warning("requests were refused: more than RATE_LIMIT of one client in a minute")
        text = "too many requests; wait a little"
        await refuse(send, scope, 429, text, retry_after_s=math.ceil(wait_s), as_page=self._as_page)

    def _take(self, client: str) -> float:
        """Take one request from what the client has left; return the seconds to wait when that is none."""
        now = self._now()
        left, then = self._left.pop(client, (float(self._per_minute), now))
        left = min(self._per_minute, left + (now - then) * self._per_minute / 60)
        taken = left >= 1
        self._left[client] = (left - taken, now)
        if len(self._left) > REMEMBERED:
            self._left.popitem(last=False)
        return 0.0 if taken else (1 - left) * 60 / self._per_minute


class Guarded:
    """Around everything: what a failure ends in, and no request whose end others may see elsewhere.

    A request that its sender gave up is no failure; any other failure is one line in the log and a 500. A body whose length is
    given in two ways ends for a proxy perhaps where another request begins for us, which it has not looked at.
    """

    def __init__(self, app: ASGIApp, as_page: AsPage = lambda *_: None) -> None:
        self._app = app
        self._as_page = as_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; no exception leaves."""
        if scope["type"] == "http" and {name for name, _ in scope["headers"]} >= _LENGTHS:
            await refuse(send, scope, 400, "Content-Length and Transfer-Encoding exclude each other", close=True)
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        if not (query := scope.get("query_string", b"")).isascii():  # bytes that an address writes as %FF
            scope = {**scope, "query_string": quote(query, safe=printable).encode()}
        try:
            await self._app(scope, receive, sending)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - the outermost edge: the sender gets a reference, the log the trace
            reference = log_failure(logger, "a request could not be answered", error, path=scope.get("path", "")[:200])
            if not started:
                text = f"something went wrong here (reference {reference})"
                await refuse(send, scope, 500, text, as_page=self._as_page)


async def refuse(
    send: Send,
    scope: Scope,
    status: int,
    text: str,
    *,
    retry_after_s: int = 0,
    close: bool = False,
    as_page: AsPage = lambda *_: None,
) -> None:
    """Answer with a short text, below the API with a problem, and people with a page; `close` ends the connection."""
    content, kind, shared = text.encode(), b"text/plain; charset=utf-8", []
    if scope.get("path", "").startswith(API_PATH):
        problem = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": text}
        content, kind = json.dumps(problem).encode(), b"application/problem+json"
        # It tells nothing of the list, and a page of another origin can say when to ask again.
        shared = [(b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", b"Retry-After")]
    headers = [(b"content-type", kind), (b"content-length", str(len(content)).encode()), *shared]
    if (shown := as_page(scope, status, text)) is not None:
        content, headers = shown[0], list(shown[1])
    headers += [(b"retry-after", str(retry_after_s).encode())] if retry_after_s else []
    headers += [(b"connection", b"close")] if close else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
