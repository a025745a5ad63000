"""Verdicts that need evidence: what is seen on several days, by signs that do not depend on one another."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from index.catalogue.checks.checker import Target
from index.catalogue.checks.evidence import (
    DAYS_TO_FADE,
    DAYS_TO_HIDE,
    advance,
    converging,
    explained,
    is_left_out,
)
from index.catalogue.checks.inside import Inside
from index.catalogue.checks.overlay import with_status
from index.catalogue.checks.records import CHECKS, STATE_FILE, Day, Outcome, Record, Sign, Standing, Verdict
from index.catalogue.link import Entry, Link, Source
from tests.index.catalogue.checks import sorts
from tests.index.catalogue.checks.world import Answer, Page, Request, World, no_such_host, opened, redirect

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://acme.test/guide"
GONE, GOOD = (Outcome.GONE,), (Outcome.ALIVE,)
GUARDED = (Outcome.UNKNOWN, Sign.GUARDED)
MISSING, AWAY, TEXT = (
    (Outcome.SUSPICIOUS, Sign.MISSING),
    (Outcome.SUSPICIOUS, Sign.AWAY),
    (Outcome.SUSPICIOUS, Sign.TEXT),
)
CHANGED = (Outcome.HIJACKED, Sign.HEADINGS)
NOTICE = (Outcome.SUSPICIOUS, Sign.ANYWHERE, Sign.NOTICE)
Seen = tuple[Outcome | Sign, ...]


def after(*seen: Seen, dead_after: int = 3) -> Record:
    """Return what is known of a link after a check on each of some days in a row."""
    record: Record | None = None
    for number, (outcome, *signs) in enumerate(seen):
        assert isinstance(outcome, Outcome)
        verdict = Verdict(outcome=outcome, reason=f"seen on day {number}", signs=tuple(signs), to="")  # type: ignore[arg-type]
        record = advance(record, URL, verdict, now=NOW + timedelta(days=number), dead_after=dead_after)
    assert record is not None
    return record


@pytest.mark.parametrize(
    ("seen", "standing"),
    [
        ([CHANGED], Standing.SUSPICIOUS),
        ([CHANGED, CHANGED], Standing.HIJACKED),
        ([(*CHANGED, Sign.TEXT)], Standing.HIJACKED),
        ([(*CHANGED, Sign.AWAY)], Standing.HIJACKED),
        ([TEXT] * 5, Standing.SUSPICIOUS),
        ([AWAY] * 5, Standing.SUSPICIOUS),
        ([MISSING] * 5, Standing.SUSPICIOUS),
        ([(*AWAY, Sign.TEXT)], Standing.SUSPICIOUS),
        ([(*AWAY, Sign.TEXT)] * 2, Standing.HIJACKED),
        ([(*AWAY, Sign.ONE_PAGE), AWAY, AWAY], Standing.SUSPICIOUS),
        ([(*AWAY, Sign.ONE_PAGE)] * 2, Standing.HIJACKED),
        ([CHANGED, GOOD, CHANGED], Standing.SUSPICIOUS),
        ([CHANGED, CHANGED, GOOD], Standing.ALIVE),
        ([MISSING, MISSING, GOOD], Standing.ALIVE),
        ([CHANGED, CHANGED, GONE, GONE], Standing.HIJACKED),
        ([CHANGED, CHANGED, GONE, GONE, GONE], Standing.DEAD),
        ([MISSING, MISSING, GONE], Standing.SUSPICIOUS),
        ([GONE, GONE, GUARDED, GONE], Standing.FAILING),
        ([GONE, GONE, GONE, GUARDED], Standing.UNKNOWN),
        ([GOOD, GONE, GONE, GONE, GUARDED], Standing.ALIVE),
        ([CHANGED, CHANGED, GUARDED], Standing.HIJACKED),
        ([CHANGED, CHANGED, *[GUARDED] * DAYS_TO_FADE], Standing.UNKNOWN),
        ([GOOD, MISSING, MISSING, *[GUARDED] * DAYS_TO_FADE], Standing.ALIVE),
        ([GUARDED] * 9, Standing.UNKNOWN),
    ],
)
def test_a_verdict_is_what_the_days_say(seen: list[Seen], standing: Standing) -> None:
    """Owner's change, or two signs on two days; text alone is never enough, and everything can be taken back."""
    assert after(*seen).standing is standing


