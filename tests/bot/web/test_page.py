"""The page as a browser without scripts gets it: who sees what, what is marked, and nothing in it that runs."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode
from xml.etree import ElementTree as ET

import httpx2
import pytest

from bot.server import create_asgi
from bot.services import Services
from bot.store import AnswerRecord, Suggestion
from index.catalogue.link import Further, Link, Status
from index.errors import BundleMissingError, FilterError
from tests.bot.tiny import CALICO, CILIUM, LINKS, TinyAsks, services_of
from tests.bot.web.test_api import keys_of

EVIL = Link(
    url="javascript:alert(1)",
    title="<script>alert(1)</script>",
    description="<img src=x onerror=alert(1)> \u202e cilium",
    section=('"><b onmouseover=alert(1)>',),
    tags=("<i>", "public"),
    further=(Further(kind="<u>", url="javascript:alert(2)"), Further(kind="<u>", url='https://a.example/"x')),
    added=date(2026, 1, 1),
    questions=("<s>?",),
)
KEY = "a-key-of-some-length"
HERE = {"Sec-Fetch-Site": "same-origin"}


@asynccontextmanager
async def served(asks: TinyAsks | None = None, **settings: str) -> AsyncIterator[tuple[httpx2.AsyncClient, Services]]:
    """Serve the page without a socket."""
    async with services_of(asks or TinyAsks(), **{"SIGNPOST_MODE": "web", **settings}) as services:
        transport = httpx2.ASGITransport(create_asgi(services.settings, services))
        async with httpx2.AsyncClient(transport=transport, base_url="http://list.example") as client:
            yield client, services


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    """Serve the page in mode web, with a hostile link in the list."""
    async with served(TinyAsks([*LINKS, EVIL])) as (one, _):
        yield one


class Tags(HTMLParser):
    """Collects the elements of a page with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep one."""
        self.found.append((tag, {name: value or "" for name, value in attrs}))


PAGES = ("/", "/?q=cilium", "/?q=maybe+cilium", "/?q=hardly+cilium", "/?q=nothing", "/browse", "/new", "/suggest")


HOSTILE = ("/?q=cilium&part=1", "/suggest?question=%3Cb%3E&url=javascript%3Ax", "/?q=%22%3E%3Cb%3E")


async def test_nothing_of_a_catalogue_or_a_question_runs(client: httpx2.AsyncClient) -> None:
    """Escaped; only addresses of the web are links; and if something slipped through, the policy holds it."""
    for path in (*PAGES, *HOSTILE):
        response = await client.get(path)
        assert response.status_code == 200
        tags = Tags(response.text).found
        assert not {"b", "i", "u", "s", "img", "iframe", "style"} & {tag for tag, _ in tags}, path
        assert not [attrs for _, attrs in tags if any(name.startswith("on") or name == "style" for name in attrs)], path
        hrefs = [attrs["href"] for tag, attrs in tags if tag == "a"]
        assert [href for href in hrefs if not re.match("https?://|/|#", href)] == [], path
        scripts = [attrs for tag, attrs in tags if tag == "script"]
        assert all(re.fullmatch(r"/static/page\.js\?v=[0-9a-f]{12}", one["src"]) for one in scripts)
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "\u202e" not in response.text


async def test_the_front_page_says_what_the_list_is(client: httpx2.AsyncClient) -> None:
    """Its size, sections with counts, tags, questions that it answers, and what is new."""
    page = (await client.get("/")).text
    assert "3 links that people chose" in page
    assert '<a href="/?q=section%3ACNI"><span>CNI</span> <span class="count">2</span></a>' in page
    assert 'href="/?q=How%20does%20Cilium%20work%3F"' in page
    assert (
        '<a class="title" href="https://docs.cilium.io/?a=1&amp;b=2" rel="noreferrer">Cilium documentation</a>' in page
    )
    assert "tag%3Apublic" not in page


async def test_a_result_has_its_matches_marked_and_links_that_narrow(client: httpx2.AsyncClient) -> None:
    """The catalogue's own address, and filters added to what was asked."""
    page = (await client.get("/", params={"q": "cilium & <b>"})).text
    assert 'href="https://docs.cilium.io/?a=1&amp;b=2" rel="noreferrer"><mark>Cilium</mark> documentation</a>' in page
    assert "How <mark>Cilium</mark> works." in page
    narrowing = [unquote(href) for tag, attrs in Tags(page).found if (href := attrs.get("href", "")).startswith("/?q=")]
    assert "/?q=section:Cilium cilium & <b>" in narrowing
    assert "/?q=host:docs.cilium.io cilium & <b>" in narrowing
    assert 'value="cilium &amp; &lt;b&gt;"' in page
    assert 'aria-label="2 of 3 stars"' in page


