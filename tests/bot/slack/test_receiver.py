"""The gate: nothing without Slack's signature gets further, and nothing is parsed before it."""

import asyncio
import hashlib
import hmac
import json
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send

from bot.running.metrics import Metrics
from bot.slack import receiver
from bot.slack.receiver import MAX_BODY_BYTES, MAX_DROPPED_BYTES, Gate

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
        self.headers: list[Mapping[str, str]] = []
        self.elsewhere: list[str] = []
        self.sent: list[Message] = []
        self.left: list[bytes] = []
        """Parts of the last request that were not read."""
        self.metrics = Metrics()
        self.gate = Gate(self.others, self.handler, SECRET, metrics=self.metrics, clock=lambda: NOW)

    async def handler(self, body: dict[str, Any], headers: Mapping[str, str]) -> tuple[int, str, bytes]:
        """Take what came through."""
        self.through.append(body)
        self.headers.append(headers)
        return 200, "text/plain", b"taken"

    async def others(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take other paths."""
        self.elsewhere.append(scope["path"])
        await receive()
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
        self.left = parts = [*chunks] or [b""]
        self.sent = sent = []

        async def receive() -> Message:
            part = parts.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(parts)}

        async def send(message: Message) -> None:
            sent.append(dict(message))

        raw = [(name.encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
        return await self.hear(receive, send, raw_headers or raw, method=method, path=path)

    async def hear(
        self, receive: Receive, send: Send, headers: list[tuple[bytes, bytes]], *, method: str, path: str
    ) -> int:
        """Give the gate a request and return the status of its answer."""
        await self.gate({"type": "http", "method": method, "path": path, "headers": headers}, receive, send)
        status: int = self.sent[0]["status"]
        return status

    async def stream(self, *messages: Message | None, headers: Mapping[str, str]) -> int:
        """Send a request as the server's messages; None is silence that never ends."""
        coming = [*messages]
        self.sent = sent = []

        async def receive() -> Message:
            if (message := coming.pop(0)) is None:
                await asyncio.Event().wait()
            return message or {}

        async def send(message: Message) -> None:
            sent.append(dict(message))

        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        status = await self.hear(receive, send, raw, method="POST", path="/slack/events")
        self.left = [message["body"] for message in coming if message]
        return status

    def refusals(self) -> dict[str, float]:
        """Return how many requests were turned away, by reason."""
        return {
            sample.labels["reason"]: sample.value
            for family in self.metrics.rejected.collect()
            for sample in family.samples
            if sample.name.endswith("_total")
        }


def answered(status: int, content_type: bytes, content: bytes) -> list[Message]:
    """Return the two messages of an answer."""
    headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(content))]
    return [
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": content},
    ]


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


TOO_LARGE = (413, "the body is too large")
UNSIGNED = (401, "the signature's headers are missing or malformed")
#: Requests that are turned away, with the status and the reason.
TURNED_AWAY: dict[str, tuple[dict[str, Any], tuple[int, str]]] = {
    "another method": ({"method": "GET"}, (405, "only POST is taken here")),
    "announced too large": ({"headers": {"content-length": str(MAX_BODY_BYTES + 1)}}, TOO_LARGE),
    "no headers": ({}, UNSIGNED),
    "no signature": ({"headers": {"x-slack-request-timestamp": str(NOW)}}, UNSIGNED),
    "old": ({"headers": signed(COMMAND, timestamp="1")}, (401, "the request is too old, or a clock is wrong")),
    "another secret": ({"headers": signed(COMMAND, secret="x")}, (401, "the signature is wrong")),
}


