"""Socket Mode: Slack's payloads over a WebSocket that the bot opens.

It uses aiohttp and not the SDK's client, which does not ensure these four things. A new connection is up before the old
one closes. A half-open connection is found by the time since its last message. After `link_disabled` and
`too_many_websockets` the bot raises an alert and waits long, and does not reconnect in a loop. An answer whose connection
has closed is sent another way.
"""

import asyncio
import contextlib
import json
import logging
import random
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import aiohttp

from bot.errors import SlackBusyError, SlackSendError, SlackTokenError
from bot.running.health import Health, Part
from bot.running.work import Work
from bot.settings import Settings
from bot.slack.api import SlackApi
from bot.slack.receiver import Handler
from bot.slack.untrusted import dict_of, text_of

logger = logging.getLogger("signpost.socket")

MAX_FRAME_BYTES = 4 * 1024 * 1024
CONNECT_TIMEOUT_S = 10.0
#: A replaced connection is still read until Slack closes it, but no longer than this.
OLD_CONNECTION_S = 30.0
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
#: Pause after an error that only a person can correct.
ALERT_PAUSE_S = 60.0
#: After this many pings without any message from Slack a connection counts as half-open.
MISSED_PINGS = 3

_RANDOM = random.SystemRandom()
_ALERTS = {
    "link_disabled": "Socket Mode was turned off in the app's settings",
    "too_many_websockets": "the app has more connections than Slack allows",
}


