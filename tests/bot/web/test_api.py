"""The JSON API: what it answers, who may use it, and how it says no."""

import asyncio
import html
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import aiohttp
import pytest
import pytest_asyncio

from bot.errors import StoreError
from bot.server import create_asgi
from bot.services import Services
from bot.store import Store
from bot.web.api import values
from bot.web.api.openapi import document
from bot.web.api.operations import OPERATIONS
from bot.web.keys import new_key
from index.catalogue.link import Link, Status
from index.errors import FilterError, UsageError
from index.types import Asks
from tests.bot.serving import served
from tests.bot.tiny import BUILT_AT, CALICO, CILIUM, LINKS, TinyAsks, services_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHROMIUM = Path("/usr/bin/chromium")
#: Types into the box, and tells what the box shows once it shows something.
PAGE = """<!doctype html><title>page</title><script src="BOT/embed.js" data-top="5"></script><script>
const root = document.querySelector("div").shadowRoot;
root.querySelector("input").value = "cilium";
root.querySelector("form").requestSubmit();
const look = setInterval(() => {
  const links = [...root.querySelectorAll("a")].map((one) => ({href: one.getAttribute("href"), text: one.textContent}));
  const status = root.querySelector("p").textContent;
  if (!status) return;
  clearInterval(look);
  const shown = JSON.stringify({links, status, title: document.title});
  document.body.append(Object.assign(document.createElement("pre"), {textContent: shown}));
}, 50);
</script>"""

SLACK = {"SIGNPOST_MODE": "http", "SIGNPOST_API": "true"}
WIKI = "https://wiki.example.com"


@dataclass(slots=True)
class Answered:
    """A response."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.text)


@dataclass(slots=True)
class Client:
    """Somebody who uses the API of a bot."""

    url: str
    asks: Any
    """What the bot serves: `TinyAsks` unless another is given."""
    services: Services

    async def send(
        self, method: str, path: str, *, key: str = "", headers: dict[str, str] | None = None, **named: Any
    ) -> Answered:
        """Send a request."""
        given = {**(headers or {}), **({"Authorization": f"Bearer {key}"} if key else {})}
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, f"{self.url}{path}", headers=given, **named) as response,
        ):
            text = await response.text()
            return Answered(response.status, {name.lower(): value for name, value in response.headers.items()}, text)

    async def get(self, path: str, *, key: str = "", headers: dict[str, str] | None = None, **params: str) -> Answered:
        """GET below `/api/v1`."""
        return await self.send("GET", f"/api/v1{path}", key=key, headers=headers, params=params)

    async def post(self, path: str, content: Any, *, key: str = "") -> Answered:
        """POST below `/api/v1`."""
        return await self.send("POST", f"/api/v1{path}", key=key, json=content)


@asynccontextmanager
async def serving(asks: Asks | None = None, port: int = 0, /, **environment: str) -> AsyncIterator[Client]:
    """Serve a bot, at a port that is free."""
    asks = asks or TinyAsks()
    async with (
        services_of(asks, **{"SIGNPOST_MODE": "web", "RATE_LIMIT": "0", **environment}) as services,
        served(create_asgi(services.settings, services), port=port) as server,
    ):
        yield Client(server.url, asks, services)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared() -> AsyncIterator[Client]:
    """Serve a bot without Slack for the module."""
    async with serving() as client:
        yield client


@pytest.fixture
def client(shared: Client) -> Client:
    """Use the API of that bot, with the links that it had at first."""
    shared.asks.links, shared.asks.error = LINKS, None
    return shared


def keys_of(folder: Path, **tables: dict[str, Any]) -> tuple[Path, dict[str, str]]:
    """Write a file of keys, and return it with the key of each name."""
    keys, lines = {}, []
    for name, fields in tables.items():
        keys[name], hashed = new_key()
        rows = {"sha256": hashed, **fields}
        lines += [f"[{name}]", *(f"{field} = {json.dumps(value)}" for field, value in rows.items())]
    file = folder / "keys.toml"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file, keys


def problem(answered: Answered, status: int) -> dict[str, Any]:
    """Return the problem of a response, which has everything that a problem needs."""
    assert answered.status == status, answered.text
    assert answered.headers["content-type"] == "application/problem+json"
    values.ProblemShown.model_validate(answered.json)
    assert answered.json["status"] == status
    shown: dict[str, Any] = answered.json
    return shown


# What it answers


async def test_a_question_in_the_address_and_in_the_body_get_the_same(client: Client) -> None:
    """But for the id of the answer, which is each one's own."""
    by_address = await client.get("/ask", q="cilium", top="1")
    by_body = await client.post(
        "/ask", {"query": "cilium", "top": 1, "thread": ["before", {"text": "us", "bot": True}]}
    )
    assert by_address.status == by_body.status == 200
    values.AnswerShown.model_validate(by_address.json)
    one, other = ({**answer.json, "answer_id": ""} for answer in (by_address, by_body))
    assert one == other
    assert [result["url"] for result in one["results"]] == [CILIUM.url]
    assert client.asks.asked[-1].thread[1].ours is True


