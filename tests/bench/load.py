"""A cheap load generator: signed requests made beforehand, raw HTTP over kept connections, nothing parsed but the frame."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from tests.scenarios.support.requests import signature

_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"\r\ncontent-length:"
Done = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Answered:
    """One request's answer; bodies are not kept."""

    status: int
    links: bool
    """Whether it shows links."""
    message: bool
    """Whether it says anything: links, or that there are none."""
    seconds: float


def command_request(fields: Mapping[str, str], port: int) -> bytes:
    """Return a signed slash command as it goes over the wire; good for five minutes."""
    return _request(urlencode(fields).encode(), "application/x-www-form-urlencoded", port)


def event_request(event: bytes, port: int) -> bytes:
    """Return a signed event as it goes over the wire; good for five minutes."""
    return _request(event, "application/json", port)


def _request(body: bytes, content_type: str, port: int) -> bytes:
    timestamp = str(int(time.time()))
    head = (
        f"POST /slack/events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: Slackbot 1.0\r\n"
        f"Accept-Encoding: gzip,deflate\r\nAccept: application/json,*/*\r\n"
        f"X-Slack-Signature: {signature(body, timestamp)}\r\nX-Slack-Request-Timestamp: {timestamp}\r\n"
        f"Content-Length: {len(body)}\r\nContent-Type: {content_type}\r\n\r\n"
    )
    return head.encode() + body


class _Connection(asyncio.Protocol):
    """One kept connection with one request at a time on it."""

    def __init__(self) -> None:
        self._transport: Any = None
        self._received = bytearray()
        self._missing = -1
        self._answer: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._missing < 0:
            end = self._received.find(_HEAD_END)
            if end < 0:
                return
            head = bytes(self._received[:end]).lower() + b"\r\n"
            _, _, rest = head.partition(_LENGTH)
            self._missing = end + len(_HEAD_END) + int(rest.partition(b"\r\n")[0])
        if len(self._received) >= self._missing and self._answer is not None and not self._answer.done():
            self._answer.set_result(bytes(self._received))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("the server closed the connection"))

    async def ask(self, request: bytes) -> bytes:
        """Send a request and return the answer, head included."""
        self._received.clear()
        self._missing = -1
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Hang up."""
        self._transport.close()


async def _connect(port: int) -> _Connection:
    _, connection = await asyncio.get_running_loop().create_connection(_Connection, "127.0.0.1", port)
    return connection


async def _timed(connection: _Connection, request: bytes, started: float) -> Answered:
    answer = await connection.ask(request)
    seconds = time.perf_counter() - started
    status = int(answer[9:12])
    return Answered(status, b'"rich_text"' in answer, status == 200 and b'"blocks"' in answer, seconds)


def in_turn(port: int, requests: Sequence[bytes]) -> list[Answered]:
    """Send one request after the other on one connection."""
    return shared(port, requests, connections=1)


def at_once(port: int, requests: Sequence[bytes]) -> list[Answered]:
    """Send all requests at the same time, each on a connection of its own; connecting counts."""

    async def one(request: bytes) -> Answered:
        started = time.perf_counter()
        connection = await _connect(port)
        try:
            return await _timed(connection, request, started)
        finally:
            connection.close()

    async def everything() -> list[Answered]:
        return await asyncio.gather(*map(one, requests))

    return asyncio.run(everything())


def shared(port: int, requests: Sequence[bytes], *, connections: int, done: Done | None = None) -> list[Answered]:
    """Send requests over several kept connections, each as soon as the one before it is answered."""
    answers: list[Answered] = []

    async def work(waiting: Iterator[bytes]) -> None:
        connection = await _connect(port)
        try:
            for request in waiting:
                answers.append(await _timed(connection, request, time.perf_counter()))
                if done is not None:
                    done(len(answers))
        finally:
            connection.close()

    async def everything() -> None:
        waiting = iter(requests)
        async with asyncio.TaskGroup() as group:
            for _ in range(connections):
                group.create_task(work(waiting))

    asyncio.run(everything())
    return answers
