"""The endpoint that was there before `/api/v1`: an answer as the terminal prints it."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest

from bot.server import create_asgi
from index.catalogue.link import Link, Status
from index.errors import FilterError
from tests.bot.serving import served
from tests.bot.tiny import CILIUM, LINKS, TinyAsks, services_of

EVIL = Link(url="javascript:alert(1)", title="<script>alert(1)</script>", description="<img src=x onerror=alert(1)>")


@pytest.fixture
def asks() -> TinyAsks:
    """Return an index with a hostile link."""
    return TinyAsks([*LINKS, EVIL])


@pytest.fixture
async def url(asks: TinyAsks) -> AsyncIterator[str]:
    """Serve the page."""
    async with (
        services_of(asks, SIGNPOST_MODE="web") as services,
        served(create_asgi(services.settings, services)) as server,
    ):
        yield server.url


async def get(url: str, **params: str) -> tuple[int, str]:
    """GET."""
    async with aiohttp.ClientSession() as session, session.get(url, params=params) as response:
        return response.status, await response.text()


async def test_whoever_leaves_in_the_middle_of_a_question_leaves_no_trace(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Such connections come by the hundred; each would be a page in the log."""
    port = int(url.rpartition(":")[2])
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /api/ask HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n{")
    await asyncio.sleep(0.05)
    writer.close()
    await writer.wait_closed()
    assert (await get(url))[0] == 200
    assert [record for record in caplog.records if record.exc_info] == []


async def test_the_endpoint_answers_as_the_terminal_does(url: str) -> None:
    """GET for a browser, POST for a program."""
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{url}/api/ask", params={"q": "cilium", "top": "1"}) as response:
            by_get = await response.json()
        async with session.post(
            f"{url}/api/ask", json={"query": "cilium", "thread": ["before", {"text": "ours", "bot": True}], "top": 1}
        ) as response:
            by_post = await response.json()
    assert by_get["answered"] is True
    assert by_get["results"][0]["url"] == CILIUM.url
    assert by_get == by_post


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"query": 3}',
        b'{"query": "  "}',
        b'{"query": "a", "thread": [3]}',
        b"x" * 100_000,
        b"[" * 60_000,
    ],
)
async def test_what_cannot_be_read_is_400(url: str, body: bytes) -> None:
    """No trace, no 500."""
    async with aiohttp.ClientSession() as session, session.post(f"{url}/api/ask", data=body) as response:
        assert response.status == 400


async def test_a_failed_search_says_so(url: str, asks: TinyAsks) -> None:
    """400 for a wrong question, 503 for what went wrong inside."""
    asks.error = FilterError("there is no section <zz>")
    status, text = await get(f"{url}/api/ask", q="x")
    assert status == 400
    assert json.loads(text) == {"error": "there is no section <zz>"}
    asks.error = RuntimeError("secret words")
    status, text = await get(f"{url}/api/ask", q="x")
    assert status == 503
    assert "secret" not in text
    assert "reference" in text


async def test_programs_read_how_sure_an_answer_is(url: str) -> None:
    """In two fields; the links are there in every case."""
    rows = [json.loads((await get(f"{url}/api/ask", q=f"{word} cilium"))[1]) for word in ("", "maybe", "hardly")]
    assert [(row["answered"], row["doubtful"]) for row in rows] == [(True, False), (False, True), (False, False)]
    assert all(row["results"] for row in rows)


async def test_health_and_metrics_are_beside_it(url: str) -> None:
    """On the same port."""
    assert (await get(f"{url}/healthz"))[0] == 200
    assert (await get(f"{url}/readyz"))[0] == 200
    assert "signpost_questions" in (await get(f"{url}/metrics"))[1]
    assert (await get(f"{url}/slack/events"))[0] == 404


async def test_programs_learn_what_moved(asks: TinyAsks, url: str) -> None:
    """Beside the catalogue's own address."""
    asks.links = (replace(CILIUM, status=Status.MOVED, moved_to="https://cilium.example/<new>"),)
    _, text = await get(f"{url}/api/ask", q="x")
    row = json.loads(text)["results"][0]
    assert (row["url"], row["status"], row["moved_to"]) == (CILIUM.url, "moved", "https://cilium.example/<new>")