async def test_filters_are_those_that_people_write(client: Client) -> None:
    """A quotation mark in one cannot end it."""
    await client.get("/ask", q="how?", section='C"NI stars:3', tag="code", host="github.com", stars="2")
    assert client.asks.asked[-1].text == 'section:"C NI stars:3" tag:"code" host:"github.com" stars:2 how?'


async def test_an_answer_pages(client: Client) -> None:
    """The number of a link counts on."""
    second = (await client.get("/ask", q="cilium", top="1", offset="1")).json
    assert [(result["number"], result["url"]) for result in second["results"]] == [(2, CALICO.url)]


async def test_links_sections_tags_and_news_are_listed(client: Client) -> None:
    """Each as the document says."""
    links = (await client.get("/links")).json
    values.LinksShown.model_validate(links)
    assert [link["url"] for link in links["links"]] == [CILIUM.url, CALICO.url]
    assert (await client.get("/links", limit="1", offset="1")).json["links"] == links["links"][1:]
    assert (await client.get("/links", url=CALICO.url)).json["links"] == links["links"][1:]
    assert (await client.get("/links", url="https://elsewhere.example")).json["links"] == []
    sections = (await client.get("/sections")).json
    values.SectionsShown.model_validate(sections)
    assert sections["sections"] == [{"section": ["CNI", "Cilium"], "links": 1}, {"section": ["CNI"], "links": 1}]
    tags = (await client.get("/tags")).json
    values.TagsShown.model_validate(tags)
    assert tags["tags"] == [{"tag": "public", "links": 1}]
    news = (await client.get("/news", since="2026-01-01")).json
    values.NewsShown.model_validate(news)
    assert [(one["kind"], one["link"]["url"]) for one in news["news"]] == [("new", CILIUM.url)]
    assert (await client.get("/news", since="2026-01-03")).json["news"] == []


async def test_a_list_with_an_unknown_section_is_empty(client: Client) -> None:
    """For a program that is no error."""
    client.asks.error = FilterError("no section is called x")
    assert (await client.get("/links", section="x")).json["links"] == []


async def test_a_link_keeps_its_address_byte_for_byte(client: Client) -> None:
    """Also one that cannot be followed; a hostile title is data."""
    evil = Link(
        url="javascript:alert(1)", title="<b>ignore all\nbefore</b>", status=Status.DEAD, added=date(2026, 2, 1)
    )
    client.asks.links = (evil,)
    (shown,) = (await client.get("/ask", q="x")).json["results"] or (await client.get("/links")).json["links"]
    assert shown["url"] == "javascript:alert(1)"
    assert shown["title"] == "<b>ignore all before</b>"
    assert shown["status"] == "dead"


async def test_feedback_is_kept_for_an_answer(client: Client) -> None:
    """A question whose answer did not help is a gap."""
    before = await client.services.store.gaps(BUILT_AT, 10)
    answer = (await client.get("/ask", q="cilium, please")).json
    given = await client.post("/feedback", {"answer_id": answer["answer_id"], "helpful": False})
    assert (given.status, given.text) == (204, "")
    assert len(await client.services.store.gaps(BUILT_AT, 10)) == len(before) + 1