async def test_sure_perhaps_and_nothing_look_different() -> None:
    """In a class of their own and in words; nothing found is no dead end."""
    async with served() as (client, _):
        for question, verdict, says in (
            ("cilium", "sure", "2 links"),
            ("maybe cilium", "perhaps", "Not sure, but these may be near."),
            ("hardly cilium", "nothing", "Nothing in Tiny answers this."),
            ("nothing", "nothing", "Nothing in Tiny answers this."),
        ):
            page = (await client.get("/", params={"q": question})).text
            assert f'class="answer is-{verdict}' in page
            assert says in page
            assert ("The nearest misses, probably not what you need" in page) == question.startswith("hardly")
            assert ("Did this help?" in page) == (verdict != "nothing")
            assert ("/suggest?question=" in page) == (verdict == "nothing")
            assert 'role="status"' in page


async def test_more_links_are_on_further_pages() -> None:
    """Ten each, numbered on; the address of each page can be passed on."""
    many = [replace(CALICO, url=f"https://a.example/{number}", title=f"Link {number}") for number in range(25)]
    async with served(TinyAsks(many)) as (client, _):
        pages = [(await client.get("/", params={"q": "x", "page": str(page)})).text for page in (1, 2, 3)]
    numbers = [[int(one) for one in re.findall(r'class="board" aria-hidden="true">(\d+)<', page)] for page in pages]
    assert numbers == [list(range(1, 11)), list(range(11, 21)), list(range(21, 26))]
    assert 'href="/?q=x&amp;page=2" rel="next"' in pages[0]
    assert 'rel="prev"' not in pages[0]
    assert 'href="/?q=x" rel="prev"' in pages[1]
    assert 'rel="next"' not in pages[2]


async def test_behind_the_last_link_there_is_none() -> None:
    """Which is no word about the question; and what has one page is counted."""
    many = [replace(CALICO, url=f"https://a.example/{number}", title=f"Link {number}") for number in range(11)]
    async with served(TinyAsks(many)) as (client, services):
        for query in ("x", "tag:video"):
            page = (await client.get("/", params={"q": query, "page": "7"})).text
            assert "There are no further links" in page
            assert "answers this" not in page
            assert "Did this help?" not in page
            assert f'class="button" href="/?q={quote(query, safe="")}">To the first</a>' in page
        assert await services.store.gaps(datetime.now(UTC) - timedelta(days=1), 10) == []
    async with served(TinyAsks(many[:1])) as (client, _):
        assert '<h1 class="count-of">1 link</h1>' in (await client.get("/", params={"q": "tag:video"})).text


async def test_what_narrows_down_is_of_this_list() -> None:
    """Nothing beside the links leads to nothing, and filters are written with what there is."""
    async with served(TinyAsks([replace(CILIUM, section=("Two words",), tags=("c++",), stars=1)])) as (client, _):
        page = (await client.get("/", params={"q": "x"})).text
    assert re.findall('aria-label="([0-9]) star', page) == ["1"]
    typed = re.findall("<code>(.*?)</code>", page)
    assert typed[:4] == ["section:&#34;Two words&#34;", "-tag:c++", "host:docs.cilium.io", "stars:1"]
    async with served(TinyAsks([replace(CILIUM, section=(), tags=(), stars=0)])) as (client, _):
        page = (await client.get("/", params={"q": "x"})).text
    assert "stars:" not in page
    assert "<h2>Stars</h2>" not in page


async def test_a_wrong_filter_stays_as_it_was_typed() -> None:
    """It begins the sentence, and a capital would be another filter's name to whoever copies it."""
    async with served(TinyAsks(error=FilterError("`tag:` needs a value, such as tag:NAME"))) as (client, _):
        page = (await client.get("/", params={"q": "tag:"})).text
    assert "<p>tag: needs a value, such as tag:NAME.</p>" in page


