"""The curators' page: closed until it is set and to whoever is not signed in; what it shows, and what its buttons do."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import aiohttp
import pytest
import pytest_asyncio

from bot.curation.editing import edited
from bot.curation.order import Edit
from bot.curators import figures, page
from bot.curators.versions import versions as of_index
from bot.store import AnswerRecord, ChangeState, Mending, Problem, Suggestion
from index.catalogue.link import Link, Status
from index.search.searcher import Searcher
from tests.bot.curation.conftest import make_checkout
from tests.bot.tiny import CALICO, CILIUM, LINKS
from tests.bot.web.test_api import Client, serving
from tests.support import write_catalogue

pytestmark = pytest.mark.asyncio(loop_scope="module")

TOKEN = "the-token-of-the-test"
PERSON = "U0PERSON"
VERSIONS = [
    {"version": "b" * 16, "built_at": "2026-05-04T12:00:00+00:00", "links": 2, "current": True, "kept": True},
    {"version": "a" * 16, "built_at": "2026-05-03T12:00:00+00:00", "links": 1, "current": False, "kept": True},
]


@dataclass(slots=True)
class Browser:
    """A browser with its cookies."""

    session: aiohttp.ClientSession
    url: str

    async def get(self, path: str, *, follow: bool = True) -> tuple[int, str]:
        """Open a page."""
        async with self.session.get(f"{self.url}{path}", allow_redirects=follow) as response:
            return response.status, await response.text()

    async def send(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> tuple[int, str]:
        """Send a form, and see what comes of it."""
        async with self.session.post(f"{self.url}{path}", data=fields, headers=headers) as response:
            return response.status, await response.text()


def suggestion(suggestion_id: str, url: str, title: str, *, user: str = "") -> Suggestion:
    """Return a suggestion."""
    return Suggestion(
        suggestion_id=suggestion_id,
        url=url,
        title=title,
        section="CNI",
        description="",
        question="",
        team="T",
        user=user,
    )


@asynccontextmanager
async def browsing(bot: Client, *, token: str = TOKEN) -> AsyncIterator[Browser]:
    """Open a browser and sign in."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        browser = Browser(session, bot.url)
        if token:
            status, text = await browser.send("/curators/login", token=token)
            assert (status, "Suggestions that wait" in text) == (200, True), text
        yield browser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared() -> AsyncIterator[Client]:
    """Serve a bot with the page."""
    async with serving(CURATORS_TOKEN=TOKEN) as client:
        yield client


