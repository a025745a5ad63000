"""`/mcp`: who may use the tools over HTTP. Holders of a key, Slackbot by Slack's signature, or whoever is on this machine."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Final

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from bot.mcp.server import SLACKBOT, Context, create_server
from bot.running.edge import Clients
from bot.settings import LOOPBACK, McpClient, Settings
from bot.slack.channels import Strangers
from bot.slack.receiver import signature_problem
from bot.slack.untrusted import dict_of, text_of
from bot.web.api.endpoint import Access
from bot.web.api.operations import Desk
from bot.web.body import body_of
from bot.web.keys import Scope as KeyScope
from bot.web.keys import Visitor
from bot.web.problems import ProblemError

logger = logging.getLogger("signpost.mcp")

_VISITOR: Final = "signpost.visitor"
_ANYBODY: Final = Visitor(name="this machine", scopes=frozenset(KeyScope))
_SLACK: Final = Visitor(name=SLACKBOT, scopes=frozenset({KeyScope.READ}), public_only=True)
#: The SDK's own checks of Host and Origin are off: the door checks them before.
_CHECKED: Final = TransportSecuritySettings(enable_dns_rebinding_protection=False)
#: What a browser asks before a page of another origin may send a request.
_PREFLIGHT: Final = {
    "Allow": "POST, OPTIONS",
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Authorization, *",
    "Access-Control-Max-Age": "600",
    "Cache-Control": "no-store",
}


class McpDoor:
    """The ASGI application at `/mcp`. Each request stands for itself: there are no sessions to keep."""

    def __init__(
        self,
        desk: Desk,
        settings: Settings,
        *,
        access: Access,
        clients: Clients,
        strangers: Strangers,
        clock: Callable[[], float] = time.time,
    ) -> None:
        logging.getLogger("mcp").setLevel(logging.WARNING)
        self._settings = settings
        self._access = access
        self._clients = clients
        self._strangers = strangers
        self._clock = clock
        self._server = create_server(desk, self._who)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        send = self._shared_with(request, send)
        try:
            if request.method == "OPTIONS":
                self._check_origin(request)
                await Response(status_code=HTTPStatus.NO_CONTENT, headers=_PREFLIGHT)(scope, receive, send)
                return
            body = await self._admit(request)
        except ProblemError as problem:
            await problem.response({"Cache-Control": "no-store"})(scope, receive, send)
            return
        except ClientDisconnect:
            return
        manager = StreamableHTTPSessionManager(self._server, stateless=True, security_settings=_CHECKED)
        async with manager.run():
            await manager.handle_request(scope, _again(body, receive), send)

    async def _admit(self, request: Request) -> bytes:
        """Return the body of a request that may pass, and note who sent it; ProblemError otherwise."""
        if request.method != "POST":
            # Nothing is ever sent without being asked, so that there is no stream to open and no session to end.
            raise ProblemError(
                HTTPStatus.METHOD_NOT_ALLOWED, "Only POST is for here.", headers={"Allow": "POST, OPTIONS"}
            )
        self._check_origin(request)
        body = await body_of(request)
        request.scope[_VISITOR] = self._visitor(request, body)
        return body

    def _visitor(self, request: Request, body: bytes) -> Visitor:
        allowed = self._settings.mcp
        if McpClient.SLACK in allowed and "x-slack-signature" in request.headers:
            self._check_signature(request.headers, body)
            return replace(_SLACK, delivery=request.headers["x-slack-signature"])
        if McpClient.KEY in allowed and "authorization" in request.headers:
            visitor = self._access.visitor(request.headers)
            self._access.count(visitor)
            return visitor
        if McpClient.OPEN in allowed and self._is_here(request):
            return _ANYBODY
        raise ProblemError(
            HTTPStatus.UNAUTHORIZED,
            "A key is needed, as `Authorization: Bearer KEY`.",
            headers={"WWW-Authenticate": 'Bearer realm="signpost"'},
        )

    def _check_signature(self, headers: Mapping[str, str], body: bytes) -> None:
        timestamp, signature = (
            headers.get(f"x-slack-{name}", "").encode() for name in ("request-timestamp", "signature")
        )
        secret = self._settings.signing_secret.get_secret_value().encode()
        if problem := signature_problem(secret, timestamp, signature, body, self._clock()):
            raise ProblemError(HTTPStatus.UNAUTHORIZED, f"{problem[:1].upper()}{problem[1:]}.")

    def _is_here(self, request: Request) -> bool:
        """Return whether a request comes from this machine, and was meant for it.

        A page of another site can have a browser here ask for a name that it lets lead to this machine. Such a request names
        that site, as its host or its origin.
        """
        return self._clients.is_local(request.scope) and _host(request.headers.get("host", "")) in LOOPBACK

    def _check_origin(self, request: Request) -> None:
        """Refuse what a browser sends for a page of elsewhere; programs send no origin."""
        origin = request.headers.get("origin", "")
        if not origin or origin in self._settings.api_origins:
            return
        place = origin.partition("://")[2].partition("/")[0]
        if place != request.headers.get("host", "") or _host(place) not in LOOPBACK:
            raise ProblemError(HTTPStatus.FORBIDDEN, "Pages of this origin may not use the tools; see API_ORIGINS.")

    def _shared_with(self, request: Request, send: Send) -> Send:
        """Return what sends a response that a browser lets the page read which asked, where its origin is named."""
        origin = request.headers.get("origin", "")
        if origin not in self._settings.api_origins:
            return send

        async def sharing(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Access-Control-Allow-Origin"] = origin
                headers["Access-Control-Expose-Headers"] = "Mcp-Session-Id, Retry-After, WWW-Authenticate"
                headers.add_vary_header("Origin")
            await send(message)

        return sharing

    async def _who(self, context: Context) -> Visitor:
        """Return who asks. In a request that Slack has signed, `params._meta.slack` says it; nobody named is a stranger.

        A stranger may see what is public, or nothing where the settings refuse strangers.
        """
        visitor: Visitor = context.request.scope[_VISITOR] if context.request is not None else _SLACK
        if not visitor.delivery:
            return visitor
        told = dict_of(dict_of(context.meta).get("slack"))
        user, team = text_of(told.get("user_id")), text_of(told.get("team_id"))
        if not (user and await self._strangers.is_ours(team, text_of(told.get("enterprise_id")))):
            return replace(visitor, scopes=frozenset()) if self._settings.slack_connect == "refuse" else visitor
        scopes = frozenset({KeyScope.READ, KeyScope.SUGGEST})
        return replace(visitor, scopes=scopes, public_only=False, user=user, team=team)


def _host(place: str) -> str:
    """Return the host of a header, without its port."""
    if place.startswith("["):
        return place[1:].partition("]")[0]
    return place.partition(":")[0].lower()


def _again(body: bytes, receive: Receive) -> Receive:
    """Return what gives the body that was read, and then what else comes."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay
