"""The curators' page in a real browser, of a bot as a process: real bundles, a real build, and commits in a real checkout."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page

from bot.store import AnswerRecord, Problem, Store, Suggestion
from index.builder.build import build
from tests import support
from tests.bot.curation.conftest import Git, make_checkout
from tests.bot.web.tab import CONTRAST, SMALL, Tab, launched, violations
from tests.scenarios.support.bot_process import BotProcess, environment
from tests.scenarios.support.fake_slack import FakeSlack

TOKEN: Final = "the-token-of-the-test"
PERSON: Final = "U0PERSON"
WITHIN_S: Final = 120.0
ISOLATE: Final = "https://example.com/isolate"
SLOW: Final = "https://example.com/dns"
PARKED: Final = "https://example.com/parked"
MOVED: Final = "https://example.com/moved"
HOSTILE: Final = "</title><script>document.title='owned'</script><img src=//evil.example/x>"
CATALOGUE: Final = f"""\
# Kept by hand.
format: 1
name: Small
links:
- url: {ISOLATE}
  title: Isolate namespaces with network policies
  section: [Policy]
  questions: [how do I isolate a namespace]
- url: {SLOW}
  title: Why DNS lookups in pods are slow
  section: [DNS]
  questions: [why is dns so slow in my pods]   # often
- url: {PARKED}
  title: The old page of the mesh
  section: [Mesh, Sidecars]
- url: {MOVED}
  title: Service mesh in five minutes
  section: [Mesh]
- url: https://example.com/hostile
  title: {json.dumps(HOSTILE)}
  description: {json.dumps(HOSTILE)}
  section: [{json.dumps("<b>" + "w" * 90)}]
"""
GOLDEN: Final = f"""\
format: 1
questions:
- ask: why is dns so slow in my pods
  first: {SLOW}
  within: 3
"""
DAY: Final = "2026-05-04"
CHECKS: Final = (
    {"format": 1},
    {
        "url": PARKED,
        "standing": "hijacked",
        "reason": "a parked domain",
        "checked": f"{DAY}T04:00:00+00:00",
        "days": [{"on": DAY, "outcome": "hijacked", "reason": "the title says <for sale>", "signs": ["headings"]}],
    },
    {
        "url": MOVED,
        "standing": "moved",
        "reason": "moved permanently",
        "to": "https://example.com/new",
        "checked": f"{DAY}T04:00:00+00:00",
        "days": [{"on": DAY, "outcome": "moved", "reason": "moved permanently", "to": "https://example.com/new"}],
    },
)


@dataclass(frozen=True, slots=True)
class House:
    """A bot that runs, and the checkout of its catalogue."""

    url: str
    checkout: Path
    git: Git

    @property
    def catalogue(self) -> Path:
        """The file."""
        return self.checkout / "links" / "small.yaml"

    def subjects(self) -> list[str]:
        """Return the first lines of the commits, newest first."""
        return self.git("log", "--format=%s").splitlines()


def suggested(name: str, url: str, title: str) -> Suggestion:
    """Return what somebody suggests in Slack."""
    return Suggestion(
        suggestion_id=name, url=url, title=title, section="DNS", description="", question="", team="T", user=PERSON
    )


async def fill(store_url: str) -> None:
    """Put into the store what people asked, suggested and found wrong."""
    store = await Store.open(store_url, hash_key=b"k" * 32, store_questions=True)
    for name in ("one", "two", "three"):
        await store.add_suggestion(suggested(name, f"https://example.com/{name}", f"Page {name}"))
    await store.add_suggestion(suggested("evil", "javascript:document.title='owned'", HOSTILE))
    for name, problem in (("r1", Problem.OUTDATED), ("r2", Problem.SECTION)):
        await store.add_suggestion(replace(suggested(name, SLOW, "Why DNS lookups in pods are slow"), problem=problem))
    record = AnswerRecord(
        answer_id="a1", question="how do I make sourdough", surface="command", team="T", channel="C", user=PERSON,
        answered=False, confidence=0.1, urls=(), version="v", latency_ms=1.0,
    )  # fmt: skip
    await store.record_answer(record)
    await store.record_answer(replace(record, answer_id="a2", question=HOSTILE))
    await store.record_answer(replace(record, answer_id="a3", question="isolate", answered=True, urls=(ISOLATE,)))
    await store.record_feedback("a3", helpful=False, user=PERSON)
    await store.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, small_index: Path) -> Iterator[House]:
    """Run a bot in mode web, with a login for curators."""
    folder = tmp_path_factory.mktemp("house")
    checkout = folder / "checkout"
    git = make_checkout(checkout, CATALOGUE)
    links = checkout / "links"
    (links / "golden.yaml").write_text(GOLDEN)
    (links / "link-checks.jsonl").write_text("".join(json.dumps(row) + "\n" for row in CHECKS))
    git("add", ".")
    git("commit", "--quiet", "--message=Golden questions and checks")
    index = folder / "index"
    support.prepare(index, small_index)
    build([links / "small.yaml"], index, encoder=support.SHIPPED)
    settings = environment(
        None, folder, SIGNPOST_MODE="web", SLACK_BOT_TOKEN="", SLACK_SIGNING_SECRET="", SLACK_APP_TOKEN="",
        CURATORS_TOKEN=TOKEN, CATALOGUE_CHECKOUT=str(checkout), CATALOGUE_FILE="links/small.yaml",
        STORE_QUESTIONS="true", STORE_HASH_KEY="k" * 32, RATE_LIMIT="0", OMP_NUM_THREADS="1",
    )  # fmt: skip
    with ThreadPoolExecutor(1) as aside:  # the browser has the event loop of this thread
        aside.submit(lambda: asyncio.run(fill(settings["STORE_URL"]))).result()
    with FakeSlack() as slack:  # nobody asks it
        bot = BotProcess(slack=slack, folder=folder, environment=settings, scripted=False)
        try:
            bot.start()
            yield House(bot.base_url, checkout, git)
            bot.stop()
        finally:
            bot.kill()
        assert slack.calls == []
    assert PERSON not in bot.log_text()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start a browser."""
    with launched() as one:
        yield one


