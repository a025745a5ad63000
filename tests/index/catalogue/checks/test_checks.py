"""Every behaviour of a web site, over real connections: what the check makes of it, and what it asks for that."""

import asyncio
import gzip
import socket
import ssl
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from index.catalogue.checks.checker import Target
from index.catalogue.checks.records import Outcome, Record, Sign, Standing, Verdict
from index.catalogue.http import _Unpacker
from tests.bench import bench_links
from tests.index.catalogue.checks.world import ARTICLE, Answer, Request, World, Writer, no_such_host, opened, redirect

GAMBLING = "<title>SLOT GACOR hari ini</title><h1>Situs slot, judi online, togel</h1>"
FOR_SALE = "<title>sold.test</title><p>This domain is for sale. Make an offer.</p>"
CHALLENGE = "<title>Just a moment...</title><p>Enable JavaScript and cookies to continue</p>"
START = (
    "<title>Example Ltd</title><p>Welcome to the start page of our company, which has many fine products for you.</p>"
)
SHELL = "<title>App that a browser runs for you here</title><div id=root></div><script src=/app.js></script>"
WORDY = "word " * 60


def no_head(request: Request) -> Answer:
    """Refuse HEAD."""
    return Answer(405 if request.method == "HEAD" else 200)


def lying_head(request: Request) -> Answer:
    """Say on HEAD that nothing is here."""
    return Answer(404 if request.method == "HEAD" else 200)


async def reset(_: Request, writer: Writer) -> None:
    """Break the connection off."""
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def never(_: Request, _writer: Writer) -> None:
    """Take the request and say nothing."""
    await asyncio.sleep(60)


async def drip(_: Request, writer: Writer) -> None:
    """Send a byte now and then, for ever: each is in time, the whole is not."""
    while True:
        writer.write(b"HTTP/1.1 200 OK\r\n" if not writer.transport.get_write_buffer_size() else b"x")
        await writer.drain()
        await asyncio.sleep(0.2)


async def truncated(request: Request, writer: Writer) -> None:
    """Promise more than is sent."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\n")
    writer.write(b"" if request.method == "HEAD" else ARTICLE.encode())
    await writer.drain()


async def endless(request: Request, writer: Writer) -> None:
    """Send a page without end."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n")
    while request.method == "GET":
        writer.write(b"10000\r\n" + b"many words " * 5957 + b"blanks   " + b"\r\n")
        await writer.drain()


async def nonsense(_: Request, writer: Writer) -> None:
    """Speak another protocol."""
    writer.write(b"SSH-2.0-OpenSSH_9.6\r\n")
    await writer.drain()


BOMB = gzip.compress(b"<html>" + b"\0" * (64 << 20))
TWICE = gzip.compress(gzip.compress(b"\0" * (64 << 20)))