@dataclass(eq=False)
class _Connection:
    """One WebSocket to Slack."""

    ws: aiohttp.ClientWebSocketResponse
    last_sign: float
    greeted: bool = False
    alert: str = ""
    retiring: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when Slack has announced that it will close this connection, or when it is closed."""


class SocketMode:
    """Keeps one connection open, and two for a moment while a new one replaces the old."""

    def __init__(self, api: SlackApi, handler: Handler, settings: Settings, *, work: Work, health: Health) -> None:
        self._api = api
        self._handler = handler
        self._work = work
        self._health = health
        self._token = settings.app_token.get_secret_value()
        self._ping_s = settings.socket_ping_s
        self._connections: set[_Connection] = set()
        self._readers: set[asyncio.Task[None]] = set()
        self._keeping: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        """Connect and stay connected, in the background."""
        self._health.ill(Part.SOCKET, "not connected yet")
        self._keeping = asyncio.create_task(self._keep_connected(), name="socket mode")

    async def stop_taking(self) -> None:
        """Open no more connections and accept no more payloads; answers are still sent."""
        self._stopping = True
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)

    async def close(self) -> None:
        """Close all connections."""
        for connection in tuple(self._connections):
            with contextlib.suppress(Exception):
                await asyncio.wait_for(connection.ws.close(), timeout=1.0)
        for reader in tuple(self._readers):
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)

    async def _keep_connected(self) -> None:
        failures = 0
        while not self._stopping:
            connection, pause_s = await self._connect()
            if connection is not None:
                self._start_reading(connection)
                await connection.retiring.wait()
                if connection.greeted:
                    failures = 0
                if not connection.alert and connection.greeted:
                    continue  # connect again at once; the old connection may still deliver
                pause_s = ALERT_PAUSE_S if connection.alert else None
            failures += 1
            await asyncio.sleep(_backoff_s(failures) if pause_s is None else pause_s)

    async def _connect(self) -> tuple[_Connection | None, float | None]:
        """Return a new connection, or None and how long to wait, if that is known."""
        try:
            answer = await self._api.call("apps.connections.open", token=self._token)
            ws = await self._open(text_of(answer.get("url")))
        except SlackBusyError as error:
            self._report_down(str(error))
            return None, error.retry_after_s
        except SlackTokenError as error:
            self._health.ill(Part.SOCKET, f"SLACK_APP_TOKEN is refused by Slack: {error.code}")
            return None, ALERT_PAUSE_S
        except SlackSendError as error:
            self._report_down(str(error))
            return None, None
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            self._report_down(f"cannot open the WebSocket ({type(error).__name__})")
            return None, None
        connection = _Connection(ws=ws, last_sign=time.monotonic())
        self._connections.add(connection)
        return connection, None

    async def _open(self, url: str) -> aiohttp.ClientWebSocketResponse:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            return await self._api.session.ws_connect(url, autoping=False, max_msg_size=MAX_FRAME_BYTES)

    def _report_down(self, why: str) -> None:
        if not any(connection.greeted for connection in self._connections):
            self._health.ill(Part.SOCKET, why)
        logger.warning("no new connection: %s", why)

    def _start_reading(self, connection: _Connection) -> None:
        for name, work in (("reader", self._read(connection)), ("pinger", self._ping(connection))):
            task = asyncio.create_task(work, name=f"socket {name}")
            self._readers.add(task)
            task.add_done_callback(self._readers.discard)

    async def _read(self, connection: _Connection) -> None:
        try:
            while True:
                frame = await connection.ws.receive()
                connection.last_sign = time.monotonic()
                if frame.type is aiohttp.WSMsgType.PING:
                    await connection.ws.pong(frame.data)
                elif frame.type is aiohttp.WSMsgType.TEXT:
                    self._take(connection, frame.data)
                elif frame.type in _GONE:
                    return
        except (aiohttp.ClientError, OSError, RuntimeError) as error:
            logger.info("a connection broke (%s)", type(error).__name__)
        finally:
            self._gone(connection)

    def _gone(self, connection: _Connection) -> None:
        self._connections.discard(connection)
        connection.retiring.set()
        if not self._stopping and not any(other.greeted for other in self._connections):
            self._health.ill(Part.SOCKET, connection.alert or "the connection has gone; connecting again")

    def _take(self, connection: _Connection, raw: str) -> None:
        try:
            envelope = dict_of(json.loads(raw))
        except (ValueError, RecursionError):
            logger.warning("a frame that is no JSON was ignored")
            return
        kind = text_of(envelope.get("type"))
        if kind == "hello":
            connection.greeted = True
            self._health.well(Part.SOCKET)
            logger.info("connected", extra={"connections": envelope.get("num_connections")})
        elif kind == "disconnect":
            self._announced(connection, text_of(envelope.get("reason")))
        elif self._stopping:
            logger.info("a payload was left to another connection: the bot is stopping")
        elif envelope_id := text_of(envelope.get("envelope_id")):
            self._work.start(self._handle(connection, envelope_id, envelope), "an envelope")

    def _announced(self, connection: _Connection, reason: str) -> None:
        """Handle Slack's announcement that it will close the connection: a new one is opened."""
        if alert := _ALERTS.get(reason, ""):
            connection.alert = f"{alert} ({reason})"
            logger.error("alert: %s", connection.alert)
            self._health.ill(Part.SOCKET, connection.alert)
            self._start_closing(connection, 0.0)
        else:
            logger.info("Slack will close the connection", extra={"reason": reason})
            self._start_closing(connection, OLD_CONNECTION_S)
        connection.retiring.set()

    def _start_closing(self, connection: _Connection, after_s: float) -> None:
        async def close() -> None:
            await asyncio.sleep(after_s)
            with contextlib.suppress(Exception):
                await connection.ws.close()

        task = asyncio.create_task(close(), name="socket closer")
        self._readers.add(task)
        task.add_done_callback(self._readers.discard)

    async def _handle(self, connection: _Connection, envelope_id: str, envelope: dict[str, Any]) -> None:
        headers = {
            "x-slack-retry-num": str(envelope.get("retry_attempt") or ""),
            "x-slack-retry-reason": text_of(envelope.get("retry_reason")),
        }
        payload = dict_of(envelope.get("payload"))
        status, content_type, content = await self._handler(payload, headers)
        if status != HTTPStatus.OK:  # without an acknowledgement Slack delivers it again
            return
        answer: dict[str, Any] = {"envelope_id": envelope_id}
        if content and content_type.startswith("application/json"):
            answer["payload"] = json.loads(content)
        try:
            await connection.ws.send_str(json.dumps(answer))
        except (aiohttp.ClientError, OSError, RuntimeError):
            logger.warning("a connection was gone before its answer")
            await self._answer_otherwise(payload, answer.get("payload"))

    async def _answer_otherwise(self, payload: dict[str, Any], answer: dict[str, Any] | None) -> None:
        """Send a command's answer through its response URL; when Slack delivers it again, it counts as a duplicate."""
        response_url = text_of(payload.get("response_url"))
        if answer and response_url and "command" in payload:
            with contextlib.suppress(SlackSendError):
                await self._api.respond(response_url, answer)

    async def _ping(self, connection: _Connection) -> None:
        """Ping at intervals, and close a connection on which nothing arrives."""
        while connection in self._connections:
            await asyncio.sleep(self._ping_s)
            silent_s = time.monotonic() - connection.last_sign
            if silent_s > self._ping_s * MISSED_PINGS:
                logger.warning("a connection is half-open", extra={"silent_s": round(silent_s, 1)})
                self._gone(connection)
                self._start_closing(connection, 0.0)
                return
            with contextlib.suppress(aiohttp.ClientError, OSError, RuntimeError):
                await connection.ws.ping()


_GONE = frozenset(
    {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
)


def _backoff_s(failures: int) -> float:
    """Return a pause that doubles with each failure; it is partly random, so that many bots do not return at once."""
    pause_s: float = min(FIRST_PAUSE_S * 2 ** min(failures - 1, 10), LONGEST_PAUSE_S)
    return pause_s * _RANDOM.uniform(0.75, 1.25)