async def test_a_suggestion_is_kept_for_the_curators(client: Client) -> None:
    """What the catalogue has already is told."""
    suggested = {"url": "https://new.example/guide", "title": "A guide", "question": "where do I begin?"}
    kept = await client.post("/suggestions", suggested)
    assert kept.status == 201
    values.SuggestionKept.model_validate(kept.json)
    found = await client.services.store.suggestion(kept.json["suggestion_id"])
    assert found is not None
    assert (found.url, found.title, found.user) == ("https://new.example/guide", "A guide", "")
    known = problem(await client.post("/suggestions", {"url": CILIUM.url, "title": "Again"}), 409)
    assert CILIUM.title in known["detail"]


# What has not changed


async def test_what_has_not_changed_is_304(client: Client) -> None:
    """By the catalogue's version; a new version answers anew."""
    first = await client.get("/sections")
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    for known in (tag, f'"other", {tag}', tag.removeprefix("W/"), "*"):
        again = await client.get("/sections", headers={"If-None-Match": known})
        assert (again.status, again.text, again.headers["etag"]) == (304, "", tag)
    assert (await client.get("/sections", headers={"If-None-Match": '"other"'})).status == 200
    asked = len(client.asks.asked)
    assert (await client.get("/ask", q="cilium", headers={"If-None-Match": tag})).status == 304
    assert len(client.asks.asked) == asked


async def test_other_settings_answer_anew() -> None:
    """Dead links that are hidden from now on must not stay in what a program has kept."""
    tags = set()
    for settings in ({}, {"DEAD_LINKS": "hide"}, {"ANSWER_LINKS": "3"}):
        async with serving(**settings) as client:
            tags.add((await client.get("/links")).headers["etag"])
    assert len(tags) == 3


async def test_an_error_has_no_tag(client: Client) -> None:
    """Whoever keeps one would be told later that it has not changed; it is over by then."""
    for error, status in ((RuntimeError("x"), 503), (UsageError("the question is empty"), 422)):
        client.asks.error = error
        failed = await client.get("/ask", q="cilium")
        assert failed.status == status
        assert "etag" not in failed.headers
        assert failed.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "path", "content", "told"),
    [
        ("GET", "/ask", {"q": " "}, "must not be empty"),
        ("GET", "/ask", {"q": "x", "tpo": "3"}, "there is no such field"),
        ("GET", "/news", {"since": "20260131"}, "must be a day, such as 2026-01-31"),
        ("POST", "/feedback", {"answer_id": "x", "helpful": True}, "must be the id of an answer, 16 of 0-9 and a-f"),
        ("POST", "/suggestions", {"url": "x.example", "title": "X"}, "must be an http or https address without blanks"),
        ("POST", "/suggestions", {"url": "https://x.example", "title": " "}, "must not be empty"),
    ],
)
async def test_what_is_wrong_is_told_in_words(
    client: Client, method: str, path: str, content: dict[str, Any], told: str
) -> None:
    """No patterns, and nothing of the library that checks."""
    answered = await (client.get(path, **content) if method == "GET" else client.post(path, content))
    assert [one["detail"] for one in problem(answered, 422)["errors"]] == [told]


