"""The page in a real browser: by keyboard alone, without scripts, in the dark, on 360 pixels, on paper, and by axe."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from queue import SimpleQueue
from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from bot.server import create_asgi
from index.catalogue.link import Further, Link, Status
from tests.bot.serving import served
from tests.bot.tiny import CALICO, CILIUM, TinyAsks, services_of
from tests.bot.web.tab import CONTRAST, LAN_HOST, SMALL, Tab, launched, violations

EVIL: Final = Link(
    url="javascript:document.title='owned'",
    title="</title><script>document.title='owned'</script>cilium",
    description='"><img src=//evil.example/x onerror="document.title=\'owned\'"><style>*{display:none}</style> cilium',
    publisher="<svg onload=document.title='owned'>",
    section=("'\"><b>section",),
    tags=("<i>tag</i>", "public"),
    questions=("<script>document.title='owned'</script>?",),
    added=date(2026, 2, 1),
    further=(Further(kind="<b>code", url="https://code.example/"),),
)
MANY: Final = tuple(
    replace(CALICO, url=f"https://many.example/{number}", title=f"Cilium in {number} minutes", tags=("video", "public"))
    for number in range(13)
)
LINKS: Final = (
    CILIUM,
    replace(CALICO, status=Status.DEAD),
    EVIL,
    replace(
        CILIUM,
        url="https://old.example/",
        title="A page that moved",
        status=Status.MOVED,
        moved_to="https://new.example/",
    ),
    Link(url="https://long.example/", title="x" * 300, description="y" * 400, section=("z" * 80, "w" * 90)),
    Link(url="https://short.example/", title="1x", publisher="short.example", section=("C",)),
    *MANY,
)
PAGES: Final = (
    "/",
    "/?q=maybe+cilium",
    "/?q=hardly+section%3ACNI+-tag%3Ax",
    "/?q=cilium",
    "/browse",
    "/new",
    "/suggest?question=how",
)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Serve the page from a thread."""
    with serving(RATE_LIMIT="0", API_ORIGINS="*") as one:
        yield one


