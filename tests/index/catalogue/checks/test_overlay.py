"""What checks found is what becomes of a link, wherever its page answered: at its own address or after a redirect."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from index.catalogue.checks.overlay import with_status, without_hijacked, without_retired
from index.catalogue.checks.records import CHECKS, STATE_FILE, Record, Standing, advance
from index.catalogue.link import Entry, Link, Source, Status
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
        (found,) = with_status([link], [Entry(link=link, source=Source(path=str(tmp_path / "list.yaml")))])
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


async def test_what_a_site_shows_at_its_own_address_reaches_the_build(overlaid: Overlaid) -> None:
    """200 and no redirect: parked, taken over, idle and missing pages, from a real answer to what is served."""
    pages = {"sold.test": FOR_SALE, "taken.test": GAMBLING, "idle.test": IDLE, "soft.test": NOT_HERE, "fine.test": ""}
    served: dict[str, Status] = {}
    async with opened(World()) as world:
        for host, body in pages.items():
            world.pages[host, "/x"] = Answer(body=body) if body else Answer()
        world.pages["away.test", "/x"] = redirect(world.url("sold.test", "/x"))
        for url, verdict in (await world.check(world.url(host, "/x") for host in [*pages, "away.test"])).items():
            record = advance(None, url, verdict, now=CHECKED, dead_after=3)
            for link in without_hijacked([overlaid(record, replace(LINK, url=url))]):
                served[link.url] = link.status
        assert served == {
            world.url("soft.test", "/x"): Status.SUSPICIOUS,
            world.url("fine.test", "/x"): Status.ALIVE,
        }


def test_what_is_retired_is_in_no_answer() -> None:
    """It stays in the catalogue; a list that retires a link loses it from its answers."""
    links = [LINK, replace(LINK, url="https://a.org/struck", status=Status.RETIRED)]
    assert without_retired(links) == (LINK,)
