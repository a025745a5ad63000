"""Requests over HTTP: the page, its forms, the APIs, the assistants' tools, the curators' page, and what a provider answers."""

import base64
import json
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from http import HTTPStatus
from random import Random
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from jwt.api_jws import PyJWS
from starlette.types import ASGIApp, Message

from bot.curators.id_token import checked
from bot.curators.login import OpenId
from bot.errors import LoginError
from bot.server import create_asgi
from bot.settings import Settings
from bot.slack.untrusted import list_of
from bot.web.queries import address, chips, narrowed, words_of
from tests.bot.curators.provider import RSA_KEYS, published
from tests.bot.tiny import ENVIRONMENT, IDENTITY, services_of
from tests.fuzz.making import PIECES_SHARE, any_text, body, json_object, text
from tests.fuzz.shared import finished

_PATHS: Final = (
    "/", "/new", "/suggest", "/browse", "/llms.txt", "/feed.atom", "/feed.json", "/opensearch.xml", "/robots.txt", "/api/ask",
    "/healthz", "/readyz", "/metrics", "/mcp", "/key", "/embed.js", "/static/x", "/favicon.svg",
    *(map("/api/v1/{}".format, ("", "ask", "links", "sections", "tags", "news", "feedback", "suggestions", "openapi.json"))),
    *(f"/curators{name}" for name in ("", "/login", "/sign-in", "/signed-in", "/versions", "/decide", "/mend", "/rollback")),
)  # fmt: skip
_METHODS: Final = ("GET", "GET", "POST", "POST", "HEAD", "OPTIONS", "PUT")
_HEADERS: Final = (
    b"host", b"origin", b"content-type", b"content-length", b"cookie", b"authorization", b"x-forwarded-for", b"if-none-match",
    b"accept", b"accept-language", b"referer", b"sec-fetch-site", b"x-slack-signature", b"x-slack-request-timestamp",
)  # fmt: skip
_VALUES: Final = (
    b"application/json", b"application/x-www-form-urlencoded", b"http://[x", b"http://127.0.0.1", b"[::1",
    b"127.0.0.1:3000", b"localhost", b"null", b"", b"v0=x", b"1770000000",
    b"signpost_curator=9-a.b", b"signpost_key=9.a", b"Bearer x", b"Basic eA==", b"Basic \xff", b"9" * 30, b"-1",
    b"a, b", b"same-origin",
    b"text/event-stream, application/json",
)  # fmt: skip
_SETTINGS: Final = {
    "SIGNPOST_MODE": "web",
    "RATE_LIMIT": "0",
    "SIGNPOST_API": "true",
    "SIGNPOST_MCP": "open",
    "CURATORS_TOKEN": "curators-token",
    "OIDC_ISSUER": "http://127.0.0.1:9",
    "OIDC_CLIENT_ID": "client",
    "OIDC_CLIENT_SECRET": "secret-of-it",
    "OIDC_CURATORS": "ann@a.org",
    "WEB_URL": "https://links.example/",
}
#: Nothing answers at the provider's address, so that these are what may be wrong on our side.
_WRONG: Final = frozenset({HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.NOT_IMPLEMENTED, HTTPStatus.BAD_GATEWAY})
_CURVE: Final = ec.generate_private_key(ec.SECP256R1())


@cache
def _app() -> ASGIApp:
    """Return everything that a bot serves; its parts stay open until the process ends."""

    async def build() -> ASGIApp:
        services = await services_of(None, **_SETTINGS).__aenter__()
        return create_asgi(services.settings, services)

    made: ASGIApp = finished(build())
    return made


Asked = tuple[str, str, bytes, list[tuple[bytes, bytes]], bytes]