def log_in(page: Page, house: House) -> None:
    """Sign in."""
    page.goto(f"{house.url}/curators")
    page.fill("#token", TOKEN)
    page.press("#token", "Enter")
    page.wait_for_selector("#waiting")


def reload_until(page: Page, condition: Callable[[], object]) -> None:
    """Look at the page again and again until something is so."""
    deadline = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < deadline, page.inner_text("main")
        time.sleep(0.2)
        page.reload()


def difference(page: Page, house: House) -> str:
    """Return the address of the comparison of the two newest versions."""
    return house.url + str(page.get_attribute("a:has-text('What changed')", "href"))


def test_it_is_closed_to_everybody_who_is_not_signed_in(browser: Browser, house: House) -> None:
    """Whatever is opened leads to the login, which tells nothing."""
    with Tab(browser) as tab:
        for path in ("", "/mend?id=r1", "/versions?from=aaaaaaaa&to=bbbbbbbb"):
            tab.page.goto(f"{house.url}/curators{path}")
            assert tab.page.url == f"{house.url}/curators/login"
            assert "Page one" not in tab.page.content()
        tab.page.fill("#token", "guessed")
        tab.page.press("#token", "Enter")
        assert tab.page.text_content("#token-wrong") == "That is not the token."


def test_axe_finds_nothing_on_any_view(browser: Browser, house: House) -> None:
    """In light and in the dark: the login and what it says of a wrong token, the page, a form, what did not work."""
    for scheme in ("light", "dark"):
        with Tab(browser, bypass_csp=True, color_scheme=scheme) as tab:
            options = None if scheme == "light" else CONTRAST
            page = tab.page
            page.goto(f"{house.url}/curators/login")
            page.fill("#token", "guessed")
            page.press("#token", "Enter")
            page.wait_for_selector("#token-wrong")
            assert violations(page, options) == []
            log_in(page, house)
            page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
            assert violations(page, options) == []
            for path in ("/mend?id=r1", "/mend?id=gone"):
                page.goto(f"{house.url}/curators{path}")
                assert violations(page, options) == [], path


