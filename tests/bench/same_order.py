"""The same links in the same order for one question, wherever it is asked: `python -m tests.bench.same_order` asks 200.

Each way may show fewer or more than others: as far as both go they must be the same.
"""

import asyncio
import html
import json
import re
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp
import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from index.builder.build import build
from index.search.searcher import Searcher
from index.types import Question, Verdict
from tests.bot.tiny import ENVIRONMENT, IDENTITY
from tests.bot.web.test_api import serving
from tests.scenarios.support.requests import signature
from tests.support import ROOT, SHIPPED

TOP = 5
#: A link's title on the page; its other addresses have other classes.
_TITLE = re.compile(r'<a class="title" href="([^"]*)"')
QUESTIONS = 200
_COMMAND: Final = {
    "command": "/links",
    "team_id": IDENTITY.team_id,
    "channel_id": "C0GENERAL",
    "user_id": "U0ASKER",
    "is_enterprise_install": "false",
}


class Ways:
    """The ways to ask one bot, the one that Slack asks, and the index that both serve."""

    def __init__(
        self, url: str, searcher: Searcher, session: aiohttp.ClientSession, assistant: Client, slack: str
    ) -> None:
        self._url = url
        self._slack = slack
        self._searcher = searcher
        self._session = session
        self._assistant = assistant

    def by_command(self, question: str) -> list[str]:
        """Return what `signpost ask --json` prints."""
        return [row["url"] for row in self._searcher.ask(Question(text=question, top_k=TOP)).as_row()["results"]]

    async def by_each(self, question: str) -> dict[str, list[str]]:
        """Return what each other way shows."""
        old = await self._json("/api/ask", q=question, top=str(TOP))
        api = await self._json("/api/v1/ask", q=question, top=str(TOP))
        found = await self._assistant.call_tool("search_links", {"question": question, "limit": TOP})
        async with self._session.get(self._url, params={"q": question}) as response:
            page = await response.text()
        shown = [html.unescape(found[1]) for found in _TITLE.finditer(page)]
        every = {
            "/api/ask": _urls(old["results"]),
            "/api/v1/ask": _urls(api["results"]),
            "MCP": _urls(found.structured_content["results"]),
            "page": shown,
        }
        # Slack shows no near misses: they would look like an answer.
        shows_misses = found.structured_content["verdict"] != Verdict.NOTHING
        return {**every, "Slack": await self._in_slack(question)} if shows_misses else every

    async def _in_slack(self, question: str) -> list[str]:
        """Return what the buttons beside the links open that the slash command is answered with."""
        body = urlencode({**_COMMAND, "text": question, "response_url": "http://127.0.0.1:9/"}).encode()
        stamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signature(body, stamp, ENVIRONMENT["SLACK_SIGNING_SECRET"]),
        }
        async with self._session.post(f"{self._slack}/slack/events", data=body, headers=headers) as response:
            message = await response.json()
        return list(dict.fromkeys(_opened(message["blocks"])))

    async def _json(self, path: str, **params: str) -> dict[str, list[dict[str, str]]]:
        async with self._session.get(f"{self._url}{path}", params=params) as response:
            shown: dict[str, list[dict[str, str]]] = await response.json()
        return shown


def _opened(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if part.get("type") == "button" and "url" in part:
            yield part["url"]
        part = list(part.values())
    for inner in part if isinstance(part, list) else ():
        yield from _opened(inner)


def _urls(rows: Iterable[dict[str, str]]) -> list[str]:
    return [row["url"] for row in rows]


@asynccontextmanager
async def ways_of(index: Path) -> AsyncIterator[Ways]:
    """Serve an index in every way."""
    searcher = Searcher.open(index)
    async with (
        serving(searcher, SIGNPOST_MCP="open", ANSWER_LINKS=str(TOP)) as bot,
        serving(searcher, SIGNPOST_MODE="http", ANSWER_LINKS=str(TOP)) as slack,
        aiohttp.ClientSession() as session,
        httpx2.AsyncClient(timeout=20) as http,
        Client(streamable_http_client(f"{bot.url}/mcp", http_client=http)) as assistant,
    ):
        yield Ways(bot.url, searcher, session, assistant, slack.url)


async def differing(ways: Ways, questions: Sequence[str]) -> list[str]:
    """Return each question and way whose links are not those of the command, as far as both show some."""
    found = []
    for question in questions:
        wanted = ways.by_command(question)
        for way, shown in (await ways.by_each(question)).items():
            both = min(len(shown), len(wanted))
            if shown[:both] != wanted[:both] or bool(shown) != bool(wanted):
                found.append(f"{way}: {question}: {shown} instead of {wanted}")
    return found


async def _main() -> int:
    files = sorted((ROOT / "data").glob("judged-*.jsonl"))
    rows = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    questions = [row["query"] for row in rows if not row.get("thread")][:QUESTIONS]
    with tempfile.TemporaryDirectory() as folder:
        build((ROOT / "data" / "catalogue",), Path(folder), encoder=SHIPPED)
        async with ways_of(Path(folder)) as ways:
            found = await differing(ways, questions)
    sys.stdout.write("".join(f"{line}\n" for line in found))
    sys.stdout.write(f"{len(questions)} questions, {len(found)} differ\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(_main()))