def test_two_checks_of_one_day_are_one_day() -> None:
    """The last telling one counts: a check without a result takes nothing away."""
    first = after(CHANGED)
    again = advance(
        first, URL, Verdict(outcome=Outcome.HIJACKED, reason="", signs=(Sign.HEADINGS,)), now=NOW, dead_after=3
    )
    assert (again.standing, len(again.days)) == (Standing.SUSPICIOUS, 1)
    unknown = advance(again, URL, Verdict(outcome=Outcome.UNKNOWN, reason="no answer"), now=NOW, dead_after=3)
    assert (unknown.standing, unknown.days, unknown.unclear) == (Standing.SUSPICIOUS, again.days, "no answer")
    good = advance(unknown, URL, Verdict(outcome=Outcome.ALIVE, reason="200 OK"), now=NOW, dead_after=3)
    assert (good.standing, len(good.days)) == (Standing.ALIVE, 1)


def test_what_is_kept_stays_small() -> None:
    """A good link has its last day, whatever the years; a bad one the last dozen, and as many as dead needs."""
    assert len(after(*[GOOD] * 50).days) == 1
    assert len(after(*[MISSING] * 50).days) == 12
    assert after(*[GONE] * 20, dead_after=20).standing is Standing.DEAD


@pytest.mark.parametrize(
    ("seen", "left_out"),
    [
        ([MISSING], False),
        ([MISSING, MISSING], True),
        ([TEXT, MISSING], True),
        ([AWAY, AWAY], False),
        ([(*AWAY, Sign.MISSING)] * 3, False),
        ([MISSING, AWAY], False),
        ([(Outcome.SUSPICIOUS, Sign.START)] * 3, False),
        ([NOTICE] * 6, False),
        ([NOTICE] * 7, True),
        ([*[NOTICE] * 6, (Outcome.SUSPICIOUS, Sign.ANYWHERE)], True),
        ([NOTICE, MISSING, MISSING], True),
        ([CHANGED], False),
        ([CHANGED, CHANGED], True),
        ([MISSING, MISSING, GOOD], False),
        ([GONE, GONE, GONE], False),
    ],
)
def test_what_hides_a_link_was_seen_on_two_days(seen: list[Seen], *, left_out: bool) -> None:
    """At its own address; where it leads elsewhere, people see that by the mark."""
    assert is_left_out(after(*seen)) is left_out


def test_records_of_before_keep_what_they_said(tmp_path: Path) -> None:
    """A hijacked link of an earlier version stays so until a check says otherwise; a dead one has its days."""
    rows = [
        f'{{"url": "{URL}", "standing": "hijacked", "reason": "parked", "checked": "2026-02-01T00:00:00+00:00"}}',
        (
            f'{{"url": "{URL}2", "standing": "failing", "reason": "404", "checked": "2026-02-02T00:00:00+00:00", '
            '"failed_on": ["2026-02-01", "2026-02-02"]}'
        ),
    ]
    (tmp_path / STATE_FILE).write_text("\n".join(['{"format": 1}', *rows, ""]))
    old = CHECKS.read(tmp_path / STATE_FILE)
    unknown = Verdict(outcome=Outcome.UNKNOWN, reason="no answer")
    gone, good = Verdict(outcome=Outcome.GONE, reason="404"), Verdict(outcome=Outcome.ALIVE, reason="200 OK")
    assert advance(old[URL], URL, unknown, now=NOW, dead_after=3).standing is Standing.HIJACKED
    assert advance(old[URL], URL, gone, now=NOW, dead_after=3).standing is Standing.HIJACKED
    assert advance(old[URL], URL, good, now=NOW, dead_after=3).standing is Standing.ALIVE
    assert advance(old[f"{URL}2"], f"{URL}2", gone, now=NOW, dead_after=3).standing is Standing.DEAD


def away(name: str, to: str = "https://spins.test/welcome", at: str = "") -> Record:
    """Return what is known of a link that redirects to another owner's page."""
    day = Day(on=NOW.date(), outcome=Outcome.SUSPICIOUS, reason="", signs=(Sign.AWAY,), to=to)
    return Record(
        url=f"https://{name}.test/a", standing=Standing.SUSPICIOUS, reason="", checked=NOW, days=(day,), to=to, at=at
    )


def again(record: Record) -> Record:
    """Return it after another day on which the same was seen."""
    verdict = Verdict(outcome=Outcome.SUSPICIOUS, reason="", signs=(Sign.AWAY,), to=record.to)
    return advance(record, record.url, verdict, now=NOW + timedelta(days=1), dead_after=3)