def test_a_small_screen_shows_all_of_it(browser: Browser, house: House) -> None:
    """Nothing goes over the edge at 360 pixels, and everything that is pressed has 44."""
    with Tab(browser, viewport={"width": 360, "height": 740}) as tab:
        log_in(tab.page, house)
        for path in ("", "/mend?id=r1", "/mend?id=gone"):
            tab.page.goto(f"{house.url}/curators{path}")
            tab.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
            assert tab.page.evaluate("document.documentElement.scrollWidth") <= 360, path
            assert tab.page.evaluate(SMALL) == [], path


def test_what_others_wrote_does_nothing_and_names_nobody(browser: Browser, house: House) -> None:
    """Links, suggestions and questions are text; a person's id is nowhere, and no other host is asked."""
    with Tab(browser) as tab:
        log_in(tab.page, house)
        main = tab.page.inner_text("main")
        assert HOSTILE in main
        assert "how do I make sourdough" in main
        assert "owned" not in tab.page.title()
        assert tab.page.locator("main img, main script, main b").count() == 0
        assert tab.page.locator("a[href^='javascript']").count() == 0
        assert PERSON not in tab.page.content()
        assert tab.elsewhere(house.url) == []
        assert tab.wrong == []


def test_it_shows_use_over_time_and_the_map(browser: Browser, house: House) -> None:
    """Days with their counts; each link a point, each gap whose text is kept a numbered ring, named beside it."""
    with Tab(browser) as tab:
        log_in(tab.page, house)
        assert "3 questions; 0 answers called helpful, 1 not." in tab.page.inner_text("[aria-labelledby=use]")
        assert [one.inner_text() for one in tab.page.locator("[aria-labelledby=use] tbody td.number").all()] == [
            *("1", "0", "2", "3"),
        ]
        assert tab.page.locator("svg.map circle.map-link").count() == 4  # the hijacked one is in no answer
        assert tab.page.locator("svg.map .map-gap").count() == tab.page.locator(".rings > li").count() == 3
        assert "Mesh" in tab.page.inner_text(".keys")
        unseen = tab.page.inner_text("[aria-labelledby=unseen] h2")
        assert unseen.split() == ["In", "no", "answer", "3"]
        assert "shown 1 time" in tab.page.inner_text("[aria-labelledby=unopened]")


def test_by_the_keyboard_alone(browser: Browser, house: House) -> None:
    """Sign in, go to what waits, dismiss a question, log out; what has the focus is seen."""
    with Tab(browser) as tab:
        page = tab.page

        def tab_to(text: str) -> None:
            for _ in range(80):
                page.keyboard.press("Tab")
                if tab.focused().strip().startswith(text):
                    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
                    return
            raise AssertionError(f"{text} is not reached")

        page.goto(f"{house.url}/curators")
        page.keyboard.press("Tab")
        assert tab.focused() == "Skip to the content"
        page.keyboard.press("Tab")
        page.keyboard.type(TOKEN)
        page.keyboard.press("Enter")
        page.wait_for_selector("#waiting")
        tab_to("Dismiss: how do I make sourdough")
        page.keyboard.press("Enter")
        page.wait_for_selector("[role=status]")
        assert page.inner_text("[role=status]") == "These questions are not listed again."
        assert "sourdough" not in page.inner_text("main")
        tab_to("Log out")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{house.url}/curators/login")
        page.go_back()
        page.wait_for_selector("#token")  # no browser keeps what was there
        assert "Page one" not in page.content()


