"""Where the API is: the operations below `/api/v1`, and its OpenAPI document."""

from http import HTTPStatus
from importlib.resources import files
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from bot.settings import Mode, Settings
from bot.web.api.endpoint import BASE, Access, Api
from bot.web.api.openapi import document
from bot.web.api.operations import Desk
from bot.web.api.reference import reference
from bot.web.keys import KeyFile, Keys, Scope, Visitor
from bot.web.site import Site

_HEADERS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}


def access_of(settings: Settings) -> Access:
    """Return who may use the API; SettingsError when the file of keys is missing or wrong.

    Without Slack anybody may do all of it, unless the page has a key. Beside Slack anybody gets links with the tag `public`, or
    nothing. The page's key opens the API too.
    """
    anybody: Visitor | None = None
    if settings.web_key.get_secret_value():
        pass
    elif settings.mode is Mode.WEB:
        anybody = Visitor(name="anybody", scopes=frozenset(Scope))
    elif settings.slack_connect == "public":
        scopes = frozenset({Scope.READ, Scope.FEEDBACK})
        anybody = Visitor(name="anybody", scopes=scopes, public_only=True)
    file = KeyFile(Path(settings.api_keys)) if settings.api_keys else None
    keys = Keys(settings.web_key.get_secret_value(), file)
    answers_by = f"{settings.dead_links}-{settings.links_in('')}"
    return Access(keys=keys, anybody=anybody, origins=frozenset(settings.api_origins), answers_by=answers_by)


def api_routes(desk: Desk, access: Access, site: Site, *, web_url: str) -> list[BaseRoute]:
    """Return the API's routes."""
    shown = document(needs_key=access.anybody is None)

    async def openapi(_: Request) -> Response:
        """Give the document; pages of every origin may read it."""
        headers = {**_HEADERS, "Access-Control-Allow-Origin": "*"}
        return JSONResponse(shown, status_code=HTTPStatus.OK, headers=headers)

    async def docs(request: Request) -> Response:
        """Show the document to people."""
        here = web_url or str(request.base_url)
        return site.page("api.html", **reference(here, needs_key=access.anybody is None))

    async def embed(_: Request) -> Response:
        """Give the script that puts a search box into any page."""
        headers = {**_HEADERS, "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
        return Response(script, media_type="text/javascript; charset=utf-8", headers=headers)

    script = files("bot").joinpath("web/static/embed.js").read_bytes()
    api = Api(desk, access)
    return [
        Route("/embed.js", embed),
        Route(f"{BASE}/openapi.json", openapi),
        Route(f"{BASE}/docs", docs),
        Route(BASE, api),
        Mount(BASE, app=api),
    ]
