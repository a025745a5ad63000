"""What Slack answers with is read as far as it can be Slack's."""

import asyncio

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.errors import SlackUnclearError
from bot.running.health import Health
from bot.running.metrics import Metrics
from bot.slack import api
from bot.slack.api import SlackApi
from bot.slack.token import FixedToken


async def test_an_answer_without_an_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no result; no more of it is read than an answer of Slack can have, and the connection is closed."""
    monkeypatch.setattr(api, "MAX_ANSWER_BYTES", 64 * 1024)
    closed = asyncio.Event()
    sent = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"ok": true, "of": "')
        try:
            while not writer.is_closing() and sent < 64 * 2**20:
                writer.write(b"x" * 65_536)
                await writer.drain()
                sent += 65_536
        except ConnectionError:
            pass
        writer.close()
        closed.set()

    metrics = Metrics()
    async with (
        await asyncio.start_server(answer, "127.0.0.1", 0) as server,
        aiohttp.ClientSession() as session,
    ):
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/"
        slack = SlackApi(session, url, FixedToken("xoxb-1"), health=Health(metrics), metrics=metrics)
        with pytest.raises(SlackUnclearError, match="200 and no result"):
            await slack.call("auth.test")
        await asyncio.wait_for(closed.wait(), 60)
    assert sent < 32 * 2**20


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("users.info", "application/x-www-form-urlencoded"),
        ("conversations.replies", "application/x-www-form-urlencoded"),
        ("auth.teams.list", "application/x-www-form-urlencoded"),
        ("oauth.v2.access", "application/x-www-form-urlencoded"),
        ("a.method.of.tomorrow", "application/x-www-form-urlencoded"),
        ("chat.postMessage", "application/json"),
        ("views.publish", "application/json"),
    ],
)
async def test_what_reads_is_asked_with_a_form(method: str, kind: str) -> None:
    """Of JSON such methods see no argument; every method takes a form."""
    seen: list[tuple[str, str]] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append((request.content_type, await request.text()))
        return web.json_response({"ok": True})

    app = web.Application()
    app.router.add_post("/api/{method}", answer)
    metrics = Metrics()
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        slack = SlackApi(
            session, str(server.make_url("/api/")), FixedToken("xoxb-1"), health=Health(metrics), metrics=metrics
        )
        await slack.call(method, {"user": "U1", "inclusive": True})
    text = '{"user": "U1", "inclusive": true}' if kind == "application/json" else "user=U1&inclusive=true"
    assert seen == [(kind, text)]