# Every error is a problem


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", "/nothing", {}, 404),
        ("GET", "", {}, 404),
        ("DELETE", "/ask", {}, 405),
        ("POST", "/links", {"json": {}}, 405),
        ("GET", "/ask", {}, 422),
        ("GET", "/ask?q=", {}, 422),
        ("GET", "/ask?q=%20%20", {}, 422),
        ("GET", "/ask?q=a&q=b", {}, 422),
        ("GET", "/ask?q=a&top=0", {}, 422),
        ("GET", "/ask?q=a&topp=1", {}, 422),
        ("GET", "/links?limit=201", {}, 422),
        ("GET", "/news?since=yesterday", {}, 422),
        ("GET", "/news?since=0", {}, 422),
        ("POST", "/ask", {"data": b"query=x"}, 415),
        ("POST", "/ask", {"data": b"{", "headers": {"Content-Type": "application/json"}}, 400),
        ("POST", "/ask", {"data": b"", "headers": {"Content-Type": "application/json"}}, 400),
        ("POST", "/ask", {"data": b"[" * 90_000, "headers": {"Content-Type": "application/json"}}, 400),
        ("POST", "/ask", {"data": b" " * 300_000, "headers": {"Content-Type": "application/json"}}, 413),
        ("POST", "/ask", {"json": []}, 422),
        ("POST", "/ask", {"json": {"query": 3}}, 422),
        ("POST", "/ask", {"json": {"query": "a", "thread": [3]}}, 422),
        ("POST", "/feedback", {"json": {"answer_id": "../x", "helpful": True}}, 422),
        ("POST", "/feedback", {"json": {"answer_id": "0" * 16, "helpful": "yes"}}, 422),
        ("POST", "/suggestions", {"json": {"url": "javascript:alert(1)", "title": "x"}}, 422),
        ("POST", "/suggestions", {"json": {"url": "https://a b", "title": "x"}}, 422),
        ("POST", "/suggestions", {"json": {"url": "https://a.example", "title": " "}}, 422),
    ],
)
async def test_what_cannot_be_done_is_a_problem(
    client: Client, method: str, path: str, options: dict[str, Any], status: int
) -> None:
    """Of the right status, whatever was wrong; a wrong field is named."""
    shown = problem(await client.send(method, f"/api/v1{path}", **options), status)
    if status == 422 and not path.startswith("/suggestions"):
        assert shown["errors"][0].get("parameter", shown["errors"][0].get("pointer")) is not None
    if options == {"json": []}:
        assert shown["errors"][0]["pointer"] == ""  # the whole of it, as RFC 6901 says


async def test_a_question_that_cannot_be_answered_is_a_problem(client: Client) -> None:
    """In plain words, and what went wrong inside is told by its reference alone."""
    client.asks.error = UsageError("the question is empty")
    assert problem(await client.get("/ask", q="?!"), 422)["detail"] == "the question is empty"
    client.asks.error = RuntimeError("secret words")
    shown = problem(await client.get("/ask", q="x"), 503)
    assert "secret" not in json.dumps(shown)
    assert "reference" in shown["detail"]


async def test_without_an_index_it_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """And not that it has no links."""
    from index import BundleMissingError  # noqa: PLC0415 - the only test that needs it

    def missing() -> TinyAsks:
        raise BundleMissingError("no index")

    monkeypatch.setattr(client.services.answering, "_served", missing)
    for path in ("/links", "/sections", "/ask?q=x"):
        problem(await client.send("GET", f"/api/v1{path}"), 503)