def site() -> World:
    """Return a world that shows every behaviour."""
    world = World()
    world.hosts = {
        "nobody.test": no_such_host(),
        "undecided.test": socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"),
        "inside.test": ("10.0.0.8",),
        "metadata.test": ("169.254.169.254",),
        "ipv6.test": ("::1",),
        "mixed.test": ("10.0.0.8", "127.0.0.1"),
    }
    at = "good.test"
    world.pages = {
        (at, "/"): Answer(body=START),
        (at, "/article"): Answer(),
        (at, "/new/article"): Answer(),
        (at, "/paper.pdf"): Answer(body=b"%PDF", content_type="application/pdf"),
        (at, "/slow"): Answer(after_s=0.6),
        (at, "/plain"): Answer(body=ARTICLE, content_type=""),
        (at, "/no-head"): no_head,
        (at, "/lying-head"): lying_head,
        (at, "/410"): Answer(410),
        (at, "/401"): Answer(401),
        (at, "/403"): Answer(403),
        (at, "/451"): Answer(451),
        (at, "/429"): Answer(429, headers={"Retry-After": "0"}),
        (at, "/500"): Answer(500),
        (at, "/503"): Answer(503, CHALLENGE),
        (at, "/301"): redirect("/new/article"),
        (at, "/308"): redirect("/new/article", 308),
        (at, "/302"): redirect("/new/article", 302),
        (at, "/303"): redirect("/new/article", 303),
        (at, "/307"): redirect("/new/article", 307),
        (at, "/chain"): redirect("/301"),
        (at, "/mixed-chain"): redirect("/302"),
        (at, "/to-gone"): redirect("/gone"),
        (at, "/to-nobody"): redirect("http://nobody.test/"),
        (at, "/to-inside"): redirect("http://inside.test/admin"),
        (at, "/to-ip"): redirect("http://169.254.169.254/latest/meta-data"),
        (at, "/to-script"): redirect("javascript:alert(1)"),
        (at, "/to-file"): redirect("file:///etc/passwd"),
        (at, "/loop"): redirect("/loop"),
        (at, "/ping"): redirect("/pong"),
        (at, "/pong"): redirect("/ping"),
        (at, "/to-root"): redirect("/"),
        (at, "/to-root-for-now"): redirect("/?ref=old#top", 302),
        (at, "/to-english"): redirect("/en/"),
        (at, "/en/"): Answer(body=START),
        (at, "/to-www"): redirect("http://www.good.test:{port}/article"),
        ("www.good.test", "/article"): Answer(),
        (at, "/to-login"): redirect("/users/sign_in", 302),
        (at, "/users/sign_in"): Answer(body="<title>Sign in</title>"),
        (at, "/to-family"): redirect("http://ann.faun.pub:{port}/story"),
        ("medium.com", "/story"): redirect("http://faun.pub:{port}/story", 302),
        ("faun.pub", "/story"): Answer(),
        ("bit.ly", "/x"): redirect("http://good.test:{port}/article"),
        (at, "/to-stranger"): redirect("http://stranger.test:{port}/article"),
        ("stranger.test", "/article"): Answer(),
        (at, "/to-new-suffix"): redirect("http://good.example:{port}/article"),
        (at, "/to-parked"): redirect("http://sold.test:{port}/"),
        ("sold.test", "/"): Answer(body=FOR_SALE),
        ("idle.test", "/x"): Answer(body="<script src='//www.parkingcrew.net/p.js'></script>"),
        ("taken.test", "/blog/kubernetes"): Answer(body=GAMBLING),
        (at, "/market"): redirect("http://www.hugedomains.com:{port}/domain_profile.cfm", 302),
        ("www.hugedomains.com", "/domain_profile.cfm"): Answer(),
        (at, "/captcha"): Answer(body=CHALLENGE),
        (at, "/soft-title"): Answer(body=f"<title>Page not found | Good</title>{WORDY * 9}"),
        (at, "/soft-text"): Answer(body="<title>Good</title>Sorry, the page you requested could not be found."),
        (at, "/about-404"): Answer(body=f"<title>How to debug 404 Not Found on an Ingress</title>{WORDY * 9}"),
        (at, "/casino-paper"): Answer(body=f"<title>Security of an online casino</title>{WORDY * 9}"),
        ("soft.test", "*"): Answer(body=START),
        ("shell.test", "*"): Answer(body=SHELL),
        ("terse.test", "*"): Answer(body="ok"),
        ("latin.test", "/x"): Answer(
            body="<title>Página no encontrada</title>".encode("latin-1"), content_type="text/html; charset=iso-8859-1"
        ),
        ("reset.test", "*"): reset,
        ("never.test", "*"): never,
        ("drip.test", "*"): drip,
        ("nonsense.test", "*"): nonsense,
        (at, "/truncated"): truncated,
        (at, "/huge"): endless,
        (at, "/bomb"): Answer(body=BOMB, headers={"Content-Encoding": "gzip"}),
        (at, "/bomb-twice"): Answer(body=TWICE, headers={"Content-Encoding": "gzip, gzip"}),
        (at, "/zipped"): Answer(body=gzip.compress(GAMBLING.encode()), headers={"Content-Encoding": "gzip"}),
        (at, "/not-zipped"): Answer(body=ARTICLE, headers={"Content-Encoding": "gzip"}),
        ("robots.test", "/robots.txt"): Answer(body="User-agent: *\nDisallow: /private/", content_type="text/plain"),
        ("robots.test", "/private/page"): Answer(),
        ("robots.test", "/public"): Answer(),
        ("xn--bcher-kva.test", "/"): Answer(),
        (at, "/gro%C3%9F"): Answer(),
        (at, "/to-blank"): redirect("/with blank"),
        (at, "/with%20blank"): Answer(),
    }
    return world


def _with_port(page: object, port: int) -> object:
    if isinstance(page, Answer) and "{port}" in page.headers.get("Location", ""):
        return replace(page, headers={"Location": page.headers["Location"].replace("{port}", str(port))})
    return page


@dataclass(frozen=True, kw_only=True)
class Checked:
    """One run over everything."""

    world: World
    verdicts: dict[str, Verdict]

    def of(self, place: str) -> Verdict:
        """Return the verdict on `host/path`."""
        host, _, path = place.partition("/")
        return self.verdicts[self.world.url(host, f"/{path}")]


ALIVE, MOVED, GONE = Outcome.ALIVE, Outcome.MOVED, Outcome.GONE
SUSPICIOUS, HIJACKED, UNKNOWN = Outcome.SUSPICIOUS, Outcome.HIJACKED, Outcome.UNKNOWN

EXPECTED = {
    "good.test/article": (ALIVE, "200 OK"),
    "good.test/paper.pdf": (ALIVE, "200 OK"),
    "good.test/slow": (ALIVE, "200 OK"),
    "good.test/plain": (ALIVE, "200 OK"),
    "good.test/no-head": (ALIVE, "200 OK"),
    "good.test/lying-head": (ALIVE, "200 OK"),
    "good.test/302": (ALIVE, "200 OK"),
    "good.test/303": (ALIVE, "200 OK"),
    "good.test/307": (ALIVE, "200 OK"),
    "good.test/mixed-chain": (ALIVE, "200 OK"),
    "good.test/about-404": (ALIVE, "200 OK"),
    "good.test/casino-paper": (ALIVE, "200 OK"),
    "good.test/huge": (ALIVE, "200 OK"),
    "good.test/bomb": (ALIVE, "200 OK"),
    "good.test/bomb-twice": (ALIVE, "200 OK"),
    "good.test/not-zipped": (ALIVE, "200 OK"),
    "good.test/groß": (ALIVE, "200 OK"),
    "bücher.test/": (ALIVE, "200 OK"),
    "medium.com/story": (ALIVE, "200 OK"),
    "shell.test/page": (ALIVE, "200 OK"),
    "terse.test/page": (ALIVE, "200 OK"),
    "robots.test/public": (ALIVE, "200 OK"),
    "mixed.test/": (GONE, "404 Not Found"),
    "good.test/gone": (GONE, "404 Not Found"),
    "good.test/410": (GONE, "410 Gone"),
    "good.test/to-gone": (GONE, "answers 404 Not Found"),
    "nobody.test/": (GONE, "there is no host nobody.test"),
    "good.test/to-nobody": (GONE, "there is no host nobody.test"),
    "good.test/301": (MOVED, "/new/article"),
    "good.test/308": (MOVED, "/new/article"),
    "good.test/chain": (MOVED, "/new/article"),
    "good.test/301#part": (MOVED, "/new/article#part"),
    "good.test/to-www": (MOVED, "http://www.good.test"),
    "good.test/to-new-suffix": (GONE, "good.example"),
    "good.test/to-blank": (MOVED, "/with%20blank"),
    "bit.ly/x": (MOVED, "good.test"),
    "good.test/to-root": (SUSPICIOUS, "start page"),
    "good.test/to-english": (SUSPICIOUS, "start page"),
    "good.test/to-stranger": (SUSPICIOUS, "another owner's site, http://stranger.test"),
    "good.test/soft-title": (SUSPICIOUS, "says that the page is not there"),
    "good.test/soft-text": (SUSPICIOUS, "says that the page is not there"),
    "latin.test/x": (SUSPICIOUS, "says that the page is not there"),
    "soft.test/blog/article": (SUSPICIOUS, "any address of the site shows this page"),
    "good.test/to-parked": (HIJACKED, "parked or for sale"),
    "sold.test/": (HIJACKED, "parked or for sale"),
    "idle.test/x": (HIJACKED, "parked or for sale"),
    "good.test/market": (HIJACKED, "parked or for sale"),
    "taken.test/blog/kubernetes": (HIJACKED, "advertises"),
    "good.test/zipped": (HIJACKED, "advertises"),
    "good.test/401": (UNKNOWN, "401"),
    "good.test/403": (UNKNOWN, "403 Forbidden"),
    "good.test/451": (UNKNOWN, "451"),
    "good.test/429": (UNKNOWN, "429 Too Many Requests"),
    "good.test/500": (UNKNOWN, "500"),
    "good.test/503": (UNKNOWN, "503"),
    "good.test/captcha": (UNKNOWN, "stands before the page"),
    "good.test/to-login": (UNKNOWN, "asks to sign in"),
    "good.test/loop": (UNKNOWN, "in a circle"),
    "good.test/ping": (UNKNOWN, "in a circle"),
    "good.test/to-script": (UNKNOWN, "no address of the web"),
    "good.test/to-file": (UNKNOWN, "no address of the web"),
    "good.test/to-inside": (UNKNOWN, "private network"),
    "good.test/to-ip": (UNKNOWN, "private network"),
    "good.test/truncated": (UNKNOWN, "connection failed"),
    "inside.test/": (UNKNOWN, "inside.test is at 10.0.0.8, an address of a private network"),
    "metadata.test/": (UNKNOWN, "private network"),
    "ipv6.test/": (UNKNOWN, "private network"),
    "undecided.test/": (UNKNOWN, "cannot be looked up now"),
    "reset.test/": (UNKNOWN, "connection failed"),
    "never.test/": (UNKNOWN, "no answer within 0.5 s"),
    "drip.test/": (UNKNOWN, "no answer within 0.5 s"),
    "nonsense.test/": (UNKNOWN, "connection failed"),
    "robots.test/private/page": (UNKNOWN, "robots.txt does not allow"),
}