async def test_a_verdict_about_nothing_is_not_kept(client: httpx2.AsyncClient) -> None:
    """And nobody is thanked for it."""
    for form in ({}, {"helpful": "yes"}, {"answer_id": "0" * 16}, {"answer_id": "0" * 16, "helpful": "perhaps"}):
        response = await client.post("/feedback", data=form, headers=HERE)
        assert response.status_code == 422
        assert "does not say which answer" in response.text


async def test_a_wrong_number_of_a_page_is_the_first(client: httpx2.AsyncClient) -> None:
    """Nobody types it, and nobody gets an error for it."""
    for number in ("0", "-1", "x", "٣", "9" * 30, "1e3"):
        assert 'class="board" aria-hidden="true">1<' in (await client.get("/", params={"q": "x", "page": number})).text


async def test_the_state_of_a_link_is_shown() -> None:
    """Beside the catalogue's own address, which stays the link."""
    moved = replace(CILIUM, status=Status.MOVED, moved_to="https://cilium.example/<new>")
    async with served(TinyAsks([moved, replace(CALICO, status=Status.DEAD)])) as (client, _):
        page = (await client.get("/", params={"q": "x"})).text
    assert "Moved to cilium.example/&lt;new&gt;" in page
    assert "No longer there when it was last checked" in page
    assert 'class="hit is-dead"' in page


async def test_filters_of_a_question_can_be_taken_away() -> None:
    """Each is a link to the question without it; what was typed stays as it was."""
    async with served() as (client, _):
        page = (await client.get("/", params={"q": 'section:"A B" dns -tag:video stars:2'})).text
    chips = [unquote(attrs["href"]) for tag, attrs in Tags(page).found if attrs.get("class") == "chip"]
    assert chips == [
        "/?q=-tag:video stars:2 dns",
        '/?q=section:"A B" stars:2 dns',
        '/?q=section:"A B" -tag:video dns',
    ]


async def test_a_wrong_filter_is_told_in_the_words_of_the_page() -> None:
    """400, without any of Slack's commands; what fails inside is a reference and 503."""
    asks = TinyAsks(error=FilterError("no section is called <zz>; there are `CNI`"))
    async with served(asks) as (client, _):
        wrong = await client.get("/", params={"q": "section:zz x"})
        asks.error = RuntimeError("secret words")
        failed = await client.get("/", params={"q": "x"})
    assert wrong.status_code == 400
    assert "No section is called &lt;zz&gt;; there are CNI." in wrong.text
    assert "/links" not in wrong.text
    assert failed.status_code == 503
    assert "secret" not in failed.text
    assert re.search("reference <code>[0-9a-f]{8}</code>", failed.text)


async def test_a_wrong_filter_has_a_button_for_what_was_meant() -> None:
    """The question with it; strangers are told no name."""
    asks = TinyAsks(error=FilterError("no tag", wrong="vidoe", meant="video call"))
    async with served(asks) as (client, _):
        page = (await client.get("/", params={"q": "stars:2 -tag:vidoe dns"})).text
        right = quote('stars:2 -tag:"video call" dns', safe="")
        assert f'href="/?q={right}">Tag: video call</a>' in page
        assert "Ask without filters" in page
    async with served(asks, SIGNPOST_MODE="http", WEB_PAGE="true") as (client, _):
        assert "video call" not in (await client.get("/", params={"q": "tag:vidoe dns"})).text


async def test_sections_with_equal_headings_stay_apart() -> None:
    """On the front page, among the links that narrow, in what can be browsed, and for assistants."""
    twins = (
        replace(CILIUM, section=("CNI", "Overview")),
        replace(CALICO, section=("Mesh", "Overview")),
        replace(CALICO, url="https://a.example/", section=("Overview",)),
    )
    async with served(TinyAsks(twins)) as (client, _):
        pages = {path: (await client.get(path)).text for path in ("/", "/?q=cilium", "/browse", "/llms.txt")}
    hrefs = {path: unquote(page) for path, page in pages.items()}
    assert 'href="/?q=section:"> Overview""' in hrefs["/"]
    for heading in ("CNI", "Mesh"):
        assert f'/?q=section:"{heading} > Overview" cilium"' in hrefs["/?q=cilium"]
        assert f'/?q=section:"{heading} > Overview"' in hrefs["/browse"]
        assert f'`section:"{heading} > Overview"`' in hrefs["/llms.txt"]
        assert f"/?q=section:{heading}" in hrefs["/"]


