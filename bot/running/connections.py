"""The HTTP connections: how many there may be, and how long one may take to say what it wants.

Whoever opens many and says nothing, or says it a byte at a time, must cost others nothing. A connection whose request is
not complete, or that has none, makes room for a new one; a request that is being answered never does.
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

#: For a request's head, from its first byte or from the connection's start; and for what is left of an unwanted body.
HEAD_TIMEOUT_S: Final = 10.0
#: For a body that an application waits for; the gate has a shorter one, and an answer for it.
BODY_TIMEOUT_S: Final = 25.0
#: Longer than the 60 s after which proxies close theirs (nginx, AWS): who closes first must be the one that asks.
KEEP_ALIVE_S: Final = 75
#: As much time has an answer to leave after its connection was closed.
LINGER_S: Final = 5.0
MOST_CONNECTIONS: Final = 1_024
#: Over the most there are so many that may ask for the health.
RESERVE: Final = 8
#: Answered also when everything else is refused.
HEALTH_PATHS: Final = frozenset({"/healthz", "/readyz", "/metrics"})
#: Connections that the system holds until they are accepted; who finds no place there tries again a second later.
QUEUE: Final = 512
_MOST_AT_ONCE: Final = 128

_TOO_SLOW: Final = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_TOO_MANY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What the limit of open files leaves to connections."""

    connections: int
    at_once: int
    """So many are accepted at a time, of those that the system holds: their files are open before one is looked at."""

    @classmethod
    def of_this_process(cls) -> "Capacity":
        """Return what fits: about a third of the files is left to the index, the store and calls to Slack."""
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        files = soft if soft != resource.RLIM_INFINITY else 2 * MOST_CONNECTIONS
        return cls(
            connections=max(1, min(MOST_CONNECTIONS, files // 2)), at_once=max(4, min(_MOST_AT_ONCE, files // 16))
        )


class Phase(Enum):
    """What a connection is at."""

    HEAD = auto()
    """The head of a request has not come, or not all of it."""
    BODY = auto()
    """The application waits for the body."""
    BUSY = auto()
    """The application has all that it needs."""
    REST = auto()
    """The answer was given before the body was there."""
    IDLE = auto()
    """Kept for another request."""


@dataclass(slots=True)
class Door:
    """All connections of a server, and which of them can make room."""

    most: int
    metrics: Metrics
    open: set["Connection"] = field(default_factory=set)
    incomplete: dict["Connection", None] = field(default_factory=dict)
    """The oldest first; so are those that are `idle`."""
    idle: dict["Connection", None] = field(default_factory=dict)

    def enter(self, newcomer: "Connection") -> None:
        """Let a connection in; where there are too many, another one goes, or it may ask for the health alone."""
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
        """Keep what a connection is at from now on."""
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
    """Uvicorn's connection, which alone would wait for the end of a head for ever."""

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
        """Take what came."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Wait for what comes next."""
        super().on_response_complete()
        if self._for_health and not self.transport.is_closing():
            self.shutdown()
        if self.transport.is_closing():
            self._close()
        self._look()

    def timeout_keep_alive_handler(self) -> None:
        """Close what nobody uses any more."""
        super().timeout_keep_alive_handler()
        self._close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give its place back."""
        self.door.leave(self)
        self._set_timer(None)
        super().connection_lost(exc)

    def limit_to_health(self) -> None:
        """Answer nothing but how the bot is, once."""
        self._for_health = True
        self.app = _Overloaded(self.app)

    def _look(self) -> None:
        """Find out what it is at; time runs from the moment that this begins, however many bytes come meanwhile."""
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
        """Close it, also where nobody takes what was written."""
        self.transport.close()
        self.loop.call_later(LINGER_S, self.transport.abort)


class _Overloaded:
    """Answers for the health, and refuses everything else."""

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
        """One of these."""

    Ours.door = door
    return Ours


def tell_loop_trouble(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Say in a line when no file is left for a connection, which asyncio would say with a trace for each attempt."""
    if str(context.get("message", "")).startswith("socket.accept()"):
        logger.warning("no connection can be accepted: %s", context.get("exception"))
    else:
        loop.default_exception_handler(context)
