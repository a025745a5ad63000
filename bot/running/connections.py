"""Limits on HTTP connections: how many may be open, of one peer and of all, and how long a request may take.

A client that opens many connections and sends nothing, or a byte at a time, or does not read its answers, must not slow down
others. When all places are taken, the connection that has waited longest for its client is closed for a new one. One that the
application is answering is closed only when that has taken longer than any answer does.
"""

import asyncio
import logging
import re
import resource
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Any, Final, Protocol

import h11
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.running.edge import HEALTH_PATHS, client_key, refuse
from bot.running.metrics import Metrics

logger = logging.getLogger("signpost.connections")

#: For the head of a request, from its first byte or from the start of the connection; also for the rest of a body when
#: the answer was sent before all of it had come.
HEAD_TIMEOUT_S: Final = 10.0
#: For a body that the application waits for. The gate has a shorter limit and sends an answer when it is over.
BODY_TIMEOUT_S: Final = 25.0
#: For the whole request, from its first byte until its answer has been taken.
REQUEST_TIMEOUT_S: Final = 60.0
#: Longer than the 60 s of proxies (nginx, AWS). The proxy must close first, or it may send a request into a closed one.
KEEP_ALIVE_S: Final = 75
#: Time to send the rest of an answer after the connection was closed.
LINGER_S: Final = 5.0
MOST_CONNECTIONS: Final = 1_024
#: A peer that is no trusted proxy may have one in so many of all connections.
PEER_SHARE: Final = 4
#: This many connections above the limit may still ask for `HEALTH_PATHS`.
RESERVE: Final = 8
#: The largest head of a request. Taking a head of many short lines apart takes a millisecond for each kilobyte.
HEAD_BYTES: Final = 16 * 1_024
_MOST_AT_ONCE: Final = 128
_MOST_PEERS: Final = 1_024
_BLANK_LINE: Final = re.compile(rb"\n\r?\n")
#: No request begins with a byte below this one, and whoever speaks TLS begins so.
_FIRST_BYTE: Final = 0x21

_TOO_SLOW: Final = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_TOO_MANY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """How many connections the limit of open files allows."""

    connections: int
    at_once: int
    """How many connections are accepted in one go; the file of one that makes room for another is free only after that."""

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
    UNREAD = auto()
    """There is more of the answer than the client takes for now."""
    REST = auto()
    """The answer was sent before the whole body had come."""
    IDLE = auto()
    """Kept for another request."""
    CLOSING = auto()
    """Closed, except that the client has not taken all of the answer."""


class Visitor(Protocol):
    """What takes a place: a connection before its first request, or after."""

    peer: str
    """What `Door.peer_of` returned for it."""

    def make_room(self) -> None:
        """End at once, for another one."""


class Places:
    """The places of some connections, and which of them can make room."""

    __slots__ = ("idle", "incomplete", "most", "open")

    def __init__(self, most: int) -> None:
        self.most = most
        self.open: set[Visitor] = set()
        self.incomplete: dict[Visitor, None] = {}
        """Those that wait for their clients, in order of time, oldest first; like `idle`."""
        self.idle: dict[Visitor, None] = {}

    @property
    def taken(self) -> bool:
        """Whether more are open than there are places."""
        return len(self.open) > self.most

    @property
    def waiting(self) -> Visitor | None:
        """Return the one that has waited longest in the middle of a request, else for another request."""
        return next(iter(self.incomplete or self.idle), None)

    def note(self, visitor: Visitor, phase: Phase) -> None:
        """Record a new phase."""
        self.incomplete.pop(visitor, None)
        self.idle.pop(visitor, None)
        if visitor in self.open and phase is not Phase.BUSY:
            (self.idle if phase is Phase.IDLE else self.incomplete)[visitor] = None

    def leave(self, visitor: Visitor) -> None:
        """Forget one."""
        self.open.discard(visitor)
        self.incomplete.pop(visitor, None)
        self.idle.pop(visitor, None)