@pytest.mark.parametrize("name", TURNED_AWAY)
async def test_who_is_turned_away_reads_why(
    door: Door, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The log and the metrics say it too, and nothing of the request."""
    request, (status, reason) = TURNED_AWAY[name]
    log = logging.getLogger("a log of this test")  # other tests set up the process's own
    caplog.set_level(logging.INFO, logger=log.name)
    monkeypatch.setattr(receiver, "logger", log)
    await door.knock(COMMAND, **request)
    assert door.sent == answered(status, b"text/plain; charset=utf-8", reason.encode())
    assert door.refusals() == {reason: 1}
    (record,) = caplog.records
    assert (record.getMessage(), record.__dict__["status"]) == (f"a request was turned away: {reason}", status)
    assert str(receiver._RefusedError(status, reason)) == reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b"{", "the body cannot be read"), (b"\xff", "the body cannot be read"), (b"[]", "the body is not an object")],
)
async def test_a_signed_body_that_is_useless_is_named(door: Door, body: bytes, reason: str) -> None:
    """Unreadable, or not an object."""
    assert await door.knock(body, headers=signed(body) | {"content-type": "application/json"}) == 400
    assert door.sent[1]["body"] == reason.encode()


async def test_an_answer_is_whole(door: Door) -> None:
    """What the handler returns, with its length; the check of the certificate gets an empty one."""
    await door.knock(COMMAND, headers=signed(COMMAND))
    assert door.sent == answered(200, b"text/plain", b"taken")
    await door.knock(b"ssl_check=1")
    assert door.sent == answered(200, b"text/plain; charset=utf-8", b"")


async def test_the_retry_headers_come_through(door: Door) -> None:
    """Empty where Slack sends none; any byte is taken."""
    retry = {"x-slack-retry-num": "2", "x-slack-retry-reason": "http_timeout\xe9"}
    await door.knock(COMMAND, headers=signed(COMMAND) | retry)
    await door.knock(COMMAND, headers=signed(COMMAND))
    assert door.headers == [retry, dict.fromkeys(retry, "")]


@pytest.mark.parametrize(
    ("content_type", "body", "parsed"),
    [
        ("application/json", b' {"a": 1}', {"a": 1}),
        ("application/json; charset=utf-8", b'\n{"a": 1}', {"a": 1}),
        ("", b'{"a": 1}', {"a": 1}),
        ("application/x-www-form-urlencoded", b'payload={"a":1}&x=2', {"a": 1}),
        ("application/x-www-form-urlencoded", b"command=/links&text=", {"command": "/links", "text": ""}),
        ("application/x-www-form-urlencoded", b"ssl_check=1&token=x", {"ssl_check": "1", "token": "x"}),
    ],
)
async def test_each_shape_of_a_body_is_read(door: Door, content_type: str, body: bytes, parsed: dict[str, Any]) -> None:
    """JSON by its type or its first letter, JSON in a form, and a form; empty fields are kept."""
    assert await door.knock(body, headers=signed(body) | {"content-type": content_type}) == 200
    assert door.through == [parsed]


async def test_a_form_of_too_many_fields_is_refused(door: Door) -> None:
    """Slack's have about a dozen."""
    body = b"command=/links&" + b"&".join(b"f%d=1" % at for at in range(100))
    assert await door.knock(body, headers=signed(body)) == 400
    fewer = b"command=/links&" + b"&".join(b"f%d=1" % at for at in range(99))
    assert await door.knock(fewer, headers=signed(fewer)) == 200


@pytest.mark.parametrize("announced", [True, False])
async def test_the_largest_body_comes_through(door: Door, *, announced: bool) -> None:
    """One byte more does not, and what is left of it is read, so that its sender hears the answer."""
    body = b'{"a":"' + b"x" * (MAX_BODY_BYTES - 8) + b'"}'
    size = {"content-length": str(len(body))} if announced else {}
    assert await door.knock(body[:9], body[9:], headers=signed(body) | size) == 200
    more = body + b" "
    size = {"content-length": str(len(more))} if announced else {}
    assert await door.knock(more, b"and", b"more", headers=signed(more) | size) == 413
    assert door.sent[1]["body"] == b"the body is too large"
    assert door.left == []


def part(body: bytes | None, *, more: bool | None) -> Message:
    """Return a part of a request; a server leaves out what is empty or false."""
    message: Message = {"type": "http.request"}
    if body is not None:
        message["body"] = body
    if more is not None:
        message["more_body"] = more
    return message


async def test_a_server_may_leave_out_what_is_empty(door: Door) -> None:
    """ASGI's defaults: no body, and nothing more."""
    end = len(COMMAND)
    parts = [part(COMMAND[:3], more=True), part(None, more=True), part(COMMAND[3:end], more=None)]
    assert await door.stream(*parts, part(b"never read", more=False), headers=signed(COMMAND)) == 200
    assert door.through == [{"command": "/links", "text": "cilium"}]
    assert door.left == [b"never read"]


async def test_a_sender_who_goes_away_is_let_go(door: Door) -> None:
    """While a body is read, and while one is dropped."""
    gone: Message = {"type": "http.disconnect"}
    assert await door.stream(part(b"command", more=True), gone, headers=signed(COMMAND)) == 400
    assert door.sent[1]["body"] == b"the sender went away"
    large = {"content-length": str(MAX_BODY_BYTES + 1)}
    later = part(b"later", more=True)
    assert await door.stream(part(b"x", more=True), gone, later, headers=signed(COMMAND) | large) == 413
    assert door.left == [b"later"]


async def test_dropping_ends_with_the_body(door: Door) -> None:
    """Or with the limit, or in time: nobody keeps the gate busy."""
    large = {"content-length": str(MAX_BODY_BYTES + 1)}
    rest = [part(b"x", more=True), part(b"y", more=None), part(b"later", more=True)]
    assert await door.stream(*rest, headers=large) == 413
    assert door.left == [b"later"]


async def test_no_more_than_the_limit_is_dropped(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read before counts."""
    monkeypatch.setattr(receiver, "MAX_DROPPED_BYTES", MAX_BODY_BYTES + 10)
    first = part(b"x" * (MAX_BODY_BYTES + 1), more=True)
    rest = [part(b"y" * 9, more=True), part(b"last", more=True), part(b"later", more=True)]
    assert await door.stream(first, *rest, headers=signed(COMMAND)) == 413
    assert door.left == [b"later"]
    large = {"content-length": str(MAX_BODY_BYTES + 1)}
    assert await door.stream(first, *rest, headers=large) == 413
    assert door.left == [b"later"]


async def test_a_slow_body_ends(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """With 408; one that is dropped ends as well."""
    monkeypatch.setattr(receiver, "BODY_TIMEOUT_S", 0.02)
    async with asyncio.timeout(60):
        assert await door.stream(part(b"c", more=True), None, headers=signed(COMMAND)) == 408
        assert door.sent[1]["body"] == b"the body came too slowly"
        large = {"content-length": str(MAX_BODY_BYTES + 1)}
        assert await door.stream(part(b"c", more=True), None, headers=large) == 413


async def test_an_announced_size_of_as_many_digits_as_the_limit_is_read(door: Door) -> None:
    """Zeros before a small number do no harm."""
    headers = signed(COMMAND) | {"content-length": str(len(COMMAND)).zfill(len(str(MAX_DROPPED_BYTES)))}
    assert await door.knock(COMMAND, headers=headers) == 200


async def test_the_check_of_the_certificate_has_a_largest_size(door: Door) -> None:
    """Of 1,024 bytes."""
    body = b"ssl_check=1&x=".ljust(1_024, b"y")
    assert await door.knock(body) == 200
    assert await door.knock(body + b"y") == 401


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
