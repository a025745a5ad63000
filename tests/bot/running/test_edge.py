"""Who asks, how often, and what strangers see of the bot's state."""

from typing import Any

import pytest
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.running.edge import REMEMBERED, Clients, Guarded, RateLimit
from bot.running.health import Part
from bot.running.metrics import Metrics
from bot.server import create_asgi
from bot.settings import Settings
from tests.bot.tiny import LINKS, TinyAsks, services_of

TRUSTED = ("127.0.0.1", "10.0.0.0/8", "fd00::/8")


def scope(peer: str, *forwarded: str, **headers: str) -> Scope:
    """Return a request of a peer."""
    given = [(b"x-forwarded-for", one.encode()) for one in forwarded]
    given += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "method": "GET", "path": "/", "query_string": b"", "client": (peer, 1), "headers": given}


@pytest.mark.parametrize(
    ("request_", "client"),
    [
        (scope("192.0.2.1"), "192.0.2.1"),
        (scope("192.0.2.1", "198.51.100.7"), "192.0.2.1"),
        (scope("127.0.0.1", "198.51.100.7"), "198.51.100.7"),
        (scope("10.1.2.3", "203.0.113.9, 198.51.100.7"), "198.51.100.7"),
        (scope("10.1.2.3", "203.0.113.9, 198.51.100.7, 10.9.9.9"), "198.51.100.7"),
        (scope("10.1.2.3", "203.0.113.9", "198.51.100.7, 10.9.9.9"), "198.51.100.7"),
        (scope("10.1.2.3", "203.0.113.9, nonsense"), "10.1.2.3"),
        (scope("10.1.2.3", "203.0.113.9, 198.51.100.7:4711"), "198.51.100.7"),
        (scope("10.1.2.3", "[2001:db8:1:2::9]:4711, 10.9.9.9:80"), "2001:db8:1:2::/64"),
        (scope("10.1.2.3"), "10.1.2.3"),
        (scope("::ffff:10.1.2.3", "::ffff:198.51.100.7"), "198.51.100.7"),
        (scope("fd00::1", "2001:db8:1:2:3::4"), "2001:db8:1:2::/64"),
        (scope("2001:db8:1:2:ffff::9"), "2001:db8:1:2::/64"),
        (scope(""), ""),
    ],
)
def test_a_client_is_whom_a_trusted_proxy_names(request_: Scope, client: str) -> None:
    """What the client wrote itself is not believed; an IPv6 client is its network."""
    assert Clients(TRUSTED).of(request_) == client


@pytest.mark.parametrize(
    ("request_", "operator"),
    [
        (scope("127.0.0.1"), True),
        (scope("::1"), True),
        (scope("::ffff:127.0.0.1"), True),
        (scope("127.0.0.1", "198.51.100.7"), False),
        (scope("127.0.0.1", x_real_ip="198.51.100.7"), False),
        (scope("127.0.0.1", via="1.1 proxy"), False),
        (scope("127.0.0.1", x_forwarded_proto="https"), False),
        (scope("127.0.0.1", cf_connecting_ip="198.51.100.7"), False),
        (scope("10.1.2.3"), False),
        (scope("192.0.2.1", authorization="Bearer right"), True),
        (scope("192.0.2.1", authorization="Bearer wrong"), False),
        (scope("192.0.2.1", authorization="right"), False),
        (scope(""), False),
    ],
)
def test_operators_are_on_this_machine_or_have_the_token(request_: Scope, operator: bool) -> None:  # noqa: FBT001
    """A proxy on this machine passes strangers on, and says so."""
    assert Clients(TRUSTED, "right").is_operator(request_) is operator
    assert not Clients(TRUSTED).is_operator(scope("192.0.2.1", authorization="Bearer "))


@pytest.fixture
def asks() -> TinyAsks:
    """Return an index."""
    return TinyAsks(LINKS)


async def asked(app: ASGIApp, path: str, peer: str, query: bytes = b"", **headers: str) -> Response:
    """Ask the application as some peer; status 0 when nothing was sent."""
    head: dict[str, Any] = {"status": 0, "headers": []}
    content = b""

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        nonlocal content
        head.update(message)
        content += message.get("body", b"")

    given = {"path": path, "raw_path": path.encode(), "root_path": "", "scheme": "http", "query_string": query}
    await app({**scope(peer, **headers), **given}, receive, send)
    return Response(content, head["status"], {name.decode(): value.decode() for name, value in head["headers"]})


