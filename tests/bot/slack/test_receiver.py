"""The gate: nothing without Slack's signature gets further, and nothing is parsed before it."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send

from bot.running.metrics import Metrics
from bot.slack.receiver import MAX_BODY_BYTES, Gate

SECRET = "signing-secret"
NOW = 1_800_000_000
COMMAND = urlencode({"command": "/links", "text": "cilium"}).encode()


def signed(body: bytes, *, timestamp: str = str(NOW), secret: str = SECRET) -> dict[str, str]:
    """Return the two headers that Slack signs a body with."""
    digest = hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": timestamp, "x-slack-signature": f"v0={digest}"}


class Door:
    """A gate, with what came through it."""

    def __init__(self) -> None:
        self.through: list[dict[str, Any]] = []
        self.elsewhere: list[str] = []
        self.gate = Gate(self.others, self.handler, SECRET, metrics=Metrics(), clock=lambda: NOW)

    async def handler(self, body: dict[str, Any], headers: Mapping[str, str]) -> tuple[int, str, bytes]:
        """Take what came through."""
        self.through.append(body)
        return 200, "text/plain", b"taken"

    async def others(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take other paths."""
        self.elsewhere.append(scope["path"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def knock(
        self,
        *chunks: bytes,
        headers: Mapping[str, str] | None = None,
        method: str = "POST",
        path: str = "/slack/events",
        raw_headers: list[tuple[bytes, bytes]] | None = None,
    ) -> int:
        """Send a request in chunks and return the status."""
        parts = [*chunks] or [b""]
        sent: list[Message] = []

        async def receive() -> Message:
            part = parts.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(parts)}

        async def send(message: Message) -> None:
            sent.append(dict(message))

        raw = [(name.encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
        scope = {"type": "http", "method": method, "path": path, "headers": raw_headers or raw}
        await self.gate(scope, receive, send)
        status: int = sent[0]["status"]
        return status


@pytest.fixture
def door() -> Door:
    """Open a gate."""
    return Door()


async def test_a_signed_form_comes_through(door: Door) -> None:
    """As an object."""
    assert await door.knock(COMMAND, headers=signed(COMMAND)) == 200
    assert door.through == [{"command": "/links", "text": "cilium"}]


async def test_a_signed_body_in_chunks_comes_through(door: Door) -> None:
    """The signature is over the whole."""
    body = json.dumps({"type": "event_callback"}).encode()
    assert await door.knock(body[:5], body[5:], headers=signed(body) | {"content-type": "application/json"}) == 200
    assert door.through == [{"type": "event_callback"}]


@pytest.mark.parametrize("skew", [-300, -299, 0, 299, 300])
async def test_a_request_is_good_for_five_minutes(door: Door, skew: int) -> None:
    """Both ways."""
    assert await door.knock(COMMAND, headers=signed(COMMAND, timestamp=str(NOW + skew))) == 200


@pytest.mark.parametrize("skew", [-301, 301, -10_000, 10_000])
async def test_an_old_or_future_request_is_refused(door: Door, skew: int) -> None:
    """However well it is signed."""
    assert await door.knock(COMMAND, headers=signed(COMMAND, timestamp=str(NOW + skew))) == 401
    assert not door.through


@pytest.mark.parametrize(
    "change",
    [
        {"x-slack-signature": ""},
        {"x-slack-signature": "v0=" + "0" * 64},
        {"x-slack-signature": "v0=abc"},
        {"x-slack-signature": "v1=" + "0" * 64},
        {"x-slack-signature": "v0=" + "é" * 64},
        {"x-slack-request-timestamp": ""},
        {"x-slack-request-timestamp": "abc"},
        {"x-slack-request-timestamp": "1e9"},
        {"x-slack-request-timestamp": "-1"},
        {"x-slack-request-timestamp": "9" * 400},
        {"x-slack-request-timestamp": f"{NOW}\n"},
        {"x-slack-request-timestamp": "\u0661"[:0] + "²"},
    ],
)
async def test_malformed_headers_are_refused(door: Door, change: dict[str, str]) -> None:
    """401 and no exception."""
    assert await door.knock(COMMAND, headers=signed(COMMAND) | change) == 401
    assert not door.through


async def test_another_secret_is_refused(door: Door) -> None:
    """A signature of the right shape is not enough."""
    assert await door.knock(COMMAND, headers=signed(COMMAND, secret="other")) == 401


async def test_a_changed_body_is_refused(door: Door) -> None:
    """Every byte counts."""
    assert await door.knock(COMMAND + b"x", headers=signed(COMMAND)) == 401


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "DELETE", "OPTIONS"])
async def test_only_post_is_taken(door: Door, method: str) -> None:
    """Slack posts."""
    assert await door.knock(COMMAND, headers=signed(COMMAND), method=method) == 405


async def test_other_paths_are_not_the_gates(door: Door) -> None:
    """Health and metrics are elsewhere."""
    assert await door.knock(path="/healthz", method="GET") == 204
    assert door.elsewhere == ["/healthz"]


async def test_a_large_body_is_refused_by_its_announced_size(door: Door) -> None:
    """Before a signature is computed."""
    headers = signed(COMMAND) | {"content-length": str(MAX_BODY_BYTES + 1)}
    assert await door.knock(COMMAND, headers=headers) == 413


async def test_a_large_body_is_refused_as_it_grows(door: Door) -> None:
    """Also when it did not announce its size."""
    chunk = b"x" * 300_000
    assert await door.knock(*[chunk] * 5, headers=signed(chunk * 5)) == 413
    assert not door.through


@pytest.mark.parametrize("size", ["-1", "abc", "9" * 500, "1e9"])
async def test_an_odd_announced_size_is_refused(door: Door, size: str) -> None:
    """No exception."""
    assert await door.knock(COMMAND, headers=signed(COMMAND) | {"content-length": size}) == 413


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"3",
        b"{",
        b'{"a":',
        b"\xff\xfe",
        b"payload=%7B",
        b"payload=[]",
        b"payload=null",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"&" * 1_000,
        b"a=1&" * 200,
    ],
)
async def test_a_signed_body_that_is_no_object_is_refused(door: Door, body: bytes) -> None:
    """400, whatever its content type, and no exception."""
    for content_type in ("application/json", "application/x-www-form-urlencoded", ""):
        status = await door.knock(body, headers=signed(body) | {"content-type": content_type})
        assert status == 400
    assert not door.through


async def test_slacks_check_of_the_certificate_needs_no_signature(door: Door) -> None:
    """And does no work."""
    assert await door.knock(b"ssl_check=1&token=x") == 200
    assert await door.knock(b"ssl_check=0") == 401
    assert await door.knock(b"xssl_check=1") == 401
    assert await door.knock(b"ssl_check=1&x=" + b"y" * 5_000) == 401
    assert not door.through


@given(st.binary(max_size=200), st.lists(st.tuples(st.binary(max_size=30), st.binary(max_size=80)), max_size=4))
async def test_nothing_unsigned_comes_through(body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    """Whatever the bytes."""
    door = Door()
    status = await door.knock(body, raw_headers=headers or [(b"x", b"y")])
    assert status in {200, 401, 413}
    assert not door.through