@pytest.fixture
def bot(shared: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Use that bot, whose index has two versions."""
    monkeypatch.setattr(page, "versions", AsyncMock(return_value=VERSIONS))
    shared.asks.links, shared.asks.error = LINKS, None
    return shared


async def test_it_is_closed_until_it_is_set_and_to_others(bot: Client) -> None:
    """Without a login every address leads to it, and nothing is told."""
    async with serving() as plain, browsing(plain, token="") as browser:
        assert (await browser.get("/curators"))[0] == 404
    async with browsing(bot, token="") as browser:
        for path in ("/curators", "/curators/versions?from=aaaaaaaa&to=bbbbbbbb"):
            status, text = await browser.get(path)
            assert "For curators" in text
            assert CILIUM.title not in text
        assert (await browser.send("/curators/decide", id="x", verdict="approve"))[1].count("For curators")
        status, text = await browser.send("/curators/login", token="guessed")
        assert (status, "That is not the token." in text) == (403, True)
        browser.session.cookie_jar.update_cookies({"signpost_curator": "99999999999.forged"})
        assert "For curators" in (await browser.get("/curators"))[1]


async def test_it_shows_what_waits_what_was_asked_and_what_was_never_shown(bot: Client) -> None:
    """Links, counts and the map; no person, and no text of a question that is not kept."""
    store = bot.services.store
    await store.add_suggestion(suggestion("s1", "https://new.example", "<b>New</b>", user=PERSON))
    record = AnswerRecord(
        answer_id="a1", question="a secret question", surface="command", team="T", channel="C", user=PERSON, answered=True,
        confidence=0.9, urls=(CILIUM.url,), version="v", latency_ms=1.0,
    )  # fmt: skip
    await store.record_answer(record)
    await store.record_answer(replace(record, answer_id="a2", answered=False, urls=()))
    await store.record_feedback("a1", helpful=False, user=PERSON)
    bot.asks.links = (replace(CILIUM, status=Status.MOVED, moved_to="https://moved.example/<x>"), CALICO)
    async with browsing(bot) as browser:
        status, text = await browser.get("/curators")
    assert status == 200
    assert "&lt;b&gt;New&lt;/b&gt;" in text
    assert "text not kept" in text
    assert "secret question" not in text
    assert PERSON not in text
    assert "moved to moved.example/&lt;x&gt;" in text
    assert 'In no answer <span class="count">1<' in text
    assert "shown 1 time<" in text
    assert text.count('class="map-link map-1"') == 3  # and one that explains the colour
    assert "2 questions; 0 answers called helpful, 1 not." in text
    assert "<script>" not in text


async def test_a_decision_is_stored_once(bot: Client) -> None:
    """As a press in Slack is; a page of another site can send no form."""
    store = bot.services.store
    for name in ("yes", "no"):
        await store.add_suggestion(suggestion(name, f"https://{name}.example", name))
    async with browsing(bot) as browser:
        foreign = {"Origin": "https://evil.example"}
        assert (await browser.send("/curators/decide", foreign, id="yes", verdict="approve"))[0] == 403
        assert (await browser.send("/curators/decide", {"Sec-Fetch-Site": "cross-site"}, id="yes", verdict="approve"))[
            0
        ] == 403
        assert "yes" in {one.suggestion_id for one in await store.waiting(50)}
        assert (
            "Approved; add it to the catalogue by hand."
            in (await browser.send("/curators/decide", id="yes", verdict="approve"))[1]
        )
        assert "Declined." in (await browser.send("/curators/decide", id="no", verdict="decline"))[1]
        assert "has decided" in (await browser.send("/curators/decide", id="no", verdict="approve"))[1]
        assert "not known" in (await browser.send("/curators/decide", id="other", verdict="approve"))[1]
        assert not {"yes", "no"} & {one.suggestion_id for one in await store.waiting(50)}


async def test_versions_are_compared_and_one_is_made_current_again(
    bot: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the answers that moved; what is no version reaches no command."""
    moved: list[dict[str, Any]] = [{"question": "how?", "before": ["https://a.example"], "after": [], "lost": True}]
    same, second = "https://a.example", ["https://a.example", "https://c.example"]
    moved += [{"question": "and then?", "before": second, "after": [same, "https://d.example"], "lost": False}]
    found: dict[str, Any] = {"added": ["https://b.example"], "removed": [], "changed": [], "moved": moved, "asked": 3}
    monkeypatch.setattr(page, "difference", AsyncMock(return_value=found))
    back = AsyncMock()
    monkeypatch.setattr(page, "roll_back", back)
    async with browsing(bot) as browser:
        text = (await browser.get("/curators"))[1]
        assert f"/curators/versions?from={'a' * 16}&amp;to={'b' * 16}" in text
        text = (await browser.get(f"/curators/versions?from={'a' * 16}&to={'b' * 16}"))[1]
        assert "https://b.example" in text
        assert '<strong class="state is-bad">lost</strong> “how?”: https://a.example → nothing' in text
        assert "“and then?”, 2. link: https://c.example → https://d.example" in text
        assert "2 of 3 moved" in text
        found["asked"], found["moved"] = 0, []
        text = (await browser.get(f"/curators/versions?from={'a' * 16}&to={'b' * 16}"))[1]
        assert "None were asked" in text
        assert "of 0" not in text
        assert (await browser.get("/curators/versions?from=--help&to=x"))[0] == 400
        assert "is current again" in (await browser.send("/curators/rollback", version="a" * 16))[1]
        assert "no such version" in (await browser.send("/curators/rollback", version="--index=/"))[1]
    back.assert_awaited_once_with(bot.services.settings.index, "a" * 16)


async def test_a_moved_link_gets_its_new_address_as_a_patch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written as an approved suggestion is, and applied it gives the file with the one address changed."""
    monkeypatch.setattr(page, "versions", AsyncMock(return_value=VERSIONS))
    catalogue = write_catalogue(tmp_path / "links.yaml", (CILIUM, CALICO))
    folder = tmp_path / "patches"
    settings = {"CURATORS_TOKEN": TOKEN, "PATCHES_DIR": str(folder), "CATALOGUE_FILE": str(catalogue)}
    async with serving(**settings) as bot:
        bot.asks.links = (replace(CILIUM, status=Status.MOVED, moved_to="https://moved.example/"), CALICO)
        async with browsing(bot) as browser:
            assert "Give it the new address" in (await browser.get("/curators"))[1]
            assert "Written: " in (await browser.send("/curators/correct", url=CILIUM.url))[1]
            assert "has no new address" in (await browser.send("/curators/correct", url=CALICO.url))[1]
    (patch,) = folder.glob("*.patch")
    text = patch.read_text()
    assert "https://moved.example/" in text
    before = catalogue.read_text()
    edit = Edit(change_id="x", url=CILIUM.url, moved_to="https://moved.example/")
    after = json.loads(edited(before, edit, str(catalogue)).text)["links"]
    assert [row["url"] for row in after] == ["https://moved.example/", CALICO.url]


FILE = f"""format: 1
links:
- url: {CILIUM.url}
  title: Cilium documentation  # the best
  section: [CNI, Cilium]
  questions: [How does Cilium work?]
- url: {CALICO.url}
  title: Calico
  section: [CNI]
"""
CHECKS = [
    {"format": 1},
    {
        "url": CILIUM.url,
        "standing": "hijacked",
        "reason": "a parked domain",
        "checked": "2026-05-04T04:00:00+00:00",
        "days": [
            {"on": "2026-05-03", "outcome": "hijacked", "reason": "the title says <for sale>", "signs": ["headings"]},
            {
                "on": "2026-05-04",
                "outcome": "hijacked",
                "reason": "a parked domain",
                "signs": ["headings", "structure"],
            },
        ],
    },
    {
        "url": CALICO.url,
        "standing": "moved",
        "reason": "moved permanently",
        "to": "https://moved.example/",
        "checked": "2026-05-04T04:00:00+00:00",
        "days": [
            {"on": "2026-05-04", "outcome": "moved", "reason": "moved permanently", "to": "https://moved.example/"}
        ],
    },
]


async def test_links_are_mended_by_a_click_with_the_evidence_of_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link that is in no answer, being another's, is listed too; each click is a commit, and then it is listed no more."""
    monkeypatch.setattr(page, "versions", AsyncMock(return_value=VERSIONS))
    git = make_checkout(tmp_path / "checkout", FILE)
    catalogue = tmp_path / "checkout" / "links" / "small.yaml"
    (catalogue.parent / "link-checks.jsonl").write_text("".join(json.dumps(row) + "\n" for row in CHECKS))
    git("add", ".")
    git("commit", "--quiet", "--message=Checked")
    place = {"CATALOGUE_CHECKOUT": str(tmp_path / "checkout"), "CATALOGUE_FILE": "links/small.yaml"}
    settings = {"CURATORS_TOKEN": TOKEN, **place}
    async with serving(**settings) as bot, browsing(bot) as browser:
        monkeypatch.setattr(bot.services.curation, "ask_for_build", lambda _: True)
        bot.asks.links = (CALICO,)
        text = (await browser.get("/curators"))[1]
        assert "2026-05-03: hijacked: the title says &lt;for sale&gt; (headings)" in text
        assert "left out of answers unless HIJACKED_LINKS=mark: a parked domain" in text
        assert "What would change it: one check that finds the page makes it alive" in text
        assert text.index("hijacked</strong>") < text.index("moved</strong>")
        assert "has no new address" in (await browser.send("/curators/correct", url=CILIUM.url))[1]
        assert "nothing against" in (await browser.send("/curators/retire", url=CALICO.url))[1]
        assert "Written: commit" in (await browser.send("/curators/retire", url=CILIUM.url))[1]
        assert "Written: commit" in (await browser.send("/curators/correct", url=CALICO.url))[1]
        assert "None, as far as the links were checked." in (await browser.get("/curators"))[1]
    after = catalogue.read_text().splitlines()
    assert [line for line in after if "status" in line] == ["  status: retired"]
    before = FILE.replace(CALICO.url, "https://moved.example/").splitlines()
    assert [line for line in after if "status" not in line] == before
    subjects = git("log", "--format=%s").splitlines()
    assert subjects[:2] == [f"Give {CALICO.url} its new address", f"Retire {CILIUM.url}"]


async def test_half_an_edit_of_the_catalogue_leaves_the_page_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the checks have against links is then as the index knows it, and what is wrong with the file is told."""
    monkeypatch.setattr(page, "versions", AsyncMock(return_value=VERSIONS))
    make_checkout(tmp_path / "checkout", FILE)
    catalogue = tmp_path / "checkout" / "links" / "small.yaml"
    (catalogue.parent / "link-checks.jsonl").write_text("".join(json.dumps(row) + "\n" for row in CHECKS))
    catalogue.write_text("format: 1\nlinks: [\n")
    place = {"CATALOGUE_CHECKOUT": str(tmp_path / "checkout"), "CATALOGUE_FILE": "links/small.yaml"}
    async with serving(CURATORS_TOKEN=TOKEN, **place) as bot, browsing(bot) as browser:
        bot.asks.links = (replace(CILIUM, status=Status.DEAD), CALICO)
        status, text = await browser.get("/curators")
    assert (status, "Suggestions that wait" in text, "no longer there when it was last checked" in text) == (
        200,
        True,
        True,
    )
    assert "so this is what the index knows: " in text
    assert "links/small.yaml:3: this is not valid YAML: `[` begins a list here, which does not end with `]`" in text


async def test_what_people_found_wrong_is_mended_or_left(bot: Client) -> None:
    """It is no suggestion to approve; a form that changes nothing closes nothing, and each is decided once."""
    store = bot.services.store
    for name, problem in (("r1", Problem.OUTDATED), ("r2", Problem.SECTION)):
        await store.add_suggestion(replace(suggestion(name, CILIUM.url, CILIUM.title, user=PERSON), problem=problem))
    async with browsing(bot) as browser:
        text = (await browser.get("/curators"))[1]
        assert text.count("It is outdated") == text.count("It is in the wrong section") == 1
        assert 'value="r1"' not in text.split('id="reports"')[0]
        assert PERSON not in text
        assert "not known" in (await browser.send("/curators/decide", id="r1", verdict="approve"))[1]
        text = (await browser.get("/curators/mend?id=r1"))[1]
        assert f'value="{CILIUM.title}"' in text
        assert CILIUM.questions[0] in text
        same: dict[str, Any] = {"title": CILIUM.title, "section": "CNI > Cilium", "questions": CILIUM.questions[0]}
        assert "Nothing is changed" in (await browser.send("/curators/mend", id="r1", **same))[1]
        new: dict[str, Any] = {**same, "title": "Better", "questions": "How?\r\n\r\nwho is <@U1>?"}
        assert (
            "Mended; change it in the catalogue by hand." in (await browser.send("/curators/mend", id="r1", **new))[1]
        )
        assert "looked after" in (await browser.send("/curators/mend", id="r1", **new))[1]
        assert "Left as it is." in (await browser.send("/curators/sound", id="r2"))[1]
        assert "looked after" in (await browser.send("/curators/sound", id="r2"))[1]
        assert (await browser.get("/curators/mend?id=s1"))[0] == 404
    assert await store.reported(9) == []


async def test_a_mended_link_is_on_its_way_into_the_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As from Slack: an approved change, with what the form had."""
    monkeypatch.setattr(page, "versions", AsyncMock(return_value=VERSIONS))
    catalogue = write_catalogue(tmp_path / "links.yaml", (CILIUM, CALICO))
    settings = {"PATCHES_DIR": str(tmp_path / "patches"), "CATALOGUE_FILE": str(catalogue)}
    async with serving(CURATORS_TOKEN=TOKEN, **settings) as bot, browsing(bot) as browser:
        monkeypatch.setattr(bot.services.curation, "wake", lambda: None)
        found = replace(suggestion("r", CALICO.url, CALICO.title), problem=Problem.BROKEN)
        await bot.services.store.add_suggestion(found)
        sent: dict[str, Any] = {
            "title": "Calico, mended",
            "section": "CNI > Cilium",
            "questions": "how?",
            "retired": "yes",
        }
        assert "it goes into the catalogue" in (await browser.send("/curators/mend", id="r", **sent))[1]
        (change,) = await bot.services.store.changes(ChangeState.WAITING)
    mended = change.suggestion
    assert (mended.url, mended.title, mended.section) == (CALICO.url, "Calico, mended", "CNI > Cilium")
    assert mended.mending == Mending(questions=("how?",), retired=True)


async def test_a_curator_logs_out(bot: Client) -> None:
    """The cookie opens nothing any more, not even a copy of it; no other site can do it."""
    async with browsing(bot) as browser, browsing(bot) as other:
        kept = {one.key: one.value for one in browser.session.cookie_jar}
        assert (await browser.send("/curators/logout", {"Origin": "https://evil.example"}))[0] == 403
        assert "Suggestions that wait" in (await browser.get("/curators"))[1]
        assert "For curators" in (await browser.send("/curators/logout"))[1]
        assert "For curators" in (await browser.get("/curators"))[1]
        browser.session.cookie_jar.update_cookies(kept)
        assert "For curators" in (await browser.get("/curators"))[1]
        assert "Suggestions that wait" in (await other.get("/curators"))[1]


async def test_names_on_the_map_do_not_cover_one_another() -> None:
    """Of the largest sections, inside the map, although all have their links at one place."""
    places = [(f"A section called {letter}", 890.0, 555.0) for letter in "abcdefgh" for _ in range(3)]
    names = figures._named([*places, ("A section called h", 880.0, 550.0)])
    assert [name.colour for name in names] == [1, 2, 3, 4, 5, 6]
    assert (names[0].text, names[0].count) == ("A section called h", 4)
    assert all(0 < name.x < figures.WIDTH and 0 < name.y < figures.HEIGHT for name in names)
    heights = sorted(name.y for name in names)
    assert min(high - low for low, high in pairwise(heights)) >= 15
    [wide] = figures._named([("網" * 20, 890.0, 300.0)])
    assert wide.x + 20 * 2 * figures._CHAR_WIDTH / 2 <= figures.WIDTH


async def test_a_real_map_puts_alike_questions_near(small_index: Path) -> None:
    """The same text is at the same place, and every link has one."""
    searcher = Searcher.open(small_index)
    atlas = searcher.atlas(["slow dns in pods", "slow dns in pods", "sourdough"])
    assert len(atlas.links) == len(searcher.links)
    assert atlas.questions[0] == atlas.questions[1] != atlas.questions[2]
    assert searcher.atlas([]).questions == ()
    assert len(searcher.atlas([], most=3).links) <= 3
    assert isinstance(atlas.links[0][0], Link)


async def test_a_change_that_is_stuck_says_so_in_short_lines(bot: Client) -> None:
    """What went wrong line by line, and what to do about it below."""
    store = bot.services.store
    await store.add_suggestion(suggestion("long", "https://long.example/", "A long story"))
    await store.decide_suggestion("long", approved=True, by="U", place=("", ""))
    problem = "commit 0a1b2c on main\nlinks.yaml:3: the title is missing; give the link one\nlinks.yaml:9: no address"
    await store.move_change("long", ChangeState.WAITING, ChangeState.STUCK, problem)
    async with browsing(bot) as browser:
        text = (await browser.get("/curators"))[1]
    lines = (
        "commit 0a1b2c on main",
        "links.yaml:3: the title is missing",
        "give the link one",
        "links.yaml:9: no address",
    )
    assert "".join(f"<p>{line}</p>" for line in lines) in text


async def test_a_build_that_failed_is_told(bot: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Slack nobody would be told otherwise."""
    async with browsing(bot) as browser:
        assert "build failed" not in (await browser.get("/curators"))[1]
        monkeypatch.setattr(bot.services.curation, "_problem", ("<b>links.yaml</b>:3: no title",))
        text = (await browser.get("/curators"))[1]
    assert "The last build failed" in text
    assert "<p>&lt;b&gt;links.yaml&lt;/b&gt;:3: no title</p>" in text


async def test_a_version_that_was_made_current_again_stands_there_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the newest, with the one that it replaced below."""
    names = ("a", "b", "a", "0")
    rows = [{"version": name, "built_at": str(place), "current": name == "a"} for place, name in enumerate(names)]
    monkeypatch.setattr("bot.curators.versions._run", AsyncMock(return_value=rows))
    assert await of_index("index") == [rows[0], rows[1], rows[3]]