@pytest.fixture(scope="module")
def checked() -> Checked:
    """Check everything in one run."""

    async def run() -> Checked:
        async with opened(site()) as world:
            world.pages = {place: _with_port(page, world.port) for place, page in world.pages.items()}  # type: ignore[misc]
            urls = [world.url(host, f"/{path}") for host, _, path in (place.partition("/") for place in EXPECTED)]
            silent = [world.url(host) for host in ("never.test", "drip.test")]
            verdicts = await world.check([url for url in urls if url not in silent], per_host=8)
            return Checked(world=world, verdicts=verdicts | await world.check(silent, timeout_s=0.5))

    return asyncio.run(run())


@pytest.mark.parametrize("place", EXPECTED)
def test_statuses_are_told_apart(checked: Checked, place: str) -> None:
    """Alive, moved, gone, suspicious, hijacked and unknown, each with its reason."""
    outcome, reason = EXPECTED[place]
    verdict = checked.of(place)
    assert (verdict.outcome, reason in verdict.reason) == (outcome, True), verdict


def test_moved_suspicious_and_hijacked_links_say_where_they_lead(checked: Checked) -> None:
    """The new address is what `--fix` writes; nothing else has one."""
    for place, (outcome, _) in EXPECTED.items():
        assert bool(checked.of(place).to) == (outcome in {MOVED, SUSPICIOUS, HIJACKED}), place
    url = checked.world.url
    assert checked.of("good.test/chain").to == url("good.test", "/new/article")
    assert checked.of("good.test/301#part").to == url("good.test", "/new/article#part")