async def test_strangers_see_the_state_and_nothing_else(asks: TinyAsks) -> None:
    """The status is the same for everybody, because load balancers go by it."""
    async with services_of(asks, SIGNPOST_MODE="web", METRICS_TOKEN="tok", RATE_LIMIT="3") as services:
        app = create_asgi(services.settings, services)
        stranger = await asked(app, "/readyz", "192.0.2.1")
        assert (stranger.status_code, stranger.body) == (200, b'{"ready":true}')
        assert b"parts" in (await asked(app, "/readyz", "127.0.0.1")).body
        assert (await asked(app, "/metrics", "192.0.2.1")).status_code == 401
        assert (await asked(app, "/metrics", "127.0.0.1")).status_code == 200
        assert (await asked(app, "/metrics", "192.0.2.1", authorization="Bearer tok")).status_code == 200
        assert (await asked(app, "/api/ask/", "192.0.2.1", host="evil.example")).status_code == 404
        assert "frame-ancestors 'none'" in (await asked(app, "/", "192.0.2.2")).headers["content-security-policy"]
        assert [(await asked(app, "/", "192.0.2.3")).status_code for _ in range(4)] == [200, 200, 200, 429]
        assert (await asked(app, "/healthz", "192.0.2.3")).status_code == 200
        assert (await asked(app, "/", "192.0.2.4")).status_code == 200
        refused = [await asked(app, "/api/v1/sections", "192.0.2.5") for _ in range(4)][-1]
        assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (429, "*")
        assert refused.headers["access-control-expose-headers"] == "Retry-After"
        services.health.ill(Part.INDEX, "away")
        assert (await asked(app, "/readyz", "192.0.2.1")).status_code == 503


class Clock:
    """A clock that is moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Return a clock."""
    return Clock()


async def test_a_rate_is_so_many_a_minute_and_tells_when_to_come_again(clock: Clock) -> None:
    """All at once or evenly; what is remembered of clients has a limit."""

    async def well(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("well")(scope, receive, send)

    limit = RateLimit(well, Clients(()), 6, metrics=Metrics(), now=clock)

    async def ask(peer: str) -> Response:
        return await asked(limit, "/", peer)

    assert [(await ask("192.0.2.1")).status_code for _ in range(7)] == [200] * 6 + [429]
    assert (await ask("192.0.2.1")).headers["retry-after"] == "10"
    clock.now = 10.0
    assert [(await ask("192.0.2.1")).status_code for _ in range(2)] == [200, 429]
    clock.now = 3_600.0
    assert [(await ask("192.0.2.1")).status_code for _ in range(7)] == [200] * 6 + [429]
    for number in range(REMEMBERED + 5):
        await ask(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(limit._left) == REMEMBERED


@pytest.mark.parametrize("path", ["/", "/api/v1/ask", "/api/v1/x", "/api/ask", "/feed.atom", "/healthz", "/curators"])
async def test_an_address_of_any_bytes_is_answered(path: str) -> None:
    """What is no UTF-8 counts as if it were written as %FF, as browsers do; a host may be anything."""
    settings = {"SIGNPOST_MODE": "web", "CURATORS_TOKEN": "curators-token"}
    async with services_of(None, **settings) as services:
        app = create_asgi(services.settings, services)
        for query, host in ((b"q=\xff", "a"), (b"\xfc=\xdf&q=%ff", "a"), (b"q=cilium", "[x"), (b"\xff", "")):
            assert 0 < (await asked(app, path, "127.0.0.1", query, host=host)).status_code < 500


async def test_a_failure_is_a_reference_and_a_sender_who_left_is_none(caplog: pytest.LogCaptureFixture) -> None:
    """The trace is in the log; nothing of it reaches the sender."""

    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/left":
            raise ClientDisconnect
        raise ValueError("secret")

    answer = await asked(Guarded(failing), "/", "192.0.2.1")
    assert answer.status_code == 500
    reference = bytes(answer.body).decode().partition("reference ")[2].rstrip(")")
    assert b"secret" not in answer.body
    assert [record.reference for record in caplog.records] == [reference]  # type: ignore[attr-defined]
    caplog.clear()
    assert (await asked(Guarded(failing), "/left", "192.0.2.1")).status_code == 0
    assert caplog.records == []


@pytest.mark.parametrize("wrong", ["here", "10.0.0.0/8,nowhere", "10.0.0.0/99"])
def test_a_wrong_network_is_named(wrong: str) -> None:
    """With the value, before anything is started."""
    with pytest.raises(Exception, match="no address or network") as caught:
        Settings.from_environment({"SIGNPOST_MODE": "web", "TRUSTED_PROXIES": wrong})
    assert "TRUSTED_PROXIES" in str(caught.value)
