"""The door: cases 11 to 20. Nothing unsigned gets in, and nothing signed brings the bot down."""

import contextlib
import http.client
import json
import socket
import time
from urllib.parse import urlencode, urlsplit

import pytest

from tests.scenarios.support.bot_process import BotProcess
from tests.scenarios.support.fake_slack import FakeSlack
from tests.scenarios.support.requests import (
    Caller,
    button,
    click,
    command_fields,
    event_envelope,
    mention,
    signature,
    unique,
)

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
SECRET_WORD = "zanzibarquux"


def questions(bot: BotProcess) -> float:
    """Return how many questions the bot has counted."""
    lines = bot.get("/metrics").text.splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("signpost_questions_total"))


def body_of(slack: FakeSlack, text: str = SECRET_WORD) -> bytes:
    """Return a command's body."""
    return urlencode(command_fields(slack, text)).encode()


def check_refused(bot: BotProcess, slack: FakeSlack) -> None:
    """Nothing was done, and the log holds neither the body nor a trace."""
    slack.stays_quiet(for_s=0.1)
    assert SECRET_WORD not in bot.log_text()
    assert "Traceback" not in bot.log_text()


def flipped(signed: str, at: int) -> str:
    """Return a signature with one other digit."""
    return f"{signed[:at]}{'0' if signed[at] != '0' else '1'}{signed[at + 1 :]}"


def test_case_11_a_wrong_signature_is_401_and_the_body_is_not_logged(
    bot: BotProcess, caller: Caller, slack: FakeSlack
) -> None:
    """Case 11: another secret, another body, another timestamp, one digit changed wherever it stands."""
    body, now = body_of(slack), str(int(time.time()))
    before = questions(bot)
    right = signature(body, now)
    for signed in (
        *(flipped(right, at) for at in (3, 4, 20, 34, 35, 50, 65, 66)),
        signature(body, now, "another secret"),
        signature(b"other", now),
        signature(body, "1"),
        "v0=" + "0" * 64,
    ):
        assert caller.post(body, content_type=FORM, timestamp=now, signed=signed).status == 401
    assert questions(bot) == before
    check_refused(bot, slack)


@pytest.mark.parametrize("left_out", [("timestamp",), ("signature",), ("timestamp", "signature")])
def test_case_12_missing_headers_are_401(
    bot: BotProcess, caller: Caller, slack: FakeSlack, left_out: tuple[str, ...]
) -> None:
    """Case 12: one or both."""
    body, now = body_of(slack), str(int(time.time()))
    headers = {"Content-Type": FORM}
    if "timestamp" not in left_out:
        headers["X-Slack-Request-Timestamp"] = now
    if "signature" not in left_out:
        headers["X-Slack-Signature"] = signature(body, now)
    assert caller.request("POST", "/slack/events", body, headers).status == 401
    check_refused(bot, slack)


@pytest.mark.parametrize("timestamp", ["abc", "", "1e9", "1" * 400, "-1", " ", "0x10", "１７", "1.5", "+1", "nan"])
def test_case_13_a_malformed_timestamp_is_401(
    bot: BotProcess, caller: Caller, slack: FakeSlack, timestamp: str
) -> None:
    """Case 13: even when the signature fits it."""
    body = body_of(slack)
    signed = signature(body, timestamp)
    sent = timestamp.encode().decode("latin-1")
    assert caller.post(body, content_type=FORM, timestamp=sent, signed=signed).status == 401
    check_refused(bot, slack)


@pytest.mark.parametrize(("offset_s", "status"), [(-302, 401), (302, 401), (-298, 200), (299, 200)])
def test_case_14_the_window_is_five_minutes_both_ways(caller: Caller, offset_s: int, status: int) -> None:
    """Case 14: 301 s off is refused, 299 s is taken (a second of leeway for the request's own way)."""
    reply = caller.command("network policy", how={"timestamp": str(int(time.time()) + offset_s)})
    assert reply.status == status