def test_head_comes_first_and_get_where_it_does_not_settle(checked: Checked) -> None:
    """One HEAD is enough for what is no page; everything but an answer that all is well is asked again by GET."""
    asked = checked.world.asked
    assert asked("good.test", "/paper.pdf") == ["HEAD"]
    assert asked("good.test", "/no-head") == ["HEAD", "GET"]
    assert asked("good.test", "/lying-head") == ["HEAD", "GET"]
    assert asked("good.test", "/gone")[:2] == ["HEAD", "GET"]
    assert asked("good.test", "/article")[0] == "HEAD"


def test_nothing_that_must_not_be_asked_is_asked(checked: Checked) -> None:
    """Neither what robots.txt forbids, nor a host inside, nor the target of a redirect to one."""
    assert checked.world.asked("robots.test", "/private/page") == []
    assert checked.world.asked("inside.test") == []
    assert {one.host for one in checked.world.requests} & {"metadata.test", "169.254.169.254", "ipv6.test"} == set()


def test_every_request_says_who_asks(checked: Checked) -> None:
    """The site's owner can read it in a log; only the start of a page is asked for."""
    assert {one.headers["user-agent"].partition("/")[0] for one in checked.world.requests} == {"Signpost"}
    pages = [one for one in checked.world.requests if one.method == "GET" and one.path != "/robots.txt"]
    assert {one.headers.get("range") for one in pages} == {"bytes=0-262143"}


async def test_robots_txt_is_read_once_a_host() -> None:
    """However many of its links are checked."""
    world = World(pages={("good.test", "*"): Answer()})
    async with opened(world):
        await world.check([world.url("good.test", f"/{number}") for number in range(9)])
    assert [one.path for one in world.requests].count("/robots.txt") == 1


def test_a_page_that_cannot_exist_is_asked_for_once_a_folder(checked: Checked) -> None:
    """And in five folders of a host at most."""
    paths = [one.path for one in checked.world.requests if one.host == "good.test"]
    again = paths.index("/robots.txt", 1) if "/robots.txt" in paths[1:] else len(paths)  # a link that is asked for anew
    probes = [path for path in paths[:again] if "/signpost-" in path]
    assert len({path.rpartition("/")[0] for path in probes}) == len(probes) <= 5


# One behaviour at a time


async def test_requests_at_a_time_are_bounded_overall_and_by_host() -> None:
    """Never more than is allowed, and no fewer than that where there is work for them."""
    world = World(pages={(f"h{n}.test", "*"): Answer(content_type="image/png", after_s=0.02) for n in range(8)})
    async with opened(world):
        urls = [world.url(f"h{n}.test", f"/{k}") for n in range(8) for k in range(12)]
        await world.check(urls, concurrency=6, per_host=2)
        assert world.most[""] == 6
        assert max(world.most[f"h{n}.test"] for n in range(8)) <= 2
        world.most.clear()
        await world.check(urls, concurrency=64, per_host=3)
        assert {world.most[f"h{n}.test"] for n in range(8)} == {3}


async def test_one_host_is_asked_at_its_pace() -> None:
    """The starts of two requests are at least the delay apart; other hosts are not held up."""
    world = World(pages={(f"h{n}.test", "*"): Answer(content_type="image/png") for n in range(2)})
    async with opened(world):
        began = time.monotonic()
        await world.check(
            [world.url(f"h{n}.test", f"/{k}") for n in range(2) for k in range(4)], delay_s=0.15, per_host=4
        )
    first, second = ([one.at for one in world.requests if one.host == name] for name in ("h0.test", "h1.test"))
    for starts in (first, second):
        assert_paced(starts, began, 0.15)
    assert min(first) < max(second)
    assert min(second) < max(first)


