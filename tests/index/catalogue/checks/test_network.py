"""A run on a network where something else answers than the sites: it is noticed, and nothing is held against any link."""

import asyncio
import itertools
import socket
import ssl
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from bot.cli.main import run
from index.catalogue.checks import network
from index.catalogue.checks.checker import Target
from index.catalogue.checks.network import Network
from index.catalogue.checks.records import CHECKS, STATE_FILE, Outcome, Record, Sign, Standing, Verdict
from tests.index.catalogue.checks.test_checks import no_head, reset
from tests.index.catalogue.checks.world import Answer, Page, Request, World, no_such_host, opened, redirect

NAMES = ("ada", "bell", "cole", "dora", "egon", "finn", "gert", "hugo", "ines", "jona", "kurt", "lola")
BLOCKED = "<title>Access blocked</title><p>Your organisation does not permit this category of pages.</p>"


def site(name: str) -> Answer:
    """Return a page of somebody's own."""
    return Answer(
        body=f"<title>Notes of {name}</title><p>What {name} learnt about pods, and wrote down for others.</p>"
    )


def world_of(names: tuple[str, ...] = NAMES) -> World:
    """Return sites of as many owners, each with a page of its own; nothing else is there."""
    return World(pages={(f"{name}.test", path): site(name) for name in names for path in ("/", "/x")})


def everywhere(world: World, page: Page) -> None:
    """Let one page answer for all."""
    world.pages.clear()
    for name in NAMES:
        world.pages[f"{name}.test", "*"] = page


def echoing(request: Request) -> Answer:
    """Block, with the address, a number and the time in the text."""
    return Answer(
        body=f"{BLOCKED}<p>http://{request.host}{request.path} at {request.at} for 10.0.0.7, id {id(request)}"
    )


def to_portal(world: World, place: str) -> Page:
    """Redirect to a page of the portal that depends on what was asked for."""
    world.pages["portal.corp.test", "*"] = Answer(body=BLOCKED)
    return lambda request: redirect(world.url("portal.corp.test", place.format(host=request.host)), 302)


BLOCKS: dict[str, Callable[[World], Page]] = {
    "a redirect to one page": lambda world: to_portal(world, "/blocked"),
    "a redirect with the address in it": lambda world: to_portal(world, "/blocked?url=http://{host}/x"),
    "a redirect to a page for each": lambda world: to_portal(world, "/blocked/{host}"),
    "a redirect to sign in": lambda world: to_portal(world, "/login?to={host}"),
    "a redirect to where nobody is": lambda _: redirect("http://portal.invalid.test:1/", 302),
    "one page at each address": lambda _: Answer(body=BLOCKED),
    "one page that repeats the address": lambda _: echoing,
    "a page that HEAD does not see": lambda _: no_head,
    "a page that says gambling": lambda _: Answer(
        body="<title>Blocked: online casino</title>online slots, betting sites"
    ),
    "an empty page": lambda _: Answer(body=" "),
    "403": lambda _: Answer(403, BLOCKED),
    "407": lambda _: Answer(407, BLOCKED),
    "502": lambda _: Answer(502, "<title>Bad Gateway</title>"),
    "404": lambda _: Answer(404, "<title>404 Not Found</title>"),
    "451 without a word": lambda _: Answer(451, ""),
    "a reset": lambda _: reset,
}


@pytest.mark.parametrize("block", BLOCKS)
async def test_one_answer_for_all_is_no_answer_of_the_sites(block: str) -> None:
    """However it is given: nothing is said of any link but what was in doubt of nothing yet."""
    world = world_of()
    async with opened(world):
        page = BLOCKS[block](world)
        portal = {place: one for place, one in world.pages.items() if place[0] == "portal.corp.test"}
        everywhere(world, page)
        world.pages |= portal
        world.hosts["portal.invalid.test"] = no_such_host()
        verdicts = await world.check([world.url(f"{name}.test", "/x") for name in NAMES], retries=0)
    assert world.trouble
    assert all(verdict.outcome is Outcome.ALIVE for verdict in verdicts.values())
    assert len(verdicts) < 3


