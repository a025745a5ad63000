"""An application behind the bot's own server, in the event loop of the test."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.types import ASGIApp

from bot.running.connections import KEEP_ALIVE_S, Door
from bot.running.listening import QUEUE, HttpServer
from bot.running.metrics import Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """Where it is served, and by what."""

    port: int
    door: Door
    server: HttpServer

    @property
    def url(self) -> str:
        """The address of its root."""
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def served(
    app: ASGIApp,
    *,
    port: int = 0,
    most: int = 100,
    trusts: Callable[[str], bool] = lambda _: True,
    keep_alive_s: int = KEEP_ALIVE_S,
) -> AsyncIterator[Served]:
    """Serve an application; unless it is said otherwise, the test may open all of the connections."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen(QUEUE)
        door = Door(most, Metrics(), trusts=trusts)
        server = HttpServer(app, listening, door, at_once=16, keep_alive_s=keep_alive_s)
        task = asyncio.create_task(server.serve())
        try:
            yield Served(port=listening.getsockname()[1], door=door, server=server)
        finally:
            server.should_exit = True
            await task