def test_sites_that_lead_to_one_page_are_hijacked_after_two_days() -> None:
    """Three owners, on different days, and not where the network may be the cause."""
    several = [
        away(name, f"https://spins.test/welcome?from={name}", f"192.0.2.{n}")
        for n, name in enumerate(("a1", "b1", "c1"))
    ]
    assert converging(several[:2], 3) == []
    first = converging(several, 3)
    assert [one.standing for one in first] == [Standing.SUSPICIOUS] * 3
    second = converging([again(one) for one in first], 3)
    assert [one.standing for one in second] == [Standing.HIJACKED] * 3
    assert "sites of 3 owners redirect to this one page" in second[0].reason
    assert [one.standing for one in converging(first, 3)] == [Standing.SUSPICIOUS] * 3


@pytest.mark.parametrize(
    "to", ["https://spins.test/", "http://10.0.0.1/blocked", "http://portal/", "http://[fd00::1]/"]
)
def test_sites_that_the_network_sends_to_one_page_are_not(to: str) -> None:
    """All at one IP address (a sinkhole), or to a page of the network's own."""
    at = "192.0.2.1" if "spins" in to else ""
    assert converging([replace(away(name, to), at=at) for name in ("a1", "b1", "c1", "d1")], 3) == []


def test_owners_and_start_pages_do_not_converge() -> None:
    """Hosts of one owner, and each site's own start page."""
    page = "https://spins.test/welcome"
    same = [replace(away(name, page), url=f"https://{name}.owner.com/a") for name in ("a", "b", "c")]
    assert converging(same, 3) == []
    assert converging([away(name, f"https://{name}.test/") for name in ("a1", "b1", "c1")], 3) == []


# Pages of every sort, over real connections and some days


@dataclass
class Days:
    """Checks on one day after the other, with what is known in between."""

    world: World
    titles: Mapping[str, str] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    inside: Inside = field(default_factory=Inside)
    today: datetime = NOW

    async def check(self, urls: Iterable[str], days: int = 1) -> None:
        """Check some links on each of some days."""
        for _ in range(days):
            targets = []
            for url in urls:
                title = self.titles.get(url, "")
                targets.append(Target(url=url, title=title, titles=(title,), before=self.records.get(url)))
            found = await self.world.check(targets, retries=0, per_host=4, timeout_s=60.0)
            for url, verdict in found.items():
                name = url.partition("//")[2].partition(":")[0]
                judged = self.inside.judged(name, self.records.get(url), verdict)
                self.records[url] = advance(self.records.get(url), url, judged, now=self.today, dead_after=3)
            self.today += timedelta(days=1)

    def served(self, folder: Path) -> set[str]:
        """Return the links that a build would serve."""
        CHECKS.write(folder / STATE_FILE, self.records)
        links = [Link(url=url, title="A title") for url in self.records]
        source = Source(path=str(folder / "list.yaml"))
        return {link.url for link in with_status(links, [Entry(link=link, source=source) for link in links])}


def markup(host: str, title: str, body: str) -> str:
    """Return a page as a site sends it."""
    page = f"<html><head><title>{title}</title></head><body>{body}</body></html>"
    return page.replace("{host}", host).replace("{{", "{").replace("}}", "}")