@pytest.mark.parametrize(
    ("page", "outcome", "signs"),
    [
        (f"<title>Gateway</title><p>Category: hobby. {'Your ticket was noted by the house. ' * 3}</p>", "unknown", ()),
        ("<title>This domain is for sale</title><p>Buy this domain now</p>", "hijacked", (Sign.HEADINGS,)),
    ],
)  # fmt: skip
async def test_what_several_owners_show_alike_proves_less(page: str, outcome: str, signs: tuple[Sign, ...]) -> None:
    """A proxy that lets most sites through: what it shows for the others hides none of them on the first day."""
    world = world_of()
    async with opened(world):
        for name in NAMES[:3]:
            world.pages[f"{name}.test", "/x"] = world.pages[f"{name}.test", "*"] = Answer(body=page)
        verdicts = await world.check([world.url(f"{name}.test", "/x") for name in NAMES], retries=0, timeout_s=60.0)
    assert not world.trouble
    found = [verdicts[world.url(f"{name}.test", "/x")] for name in NAMES[:3]]
    assert [(str(one.outcome), one.signs) for one in found] == [(outcome, signs)] * 3


async def test_the_same_links_are_asked_again_whatever_the_order() -> None:
    """Chance has no part in whether a run is believed."""
    asked: list[list[str]] = []

    async def ask(targets: Sequence[Target]) -> list[Verdict]:
        asked.append([target.url for target in targets])
        return [Verdict(outcome=Outcome.ALIVE, reason="200 OK")] * len(targets)

    names = [f"owner{letter}" for letter in "abcdefghijklm"]
    for order in (names, names[::-1]):
        network = Network(known=[Target(url=f"http://{name}.test/x") for name in order])
        for name in NAMES[:3]:
            gone = Verdict(outcome=Outcome.GONE, reason="404 Not Found", answer="404")
            network.add(Target(url=f"http://{name}.test/x"), gone)
        assert await network.trouble(ask) == ""
    assert asked[0] == asked[1]
    assert len(asked[0]) == 5


async def test_names_that_all_lead_inside_are_no_answer() -> None:
    """A sinkhole for names: one private address for everybody."""
    world = World(hosts={f"{name}.test": ("10.0.0.8",) for name in NAMES})
    async with opened(world):
        assert await world.check([world.url(f"{name}.test", "/x") for name in NAMES]) == {}
    assert "12 of 12 sites give one answer by http" in world.trouble
    assert "is at 10.0.0.8, an address of a private network" in world.trouble


@pytest.fixture
def authority() -> trustme.CA:
    """Return an authority that the checks trust."""
    return trustme.CA()


