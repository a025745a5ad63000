"""The HTTP server: Uvicorn's, with connections that we accept.

asyncio makes a task, a transport and a protocol for every connection that it accepts, before a byte of it was read. Here a
connection gets these when it has sent a whole head; until then it is an `Arrival`.
"""

import asyncio
import contextlib
import errno
import logging
import socket
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import uvicorn

from bot.running.connections import HEAD_BYTES, KEEP_ALIVE_S, Arrival, Connection, Door

logger = logging.getLogger("signpost.connections")

#: Connections that the system keeps until they are accepted. A client that finds no place there tries again after a second.
QUEUE: Final = 512
#: Seconds until connections are accepted again, when that failed.
PAUSE_S: Final = 1.0
#: Seconds for requests that are being answered when the server ends.
DRAIN_TIMEOUT_S: Final = 5
#: What accepting says of a connection whose client has closed it meanwhile.
_GONE: Final = frozenset({errno.ECONNABORTED, errno.EPROTO})


class HttpServer(uvicorn.Server):
    """Serves an application until `should_exit` is set; signals are its caller's.

    The socket stays open at the end, so that another server can go on with it.
    """

    def __init__(
        self, app: Any, listening: socket.socket, door: Door, *, at_once: int, keep_alive_s: int = KEEP_ALIVE_S
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                # Named here, so that another installed parser is not used: h11 limits the size of a request's head.
                http=Connection,
                h11_max_incomplete_event_size=HEAD_BYTES,
                ws="none",
                lifespan="off",
                proxy_headers=False,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=keep_alive_s,
                timeout_graceful_shutdown=DRAIN_TIMEOUT_S,
            )
        )
        self._listening = listening
        self._door = door
        self._at_once = at_once
        self._handing_over: set[asyncio.Task[None]] = set()
        self._pause: asyncio.TimerHandle | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone; Uvicorn would end the process by them, and not with exit code 0."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 - the base's signature
        """Begin to accept."""
        await super().startup(sockets=[])
        self._listening = self._listening.dup()
        self._listening.setblocking(False)  # noqa: FBT003 - the standard library's signature
        self._accept_again()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept nothing more, close what waits, and finish what is being answered."""
        if self._pause is not None:
            self._pause.cancel()
        asyncio.get_running_loop().remove_reader(self._listening)
        self._listening.close()
        if self._handing_over:
            await asyncio.wait(self._handing_over)
        for visitor in tuple(self._door.all.open):
            if isinstance(visitor, Arrival):
                visitor.close()
        await super().shutdown(sockets)

    def _accept_again(self) -> None:
        asyncio.get_running_loop().add_reader(self._listening, self._accept)

    def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(self._at_once):
            try:
                connection, address = self._listening.accept()
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                if error.errno in _GONE:
                    continue
                # No file is left, or no memory. It would be tried without a pause as long as somebody waits.
                logger.warning("no connection can be accepted: %s", error)
                loop.remove_reader(self._listening)
                self._pause = loop.call_later(PAUSE_S, self._accept_again)
                return
            connection.setblocking(False)  # noqa: FBT003 - the standard library's signature
            Arrival(connection, address[:2], self._door, loop, self._with_head).enter()

    def _with_head(self, arrival: Arrival) -> None:
        task = asyncio.get_running_loop().create_task(self._hand_over(arrival))
        self._handing_over.add(task)
        task.add_done_callback(self._handing_over.discard)

    async def _hand_over(self, arrival: Arrival) -> None:
        loop = asyncio.get_running_loop()
        made = partial(Connection, arrival, self.config, self.server_state, self.lifespan.state, loop)
        try:
            await loop.connect_accepted_socket(made, arrival.socket)
        except BaseException:
            arrival.close()
            raise
