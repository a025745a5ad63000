"""Limits on HTTP connections: how many may be open, and how long a request may take to arrive.

A client that opens many connections and sends nothing, or a byte at a time, must not slow down others. When all places are
taken, a connection without a complete request is closed for a new one. A request that is being answered is never closed.
"""

import asyncio
import logging
import resource
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, ClassVar, Final

import h11
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.running.metrics import Metrics

logger = logging.getLogger("signpost.connections")

#: For the head of a request, from its first byte or from the start of the connection; also for the rest of a body when
#: the answer was sent before all of it had come.
HEAD_TIMEOUT_S: Final = 10.0
#: For a body that the application waits for. The gate has a shorter limit and sends an answer when it is over.
BODY_TIMEOUT_S: Final = 25.0
#: Longer than the 60 s of proxies (nginx, AWS). The proxy must close first, or it may send a request into a closed one.
KEEP_ALIVE_S: Final = 75
#: Time to send the rest of an answer after the connection was closed.
LINGER_S: Final = 5.0
MOST_CONNECTIONS: Final = 1_024
#: This many connections above the limit may still ask for `HEALTH_PATHS`.
RESERVE: Final = 8
#: Answered also when everything else is refused.
HEALTH_PATHS: Final = frozenset({"/healthz", "/readyz", "/metrics"})
#: Connections that the system keeps until they are accepted. A client that finds no place there tries again after a second.
QUEUE: Final = 512
_MOST_AT_ONCE: Final = 128

_TOO_SLOW: Final = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_TOO_MANY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """How many connections the limit of open files allows."""

    connections: int
    at_once: int
    """How many connections are accepted in one go; each takes a file before the first of them is handled."""

    @classmethod
    def of_this_process(cls) -> "Capacity":
        """Return the capacity; about a third of the files or more stays free for the index, the store and calls to Slack."""
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        files = soft if soft != resource.RLIM_INFINITY else 2 * MOST_CONNECTIONS
        return cls(
            connections=max(1, min(MOST_CONNECTIONS, files // 2)), at_once=max(4, min(_MOST_AT_ONCE, files // 16))
        )


class Phase(Enum):
    """What a connection is doing."""

    HEAD = auto()
    """The head of a request is not complete."""
    BODY = auto()
    """The application waits for the body."""
    BUSY = auto()
    """The application has the whole request and is answering."""
    REST = auto()
    """The answer was sent before the whole body had come."""
    IDLE = auto()
    """Kept for another request."""


@dataclass(slots=True)
class Door:
    """All connections of a server, and which of them can make room."""

    most: int
    metrics: Metrics
    open: set["Connection"] = field(default_factory=set)
    incomplete: dict["Connection", None] = field(default_factory=dict)
    """In order of time, oldest first, like `idle`."""
    idle: dict["Connection", None] = field(default_factory=dict)

    def enter(self, newcomer: "Connection") -> None:
        """Let a connection in. When there are too many, close the oldest that waits, or allow only health requests."""
        self.open.add(newcomer)
        if len(self.open) <= self.most:
            return
        self.metrics.rejected.labels("too many connections").inc()
        logger.warning("%d connections are open, the most that there may be; those that wait are closed", self.most)
        longest = next(iter(self.incomplete or self.idle), None)
        if longest is not None:
            self.leave(longest)
            longest.transport.abort()
        elif len(self.open) <= self.most + RESERVE:
            newcomer.limit_to_health()
        else:
            self.leave(newcomer)
            newcomer.transport.write(_TOO_MANY)
            newcomer.transport.close()

    def note(self, connection: "Connection", phase: Phase) -> None:
        """Record a connection's new phase."""
        self.incomplete.pop(connection, None)
        self.idle.pop(connection, None)
        if connection in self.open and phase is not Phase.BUSY:
            (self.idle if phase is Phase.IDLE else self.incomplete)[connection] = None

    def leave(self, connection: "Connection") -> None:
        """Forget a connection that is closed."""
        self.open.discard(connection)
        self.incomplete.pop(connection, None)
        self.idle.pop(connection, None)


class Connection(H11Protocol):
    """Uvicorn's connection with time limits; Uvicorn itself waits for ever for the end of a head."""

    door: ClassVar[Door]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._phase: Phase | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._for_health = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a new connection."""
        super().connection_made(transport)
        self.door.enter(self)
        self._look()

    def data_received(self, data: bytes) -> None:
        """Take new bytes."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Wait for the next request, or close."""
        super().on_response_complete()
        if self._for_health and not self.transport.is_closing():
            self.shutdown()
        if self.transport.is_closing():
            self._close()
        self._look()

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that was idle too long."""
        super().timeout_keep_alive_handler()
        self._close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Free the connection's place."""
        self.door.leave(self)
        self._set_timer(None)
        super().connection_lost(exc)

    def limit_to_health(self) -> None:
        """Answer a single request, and only for `HEALTH_PATHS`."""
        self._for_health = True
        self.app = _Overloaded(self.app)

    def _look(self) -> None:
        """Find the phase; a new phase starts its timer, which later bytes do not extend."""
        phase = self._current()
        if phase is self._phase or self.transport.is_closing():
            return
        self._phase = phase
        self.door.note(self, phase)
        self._set_timer({Phase.HEAD: HEAD_TIMEOUT_S, Phase.REST: HEAD_TIMEOUT_S, Phase.BODY: BODY_TIMEOUT_S}.get(phase))

    def _current(self) -> Phase:
        if self.cycle is not None and not self.cycle.response_complete:
            return Phase.BODY if self.cycle.more_body else Phase.BUSY
        if self.cycle is None or self.conn.trailing_data[0]:
            return Phase.HEAD
        return Phase.REST if self.conn.their_state is h11.SEND_BODY else Phase.IDLE

    def _set_timer(self, seconds: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(seconds, self._too_slow) if seconds is not None else None

    def _too_slow(self) -> None:
        self.door.metrics.rejected.labels("the request came too slowly").inc()
        logger.warning("a connection was closed: its request came too slowly")
        if self._phase is Phase.HEAD and self.conn.trailing_data[0]:
            self.transport.write(_TOO_SLOW)
        self._close()

    def _close(self) -> None:
        """Close it; abort a little later, in case the client does not read the answer."""
        self.transport.close()
        self.loop.call_later(LINGER_S, self.transport.abort)


class _Overloaded:
    """Passes health requests on, and refuses all others."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in HEALTH_PATHS:
            await self._app(scope, receive, send)
            return
        headers = [(b"retry-after", b"1"), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


def connections_of(door: Door) -> type[asyncio.Protocol]:
    """Return the protocol of a server whose connections come through `door`."""

    class Ours(Connection):
        """A connection of this server."""

    Ours.door = door
    return Ours


def tell_loop_trouble(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log one line when no file is left for a connection; asyncio would log a trace for each attempt."""
    if str(context.get("message", "")).startswith("socket.accept()"):
        logger.warning("no connection can be accepted: %s", context.get("exception"))
    else:
        loop.default_exception_handler(context)