@pytest.mark.parametrize(
    "signed", ["v0=é" + "0" * 62, "v0=abc", "", "v0=", "é", "v1=" + "0" * 64, "v0=" + "G" * 64, "v0=" + "0" * 65]
)
def test_case_15_an_odd_signature_is_401(bot: BotProcess, caller: Caller, slack: FakeSlack, signed: str) -> None:
    """Case 15: not ASCII, too short, too long, of another version."""
    assert caller.post(body_of(slack), content_type=FORM, signed=signed).status == 401
    check_refused(bot, slack)


@pytest.mark.parametrize(
    "form", ["{digits}", "v1={digits}", "v0=v0={digits}", "v0={digits}0", "V0={digits}", "v0={upper}"]
)
def test_case_15_the_right_digits_in_another_form_are_401(
    bot: BotProcess, caller: Caller, slack: FakeSlack, form: str
) -> None:
    """Case 15: a signature is `v0=` and 64 digits in lower case, and nothing else."""
    body, now = body_of(slack), str(int(time.time()))
    digits = signature(body, now).removeprefix("v0=")
    signed = form.format(digits=digits, upper=digits.upper())
    assert caller.post(body, content_type=FORM, timestamp=now, signed=signed).status == 401
    check_refused(bot, slack)


def test_case_16_a_replayed_event_is_handled_once(bot: BotProcess, caller: Caller, slack: FakeSlack) -> None:
    """Case 16: the very same bytes, three times; a replay ends at its claim, and not where an answer is begun."""
    already = len(bot.log_text())
    body = json.dumps(event_envelope(mention("network policy"))).encode()
    now = str(int(time.time()))
    for _ in range(3):
        assert caller.post(body, content_type=JSON, timestamp=now).status == 200
    slack.wait_for_posts()
    slack.stays_quiet(count=1)
    bot.wait_idle()
    assert "left to another process" not in bot.log_text()[already:]


def test_case_16_a_replayed_command_is_handled_once(bot: BotProcess, caller: Caller, slack: FakeSlack) -> None:
    """Case 16: whoever recorded a command gets no answer by sending it again."""
    body, now = body_of(slack, "network policy"), str(int(time.time()))
    before = questions(bot)
    first = caller.post(body, content_type=FORM, timestamp=now)
    again = caller.post(body, content_type=FORM, timestamp=now)
    assert (first.status, again.status) == (200, 200)
    assert b"example.org" in first.body
    assert b"example.org" not in again.body
    assert questions(bot) == before + 1
    slack.stays_quiet(for_s=0.2)


@pytest.mark.parametrize("words", ["show more", "share"])
def test_case_16_a_replayed_click_is_handled_once(caller: Caller, slack: FakeSlack, words: str) -> None:
    """Case 16: the very same bytes of a click, three times, bring one message."""
    answer = caller.command("network policy recipe").json
    body = urlencode({"payload": json.dumps(click(slack, button(answer, words), shown=answer))}).encode()
    now = str(int(time.time()))
    for _ in range(3):
        assert caller.post(body, content_type=FORM, timestamp=now).status == 200
    slack.wait_for_posts()
    slack.stays_quiet(count=1)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[1, 2]",
        b"null",
        b"",
        b"{}",
        b'"text"',
        b"3",
        b"\xff\xfe\x00",
        b'{"a": "\xff"}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"payload={",
        b"payload=null",
        b"payload=" + b"[" * 100_000,
        b"&" * 100_000,
        b"a=%ff",
        b"NaN",
        b'{"type": "event_callback", "event": 1e999999}',
    ],
    ids=lambda body: repr(body[:12]),
)
@pytest.mark.parametrize("kind", [JSON, FORM, "text/plain", "application/json; charset=utf-16", ""])
def test_case_17_a_malformed_body_leaves_no_trace(
    bot: BotProcess, caller: Caller, slack: FakeSlack, body: bytes, kind: str
) -> None:
    """Case 17: unsigned 401; signed 400, or 200 where it is a form that asks for nothing."""
    assert caller.post(body, content_type=kind, signed="v0=" + "0" * 64).status == 401
    assert caller.post(body, content_type=kind).status in {200, 400}
    check_refused(bot, slack)