async def test_a_store_that_fails_is_a_problem(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Feedback is not lost in silence."""
    monkeypatch.setattr(Store, "record_feedback", AsyncMock(side_effect=StoreError("locked")))
    problem(await client.post("/feedback", {"answer_id": "0" * 16, "helpful": True}), 503)


# Who may use it


async def test_beside_slack_it_is_off_until_it_is_set() -> None:
    """A bot's port says nothing of the catalogue by itself."""
    async with serving(SIGNPOST_MODE="http") as client:
        assert (await client.get("/links")).status == 404


async def test_beside_slack_anybody_gets_public_links_alone(tmp_path: Path) -> None:
    """Neither sections nor tags of others; with a key, all."""
    file, keys = keys_of(tmp_path, wiki={"scopes": ["read"]}, partner={"links": "public"})
    async with serving(**SLACK, API_KEYS_FILE=str(file)) as client:
        for key, urls in (("", [CALICO.url]), ("partner", [CALICO.url]), ("wiki", [CILIUM.url, CALICO.url])):
            given = keys.get(key, "")
            for path, name in (("/links", "links"), ("/ask?q=cilium", "results")):
                answered = await client.send("GET", f"/api/v1{path}", key=given)
                assert [link["url"] for link in answered.json[name]] == urls, (key, path)
            assert len((await client.get("/sections", key=given)).json["sections"]) == len(urls)
            assert [
                link["url"] for link in (await client.get("/links", url=CILIUM.url, key=given)).json["links"]
            ] == urls[:-1]
            assert len((await client.get("/news", key=given)).json["news"]) == len(urls) - 1
        tags = {(await client.get("/links", key=keys.get(key, ""))).headers["etag"] for key in ("", "wiki")}
        assert len(tags) == 2


async def test_where_strangers_are_refused_so_is_anybody() -> None:
    """SLACK_CONNECT says so."""
    async with serving(**SLACK, SLACK_CONNECT="refuse") as client:
        refused = await client.get("/links")
        problem(refused, 401)
        assert refused.headers["www-authenticate"].startswith("Bearer")
        assert {"key": []} in (await client.get("/openapi.json")).json["security"]
        assert {} not in (await client.get("/openapi.json")).json["security"]


async def test_a_key_for_public_links_asks_where_strangers_are_refused(tmp_path: Path) -> None:
    """Whoever runs the bot gave it; it is not for the list alone."""
    file, keys = keys_of(tmp_path, partner={"links": "public"})
    async with serving(**SLACK, SLACK_CONNECT="refuse", API_KEYS_FILE=str(file)) as client:
        for path, name in (("/links", "links"), ("/ask?q=cilium", "results")):
            answered = await client.send("GET", f"/api/v1{path}", key=keys["partner"])
            assert [link["url"] for link in answered.json[name]] == [CALICO.url], path


async def test_a_key_does_what_its_scopes_let_it(tmp_path: Path) -> None:
    """An unknown key is refused also where anybody may read."""
    file, keys = keys_of(tmp_path, reader={"scopes": ["read"]}, teller={"scopes": ["feedback", "suggest"]})
    async with serving(API_KEYS_FILE=str(file)) as client:
        feedback = {"answer_id": "0" * 16, "helpful": True}
        assert (await client.post("/feedback", feedback, key=keys["teller"])).status == 204
        problem(await client.post("/feedback", feedback, key=keys["reader"]), 403)
        problem(await client.get("/links", key=keys["teller"]), 403)
        for wrong in ("x", keys["reader"] + "x", "\N{SNOWMAN}".encode().decode("latin-1")):
            problem(await client.get("/links", key=wrong), 401)
        problem(await client.get("/links", headers={"Authorization": f"Basic {keys['reader']}"}), 401)


async def test_a_key_that_is_taken_out_of_the_file_is_refused(tmp_path: Path) -> None:
    """Without a restart; a file that is wrong in between changes nothing."""
    file, keys = keys_of(tmp_path, one={}, other={})
    async with serving(API_KEYS_FILE=str(file)) as client:
        assert (await client.get("/links", key=keys["one"])).status == 200
        text = file.read_text()
        file.write_text("[one")
        assert (await client.get("/links", key=keys["one"])).status == 200
        file.write_text(text[text.index("[other]") :])
        problem(await client.get("/links", key=keys["one"]), 401)
        assert (await client.get("/links", key=keys["other"])).status == 200


async def test_too_many_requests_are_told_when_to_come_again(tmp_path: Path) -> None:
    """A key has its own number, and no part in that of others."""
    file, keys = keys_of(tmp_path, slow={"per_minute": 2}, fast={"per_minute": 0})
    async with serving(API_KEYS_FILE=str(file), RATE_LIMIT="3") as client:
        first = await client.get("/links", key=keys["slow"])
        assert first.headers["ratelimit-policy"] == '"minute";q=2;w=60'
        assert (await client.get("/links", key=keys["slow"])).status == 200
        refused = await client.get("/links", key=keys["slow"])
        problem(refused, 429)
        assert 0 < int(refused.headers["retry-after"]) <= 31
        assert [(await client.get("/links", key=keys["fast"])).status for _ in range(5)] == [200] * 5
        assert [(await client.get("/links")).status for _ in range(3)] == [200, 200, 200]
        problem(await client.get("/links"), 429)
        problem(await client.get("/links", key="guessed"), 429)


# Pages of other origins


async def test_pages_of_other_origins_may_not_read_it_unless_they_are_named(client: Client) -> None:
    """A browser asks first; without the header it keeps the response from the page."""
    asked = {"Origin": WIKI, "Access-Control-Request-Method": "GET"}
    for method in ("OPTIONS", "GET"):
        answered = await client.send(method, "/api/v1/ask?q=x", headers=asked)
        assert "access-control-allow-origin" not in answered.headers
    async with serving(API_ORIGINS=f"{WIKI},http://localhost:8000") as named:
        before = await named.send("OPTIONS", "/api/v1/ask", headers=asked)
        assert before.status == 204
        assert before.headers["access-control-allow-origin"] == WIKI
        assert before.headers["access-control-allow-methods"] == "GET, POST"
        assert "Authorization" in before.headers["access-control-allow-headers"]
        for path in ("ask?q=x", "ask", "nothing"):
            answered = await named.send("GET", f"/api/v1/{path}", headers={"Origin": WIKI})
            assert answered.headers["access-control-allow-origin"] == WIKI
            assert "Origin" in answered.headers["vary"]
        other = await named.send("GET", "/api/v1/ask?q=x", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers


# The document


async def test_the_document_names_every_operation(client: Client) -> None:
    """And what it says is in the code."""
    shown = (await client.get("/openapi.json")).json
    assert shown == json.loads(json.dumps(document(needs_key=False)))
    named = {(method.upper(), path) for path, methods in shown["paths"].items() for method in methods}
    assert named == {(operation.method, operation.path) for operation in OPERATIONS}


async def test_the_document_is_shown_to_people(client: Client) -> None:
    """Every operation and field, from this host alone: nothing of it runs, and nothing is loaded from elsewhere."""
    page = await client.get("/docs")
    assert f"curl &#x27;{client.url}/api/v1/ask?q=" in page.text
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    for operation in OPERATIONS:
        assert f'id="{operation.name}"' in page.text
        assert all(f"<code>{name}</code>" in page.text for name in operation.takes.model_fields)
    assert "<script" not in page.text
    assert "<style" not in page.text
    places = set(re.findall(r'(?:href|src)="([^"#]+)', page.text))
    assert {place.partition("?")[0].partition(",")[0] for place in places} == {
        *("/", "/api/v1/openapi.json", "/static/overpass.woff2", "/static/style.css", "data:image/svg+xml"),
    }
    assert "unsafe" not in page.headers["content-security-policy"]


# The box in any page


async def test_the_script_of_the_box_is_small_and_for_every_page(client: Client) -> None:
    """Under 3 kB, and it writes what others wrote as text alone."""
    script = await client.send("GET", "/embed.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert script.headers["access-control-allow-origin"] == "*"
    assert len(script.text.encode()) < 3_000
    assert "innerHTML" not in script.text


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is not installed")
async def test_the_box_answers_in_a_page_of_another_origin(tmp_path: Path) -> None:
    """In a browser: the page types a question into the box and says what it shows; a hostile link is text."""
    evil = Link(url="javascript:alert(1)", title="<img src=x onerror=document.title='ran'>", section=("CNI",), stars=3)
    async with serving(API_ORIGINS="*") as bot:
        bot.asks.links = (evil, *LINKS)
        file = tmp_path / "page.html"
        file.write_text(PAGE.replace("BOT", bot.url), encoding="utf-8")
        browser = await asyncio.create_subprocess_exec(
            *(str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"),
            *("--virtual-time-budget=10000", "--dump-dom", file.as_uri()),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        shown, _ = await asyncio.wait_for(browser.communicate(), 60)
    said = re.search(r"<pre>(.*?)</pre>", shown.decode(), re.DOTALL)
    assert said is not None, shown
    found = json.loads(html.unescape(said[1]))
    assert found["status"] == "3 links"
    assert [link["href"] for link in found["links"]] == [link.url for link in LINKS]
    assert found["title"] == "page"


async def test_what_is_there_today_stays(client: Client) -> None:
    """`/api/ask` answers as before."""
    row = (await client.send("GET", "/api/ask", params={"q": "cilium"})).json
    assert [result["url"] for result in row["results"]] == [link.url for link in LINKS]
    assert row["answered"] is True