async def test_without_an_index_the_page_says_so() -> None:
    """503 on every page."""

    class Missing(TinyAsks):
        @property
        def info(self) -> Any:
            raise BundleMissingError("no index here")

    async with served(Missing()) as (client, _):
        for path in ("/", "/?q=x", "/browse", "/new", "/feed.atom", "/llms.txt"):
            response = await client.get(path)
            assert response.status_code == 503
            assert "not there yet" in response.text


# Who sees what


async def test_beside_slack_the_page_is_off_until_it_is_set() -> None:
    """Health stays where it is."""
    for mode, page, none in (("http", "", ("/static/page.js",)), ("web", "false", ())):
        async with served(SIGNPOST_MODE=mode, WEB_PAGE=page) as (client, _):
            for path in ("/", "/browse", "/api/ask?q=x", "/feed.atom", *none):
                assert (await client.get(path)).status_code == 404
            assert (await client.get("/healthz")).status_code == 200


@pytest.mark.parametrize("connect", ["public", "refuse"])
async def test_beside_slack_without_a_key_only_public_links_are_shown(connect: str) -> None:
    """Nor the names of other sections, tags or sites; and nobody may suggest."""
    asks = TinyAsks()
    async with served(asks, SIGNPOST_MODE="http", WEB_PAGE="true", SLACK_CONNECT=connect) as (client, _):
        for path in (*PAGES[:-1], "/feed.atom", "/feed.json", "/llms.txt", "/api/ask?q=x"):
            page = await client.get(path)
            assert page.status_code == 200
            assert not re.search("docs.cilium|Cilium", page.text), path
        assert "Calico" in (await client.get("/?q=x")).text
        assert all(question.public_only for question in asks.asked)
        asks.error = FilterError("there are Secret section, Cilium")
        assert "Secret" not in (await client.get("/?q=section:x")).text
        assert (await client.post("/suggest", data={"url": "https://a.example", "title": "A"})).status_code == 403
        assert (await client.get("/suggest")).status_code == 403