def assert_paced(starts: Sequence[float], began: float, delay_s: float) -> None:
    """Check that each request had the delay before it. Two that are seen late may be seen closer together."""
    assert all(at - began > 0.98 * delay_s * number for number, at in enumerate(sorted(starts)))


async def test_a_crawl_delay_is_kept() -> None:
    """Where robots.txt wants more time between requests than the options say."""
    robots = Answer(body="User-agent: *\nCrawl-delay: 0.3", content_type="text/plain")
    world = World(pages={("a.test", "/robots.txt"): robots, ("a.test", "*"): Answer(content_type="image/png")})
    async with opened(world):
        began = time.monotonic()
        await world.check([world.url("a.test", f"/{k}") for k in range(3)])
    starts = [one.at for one in world.requests if one.path != "/robots.txt"]
    assert_paced(starts, began, 0.3)


async def test_retry_after_is_kept_by_the_whole_host() -> None:
    """A host that asks for a second gets it, and then says what it has."""
    began: list[float] = []

    def busy_at_first(request: Request) -> Answer:
        began.append(request.at)
        busy = len(began) == 1
        return Answer(429 if busy else 200, headers={"Retry-After": "1"} if busy else {}, content_type="image/png")

    world = World(pages={("a.test", "*"): busy_at_first})
    async with opened(world):
        world.pages["a.test", "/robots.txt"] = Answer(404)
        verdicts = await world.check([world.url("a.test", "/1"), world.url("a.test", "/2")], per_host=1)
    assert {verdict.outcome for verdict in verdicts.values()} == {Outcome.ALIVE}
    assert began[1] - began[0] > 0.98


async def test_a_host_that_wants_an_hour_is_left_for_the_next_run() -> None:
    """Nothing more is asked of it, and nothing is said of its links."""
    world = World(pages={("a.test", "*"): Answer(429, headers={"Retry-After": "3600"})})
    world.pages["a.test", "/robots.txt"] = Answer(404)
    async with opened(world):
        verdicts = await world.check([world.url("a.test", f"/{k}") for k in range(5)], per_host=1)
    assert {verdict.outcome for verdict in verdicts.values()} == {Outcome.UNKNOWN}
    assert len(world.asked("a.test")) == 1


async def test_a_host_that_never_answers_does_not_hold_the_run_up() -> None:
    """After three failures in a row its other links are left for the next run; another host is checked all the same."""
    world = World(pages={("mute.test", "*"): never, ("a.test", "*"): Answer(content_type="image/png")})
    async with opened(world):
        urls = [world.url("mute.test", f"/{k}") for k in range(40)] + [world.url("a.test", "/x")]
        verdicts = await world.check(urls, timeout_s=1.0)
    assert len(world.asked("mute.test")) <= 5
    assert {verdicts[url].outcome for url in urls[:-1]} == {Outcome.UNKNOWN}
    assert verdicts[urls[-1]].outcome is Outcome.ALIVE


async def test_what_fails_once_is_tried_again() -> None:
    """A reset or a server's error may be over in a second; then by GET alone."""
    asked = 0

    async def at_first(request: Request, writer: Writer) -> None:
        nonlocal asked
        asked += 1
        if asked == 1:
            await reset(request, writer)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/html\r\n\r\nok")
        await writer.drain()

    world = World(pages={("a.test", "/x"): at_first})
    async with opened(world):
        verdicts = await world.check([world.url("a.test", "/x")])
    assert [verdict.outcome for verdict in verdicts.values()] == [Outcome.ALIVE]
    assert world.asked("a.test", "/x") == ["HEAD", "GET"]


