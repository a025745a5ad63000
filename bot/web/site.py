"""Turns templates and values into pages, and serves the files that belong to them."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import Any, Final
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Scope

from bot.running.edge import API_PATH
from bot.slack.text import one_line
from bot.web import queries
from bot.web.results import Shown

#: Nothing from elsewhere, nothing inline, in no other page's frame.
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    # Other sites learn nothing. With no-referrer a form of ours would name the origin `null`, as one of another site may.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "private, no-cache",
}
#: Title and text of pages for requests that get nothing.
_REFUSALS: Final = {
    404: ("There is nothing here", "The address may be mistyped, or what was here is gone."),
    405: ("That does not work here", "This address is not for opening in a browser."),
    429: (
        "That was too much at once",
        "More was asked from your address than one may in a minute. Wait a little, and try again.",
    ),
    500: ("Something went wrong here", ""),
}
_TYPES: Final = {
    "style.css": "text/css; charset=utf-8",
    "curators.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "overpass.woff2": "font/woff2",
    "favicon.svg": "image/svg+xml",
}
#: From this length on it is worth packing a page.
_LONG_BYTES: Final = 16_384
#: Their addresses change with their content.
_FOR_EVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class _Asset:
    """A file that browsers keep."""

    content: bytes
    packed: bytes
    """With gzip; empty where that is no shorter."""
    media_type: str
    version: str

    def response(self, request: Request) -> Response:
        """Return the file, packed for those that can unpack it."""
        headers = {
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": _FOR_EVER if request.query_params.get("v") == self.version else "public, max-age=300",
            "Vary": "Accept-Encoding",
        }
        if self.packed and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(self.packed, media_type=self.media_type, headers={**headers, "Content-Encoding": "gzip"})
        return Response(self.content, media_type=self.media_type, headers=headers)


class Site:
    """The templates and files of the page, read once."""

    def __init__(self, *, robots: bool, home: str = "/") -> None:
        """Read them; `home`: where somebody may go on who is nowhere."""
        self._robots = robots
        folder = files("bot").joinpath("web/static")
        self._assets: dict[str, _Asset] = {}
        for name in ("overpass.woff2", "favicon.svg", "style.css", "curators.css", "page.js"):
            content = folder.joinpath(name).read_bytes()
            if name == "style.css":  # it names the font
                font = self._assets["overpass.woff2"].version
                content = content.replace(b"overpass.woff2", f"overpass.woff2?v={font}".encode())
            packed = gzip.compress(content, mtime=0)
            self._assets[name] = _Asset(
                content=content,
                packed=packed if len(packed) < len(content) * 0.9 else b"",
                media_type=_TYPES[name],
                version=hashlib.sha256(content).hexdigest()[:12],
            )
        self._templates = Environment(
            loader=PackageLoader("bot.web", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._templates.filters |= {"line": one_line, "marked": _marked, "narrowed": queries.narrowed}
        self._templates.globals |= {
            "asset": self.address,
            "ask": queries.address,
            "browse": lambda name, value: queries.narrowed("", name, value),
            "icon": f"data:image/svg+xml,{quote(self._assets['favicon.svg'].content.decode().strip())}",
            "home": home,
            "robots": robots,
        }

    def address(self, name: str) -> str:
        """Return where a file is."""
        return f"/static/{name}?v={self._assets[name].version}"

    def page(
        self, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any
    ) -> Response:
        """Render a template."""
        robots = {} if self._robots else {"X-Robots-Tag": "noindex, nofollow"}
        text = self._templates.get_template(template).render(values)
        return HTMLResponse(text, status_code=status, headers={**HEADERS, **robots, **(headers or {})})

    def refusal(self, scope: Scope, status: int, text: str) -> Response | None:
        """Return the page of a request that gets nothing, for people; None for programs, which read the text."""
        accepted = Headers(scope=scope).get("accept", "")
        if scope["type"] != "http" or "text/html" not in accepted or scope["path"].startswith(API_PATH):
            return None
        title, told = _REFUSALS.get(status, ("That did not work", ""))
        return self.page("trouble.html", status=status, title=title, text=told or f"{text[:1].upper()}{text[1:]}.")

    @property
    def routes(self) -> list[BaseRoute]:
        """Where the files are."""

        async def static(request: Request) -> Response:
            """Give a file."""
            asset = self._assets.get(request.path_params["name"])
            return Response(status_code=404) if asset is None else asset.response(request)

        async def favicon(request: Request) -> Response:
            """Give the icon to browsers that ask for it where it always was."""
            return self._assets["favicon.svg"].response(request)

        return [Route("/static/{name}", static), Route("/favicon.ico", favicon), Route("/favicon.svg", favicon)]


def packed(request: Request, response: Response) -> Response:
    """Pack a long page with gzip for those that can unpack it: of thousands of sections, a tenth of the bytes is left.

    Only for a page that has nothing of the request in it: beside what a stranger chose, the length tells of the rest.
    """
    response.headers.add_vary_header("Accept-Encoding")
    if len(response.body) >= _LONG_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
        response.body = gzip.compress(response.body, compresslevel=5, mtime=0)
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Content-Length"] = str(len(response.body))
    return response


def _marked(shown: Shown) -> str:
    """Return a text as HTML, its matches marked; a macro would take thrice as long."""
    return "".join(
        f"<mark>{escape(piece.text)}</mark>" if piece.is_match else escape(piece.text) for piece in shown.pieces
    )