def in_chunks(caller: Caller, chunks: list[bytes]) -> int:
    """Send a signed body that does not say how long it is, and return the status."""
    body, now = b"".join(chunks), str(int(time.time()))
    headers = {
        "Content-Type": FORM,
        "X-Slack-Request-Timestamp": now,
        "X-Slack-Signature": signature(body, now),
        "Transfer-Encoding": "chunked",
    }
    connection = http.client.HTTPConnection(urlsplit(caller.base_url).netloc, timeout=30.0)
    with contextlib.closing(connection):
        connection.request("POST", caller.path, iter(chunks), headers, encode_chunked=True)
        return connection.getresponse().status


def test_case_18_a_body_of_30_mb_is_413(bot: BotProcess, caller: Caller, slack: FakeSlack) -> None:
    """Case 18: and not 30 MB of log; a declared size that is absurd, or chunks without end, fare no better."""
    before = len(bot.log_text())
    body = b"text=" + b"x" * (30 * 1024 * 1024)
    assert caller.post(body, content_type=FORM).status == 413
    assert caller.post(body, content_type=FORM, signed="v0=" + "0" * 64).status == 413
    assert caller.post(b"x" * (1024 * 1024 + 1), content_type=FORM).status == 413
    for size in (2, 30):
        assert in_chunks(caller, [b"x" * 1024 * 1024] * size) == 413
    assert len(bot.log_text()) - before < 5_000
    assert caller.command("network policy").status == 200
    check_refused(bot, slack)


def test_case_19_url_verification_needs_the_signature(caller: Caller) -> None:
    """Case 19: unsigned 401, signed the challenge."""
    challenge = {"token": "t", "challenge": unique("3eZbrw1aB"), "type": "url_verification"}
    assert caller.post_json(challenge, signed="").status == 401
    reply = caller.post_json(challenge)
    assert reply.status == 200
    assert challenge["challenge"] in reply.text


def test_case_20_an_unsigned_ssl_check_is_200_and_does_nothing(
    bot: BotProcess, caller: Caller, slack: FakeSlack
) -> None:
    """Case 20: it is the one thing that Slack sends without a signature; it opens no other door."""
    before = questions(bot)
    plain = {"Content-Type": FORM}
    assert caller.request("POST", "/slack/events", b"ssl_check=1&token=x", plain).status == 200
    smuggled = urlencode({"ssl_check": "1", **command_fields(slack, "network policy")}).encode()
    reply = caller.request("POST", "/slack/events", smuggled, plain)
    assert reply.status in {200, 401}
    assert b"example.org" not in reply.body
    sneaking = mention("network policy &ssl_check=1&")
    event = json.dumps({"type": "event_callback", "team_id": sneaking["team"], "event": sneaking}).encode()
    clicked = {
        "type": "message_action",
        "callback_id": "find_links",
        "message": {"text": "network policy", "ts": "1.2"},
    }
    payload = {**clicked, "user": {"id": "U0ASKER"}, "response_url": slack.response_url(), "trigger_id": "1.2.3"}
    for body in (event, urlencode({"ssl_check": "1", "payload": json.dumps(payload)}).encode()):
        assert len(body) <= 1_024, "longer than what is looked at"
        for kind in (FORM, JSON):
            assert caller.request("POST", "/slack/events", body, {"Content-Type": kind}).status in {200, 401}
    slack.stays_quiet(for_s=0.3)
    assert questions(bot) == before
    check_refused(bot, slack)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/slack/events"), ("PUT", "/slack/events"), ("POST", "/slack/other"), ("GET", "/nowhere")],
)
def test_other_methods_and_paths_are_refused(caller: Caller, method: str, path: str) -> None:
    """Only POST to the one path reaches the bot."""
    assert caller.request(method, path).status in {404, 405}


def test_a_slow_sender_holds_up_nobody(bot: BotProcess, caller: Caller) -> None:
    """Connections that send nothing stay open beside the others."""
    port = int(bot.environment["PORT"])
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
    try:
        for connection in slow:
            connection.sendall(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc")
        reply = caller.command("network policy")
        assert reply.status == 200
    finally:
        for connection in slow:
            connection.close()