@pytest.mark.parametrize("status", [Answer(304), Answer(body=FOR_SALE)], ids=["unchanged", "changed"])
async def test_a_page_that_did_not_change_is_not_read_again(status: Answer) -> None:
    """ETag and Last-Modified go along; 304 settles it, and a changed page is judged anew."""
    world = World()
    async with opened(world):
        url = world.url("a.test", "/x")
        validators = {"ETag": '"v1"', "Last-Modified": "Sun, 01 Mar 2026 12:00:00 GMT"}
        world.pages["a.test", "/x"] = Answer(headers=validators)
        first = (await world.check([url]))[url]
        assert (first.page, first.etag, first.modified) == (url, *validators.values())
        before = Record(
            url=url, standing=Standing.ALIVE, reason="", checked=datetime.now(UTC), page=url, etag=first.etag,
            modified=first.modified,
        )  # fmt: skip
        world.pages["a.test", "/x"] = status
        world.requests.clear()
        second = (await world.check([Target(url=url, before=before)]))[url]
    sent = [one.headers for one in world.requests if one.path == "/x"]
    assert {(one["if-none-match"], one["if-modified-since"]) for one in sent} == {tuple(validators.values())}
    if status.status == 304:
        assert (second.outcome, second.unchanged) == (Outcome.ALIVE, True)
        assert world.asked("a.test") == ["HEAD"]
    else:
        assert (second.outcome, second.unchanged) == (Outcome.HIJACKED, False)


async def test_a_name_that_changes_its_address_is_no_way_in() -> None:
    """The address that was checked is the one that is connected to; a later look-up is not asked for."""
    looked_up = 0

    async def changing(_host: str, _port: int) -> tuple[str, ...]:
        nonlocal looked_up
        looked_up += 1
        return ("127.0.0.1",) if looked_up == 1 else ("10.0.0.8",)

    class Rebinding(World):
        resolve = staticmethod(changing)  # type: ignore[assignment]

    world = Rebinding(pages={("rebind.test", "*"): Answer(content_type="image/png")})
    async with opened(world):
        verdicts = await world.check([world.url("rebind.test", f"/{k}") for k in range(3)], per_host=1)
    assert {verdict.outcome for verdict in verdicts.values()} == {Outcome.ALIVE}
    assert looked_up == 1


async def test_a_run_without_a_network_says_nothing_of_any_link() -> None:
    """When no host at all can be found, it is not the links that are gone; once one is, the others are."""
    world = World(hosts={f"h{n}.test": no_such_host() for n in range(4)})
    async with opened(world):
        assert await world.check([world.url(f"h{n}.test") for n in range(4)]) == {}
        assert world.trouble
        world.pages["a.test", "*"] = Answer(content_type="image/png")
        verdicts = await world.check([*(world.url(f"h{n}.test") for n in range(4)), world.url("a.test")])
        assert not world.trouble
        alone = await world.check([world.url("h1.test")])
    assert sorted(verdict.outcome for verdict in verdicts.values()) == [Outcome.ALIVE, *[Outcome.GONE] * 4]
    assert [verdict.outcome for verdict in alone.values()] == [Outcome.GONE]


async def test_a_page_that_titles_of_several_publishers_share_must_mention_one_of_them() -> None:
    """Else somebody else has the address now."""
    world = World(pages={("a.test", "/weave"): Answer(body="<title>Weave Works</title>"), ("a.test", "/x"): Answer()})
    async with opened(world):
        targets = [Target(url=world.url("a.test", path), publishers=frozenset({"weave"})) for path in ("/weave", "/x")]
        verdicts = await world.check(targets)
    assert [verdicts[target.url].outcome for target in targets] == [Outcome.ALIVE, Outcome.SUSPICIOUS]
    assert verdicts[targets[1].url].signs == (Sign.STRANGER,)


@pytest.fixture
def authority() -> trustme.CA:
    """Return an authority that the checks trust."""
    return trustme.CA()