class Door:
    """All connections of a server. Each peer has its own places among them, unless it is a trusted proxy."""

    def __init__(self, most: int, metrics: Metrics, *, trusts: Callable[[str], bool] = lambda _: False) -> None:
        self.metrics = metrics
        self._too_many = metrics.rejected.labels("too many connections")
        self.all = Places(most)
        self._trusts = trusts
        self._of_peer: dict[str, Places] = {}
        self.peer_of = lru_cache(_MOST_PEERS)(self._peer_of)

    def _peer_of(self, host: str) -> str:
        """Return what the connections of an address are counted by; nothing for a proxy, who speaks for many."""
        return "" if self._trusts(host) else client_key(host)

    def enter(self, newcomer: "Arrival") -> None:
        """Let one in. When there are too many, end the one that has waited longest, or allow only health requests."""
        if newcomer.peer and newcomer.peer not in self._of_peer:
            self._of_peer[newcomer.peer] = Places(max(1, self.all.most // PEER_SHARE))
        for places in self._places(newcomer):
            places.open.add(newcomer)
        full = next((places for places in self._places(newcomer) if places.taken), None)
        if full is None:
            return
        self._too_many.inc()
        of_whom = "" if full is self.all else " of one peer"
        logger.warning(
            "%d connections%s are open, the most that there may be; those that wait are closed", full.most, of_whom
        )
        longest = full.waiting
        if longest is not None:
            self.leave(longest)
            longest.make_room()
        elif len(self.all.open) <= self.all.most + RESERVE:
            newcomer.limit_to_health()
        else:
            self.leave(newcomer)
            newcomer.refuse()

    def _places(self, visitor: Visitor) -> Iterator[Places]:
        """Yield the places that one counts in: its peer's, and all."""
        if (of_peer := self._of_peer.get(visitor.peer)) is not None:
            yield of_peer
        yield self.all

    def note(self, visitor: Visitor, phase: Phase) -> None:
        """Record a new phase."""
        for places in self._places(visitor):
            places.note(visitor, phase)

    def replace(self, visitor: Visitor, successor: Visitor) -> None:
        """Give the place of one to another one of the same peer."""
        for places in self._places(visitor):
            places.open.add(successor)
        self.leave(visitor)

    def leave(self, visitor: Visitor) -> None:
        """Forget one that is closed."""
        for places in self._places(visitor):
            places.leave(visitor)
        if (of_peer := self._of_peer.get(visitor.peer)) is not None and not of_peer.open:
            del self._of_peer[visitor.peer]

    def too_slow(self, reason: str) -> None:
        """Count and log a connection that is closed because its client is slow."""
        self.metrics.rejected.labels(reason).inc()
        logger.warning("a connection was closed: %s", reason)


class Arrival:
    """A connection that has not sent the head of a request yet: a socket, a timer and some bytes.

    It is nothing else until the head is there, because whoever floods the bot with connections that say nothing causes most
    of its work by what is made and thrown away for each of them.
    """

    __slots__ = (
        "_file",
        "_loop",
        "_on_head",
        "_reading",
        "_timer",
        "address",
        "began",
        "door",
        "for_health",
        "head",
        "peer",
        "socket",
    )

    def __init__(
        self,
        connection: socket.socket,
        address: tuple[str, int],
        door: Door,
        loop: asyncio.AbstractEventLoop,
        on_head: "Callable[[Arrival], None]",
    ) -> None:
        self.socket = connection
        self.address = address
        self.peer = door.peer_of(address[0])
        self.door = door
        self.head = bytearray()
        self.for_health = False
        self.began = loop.time()
        self._loop = loop
        self._on_head = on_head
        self._reading = False
        self._timer: asyncio.TimerHandle | None = None
        # A selector that does not know a socket yet first makes a text of it, which takes longer than to register it.
        self._file = connection.fileno()

    def enter(self) -> None:
        """Take a place and begin to read; most clients have sent their request by now."""
        self.door.enter(self)
        if self.socket.fileno() < 0:
            return
        self.door.note(self, Phase.HEAD)
        self._timer = self._loop.call_later(HEAD_TIMEOUT_S, self._too_slow)
        self._read()

    def _read(self) -> None:
        try:
            data = self.socket.recv(HEAD_BYTES + 1 - len(self.head))
        except (BlockingIOError, InterruptedError):
            self._wait()
            return
        except OSError:
            self.close()
            return
        if not data:
            self.close()
            return
        searched = max(0, len(self.head) - 2)
        self.head += data
        if self.head[0] < _FIRST_BYTE or len(self.head) > HEAD_BYTES or _BLANK_LINE.search(self.head, searched):
            self._stop()
            self.door.note(self, Phase.BUSY)
            self._on_head(self)
        else:
            self._wait()

    def _wait(self) -> None:
        if not self._reading:
            self._reading = True
            self._loop.add_reader(self._file, self._read)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self._file)

    def close(self) -> None:
        """End, and free the place."""
        self._stop()
        self.door.leave(self)
        self.socket.close()

    def make_room(self) -> None:
        """End at once, for another one."""
        self.close()

    def limit_to_health(self) -> None:
        """Answer a single request, and only for `HEALTH_PATHS`."""
        self.for_health = True

    def refuse(self) -> None:
        """End with an answer that says why."""
        self._say(_TOO_MANY)
        self.close()

    def _too_slow(self) -> None:
        self.door.too_slow("the request came too slowly")
        if self.head:
            self._say(_TOO_SLOW)
        self.close()

    def _say(self, answer: bytes) -> None:
        with suppress(OSError):
            self.socket.send(answer)


class Connection(H11Protocol):
    """Uvicorn's connection with time limits, from the head of its first request on."""

    def __init__(self, arrival: Arrival, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.door = arrival.door
        self.peer = arrival.peer
        self._arrival = arrival
        self._phase = Phase.HEAD
        self._request: object = None
        self._timer: asyncio.TimerHandle | None = None
        self._for_health = False
        self._until = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the place of what has arrived, with the bytes that it has read."""
        super().connection_made(transport)
        arrival = self._arrival
        # Both are the bounds of one read, so that h11, which limits only what is not complete, gets no larger heads.
        transport.max_size = HEAD_BYTES  # type: ignore[attr-defined]
        self.client = arrival.address  # also of a client that has gone meanwhile
        self.door.replace(arrival, self)
        if arrival.for_health:
            self.limit_to_health()
        self._until = arrival.began + REQUEST_TIMEOUT_S
        self.data_received(bytes(arrival.head))

    def data_received(self, data: bytes) -> None:
        """Take new bytes."""
        super().data_received(data)
        self._look()

    def pause_writing(self) -> None:
        """Wait until the client has read more."""
        super().pause_writing()
        self._look()

    def resume_writing(self) -> None:
        """Go on with the answer."""
        super().resume_writing()
        self._look()

    def on_response_complete(self) -> None:
        """Wait for the next request, or close."""
        super().on_response_complete()
        if self._for_health and not self.transport.is_closing():
            super().shutdown()
        self._look()

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that was idle too long."""
        super().timeout_keep_alive_handler()
        self._look()

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing of a wish that is not granted; Uvicorn tells operators to install something for it."""

    def shutdown(self) -> None:
        """Close when the server ends, after the answer that is under way."""
        super().shutdown()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Free the connection's place."""
        self.door.leave(self)
        self._set_timer(None)
        super().connection_lost(exc)

    def limit_to_health(self) -> None:
        """Answer a single request, and only for `HEALTH_PATHS`."""
        self._for_health = True
        self.app = _Overloaded(self.app)

    def make_room(self) -> None:
        """End at once, for another one."""
        self.transport.abort()

    def _look(self) -> None:
        """Find the phase; a new phase starts its timer, which later bytes do not extend."""
        phase, request = self._current(), self.cycle
        if phase is self._phase and (request is self._request or phase is Phase.CLOSING):
            return
        now = self.loop.time()
        # A request that was sent behind another one begins when that is answered.
        another = self._phase is not Phase.HEAD and (phase is Phase.HEAD or request is not self._request)
        if another or self._phase in {Phase.IDLE, Phase.REST}:
            self._until = now + REQUEST_TIMEOUT_S
        self._phase, self._request = phase, request
        self.door.note(self, phase)
        match phase:
            case Phase.IDLE:  # Uvicorn has a timer for these
                self._set_timer(None)
            case Phase.CLOSING:
                self._set_timer(LINGER_S)
            case Phase.HEAD | Phase.REST:
                self._set_timer(min(HEAD_TIMEOUT_S, self._until - now))
            case Phase.BODY:
                self._set_timer(min(BODY_TIMEOUT_S, self._until - now))
            case Phase.BUSY | Phase.UNREAD:
                self._set_timer(self._until - now)

    def _current(self) -> Phase:
        if self.transport.is_closing():
            return Phase.CLOSING
        answering = self.cycle is not None and not self.cycle.response_complete
        if answering and self.cycle.more_body:
            return Phase.BODY
        if self.flow.write_paused:
            return Phase.UNREAD
        if answering:
            return Phase.BUSY
        if self.cycle is None or self.conn.trailing_data[0]:
            return Phase.HEAD
        return Phase.REST if self.conn.their_state is h11.SEND_BODY else Phase.IDLE

    def _set_timer(self, seconds: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(seconds, self._too_slow) if seconds is not None else None

    def _too_slow(self) -> None:
        if self._phase is Phase.CLOSING:
            self.transport.abort()
            return
        answering = self._phase in {Phase.BUSY, Phase.UNREAD}
        self.door.too_slow("the request took too long" if answering else "the request came too slowly")
        if self._phase is Phase.HEAD and self.conn.trailing_data[0]:
            self.transport.write(_TOO_SLOW)
        self.transport.close()
        self._look()


class _Overloaded:
    """Passes health requests on, and refuses all others."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in HEALTH_PATHS:
            await self._app(scope, receive, send)
            return
        await refuse(send, scope, 503, "too many connections", retry_after_s=1)
