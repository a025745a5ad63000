"""The gate before Bolt, in pure ASGI: a request without Slack's signature costs no more than a hash.

The method, path, size, form of the two headers, time and signature are checked on raw bytes. Only then the body is parsed,
once; a signed body that is not a JSON object is refused here too.
"""

import asyncio
import hashlib
import hmac
import json
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Receive, Scope, Send

from bot.running.metrics import Metrics

logger = logging.getLogger("signpost.gate")

EVENTS_PATH = "/slack/events"
MAX_BODY_BYTES = 1024 * 1024
#: Largest difference between the time of a request and our clock.
WINDOW_S = 300
BODY_TIMEOUT_S = 10.0
#: This much of a refused body is read and dropped, so that its sender receives the answer.
MAX_DROPPED_BYTES = 64 * 1024 * 1024

_TIMESTAMP = re.compile(rb"[0-9]{1,12}")
_SIGNATURE = re.compile(rb"v0=[0-9a-f]{64}")
_SSL_CHECK = re.compile(rb"(?:^|&)ssl_check=1(?:&|$)")
_MAX_SSL_CHECK_BYTES = 1_024
_MAX_FORM_FIELDS = 100
#: A form with one of these fields and no payload: a command, or Slack's check of the certificate.
_FORMS = {"command", "ssl_check"}

#: Status, content type and content.
Returned = tuple[int, str, bytes]
#: Takes a parsed body and the headers that are used later, in lower case.
Handler = Callable[[dict[str, Any], Mapping[str, str]], Awaitable[Returned]]


class _RefusedError(Exception):
    """The request is refused with this status."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Gate:
    """Answers `POST /slack/events`, and passes every other path to the other application."""

    def __init__(
        self,
        others: ASGIApp,
        handler: Handler,
        signing_secret: str,
        *,
        metrics: Metrics,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._others = others
        self._handler = handler
        self._secret = signing_secret.encode()
        self._metrics = metrics
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "http" or scope["path"] != EVENTS_PATH:
            await self._others(scope, receive, send)
            return
        try:
            body, headers = await self._admit(scope, receive)
        except _RefusedError as refused:
            self._metrics.rejected.labels(refused.reason).inc()
            logger.info("a request was turned away: %s", refused.reason, extra={"status": refused.status})
            await _answer(send, refused.status, b"text/plain; charset=utf-8", refused.reason.encode())
            return
        if body is None:
            await _answer(send, 200, b"text/plain; charset=utf-8", b"")
            return
        status, content_type, content = await self._handler(body, headers)
        await _answer(send, status, content_type.encode(), content)

    async def _admit(self, scope: Scope, receive: Receive) -> tuple[dict[str, Any] | None, dict[str, str]]:
        """Return the parsed body of a signed request, None for Slack's unsigned check of the certificate."""
        if scope["method"] != "POST":
            raise _RefusedError(405, "only POST is taken here")
        headers: dict[bytes, bytes] = dict(scope["headers"])
        size = headers.get(b"content-length", b"0")
        if not size.isdigit() or len(size) > len(str(MAX_DROPPED_BYTES)) or int(size) > MAX_BODY_BYTES:
            await _drop(receive)
            raise _RefusedError(413, "the body is too large")
        raw = await _read(receive)
        timestamp = headers.get(b"x-slack-request-timestamp", b"")
        signature = headers.get(b"x-slack-signature", b"")
        if not timestamp and not signature and len(raw) <= _MAX_SSL_CHECK_BYTES and _SSL_CHECK.search(raw):
            return None, {}
        if problem := signature_problem(self._secret, timestamp, signature, raw, self._clock()):
            raise _RefusedError(401, problem)
        return _parse(raw, headers.get(b"content-type", b"")), {
            "x-slack-retry-num": headers.get(b"x-slack-retry-num", b"").decode("latin-1"),
            "x-slack-retry-reason": headers.get(b"x-slack-retry-reason", b"").decode("latin-1"),
        }


def signature_problem(secret: bytes, timestamp: bytes, signature: bytes, raw: bytes, now: float) -> str:
    """Return why a request is not one that Slack has signed a moment ago; empty if it is."""
    if not _TIMESTAMP.fullmatch(timestamp) or not _SIGNATURE.fullmatch(signature):
        return "the signature's headers are missing or malformed"
    if abs(now - int(timestamp)) > WINDOW_S:
        return "the request is too old, or a clock is wrong"
    expected = hmac.new(secret, b"v0:" + timestamp + b":" + raw, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), signature.removeprefix(b"v0=")):
        return "the signature is wrong"
    return ""


async def _read(receive: Receive) -> bytes:
    """Return the body; refuse one that is too large or comes too slowly."""
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise _RefusedError(400, "the sender went away")
                chunk = message.get("body", b"")
                size += len(chunk)
                if size > MAX_BODY_BYTES:
                    await _drop(receive, already=size)
                    raise _RefusedError(413, "the body is too large")
                chunks.append(chunk)
                if not message.get("more_body"):
                    return b"".join(chunks)
    except TimeoutError:
        raise _RefusedError(408, "the body came too slowly") from None


async def _drop(receive: Receive, *, already: int = 0) -> None:
    """Read and drop the rest of a body, up to the limit."""
    size = already
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            while size <= MAX_DROPPED_BYTES:
                message = await receive()
                size += len(message.get("body", b""))
                if not message.get("more_body"):  # the last part, or the sender is gone
                    return
    except TimeoutError:
        return


def _parse(raw: bytes, content_type: bytes) -> dict[str, Any]:
    """Return the payload as a dict, from JSON, from a form with JSON in `payload`, or from a command's form."""
    try:
        text = raw.decode()
        if content_type.startswith(b"application/json") or text.startswith("{"):
            body = json.loads(text)
        else:
            form = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_FORM_FIELDS))
            body = json.loads(form["payload"]) if "payload" in form else form if _FORMS & form.keys() else None
    except (ValueError, RecursionError):
        raise _RefusedError(400, "the body cannot be read") from None
    if not isinstance(body, dict) or not body:
        raise _RefusedError(400, "the body is not an object")
    return body


async def _answer(send: Send, status: int, content_type: bytes, content: bytes) -> None:
    headers = [(b"content-type", content_type), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