def test_a_day_of_a_curator_without_scripts(browser: Browser, house: House) -> None:
    """Decide, look after reports, mend by one click: each a commit; build, compare, go back. All by links and forms."""
    with Tab(browser, java_script_enabled=False) as tab:
        page = tab.page
        log_in(page, house)

        def press(label: str, about: str) -> str:
            with page.expect_navigation():
                page.click(f"button:has-text('{label}: {about}')")
            return page.inner_text("[role=status]")

        assert press("Approve", "Page one") == "Approved; it goes into the catalogue."
        assert press("Decline", "Page two") == "Declined."
        page.reload()
        assert page.locator("[role=status]").count() == 0  # it is said once
        assert "Page two" not in page.inner_text("main")
        reload_until(page, lambda: "https://example.com/one" in house.catalogue.read_text())
        assert "Page one" in house.subjects()[0]

        page.click("summary:has-text('What was seen') >> nth=0")
        assert "2026-05-04: hijacked: the title says <for sale>" in page.inner_text("#health ~ .cards")
        assert press("Retire it", "The old page").startswith("Written: commit")
        assert press("Give it the new address", "Service mesh").startswith("Written: commit")
        assert house.subjects()[:2] == [f"Give {MOVED} its new address", f"Retire {PARKED}"]
        assert "None, as far as the links were checked." in page.inner_text("[aria-labelledby=health]")

        assert press("It is fine", "Why DNS") == "Left as it is."
        page.click("a:has-text('Mend: Why DNS')")
        page.fill("#title", "Why DNS lookups are slow, mended")
        page.fill("#questions", "why is dns so slow in my pods\nwhich timeout has dns")
        with page.expect_navigation():
            page.click("text=Mend >> nth=-1")
        assert page.inner_text("[role=status]") == "Mended; it goes into the catalogue."
        assert "Nobody says so." in page.inner_text("[aria-labelledby=reports]")
        reload_until(page, lambda: "slow, mended" in house.catalogue.read_text())
        assert "# often" in house.catalogue.read_text()
        assert house.git("status", "--short") == ""

        page.click("text=Log out")
        page.wait_for_url(f"{house.url}/curators/login")
        page.goto(f"{house.url}/curators")
        assert page.url == f"{house.url}/curators/login"


def test_versions_are_built_compared_and_gone_back_to_without_scripts(browser: Browser, house: House) -> None:
    """With the answers to golden questions that moved."""
    with Tab(browser, java_script_enabled=False) as tab:
        page = tab.page
        log_in(page, house)
        reload_until(page, lambda: not page.locator("#waiting ~ .cards .state").count())
        better = "- url: https://example.com/better\n  title: Slow DNS in pods\n  section: [DNS]\n"
        text = house.catalogue.read_text().replace("why is dns so slow in my pods", "how slow is dns")
        house.catalogue.write_text(text + better + "  questions: [why is dns so slow in my pods]\n")
        house.git("commit", "--quiet", "--all", "--message=A better link")
        before = page.inner_text(".versions > li:has-text('current') code")
        with page.expect_navigation():
            page.click("text=Build the index")
        assert page.inner_text("[role=status]") == "The index is being built."

        def is_built() -> bool:
            """Return whether the newest version has the link; one with the change of another test may come before."""
            if not page.locator("a:has-text('What changed')").count():
                return False
            page.goto(difference(page, house))
            found = "https://example.com/better" in page.inner_text("main")
            page.goto(f"{house.url}/curators")
            return found

        reload_until(page, is_built)
        page.goto(difference(page, house))
        shown = page.inner_text("main")
        assert f"“why is dns so slow in my pods”: {SLOW} → https://example.com/better" in " ".join(shown.split())
        assert "https://example.com/better" in page.inner_text("[aria-labelledby=added]")
        page.click("text=All versions")
        with page.expect_navigation():
            page.click(f"button:has-text('Back to this one: {before}')")
        assert page.inner_text("[role=status]").startswith(f"Version {before} is current again.")
        assert page.inner_text(".versions > li:has-text('current') code") == before


def test_the_comparison_of_versions_is_as_the_other_views(browser: Browser, house: House) -> None:
    """Axe in light and dark, and 360 pixels; a version that is not there is told in a line."""
    for scheme in ("light", "dark"):
        with Tab(browser, bypass_csp=True, color_scheme=scheme, viewport={"width": 360, "height": 740}) as tab:
            log_in(tab.page, house)
            # Two that are there: after a step back no version need have a link to what changed.
            one, other = sorted(path.name for path in (house.checkout.parent / "index" / "bundles").glob("[!.]*"))[:2]
            tab.page.goto(f"{house.url}/curators/versions?from={one}&to={other}")
            assert tab.page.inner_text("h1") == "What changed"
            assert violations(tab.page, None if scheme == "light" else CONTRAST) == []
            assert tab.page.evaluate("document.documentElement.scrollWidth") <= 360
            assert tab.page.evaluate(SMALL) == []
            tab.page.goto(f"{house.url}/curators/versions?from={'a' * 16}&to={'b' * 16}")
            assert tab.page.inner_text("h1") == "That did not work"