def good_sites(world: World) -> dict[str, str]:
    """Put two hundred good pages of twelve sorts into the world, some at any address; return their addresses with titles."""
    titles: dict[str, str] = {}

    def site(host: str, title: str, page: Page, path: str = "/guide") -> None:
        titles[world.url(host, path)] = title
        world.pages[host, path] = page
        if len(titles) % 2:
            world.pages[host, "*"] = page

    walls = [
        *(sorts.HOW_TOS_ABOUT_DOMAINS, sorts.COMMENT_SPAM, sorts.BOT_WALLS, sorts.LOGIN_WALLS, sorts.PAYWALLS),
        *(sorts.CONSENT_PAGES, sorts.MAINTENANCE, sorts.MORE_WALLS),
    ]
    for kind, pages in enumerate(walls):
        for number, (subject, title, body) in enumerate(pages):
            host = f"good{kind}-{number}.test"
            site(host, subject, Answer(body=markup(host, title, body)))
    for number, (status, body) in enumerate(sorts.REFUSALS):
        host = f"refusal{number}.test"
        site(host, "Refused", Answer(status, markup(host, "", body)))
    world.pages["wall.example", "/challenge"] = Answer(body="<title>Just a moment...</title>")
    for number in range(4):
        site(f"walled{number}.test", "Walled", redirect(world.url("wall.example", "/challenge"), 302))
    for number in range(17):
        new = f"renamed{number}.example"
        text = f"About the company{' that was old' if number % 2 else ''}, number {'x' * number}, and what it makes now"
        world.pages[new, "/new"] = Answer(body=f"<title>New {number}</title><p>{text}</p>")
        site(f"old{number}.test", "Old", redirect(world.url(new, "/new"), 301 if number % 3 else 302))
        world.pages[f"land{number}.test", "/de/guide"] = world.pages[f"land{number}.test", "/de/"] = Answer()
        site(f"land{number}.test", "Land", redirect("/de/" if number % 2 else "/de/guide", 302))
        short = ("bit.ly", "t.co", "go.acme.example", "tiny.example")[number % 4]
        world.pages[f"target{number}.test", "/x"] = Answer(
            body=f"<title>Target {'y' * number}</title><p>Some text of its own</p>"
        )
        site(short, "Short", redirect(world.url(f"target{number}.test", "/x"), 301), f"/s{number}")
    return titles


async def test_two_hundred_good_pages_stay(tmp_path: Path) -> None:
    """How-tos, comment spam, walls, notices, refusals and honest redirects: none is hidden, on whatever day."""
    async with opened(World()) as world:
        titles = good_sites(world)
        assert len(titles) >= 200
        for given in (titles, dict.fromkeys(titles, "Number 12")):
            days = Days(world, given)
            await days.check(titles, days=2)
            assert days.served(tmp_path) == set(titles)
            assert not any(one.standing is Standing.DEAD for one in days.records.values())


async def test_what_any_address_shows_is_told_apart_by_what_it_is(tmp_path: Path) -> None:
    """A page that would be shown for every link is none of them; one that asks something of readers stands before them."""
    async with opened(World()) as world:
        titles: dict[str, str] = {}
        stays: set[str] = set()
        last: dict[str, int] = {}
        for number, (body, days_shown) in enumerate(sorts.ANYWHERE.values()):
            host = f"any{number}.test"
            world.pages[host, "*"] = Answer(body=body.replace("{host}", host))
            world.pages[host, "/gone.cgi"] = Answer(body="<title>Account suspended</title>")
            titles[url := world.url(host, "/guide")] = "A field guide to connection pools"
            stays |= {url} if days_shown == 0 else set()
            last |= {url: days_shown} if days_shown > DAYS_TO_HIDE else {}
        world.pages["old.test", "/guide"] = redirect(world.url("ww25.old.test", "/guide"), 302)
        world.pages["ww25.old.test", "/guide"] = Answer(body="<p>Search</p>")
        titles[world.url("old.test", "/guide")] = "A field guide to connection pools"
        days = Days(world, titles)
        await days.check(titles, days=DAYS_TO_HIDE)
        assert days.served(tmp_path) == stays | set(last)
        await days.check(titles, days=max(last.values()) - DAYS_TO_HIDE - 1)
        assert days.served(tmp_path) == stays | set(last)
        await days.check(titles)
    assert days.served(tmp_path) == stays


def below(folder: str, page: Page) -> Page:
    """Return what shows a page at any address of a folder, and nothing at others."""
    assert isinstance(page, Answer)
    return lambda request: page if request.path.startswith(f"{folder}/") else Answer(404)


async def test_what_the_start_page_tells_of_words_that_nobody_knows(tmp_path: Path) -> None:
    """A notice is not on it, a page that was taken over is the same; a wall asks, or shows no way on."""
    async with opened(World()) as world:
        titles: dict[str, str] = {}
        names, out = {}, set()
        for number, (name, (path, page, start, is_anywhere, is_out)) in enumerate(sorts.BESIDE_THE_START.items()):
            host = f"beside{number}.test"
            world.pages[host, path] = Answer(body=page.replace("{host}", host))
            world.pages[host, "/"] = Answer(body=(page if start is None else start).replace("{host}", host))
            if is_anywhere:
                world.pages[host, "*"] = below(path.rpartition("/")[0], world.pages[host, path])
            url = world.url(host, path)
            titles[url], names[url] = "A field guide to connection pools", name
            out |= {name} if is_out else set()
        days = Days(world, titles)
        await days.check(titles, days=DAYS_TO_HIDE)
    assert {names[url] for url in titles.keys() - days.served(tmp_path)} == out