def _context(authority: trustme.CA, name: str, days: int = 30) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return a server's context with a certificate for `name`, and that of a client who trusts the authority."""
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    end = datetime.now(UTC) + timedelta(days=days)
    authority.issue_cert(name, not_before=end - timedelta(days=60), not_after=end).configure_cert(server)
    authority.configure_trust(client)
    return server, client


@pytest.mark.parametrize(
    ("name", "days", "outcome", "reason"),
    [
        ("a.test", 30, Outcome.ALIVE, "200 OK"),
        ("a.test", -1, Outcome.UNKNOWN, "certificate has expired"),
        ("other.test", 30, Outcome.SUSPICIOUS, "certificate is not valid for 'a.test'"),
    ],
    ids=["good", "expired", "of another host"],
)
async def test_certificates(authority: trustme.CA, name: str, days: int, outcome: Outcome, reason: str) -> None:
    """The name must fit though the connection goes to a checked address; an expired one says nothing of the page."""
    server, client = _context(authority, name, days)
    world = World(pages={("a.test", "/x"): Answer()}, context=client)
    async with opened(world, tls=server):
        url = world.url("a.test", "/x", tls=True)
        verdict = (await world.check([url]))[url]
    assert (verdict.outcome, reason in verdict.reason) == (outcome, True), verdict


async def test_a_certificate_of_an_unknown_authority_says_nothing() -> None:
    """It may be the site's, or somebody's in between."""
    server, _ = _context(trustme.CA(), "a.test")
    world = World(pages={("a.test", "/x"): Answer()})
    async with opened(world, tls=server):
        url = world.url("a.test", "/x", tls=True)
        assert (await world.check([url]))[url].outcome is Outcome.UNKNOWN


async def test_http_to_https_is_a_move(authority: trustme.CA) -> None:
    """For good, of the same site."""
    server, client = _context(authority, "a.test")
    world = World(context=client)
    async with opened(world, tls=server):
        secure = world.url("a.test", "/x", tls=True)
        world.pages["a.test", "/x"] = lambda request: (
            Answer() if request.headers["host"].endswith(str(world.tls_port)) else redirect(secure)
        )
        url = world.url("a.test", "/x")
        verdict = (await world.check([url]))[url]
    assert (verdict.outcome, verdict.to) == (Outcome.MOVED, secure)


async def test_an_error_of_one_link_does_not_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever nobody foresaw is said of that link alone."""
    from index.catalogue.checks import checker  # noqa: PLC0415 - to break a part of it

    def broken(*_: object) -> Verdict:
        raise LookupError("nobody foresaw this")

    world = World(pages={("a.test", "/x"): Answer(), ("a.test", "/y.png"): Answer(content_type="image/png")})
    monkeypatch.setattr(checker, "headed_missing", broken)
    async with opened(world):
        verdicts = await world.check([world.url("a.test", "/x"), world.url("a.test", "/y.png")])
    assert [verdicts[world.url("a.test", path)].outcome for path in ("/x", "/y.png")] == [
        Outcome.UNKNOWN,
        Outcome.ALIVE,
    ]
    assert "nobody foresaw this" in verdicts[world.url("a.test", "/x")].reason


def test_many_links_are_classified_exactly() -> None:
    """Good, slow and failing hosts at once: the small version of the benchmark, without its clock."""
    one_of_each = [0, bench_links.SLOW, *range(bench_links.FAILING, 80, 20)]
    found = bench_links.measure(one_of_each, bench_links.Pauses(usual_s=0.005, slow_s=0.1, timeout_s=4.0))
    assert found.links == len(one_of_each) * bench_links.LINKS_A_HOST
    assert found.wrong == {}


def test_no_more_is_unpacked_than_there_is_room_for() -> None:
    """A small answer cannot fill the memory: neither at once, nor by layers."""
    assert len(_Unpacker("gzip").unpack(BOMB, 1_000)) == 1_000
    assert _Unpacker("gzip, gzip").unpack(TWICE, 1_000) == b""
