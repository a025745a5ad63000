"""What checks found is what becomes of a link, wherever its page answered: at its own address or after a redirect."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from index.catalogue.checks.evidence import advance
from index.catalogue.checks.overlay import with_status, without_retired
from index.catalogue.checks.records import CHECKS, STATE_FILE, Day, Outcome, Record, Sign, Standing
from index.catalogue.link import Entry, HijackedLinks, Link, Source, Status
from tests.index.catalogue.checks.world import Answer, World, opened, redirect

CHECKED = datetime(2026, 3, 1, tzinfo=UTC)
URL = "https://one.example/article"
LINK = Link(url=URL, title="An article")
Overlaid = Callable[..., Link]

FOR_SALE = "<title>sold.test</title><p>This domain is for sale. Make an offer.</p>"
GAMBLING = "<title>SLOT GACOR hari ini</title><h1>Situs slot, judi online, togel</h1>"
NOT_HERE = "<title>Good</title>Sorry, the page you requested could not be found."
IDLE = "<script src='//www.parkingcrew.net/p.js'></script>"


@pytest.fixture
def overlaid(tmp_path: Path) -> Overlaid:
    """Return a link with what a state file beside its list says."""

    def overlay(record: Record, link: Link = LINK) -> Link:
        CHECKS.write(tmp_path / STATE_FILE, {record.url: record})
        entries = [Entry(link=link, source=Source(path=str(tmp_path / "list.yaml")))]
        (found,) = with_status([link], entries, HijackedLinks.MARK)
        return found

    return overlay


def held(standing: Standing, to: str, url: str = URL) -> Record:
    """Return what is held of a link."""
    return Record(url=url, standing=standing, reason="as told", to=to, checked=CHECKED)


@pytest.mark.parametrize("to", ["", URL, f"{URL}#part", "https://elsewhere.example/"])
@pytest.mark.parametrize("standing", [Standing.DEAD, Standing.SUSPICIOUS, Standing.HIJACKED])
def test_a_bad_standing_counts_whatever_the_address(overlaid: Overlaid, standing: Standing, to: str) -> None:
    """Also where the page answers at the link's own address."""
    assert overlaid(held(standing, to)) == replace(LINK, status=Status(standing))


@pytest.mark.parametrize("standing", [Standing.SUSPICIOUS, Standing.HIJACKED])
def test_a_bad_page_is_the_same_under_the_other_scheme(overlaid: Overlaid, standing: Standing) -> None:
    """The list has https by now, and what was checked under http ended there."""
    record = held(standing, URL, url=URL.replace("https", "http"))
    assert overlaid(record) == replace(LINK, status=Status(standing))


def test_a_link_that_is_at_its_new_address_already_has_not_moved(overlaid: Overlaid) -> None:
    """A curator wrote https where http was checked."""
    record = held(Standing.MOVED, URL, url=URL.replace("https", "http"))
    assert overlaid(record) == LINK
    assert overlaid(replace(record, to="https://one.example/new")).moved_to == "https://one.example/new"


@pytest.mark.parametrize("standing", [Standing.ALIVE, Standing.FAILING, Standing.UNKNOWN])
def test_what_is_not_known_to_be_bad_stays(overlaid: Overlaid, standing: Standing) -> None:
    """Neither a first failure nor a check that said nothing changes a link."""
    assert overlaid(held(standing, URL)) == LINK


def shown(tmp_path: Path, record: Record) -> list[Status]:
    """Return the status of a link in a build, if it is in it."""
    CHECKS.write(tmp_path / STATE_FILE, {record.url: record})
    entries = [Entry(link=LINK, source=Source(path=str(tmp_path / "list.yaml")))]
    return [link.status for link in with_status([LINK], entries)]


async def test_what_a_site_shows_at_its_own_address_reaches_the_build(tmp_path: Path) -> None:
    """200 and no redirect: parked, taken over, idle and missing pages, from a real answer on two days to what is served."""
    pages = {"sold.test": FOR_SALE, "taken.test": GAMBLING, "idle.test": IDLE, "soft.test": NOT_HERE, "fine.test": ""}
    first, second = {}, {}
    async with opened(World()) as world:
        for host, body in pages.items():
            world.pages[host, "/x"] = Answer(body=body) if body else Answer()
        world.pages["away.test", "/x"] = redirect(world.url("sold.test", "/x"))
        for url, verdict in (await world.check(world.url(host, "/x") for host in [*pages, "away.test"])).items():
            host = url.partition("//")[2].partition(":")[0]
            verdict = replace(verdict, to=verdict.to.replace(url, URL))  # noqa: PLW2901 - as if it were this link's
            one = advance(None, URL, verdict, now=CHECKED, dead_after=3)
            first[host] = shown(tmp_path, one)
            second[host] = shown(tmp_path, advance(one, URL, verdict, now=CHECKED + timedelta(days=1), dead_after=3))
    fine, wrong = [Status.ALIVE], [Status.SUSPICIOUS]
    assert first == {
        "sold.test": [], "taken.test": [], "idle.test": wrong, "soft.test": wrong, "fine.test": fine, "away.test": [],
    }  # fmt: skip
    assert second == {
        "sold.test": [], "taken.test": [], "idle.test": [], "soft.test": [], "fine.test": fine, "away.test": [],
    }  # fmt: skip


def test_a_wrong_page_at_its_own_address_is_hidden_or_marked(tmp_path: Path) -> None:
    """Seen on two days; one that redirects elsewhere is marked, however often it was seen."""
    days = [
        Day(on=CHECKED.date() + timedelta(days=day), outcome=Outcome.SUSPICIOUS, reason="", signs=(Sign.MISSING,))
        for day in (0, 1)
    ]
    record = replace(held(Standing.SUSPICIOUS, URL), days=tuple(days))
    assert shown(tmp_path, replace(record, days=record.days[:1])) == [Status.SUSPICIOUS]
    assert shown(tmp_path, record) == []
    entries = [Entry(link=LINK, source=Source(path=str(tmp_path / "list.yaml")))]
    (marked,) = with_status([LINK], entries, HijackedLinks.MARK)
    assert marked.mark == "may lead elsewhere now"
    for sign in (Sign.AWAY, Sign.START, Sign.RENAMED, Sign.CERTIFICATE):
        away = tuple(replace(day, signs=(sign,)) for day in days)
        assert shown(tmp_path, replace(record, days=away)) == [Status.SUSPICIOUS]
    CHECKS.write(tmp_path / STATE_FILE, {URL: held(Standing.HIJACKED, URL)})
    assert with_status([LINK], entries) == ()
    assert with_status([LINK], entries, HijackedLinks.MARK)[0].mark == "probably somebody else's page now"


def test_what_is_retired_is_in_no_answer() -> None:
    """It stays in the catalogue; a list that retires a link loses it from its answers."""
    links = [LINK, replace(LINK, url="https://a.org/struck", status=Status.RETIRED)]
    assert without_retired(links) == (LINK,)
