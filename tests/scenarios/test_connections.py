"""Many connections that say nothing, or say it slowly, against a bot that may open 256 files: others notice nothing."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.scenarios.support.bot_process import BotProcess
from tests.scenarios.support.fake_slack import FakeSlack
from tests.scenarios.support.requests import Caller

pytestmark = pytest.mark.slow

FILES = 256
MOST = FILES // 2
MANY = 300
#: Nobody is waited for to the end: whoever calls gives up long before that.
LIMITS = {"HEAD_TIMEOUT_S": 300.0, "BODY_TIMEOUT_S": 300.0}

Many = Callable[[bytes], list[socket.socket]]

WAYS = {
    "nothing": b"",
    "half a head": b"POST /slack/events HTTP/1.1\r\nHost: a\r\nX-Sl",
    "half a body": b"POST /slack/events HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\ncommand=%2Fli",
    "a body that nobody wants": b"POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\nx",
    "a request, and then nothing": b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "no signature": b"POST /slack/events HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}",
}


@pytest.fixture
def many(bot: BotProcess) -> Iterator[Many]:
    """Open many connections that each send the same and stay open."""
    with contextlib.ExitStack() as stack:

        def open_them(start: bytes) -> list[socket.socket]:
            opened = []
            for _ in range(MANY):
                one = stack.enter_context(socket.create_connection(("127.0.0.1", int(bot.environment["PORT"])), 30))
                with contextlib.suppress(ConnectionError):  # it may have made room for another one
                    one.sendall(start)
                opened.append(one)
            return opened

        yield open_them


def open_files(bot: BotProcess) -> int:
    """Return how many files the bot has open."""
    return sum(1 for _ in Path(f"/proc/{bot.pid}/fd").iterdir())


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts the process's open files in /proc")
@pytest.mark.parametrize("way", WAYS)
def test_slack_and_health_are_answered_meanwhile(
    bot: BotProcess, caller: Caller, slack: FakeSlack, many: Many, way: str
) -> None:
    """Signed requests and the health at once, no file too many, and a few lines in the log."""
    before = len(bot.log_text())
    held = many(WAYS[way])
    for number in range(5):
        reply = caller.command(f"network policy {number}")
        assert reply.status == 200
        assert caller.get("/healthz").status == caller.get("/readyz").status == 200
    assert open_files(bot) < FILES
    shown = next(line for line in bot.get("/metrics").text.splitlines() if line.startswith("signpost_connections "))
    assert float(shown.split()[1]) <= MOST + 1
    assert len(bot.log_text()) - before < 10_000
    assert "Traceback" not in bot.log_text()
    assert len(held) == MANY


def test_a_drip_does_not_keep_a_place(bot: BotProcess, caller: Caller, slack: FakeSlack, many: Many) -> None:
    """A byte of the head now and then, on as many connections as there may be."""
    held = many(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: ")
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        for one in held:
            with contextlib.suppress(OSError):
                one.send(b"x")
        reply = caller.mention("network policy")
        assert reply.status == 200


def test_others_come_and_go_all_the_time(bot: BotProcess, caller: Caller, slack: FakeSlack, many: Many) -> None:
    """Rounds of many connections, one after the other: a line for them in the log at most once a minute."""
    before = bot.log_text().count("connections are open, the most that there may be")
    for _ in range(4):
        for one in many(b"GET / HTTP/1.1\r\n"):
            one.close()
        assert caller.command("network policy").status == 200
    bot.wait_until(lambda: open_files(bot) < MOST, what="the files given back")
    assert bot.log_text().count("connections are open, the most that there may be") - before <= 1