async def test_a_key_opens_the_whole_list() -> None:
    """Nothing is shown before; a browser logs in, a program sends the key."""
    async with served(SIGNPOST_MODE="http", WEB_PAGE="true", WEB_KEY=KEY) as (client, _):
        for path in ("/", "/?q=cilium", "/browse", "/new", "/suggest"):
            response = await client.get(path)
            login = "/login" if path == "/" else f"/login?{urlencode({'to': path})}"
            assert (response.status_code, response.headers["location"]) == (303, login)
        for path in ("/feed.atom", "/feed.json", "/llms.txt", "/api/ask?q=x"):
            assert (await client.get(path)).status_code == 401
        wrong = await client.post("/login", data={"key": "another-key-of-length"})
        assert wrong.status_code == 403
        assert "set-cookie" not in wrong.headers
        right = await client.post("/login", data={"key": KEY})
        assert right.status_code == 303
        cookie = right.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert KEY not in cookie
        assert "Cilium" in (await client.get("/?q=cilium")).text
        assert (await client.get("/logout")).status_code == 405
        assert (await client.post("/logout", headers={"Origin": "https://evil.example"})).status_code == 403
        assert "Cilium" in (await client.get("/?q=cilium")).text
        assert (await client.post("/logout")).status_code == 303
        assert (await client.get("/")).status_code == 303
        for given in (("x", KEY), None):
            headers = {} if given else {"Authorization": f"Bearer {KEY}"}
            assert (await client.get("/feed.atom", auth=given, headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("to", "place"),
    [
        ("/?q=cilium+dns&page=2", "/?q=cilium+dns&page=2"),
        ("", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("/\tevil", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/x\r\nSet-Cookie: a=b", "/"),
    ],
)
async def test_a_login_leads_back_and_nowhere_else(to: str, place: str) -> None:
    """To what was asked for, on this site."""
    async with served(WEB_KEY=KEY) as (client, _):
        response = await client.post("/login", data={"key": KEY, "to": to})
        assert (response.status_code, response.headers["location"]) == (303, place)


async def test_a_key_of_the_api_opens_what_its_holder_may_see(tmp_path: Path) -> None:
    """Feeds and `/api/ask` as the API: all of it, public links, or nothing. The page's key opens the API too."""
    file, keys = keys_of(tmp_path, reader={}, public={"links": "public"}, writer={"scopes": ["suggest"]})
    async with served(WEB_KEY=KEY, API_KEYS_FILE=str(file)) as (client, _):
        for name, status, titles in (("reader", 200, 2), ("public", 200, 1), ("writer", 401, 0), ("", 401, 0)):
            headers = {"Authorization": f"Bearer {keys.get(name, 'signpost_nobody')}"}
            response = await client.get("/api/ask?q=x", headers=headers)
            assert (response.status_code, response.text.count('"title"')) == (status, titles), name
        for path in ("/api/v1/tags", "/api/ask?q=x"):
            assert (await client.get(path, headers={"Authorization": f"Bearer {KEY}"})).status_code == 200
            assert (await client.get(path)).status_code == 401


async def test_what_is_not_there_is_a_page_for_people_and_a_word_for_programs() -> None:
    """404, 405 and 429, in the look of the page; its files are never refused."""
    html = {"Accept": "text/html,*/*"}
    async with served(RATE_LIMIT="4") as (client, _):
        nothing = await client.get("/nowhere", headers=html)
        assert (nothing.status_code, "There is nothing here" in nothing.text) == (404, True)
        assert "default-src 'none'" in nothing.headers["content-security-policy"]
        assert (await client.get("/nowhere")).text == "Not Found"
        wrong = await client.get("/feedback", headers=html)
        assert (wrong.status_code, wrong.headers["allow"], "style.css" in wrong.text) == (405, "POST", True)
        await client.get("/browse")
        limited = await client.get("/", headers=html)
        assert (limited.status_code, "That was too much at once" in limited.text) == (429, True)
        assert int(limited.headers["retry-after"]) > 0
        assert (await client.get("/")).text == "too many requests; wait a little"
        assert (await client.get("/api/v1/tags", headers=html)).json()["status"] == 429
        assert (await client.get("/static/style.css")).status_code == 200


async def test_a_key_has_no_limit_of_its_own_where_it_is_not_counted(tmp_path: Path) -> None:
    """Outside the API and `/mcp` whoever has a key is held to RATE_LIMIT as everybody is."""
    file, keys = keys_of(tmp_path, one={"per_minute": 100})
    headers = {"Authorization": f"Bearer {keys['one']}"}
    async with served(API_KEYS_FILE=str(file), RATE_LIMIT="3") as (client, _):
        assert [(await client.get("/api/v1/tags", headers=headers)).status_code for _ in range(5)] == [200] * 5
        assert [(await client.get("/api/ask?q=x", headers=headers)).status_code for _ in range(5)][-1] == 429


async def test_a_forged_cookie_opens_nothing() -> None:
    """Nor one that has run out."""
    async with served(WEB_KEY=KEY) as (client, _):
        for forged in ("9999999999.", "9999999999." + "0" * 64, "x.y", ".", "٣.a", "1.", "9" * 40 + ".a"):
            cookie = [(b"cookie", f"signpost_page={forged}".encode())]
            assert (await client.get("/", headers=cookie)).status_code == 303


FOREIGN = ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"})


async def test_forms_of_other_sites_are_refused() -> None:
    """Their visitors' browsers would send the cookie along."""
    async with served() as (client, _):
        for headers in FOREIGN:
            for path in ("/suggest", "/feedback", "/kept"):
                answer = await client.post(path, data={"url": "https://a.example", "title": "A"}, headers=headers)
                assert answer.status_code == 403


# What is sent


class Kept:
    """What a store was given."""

    def __init__(self, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers: list[AnswerRecord] = []
        self.verdicts: list[tuple[Any, ...]] = []
        self.clicks: list[tuple[Any, ...]] = []
        self.suggestions: list[Suggestion] = []

        def keeping(name: str, kept: list[Any], *, whole: bool) -> None:
            original = getattr(services.store, name)

            async def keep(*given: Any) -> Any:
                kept.append(given if whole else given[0])
                return await original(*given)

            monkeypatch.setattr(services.store, name, keep)

        keeping("record_answer", self.answers, whole=False)
        keeping("record_feedback", self.verdicts, whole=True)
        keeping("record_click", self.clicks, whole=True)
        keeping("add_suggestion", self.suggestions, whole=False)


async def test_what_is_typed_is_kept_once_it_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A question that is asked is kept at once; of what is typed, that which the script says was read or judged."""
    async with served() as (client, services):
        kept = Kept(services, monkeypatch)
        await client.get("/?q=asked+cilium")
        assert [one.question for one in kept.answers] == ["asked cilium"]
        typed = [(await client.get(f"/?q={text}&part=1")).text for text in ("cil", "cilium", "calico")]
        assert len(kept.answers) == 1
        ids = [re.findall('data-answer="([0-9a-f]+)"', page)[0] for page in typed]
        for _ in range(2):
            assert (await client.post("/kept", data={"answer_id": ids[1]}, headers=HERE)).status_code == 204
        await client.post("/feedback", data={"answer_id": ids[2], "helpful": "no", "part": "1"}, headers=HERE)
        await client.post("/kept", data={"answer_id": ids[2], "url": CALICO.url}, headers=HERE)
        await client.post("/kept", data={"answer_id": ids[2], "url": "javascript:x"}, headers=HERE)
    assert [one.question for one in kept.answers] == ["asked cilium", "cilium", "calico"]
    assert [(one[0], one[1]) for one in kept.verdicts] == [(ids[2], False)]
    assert [one[:2] for one in kept.clicks] == [(ids[2], CALICO.url)]
    assert {one.user for one in kept.answers} == {""}


async def test_a_verdict_is_kept_and_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a script on a page of its own, which leads back."""
    async with served() as (client, services):
        kept = Kept(services, monkeypatch)
        page = (await client.get("/?q=cilium")).text
        fields = {
            attrs["name"]: attrs["value"] for tag, attrs in Tags(page).found if tag == "input" and "name" in attrs
        }
        answer = await client.post("/feedback", data={**fields, "helpful": "yes"})
        assert "Thank you, that helps." in answer.text
        assert 'href="/?q=cilium"' in answer.text
        answer = await client.post("/feedback", data={**fields, "helpful": "no"})
        assert "/suggest?question=cilium" in answer.text
    assert kept.verdicts == [(kept.answers[0].answer_id, helpful, "web") for helpful in (True, False)]


async def test_a_link_is_suggested(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is kept for the curators; nobody's name is."""
    async with served() as (client, services):
        kept = Kept(services, monkeypatch)
        given = {"url": "https://new.example/", "title": " New\nlink ", "section": "CNI", "question": "how?"}
        answer = await client.post("/suggest", data=given)
        assert answer.status_code == 201
        assert "Thank you" in answer.text
    (suggestion,) = kept.suggestions
    assert (suggestion.url, suggestion.title, suggestion.question) == ("https://new.example/", "New link", "how?")
    assert suggestion.user == ""


WRONG: tuple[tuple[dict[str, str], str], ...] = (
    ({"url": "javascript:x", "title": "A"}, "Write an http or https address without blanks."),
    ({"url": "", "title": "A"}, "Write an http or https address"),
    ({"url": CALICO.url, "title": "A"}, "The list has it already: Calico"),
    ({"url": "https://new.example/", "title": " "}, "A link needs a title."),
    ({}, "A link needs a title."),
    ({"url": "https://new.example/", "title": "A", "description": "x" * 70_000}, "A link needs a title."),
)


async def test_a_wrong_suggestion_says_what_is_wrong() -> None:
    """Beside the field."""
    async with served() as (client, _):
        for given, says in WRONG:
            answer = await client.post("/suggest", data=given)
            assert answer.status_code == 422
            assert says in answer.text


# For programs


async def test_feeds_say_what_is_new() -> None:
    """With absolute addresses: of the request, or those that are set."""
    async with served(WEB_URL="https://links.example/list") as (client, _):
        atom = await client.get("/feed.atom")
        feed = (await client.get("/feed.json")).json()
    assert atom.headers["content-type"] == "application/atom+xml; charset=utf-8"
    root = ET.fromstring(atom.text)
    links = {link.get("rel"): link.get("href") for link in root.findall("{http://www.w3.org/2005/Atom}link")}
    assert links == {"self": "https://links.example/list/feed.atom", "alternate": "https://links.example/list/new"}
    assert feed["feed_url"] == "https://links.example/list/feed.json"
    assert [item["url"] for item in feed["items"]] == [CILIUM.url]


async def test_browsers_and_assistants_find_their_way(client: httpx2.AsyncClient) -> None:
    """OpenSearch names the address of a question, llms.txt what is here."""
    description = ET.fromstring((await client.get("/opensearch.xml")).text)
    urls = [one.get("template") for one in description.findall("{http://a9.com/-/spec/opensearch/1.1/}Url")]
    assert urls[0] == "http://list.example/?q={searchTerms}"
    guide = (await client.get("/llms.txt")).text
    assert "(http://list.example/api/v1/ask?q=QUESTION)" in guide
    assert (await client.get("/api/v1/openapi.json")).status_code == 200
    async with served(SIGNPOST_MODE="http", WEB_PAGE="true") as (beside, _):
        assert "(http://list.example/api/ask?q=QUESTION)" in (await beside.get("/llms.txt")).text
    assert guide.startswith("# Tiny\n\n> A list of 3 links")
    assert '- "CNI > Cilium": 1 link, `section:Cilium`' in guide
    assert (await client.get("/favicon.ico")).headers["content-type"] == "image/svg+xml"


async def test_search_engines_stay_out_unless_they_are_let_in() -> None:
    """In robots.txt, in a header and on the page; results of questions are never listed."""
    async with served() as (client, _):
        assert "Disallow: /\n" in (await client.get("/robots.txt")).text
        page = await client.get("/")
        assert page.headers["x-robots-tag"] == "noindex, nofollow"
        assert 'name="robots"' in page.text
    async with served(WEB_ROBOTS="true") as (client, _):
        assert "Disallow: /*?\nAllow: /\n" in (await client.get("/robots.txt")).text
        page = await client.get("/")
        assert "x-robots-tag" not in page.headers
        assert 'name="robots"' not in page.text


async def test_a_long_page_to_browse_is_packed() -> None:
    """For those that can unpack it; a short one is not, nor one that has what somebody typed beside what they may not see."""
    many = [replace(CILIUM, url=f"https://a.example/{number}", section=(f"Room {number}",)) for number in range(200)]
    async with served(TinyAsks(many)) as (client, _):
        page = await client.get("/browse")
        assert (page.headers["content-encoding"], "Room 199" in page.text) == ("gzip", True)
        assert int(page.headers["content-length"]) < len(page.content) / 4
        assert "Accept-Encoding" in page.headers["vary"]
        plain = await client.get("/browse", headers={"Accept-Encoding": "identity"})
        assert ("content-encoding" in plain.headers, plain.text) == (False, page.text)
        assert "content-encoding" not in (await client.get("/?q=cilium")).headers
    async with served() as (client, _):
        assert "content-encoding" not in (await client.get("/browse")).headers


async def test_files_are_kept_by_browsers_as_long_as_they_are_the_same(client: httpx2.AsyncClient) -> None:
    """Their addresses name their content; some are packed."""
    page = (await client.get("/")).text
    for address in re.findall(r'"(/static/[^"]+)"', page):
        response = await client.get(address)
        assert response.status_code == 200
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    style = await client.get("/static/style.css")
    assert style.headers["content-encoding"] == "gzip"
    assert "max-age=300" in style.headers["cache-control"]
    assert re.search(r"overpass\.woff2\?v=[0-9a-f]{12}", style.text)
    assert "http" not in re.sub(r"/\*.*?\*/", "", style.text)
    for name in ("nothing.css", "..%2fpage.py", "OVERPASS-LICENSE"):
        assert (await client.get(f"/static/{name}")).status_code == 404