@contextmanager
def serving(**settings: str) -> Iterator[str]:
    """Serve the page of a list with a hostile link from a thread."""
    urls: SimpleQueue[str] = SimpleQueue()
    ended = threading.Event()

    async def serve() -> None:
        async with (
            services_of(TinyAsks(LINKS), SIGNPOST_MODE="web", **settings) as services,
            served(create_asgi(services.settings, services)) as server,
        ):
            urls.put(server.url)
            await asyncio.to_thread(ended.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        yield urls.get(timeout=120)
    finally:
        ended.set()
        thread.join(30)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start a browser."""
    with launched() as one:
        yield one


def test_axe_finds_nothing(browser: Browser, url: str) -> None:
    """On each kind of page."""
    with Tab(browser, bypass_csp=True) as tab:
        for path in (
            *PAGES[:3],
            "/browse",
            "/suggest",
            "/api/v1/docs",
            "/nowhere",
        ):  # the parts of the others are on these
            tab.page.goto(url + path)
            assert violations(tab.page) == [], path


def test_the_dark_has_its_own_colours(browser: Browser, url: str) -> None:
    """Of enough contrast, by axe."""
    with Tab(browser, color_scheme="dark", bypass_csp=True) as tab:
        for path in PAGES[:3]:
            tab.page.goto(url + path)
            assert violations(tab.page, CONTRAST) == [], path
        ground = tab.page.evaluate("getComputedStyle(document.body).backgroundColor").partition("(")[2].split(",")
        assert int(ground[0]) < 64


def test_colours_of_the_reader_win(browser: Browser, url: str) -> None:
    """Whoever has set colours for everything sees text in those of text, and what can be pressed has an edge."""
    with Tab(browser, forced_colors="active", bypass_csp=True) as tab:
        for path in PAGES[:3]:
            tab.page.goto(url + path)
            assert violations(tab.page, CONTRAST) == [], path
        tab.page.goto(f"{url}/?q=cilium")
        colour = "one => getComputedStyle(one).color"
        assert tab.page.locator("a.title mark").first.evaluate(colour) == tab.page.locator("a.title").first.evaluate(
            colour
        )


def test_forms_work_without_https(browser: Browser, url: str) -> None:
    """In a network of one's own, where a browser says of a form only which origin it is of."""
    with Tab(browser) as tab:
        tab.page.goto(url.replace("127.0.0.1", LAN_HOST) + "/suggest")
        tab.page.fill("#url", "https://lan.example/new")
        tab.page.fill("#title", "A title")
        tab.page.click("main button[type=submit]")
        expect(tab.page.locator("h1")).to_have_text("Thank you")


def test_a_first_load_is_small_and_asks_nobody_else(browser: Browser, url: str) -> None:
    """Four requests, 60 KB over the wire, no other host; and no script within the page."""
    with Tab(browser) as tab:
        sizes: list[int] = []
        tab.page.on("requestfinished", lambda one: sizes.append(sum(one.sizes()[name] for name in SIZES)))
        tab.page.goto(url, wait_until="networkidle")
        assert len([one for one in tab.requests if not one.url.startswith("data:")]) <= 4
        assert sum(sizes) <= 60_000
        assert tab.elsewhere(url) == []
        assert tab.page.evaluate("[...document.scripts].filter(one => !one.src).length") == 0
        tab.page.wait_for_function("document.fonts.check('16px Overpass')")
        assert tab.wrong == []


SIZES: Final = ("responseBodySize", "responseHeadersSize")


def test_a_hostile_list_does_nothing(browser: Browser, url: str) -> None:
    """Not in results that were loaded, nor in those that the script put there."""
    with Tab(browser) as tab:
        tab.page.goto(f"{url}/?q=cilium")
        tab.page.goto(f"{url}/new")
        tab.page.goto(url)
        tab.page.fill("#q", "cilium")
        tab.page.wait_for_selector(".hits")
        tab.page.wait_for_timeout(100)
        assert "owned" not in tab.page.title()
        assert tab.page.locator("#results img, #results style, #results script, #results b").count() == 0
        assert tab.page.locator("a[href^='javascript']").count() == 0
        assert tab.elsewhere(url) == []
        assert tab.wrong == []


def test_links_are_found_by_the_keyboard_alone(browser: Browser, url: str) -> None:
    """`/` to the box, results while typing, arrows from link to link, Esc back, Enter to open."""
    with Tab(browser) as tab:
        tab.page.route("https://docs.cilium.io/**", lambda route: route.fulfill(body="there"))
        tab.page.goto(url)
        tab.page.keyboard.press("/")
        tab.page.keyboard.type("cilium")
        expect(tab.page).to_have_title(
            "cilium – Tiny"
        )  # answers come while keys do: that of "cil" may stand there first
        expect(tab.page).to_have_url(f"{url}/?q=cilium")
        expect(tab.page.locator("#said")).to_have_text("The first 10 links")
        tab.page.keyboard.press("ArrowDown")
        assert tab.focused() == "Cilium documentation"
        tab.page.keyboard.press("ArrowDown")
        assert tab.focused() == "Calico"
        tab.page.keyboard.press("ArrowUp")
        tab.page.keyboard.press("ArrowUp")
        assert tab.focused() == "cilium"
        tab.page.keyboard.press("ArrowDown")
        tab.page.keyboard.press("Escape")
        assert tab.focused() == "cilium"
        tab.page.keyboard.press("ArrowDown")
        tab.page.keyboard.press("Enter")
        tab.page.wait_for_url("https://docs.cilium.io/**")
        assert tab.wrong == []


def test_the_whole_way_by_tab(browser: Browser, url: str) -> None:
    """Each thing that can be pressed is reached in the order of the page, and is seen to have the focus."""
    with Tab(browser) as tab:
        tab.page.goto(f"{url}/?q=maybe+cilium")
        tab.page.keyboard.press("Tab")
        assert tab.focused() == "Skip to the content"
        seen = []
        for _ in range(16):
            tab.page.keyboard.press("Tab")
            seen.append(tab.focused().strip())
            style = tab.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert style == "solid", seen[-1]
        order = ["Tiny", "maybe cilium", "Search", "Browse", "Cilium documentation"]
        assert [one for one in seen if one in order] == order


def test_everything_works_without_scripts(browser: Browser, url: str) -> None:
    """Ask, narrow, go on, judge, suggest: by links and forms."""
    with Tab(browser, java_script_enabled=False) as tab:
        page = tab.page
        page.goto(url)
        page.fill("#q", "cilium")
        page.click("form[role=search] button")
        expect(page.locator(".hits > li")).to_have_count(10)
        page.click("text=Show more")
        expect(page.locator(".hits > li .board").first).to_have_text("11")
        page.click(".hits .tag >> nth=0")
        expect(page.locator(".chip")).to_have_count(1)
        page.click(".chip")
        expect(page.locator(".chip")).to_have_count(0)
        page.click("text=Not helpful")
        page.wait_for_selector("text=the curators see what did not help")
        page.click("text=Suggest a link")
        page.fill("#url", "https://fresh.example/")
        page.fill("#title", "Fresh")
        page.click("text=Send")
        expect(page.locator("h1")).to_have_text("Thank you")


def test_what_the_script_does(browser: Browser, url: str) -> None:
    """Further links and the verdict come in place; what was emptied is the front page again."""
    with Tab(browser) as tab:
        page = tab.page
        page.goto(f"{url}/?q=cilium")
        page.click("text=Show more")
        page.wait_for_selector(".hits > li:nth-child(19)")
        expect(page.locator("#said")).to_have_text("Links 11 to 19")
        assert page.url == f"{url}/?q=cilium"
        expect(page.locator("text=Show more")).to_have_count(0)
        page.click("button:text-is('Helpful')")
        page.wait_for_selector("text=Thank you, that helps.")
        page.fill("#q", "hardly cilium")
        page.wait_for_selector(".answer.is-nothing")
        expect(page.locator("#said")).to_have_text("Nothing answers this; 3 links that came nearest")
        page.fill("#q", "")
        page.wait_for_selector(".front")
        expect(page).to_have_url(f"{url}/")
        assert tab.wrong == []


def test_what_is_typed_is_one_step_back(browser: Browser, url: str) -> None:
    """However many answers were shown on the way; what was there before is there again, and forward the answer."""
    with Tab(browser) as tab:
        page = tab.page
        page.goto(url)
        for query in ("cilium", "maybe cilium"):
            page.fill("#q", query)
            page.wait_for_selector(f".answer[data-title^='{query} ']")
        expect(page).to_have_url(f"{url}/?q=maybe%20cilium")
        page.go_back()
        page.wait_for_selector(".front")
        expect(page).to_have_url(f"{url}/")
        page.go_forward()
        page.wait_for_selector(".answer.is-perhaps")
        assert page.input_value("#q") == "maybe cilium"


def test_a_server_that_is_away_is_told(browser: Browser, url: str) -> None:
    """While typing and after a press, in words that are seen and read aloud; what was there stays, and works again."""
    with Tab(browser) as tab:
        page = tab.page
        page.goto(f"{url}/?q=cilium")
        page.context.set_offline(True)
        page.click("text=Not helpful")
        expect(page.locator(".verdict p")).to_have_text("That could not be sent. Try again in a moment.")
        page.fill("#q", "maybe cilium")
        expect(page.locator(".away")).to_have_text("No answer came. Press Enter to try again.")
        expect(page.locator("#said")).to_have_text("No answer came. Press Enter to try again.")
        expect(page.locator(".hits > li")).to_have_count(10)
        page.context.set_offline(False)
        page.route("**/*part=1*", lambda route: route.fulfill(status=429, body="too many"))
        page.fill("#q", "maybe ciliu")
        expect(page.locator(".away")).to_have_text("That was too much at once. Wait a little, then press Enter.")
        page.unroute("**/*part=1*")
        page.fill("#q", "cilium maybe")
        page.wait_for_selector(".answer.is-perhaps")
        expect(page.locator(".away")).to_have_count(0)
        page.click("text=Not helpful")
        page.wait_for_selector("text=the curators see what did not help")


def test_a_small_screen_shows_all_of_it(browser: Browser, url: str) -> None:
    """Nothing goes over the edge at 360 pixels, and everything that is pressed has 44."""
    with Tab(browser, viewport={"width": 360, "height": 740}) as tab:
        for path in PAGES:
            tab.page.goto(url + path)
            assert tab.page.evaluate("document.documentElement.scrollWidth") <= 360, path
            assert tab.page.evaluate(SMALL) == [], path


def test_numbers_are_whole_on_the_smallest_screen(browser: Browser, url: str) -> None:
    """The number of a later link, and how many a section has, are on one line of their own width."""
    cut = """([number, kind]) => [...document.querySelectorAll(kind)].filter(one => {
        one.textContent = number;
        const range = document.createRange();
        range.selectNodeContents(one);
        return range.getClientRects().length !== 1 || range.getBoundingClientRect().right > one.getBoundingClientRect().right;
    }).length"""
    with Tab(browser, viewport={"width": 320, "height": 740}) as tab:
        for path, kind in (("/?q=cilium", ".board"), ("/browse", ".tree .count"), ("/", ".rooms .count")):
            tab.page.goto(url + path)
            assert tab.page.locator(kind).count() > 0
            assert tab.page.evaluate(cut, ["145", kind]) == 0, path
            assert tab.page.evaluate("document.documentElement.scrollWidth") <= 320, path


def test_a_printed_page_has_the_addresses(browser: Browser, url: str) -> None:
    """And nothing to press."""
    with Tab(browser) as tab:
        tab.page.goto(f"{url}/?q=cilium")
        tab.page.emulate_media(media="print")
        assert not tab.page.locator(".top nav").is_visible()
        assert not tab.page.locator(".verdict").is_visible()
        shown = tab.page.evaluate("getComputedStyle(document.querySelector('a.title'), '::after').content")
        assert "https://docs.cilium.io" in shown


def test_the_question_is_in_the_address(browser: Browser, url: str) -> None:
    """It can be passed on, and the back button goes from an answer to the one before."""
    with Tab(browser) as tab:
        page = tab.page
        page.goto(f"{url}/?q=maybe+cilium")
        page.click(".hits .tag >> nth=0")
        page.wait_for_selector(".chip")
        narrowed = page.url
        assert "tag" in narrowed
        page.go_back()
        page.wait_for_selector(".answer.is-perhaps")
        assert page.input_value("#q") == "maybe cilium"
        page.goto(narrowed)
        expect(page.locator(".chip")).to_have_count(1)


def test_the_box_in_another_page_has_a_line_for_each_thing(browser: Browser, url: str) -> None:
    """The publisher does not stick to a title that has no description."""
    with Tab(browser) as tab:
        tab.page.set_content(f"<body><script src='{url}/embed.js' data-top='9'></script>")
        tab.page.fill("input", "cilium")
        tab.page.wait_for_selector("small:has-text('short.example')")
        tops = "one => one.getBoundingClientRect().top - one.previousSibling.getBoundingClientRect().bottom"
        assert all(gap > -1 for gap in tab.page.locator("small").evaluate_all(f"all => all.map({tops})"))


def test_a_key_is_asked_for_and_remembered(browser: Browser) -> None:
    """One box; what is wrong is said beside it."""
    with serving(WEB_KEY="a-key-of-some-length") as url, Tab(browser) as tab:
        tab.page.goto(f"{url}/browse")
        tab.page.fill("#key", "another one of length")
        tab.page.click("text=Open")
        assert tab.page.text_content("#key-wrong") == "That is not the key."
        tab.page.fill("#key", "a-key-of-some-length")
        tab.page.click("text=Open")
        expect(tab.page.locator("h1")).to_have_text("Browse")  # what was asked for


def test_the_command_for_the_browser_is_there() -> None:
    """What the skip of this file names."""
    makefile = Path(__file__).resolve().parents[3] / "Makefile"
    assert "\nchromium:" in makefile.read_text(encoding="utf-8")