async def test_bad_pages_at_their_own_address_are_gone_after_two_days(tmp_path: Path) -> None:
    """Parked, missing and spam, whatever they say it with, and beside whatever title."""
    async with opened(World()) as world:
        titles: dict[str, str] = {}
        for kind, pages in enumerate([sorts.PARKED, sorts.SOFT_404, sorts.SPAM]):
            for number, (title, body) in enumerate(pages):
                host = f"bad{kind}-{number}.test"
                world.pages[host, "/guide"] = Answer(body=markup(host, title, body))
                titles[world.url(host, "/guide")] = "A field guide to connection pools"
        days = Days(world, titles)
        await days.check(titles, days=2)
    assert days.records.keys() == titles.keys()
    assert days.served(tmp_path) == set()


_NOT_THERE = f"<nav>Docs</nav><p>The page was not found. {'We looked at every shelf of the house. ' * 10}</p>"
_OF_SPAM = "<p>Viagra and cialis are old; levitra came later, and samples from an online pharmacy held wrong doses.</p>"
_ONWARD = "<meta http-equiv=refresh content='0;url=/next'>"
_ASKS = (
    "<h1>Weiter mit Werbung</h1><p>Wir und 221 Partner verarbeiten Daten, damit Sie alles lesen.</p><button>Ja</button>"
)


@pytest.mark.parametrize(
    ("page", "start", "elsewhere", "outcome"),
    [
        (("A shop", _NOT_THERE), None, None, Outcome.ALIVE),
        (("A shop", _NOT_THERE), None, ("A shop", _NOT_THERE), Outcome.SUSPICIOUS),
        (("Three drugs", _OF_SPAM), ("Journal", "<p>Ten papers on medicine, each with its data</p>"), None, Outcome.ALIVE),
        (("Three drugs", _OF_SPAM), None, None, Outcome.SUSPICIOUS),
        (("Three drugs", _OF_SPAM), ("Cheap viagra", "<h1>Buy viagra, cialis</h1>"), None, Outcome.SUSPICIOUS),
        (("Three drugs", _OF_SPAM), ("Three drugs", _OF_SPAM), None, Outcome.SUSPICIOUS),
        (("Privatheit", _ASKS), ("Privatheit", _ASKS), ("Privatheit", _ASKS), Outcome.UNKNOWN),
        (("Wait", _ONWARD), None, ("Sold", "This domain is for sale"), Outcome.HIJACKED),
        (("Wait", _ONWARD), None, ("Docs", "Pods have names"), Outcome.ALIVE),
        (("Wait", _ONWARD), None, None, Outcome.ALIVE),
    ],
)  # fmt: skip
async def test_what_the_rest_of_a_site_says_of_a_page(
    page: tuple[str, str], start: tuple[str, str] | None, elsewhere: tuple[str, str] | None, outcome: Outcome
) -> None:
    """A notice is shown anywhere, spam on the start page first; a wall asks for something; a page may lead on by itself."""
    async with opened(World()) as world:
        world.pages["acme.test", "/guide"] = Answer(body=markup("acme.test", *page))
        for path, shown in (("/", start), ("*", elsewhere)):
            world.pages["acme.test", path] = Answer(404) if shown is None else Answer(body=markup("acme.test", *shown))
        url = world.url("acme.test", "/guide")
        found = await world.check([Target(url=url, title="Number 12", titles=("Number 12",))], timeout_s=60.0)
    assert found[url].outcome is outcome, found[url]


async def test_an_empty_page_says_nothing() -> None:
    """Walls answer so, and servers in trouble."""
    async with opened(World()) as world:
        world.pages["acme.test", "/guide"] = Answer(body="")
        url = world.url("acme.test", "/guide")
        assert (await world.check([url], timeout_s=60.0))[url].outcome is Outcome.UNKNOWN


async def test_a_page_in_doubt_is_not_cleared_where_nothing_can_be_compared() -> None:
    """The site does not answer for the other address: what was known stays, and the next run asks again."""
    async with opened(World()) as world:
        world.pages["acme.test", "/guide"] = Answer(body=markup("acme.test", "A shop", _NOT_THERE))
        world.pages["acme.test", "*"] = Answer(500)
        url = world.url("acme.test", "/guide")
        for before, outcome in ((after(GOOD), Outcome.ALIVE), (after(MISSING), Outcome.UNKNOWN)):
            target = Target(url=url, title="Number 12", titles=("Number 12",), before=before)
            assert (await world.check([target], timeout_s=60.0, retries=0))[url].outcome is outcome