def contexts(authority: trustme.CA, issuer: trustme.CA, *names: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return a server's context with a certificate for these names by `issuer`, and that of a client."""
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    issuer.issue_cert(*names).configure_cert(server)
    authority.configure_trust(client)
    return server, client


@pytest.mark.parametrize("is_known", [True, False], ids=["of another host", "of an unknown authority"])
async def test_tls_that_fails_everywhere_is_in_between(authority: trustme.CA, *, is_known: bool) -> None:
    """One certificate for all names, or an authority that nobody knows; pages by http are fine meanwhile."""
    server, client = contexts(
        authority, authority if is_known else trustme.CA(), *(["portal.test"] * is_known or ["ada.test"])
    )
    world = world_of()
    world.context = client
    async with opened(world, tls=server):
        urls = [world.url(f"{name}.test", "/x", tls=name > "c") for name in NAMES]
        verdicts = await world.check(urls, retries=0)
    assert "by https" in world.trouble
    assert {verdict.outcome for verdict in verdicts.values()} <= {Outcome.ALIVE}


@pytest.mark.parametrize("is_portal", [True, False])
async def test_a_portal_on_http_alone(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, *, is_portal: bool
) -> None:
    """What sites that answer by https say by http tells a portal from owners who all sold their names to one buyer."""
    server, client = contexts(authority, authority, *(f"{name}.test" for name in NAMES))
    world = world_of()
    world.context = client
    async with opened(world, tls=server):
        monkeypatch.setattr(network, "_PORTS", {"http": world.port, "https": world.tls_port})
        portal = to_portal(world, "/")
        assert callable(portal)

        def answer(request: Request) -> Answer:
            name = request.host.partition(".")[0]
            is_secure = request.headers["host"].endswith(str(world.tls_port))
            taken = not is_secure and (is_portal or name < "d")
            return portal(request) if taken else site(name)  # type: ignore[call-arg, return-value]

        for name in NAMES:
            world.pages[f"{name}.test", "/x"] = world.pages[f"{name}.test", "/"] = answer
        verdicts = await world.check([world.url(f"{name}.test", "/x", tls=name >= "d") for name in NAMES])
    assert bool(world.trouble) is is_portal
    if not is_portal:
        assert sum(Sign.AWAY in one.signs for one in verdicts.values()) == 3


def _gone_dns(world: World) -> None:
    world.hosts |= {f"{name}.test": no_such_host() for name in NAMES}


def _slow_dns(world: World) -> None:
    failure = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    world.hosts |= {f"{name}.test": failure for name in NAMES}


ENDS: dict[str, Callable[[World], None]] = {
    "names are not found": _gone_dns,
    "names cannot be looked up": _slow_dns,
    "connections break": lambda world: everywhere(world, reset),
    "a portal wants money": lambda world: everywhere(world, redirect("http://ada.test/pay")),
    "a proxy forbids": lambda world: everywhere(world, Answer(403, BLOCKED)),
}


@pytest.mark.parametrize("end", ENDS)
async def test_a_network_that_goes_midway(end: str) -> None:
    """Links that were fine a moment ago are asked again, by look-ups and connections of their own."""
    world = world_of()
    asked = itertools.count()

    def counted(request: Request) -> Answer:
        if next(asked) == 15:  # HEAD and GET of seven, and then the look-ups of the others
            ENDS[end](world)
        return site(request.host.partition(".")[0])

    async with opened(world):
        for name in NAMES:
            world.pages[f"{name}.test", "/x"] = counted
        verdicts = await world.check([world.url(f"{name}.test", "/x") for name in NAMES], retries=0, concurrency=1)
    assert world.trouble
    assert {verdict.outcome for verdict in verdicts.values()} == {Outcome.ALIVE}


async def test_links_that_were_fine_tell_that_the_network_is() -> None:
    """Four sites are gone, and are all that is due today: others that were fine last week are asked, and are fine."""
    world = world_of(NAMES[4:])
    world.hosts = {f"{name}.test": no_such_host() for name in NAMES[:3]}
    world.pages["dora.test", "/"] = Answer()
    async with opened(world):
        known = [world.url(f"{name}.test", "/x") for name in NAMES[4:]]
        due = [world.url(f"{name}.test", "/x") for name in NAMES[:4]]
        verdicts = await world.check(due, known=known)
        assert not world.trouble
        assert {verdict.outcome for verdict in verdicts.values()} == {Outcome.GONE}
        _gone_dns(world)
        world.hosts["dora.test"] = ("127.0.0.1",)
        assert await world.check(due, known=known) == {}
    assert world.trouble


async def test_a_list_of_dead_links_alone_is_judged() -> None:
    """The sites' start pages are there, so it is the pages that are gone."""
    world = World(pages={(f"{name}.test", "/"): site(name) for name in NAMES})
    async with opened(world):
        verdicts = await world.check([world.url(f"{name}.test", "/x") for name in NAMES])
    assert not world.trouble
    assert [verdict.outcome for verdict in verdicts.values()] == [Outcome.GONE] * len(NAMES)


async def test_what_many_sites_have_in_common_is_believed_where_others_answer() -> None:
    """A guard against robots before most of the sites, and names that one buyer has: the rest shows a network."""
    world = world_of()
    guard = Answer(403, "<title>Just a moment...</title><p>Enable JavaScript and cookies to continue</p>")
    for name in NAMES[:6]:
        world.pages[f"{name}.test", "/x"] = guard
    async with opened(world):
        for name in NAMES[6:9]:
            world.pages[f"{name}.test", "/x"] = redirect(world.url("buyer.test", "/spin"))
        world.pages["buyer.test", "*"] = Answer(body="<title>Spin</title><p>Play with us</p>")
        verdicts = await world.check([world.url(f"{name}.test", "/x") for name in NAMES])
    outcomes = [verdicts[world.url(f"{name}.test", "/x")].outcome for name in NAMES]
    assert outcomes == [Outcome.UNKNOWN] * 6 + [Outcome.SUSPICIOUS] * 3 + [Outcome.ALIVE] * 3
    assert not world.trouble


@pytest.mark.parametrize("is_due", [True, False])
async def test_sites_that_show_one_page_at_any_address_vouch_for_the_network(*, is_due: bool) -> None:
    """Their pages are known by their titles, also when they are asked again; half of the other sites are walled."""
    world = world_of()
    for name in NAMES[:7]:
        world.pages[f"{name}.test", "/x"] = Answer(403, "<title>Just a moment...</title>")
    for name in NAMES[7:]:
        world.pages[f"{name}.test", "*"] = site(name)
    async with opened(world):
        sites = [Target(url=world.url(f"{name}.test", "/x"), titles=(f"Notes of {name}",)) for name in NAMES]
        due, known = (sites, []) if is_due else (sites[:7], sites[7:])
        verdicts = await world.check(due, known=known)
    assert not world.trouble
    assert verdicts.keys() == {one.url for one in due}


async def test_a_proxy_that_lets_some_sites_through_is_noticed() -> None:
    """What it lets through is fine; that one page stands for ten owners and more than half of all is not."""
    world = world_of()
    async with opened(world):
        portal = to_portal(world, "/blocked")
        for name in NAMES[:10]:
            world.pages[f"{name}.test", "*"] = world.pages[f"{name}.test", "/x"] = portal
        await world.check([world.url(f"{name}.test", "/x") for name in NAMES])
    assert world.trouble.startswith("10 of 12 sites give one answer by http")


async def test_what_was_bad_is_not_fine_before_the_end() -> None:
    """A run that is killed on a bad network must not have cleared a link by a page that is not the site's."""
    world = World()
    everywhere(world, Answer(body=BLOCKED))
    async with opened(world):
        old = Record(url="", standing=Standing.HIJACKED, reason="parked", checked=datetime(2026, 3, 1, tzinfo=UTC))
        targets = [Target(url=world.url(f"{name}.test", "/"), before=old) for name in NAMES]
        assert await world.check(targets) == {}
    assert world.trouble


def each_in_its_way(number: int) -> Page:
    """Return another bad page for each site: no answer that many share."""
    name = "abcdefghijkl"[number] * 4
    return [
        Answer(410, f"<title>Nothing of {name}</title>"),
        Answer(404, f"<title>Lost {name}</title>"),
        Answer(body=f"<title>Page not found</title><p>{name}</p>"),
        Answer(body=f"<title>{name}</title><p>This domain is for sale: {name}</p>"),
    ][number % 4]


@pytest.mark.parametrize(
    ("turned", "share", "count", "trusted"),
    [
        (8, 0.3, 5, False),
        (5, 0.3, 5, False),
        (4, 0.3, 5, True),
        (4, 0.3, 4, False),
        (5, 0.5, 5, True),
        (12, 1.0, 13, True),
    ],
)
async def test_many_sites_that_turn_at_once_are_not_believed(
    turned: int, share: float, count: int, *, trusted: bool
) -> None:
    """Whatever each of them says: it is the share, and the number, of owners whose sites were fine at their last check."""
    world = world_of()
    old = Record(url="", standing=Standing.ALIVE, reason="", checked=datetime(2026, 3, 1, tzinfo=UTC))
    async with opened(world):
        for number, name in enumerate(NAMES[:turned]):
            world.pages[f"{name}.test", "/x"] = each_in_its_way(number)
        targets = [Target(url=world.url(f"{name}.test", "/x"), before=old) for name in NAMES]
        run = world.run(lambda *_: None, Network(turned_share=share, turned_count=count))
        await run.check(targets)
    assert (run.trouble == "") is trusted, run.trouble
    if not trusted:
        assert run.trouble.startswith(
            f"the sites of {turned} of 12 owners that were fine are not any more, all at once"
        )


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every name lead to this machine."""

    async def here(_loop: object, _host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", here)


@pytest.mark.usefixtures("lookups")
@pytest.mark.parametrize("block", ["a redirect to one page", "one page at each address", "403", "404"])
async def test_the_command_changes_no_record(tmp_path: Path, capsys: pytest.CaptureFixture[str], block: str) -> None:
    """One line, exit code 2, and the state file as it was, byte for byte; on a good network it goes on as ever."""
    world = world_of()
    state = tmp_path / STATE_FILE
    checked = datetime.now(UTC).replace(microsecond=0) - timedelta(days=9)
    async with opened(world):
        urls = [world.url(f"{name}.test", "/x") for name in NAMES]
        rows = "".join(f"- url: {url}\n  title: Notes {number}\n" for number, url in enumerate(urls))
        (tmp_path / "list.yaml").write_text(f"links:\n{rows}")
        standings = itertools.cycle([Standing.ALIVE, Standing.HIJACKED, Standing.FAILING, Standing.UNKNOWN])
        old = {
            url: Record(url=url, standing=standing, reason="as told", checked=checked)
            for url, standing in zip(urls[:8], standings, strict=False)
        }
        CHECKS.write(state, old)
        before, good = state.read_bytes(), dict(world.pages)
        everywhere(world, BLOCKS[block](world))
        world.pages["portal.corp.test", "*"] = Answer(body=BLOCKED)
        command = [
            "check",
            "--links",
            "--fix",
            "--allow-private",
            "--delay",
            "0",
            "--retries",
            "0",
            str(tmp_path / "list.yaml"),
        ]
        assert await asyncio.to_thread(run, command) == 2
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        assert err.startswith("signpost: 12 of 12 sites give one answer by http, such as ")
        assert err.endswith("? No link was judged\n")
        assert state.read_bytes() == before
        world.pages = good
        assert await asyncio.to_thread(run, command) == 0
        assert {one.standing for one in CHECKS.read(state).values()} == {Standing.ALIVE}