def _request(chance: Random) -> Asked:
    path = chance.choice(_PATHS) + (any_text(chance) if chance.random() < 0.1 else "")
    query = body("query", chance) if chance.random() < 0.7 else b""
    headers = [(chance.choice(_HEADERS), chance.choice(_VALUES)) for _ in range(chance.randrange(5))]
    match chance.randrange(4):
        case 0:
            content = body("query", chance)
        case 1:
            content = body("form", chance)
        case _:
            content = json.dumps(json_object(chance, names="request")).encode()
            headers.append((b"content-type", b"application/json"))
    return chance.choice(_METHODS), path, query, headers, content


def _ask(given: Asked) -> None:
    """Send it to everything that the bot serves; any answer will do that is no failure of ours."""
    method, path, query, headers, content = given
    sent: list[Message] = []
    waiting: list[Message] = [
        {"type": "http.disconnect"}, {"type": "http.request", "body": content, "more_body": False}
    ]  # fmt: skip

    async def receive() -> Message:
        return waiting.pop() if len(waiting) > 1 else waiting[0]

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http", "path": path,
        "raw_path": path.encode("utf-8", "surrogatepass"), "query_string": query.translate(None, b" \r\n"), "root_path": "",
        "headers": headers, "client": ("127.0.0.1", 9), "server": ("127.0.0.1", 3000),
    }  # fmt: skip
    finished(_app()(scope, receive, send))
    starts = [message for message in sent if message["type"] == "http.response.start"]
    assert len(starts) == 1
    assert starts[0]["status"] not in _WRONG, starts[0]["status"]
    for name, value in starts[0]["headers"]:
        assert not {10, 13} & {*name, *value}


def _queries(question: str) -> None:
    """Make the addresses of a page of results: the chip that takes a filter away takes exactly that one."""
    question = question.encode("utf-8", "replace").decode()  # as it comes out of an address
    address(question, 2)
    words_of(question)
    for chip in chips(question):
        chip.href.encode("ascii")
    narrowed(question, "section", question[:20]).encode("ascii")


@cache
def _open_id() -> OpenId:
    return OpenId(Settings.from_environment({**ENVIRONMENT, **_SETTINGS}), IDENTITY)


@cache
def _published() -> list[dict[str, Any]]:
    return [published(RSA_KEYS[0], "one"), published(_CURVE, "two", "ES256")]


def _claims(chance: Random) -> dict[str, Any]:
    """Return what a provider may say: anything, or what is right with some of it replaced."""
    right = {"iss": "http://a", "aud": "signpost", "sub": "x", "iat": 0, "exp": 2**40, "nonce": "nonce"}
    return (right if chance.random() < PIECES_SHARE else {}) | json_object(chance, names="claims")


def _signed_in(given: tuple[dict[str, Any], str]) -> None:
    """Hold what a provider says of itself, and the token that it sends, to what they must say."""
    claims, token = given

    async def fetch(*_: object, **__: object) -> dict[str, Any]:
        return claims

    open_id = _open_id()
    open_id._about, open_id._fetch = {}, fetch  # type: ignore[method-assign]
    for step in (open_id._provider(), open_id.begin("http://a/")):
        with suppress(LoginError, StopIteration):
            step.send(None)
    unsigned = "." + base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()
    is_curve = len(token) % 16 > 0  # a signature of RSA takes as long as twenty others
    key, algorithm, name = (_CURVE, "ES256", "two") if is_curve else (RSA_KEYS[0], "RS256", "one")
    signed = PyJWS().encode(json.dumps(claims).encode(), key, algorithm, headers={"kid": name})
    for sent in (token, unsigned, signed):
        for keys in (_published(), list_of(claims.get("keys"))):
            with suppress(LoginError):
                checked(sent, keys, issuer="http://a", client_id="signpost", nonce="nonce")


WEB: Final[dict[str, tuple[Callable[[Random], Any], Callable[[Any], None]]]] = {
    "http": (_request, _ask),
    "queries": (partial(text, "filters"), _queries),
    "openid": (lambda chance: (_claims(chance), text("form", chance)), _signed_in),
}