async def test_a_verdict_is_taken_back_by_the_next_good_check(tmp_path: Path) -> None:
    """A page that was judged bad is read whole, although it says that it did not change."""
    async with opened(World()) as world:
        etag = {"ETag": '"v1"'}
        world.pages["acme.test", "/guide"] = Answer(body=markup("acme.test", "Page not found", ""), headers=etag)
        url = world.url("acme.test", "/guide")
        days = Days(world)
        await days.check([url], days=2)
        assert days.served(tmp_path) == set()

        def unchanged(request: Request) -> Answer:
            return Answer(304 if "if-none-match" in request.headers else 200, headers=etag)

        world.pages["acme.test", "/guide"] = unchanged
        await days.check([url])
        assert days.served(tmp_path) == {url}


@pytest.mark.parametrize(
    ("name", "suffixes", "is_inside"),
    [
        ("wiki", (), True),
        ("wiki.corp", (), True),
        ("wiki.example.internal", (), True),
        ("printer.local.", (), True),
        ("wiki.eng.acme.com", ("eng.acme.com",), True),
        ("wiki.eng.acme.com", (".ENG.acme.com",), True),
        ("eng.acme.com", ("*.eng.acme.com",), True),
        ("wiki.acme.com", ("eng.acme.com",), False),
        ("meng.acme.com", ("eng.acme.com",), False),
        ("acme.com", (), False),
        ("192.0.2.1", (), False),
        ("localhost", (), False),
    ],
)
def test_hosts_inside(name: str, suffixes: tuple[str, ...], *, is_inside: bool) -> None:
    """By the ends of their names, and by names that nobody can buy."""
    assert Inside(suffixes).has(name) is is_inside


async def test_what_only_some_networks_reach_is_never_dead(tmp_path: Path) -> None:
    """A host inside that is unknown here, one that was at a private address, and 401 and 403."""
    async with opened(World()) as world:
        world.hosts = {name: no_such_host() for name in ("wiki.corp", "git.eng.acme.test", "gone.test")}
        world.hosts["vpn.test"] = ("10.1.2.3",)
        world.pages["a.test", "/401"], world.pages["a.test", "/403"] = Answer(401), Answer(403)
        world.pages["b.test", "*"] = Answer(content_type="image/png")
        urls = [world.url(name) for name in ("wiki.corp", "git.eng.acme.test", "vpn.test", "gone.test")]
        urls += [world.url("a.test", "/401"), world.url("a.test", "/403"), world.url("b.test", "/b.png")]
        days = Days(world, inside=Inside(("eng.acme.test",)))
        await days.check(urls)
        world.hosts["vpn.test"] = no_such_host()
        await days.check(urls, days=4)
        dead = {url for url, one in days.records.items() if one.standing is Standing.DEAD}
        assert dead == {world.url("gone.test")}
        assert days.served(tmp_path) == set(urls)


def test_explained() -> None:
    """Each day with what was seen and by which signs, and what would change the standing."""
    lines = explained(after(GOOD, TEXT, (*CHANGED, Sign.TEXT)), 3)
    assert lines == [
        f"{URL}: hijacked, left out of answers unless HIJACKED_LINKS=mark: seen on day 2",
        "  2026-03-01: alive: seen on day 0",
        "  2026-03-02: suspicious: seen on day 1 (text)",
        "  2026-03-03: hijacked: seen on day 2 (headings, text)",
        (
            "  what would change it: one check that finds the page makes it alive; so do 401 or 403 on 3 days, after which it "
            "is unknown"
        ),
    ]
    assert explained(after(GOOD), 1)[-1].endswith(f"out when it is seen on {DAYS_TO_HIDE} days")
    assert "gone on 1 day makes it dead" in explained(after(GOOD), 1)[-1]
    assert "gone on 1 more day without" in explained(after(GONE, GONE), 3)[-1]
    assert "the same on one more day leaves it out" in explained(after(MISSING), 3)[-1]
    assert "the same on 7 days leaves it out" in explained(after(NOTICE), 3)[-1]
    assert "signs of another owner on two days" in explained(after(AWAY), 3)[-1]
    assert "401 or 403 also ends it" in explained(after(GONE, GONE, GONE), 3)[-1]
    assert "gone on 3 days makes it dead" in explained(after(GOOD), 3)[-1]
