"""The curators' page and what its buttons do. Every action does what the same button does in Slack."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from hmac import compare_digest
from http import HTTPStatus
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.asking.answering import Answering
from bot.blocks.report import NAMES
from bot.curation.loop import Curation
from bot.curation.mending import changes, mended
from bot.curation.rebuild import Moved
from bot.curators import figures as shown
from bot.curators.login import PATH, OpenId, Sessions
from bot.curators.versions import VERSION, difference, roll_back, versions
from bot.errors import LoginError
from bot.settings import Settings
from bot.slack.payloads import MendedLink
from bot.slack.text import one_line, safe_url, section_label
from bot.store import ChangeState, Store, Suggestion
from bot.web.access import is_https, is_ours
from bot.web.body import form_of
from bot.web.site import HEADERS, Site
from index import Doubt, SignpostError

logger = logging.getLogger("signpost.curators")

_STATE: Final = "signpost_sign_in"
#: Who decided, where the page does not know it: the token is everybody's.
_BY: Final = "curators' page"

_FOREIGN: Final = "This form is not of this page."
_LOOKED_AFTER: Final = "Somebody has looked after this link already."
_GONE: Final = "That link is not in the catalogue any more."

Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curators:
    """What the handlers share."""

    settings: Settings
    answering: Answering
    store: Store
    curation: Curation
    site: Site
    sessions: Sessions
    open_id: OpenId
    tell: Callable[[Suggestion, bool], None]
    """Tells whoever suggested something, or found something wrong, how it ended."""

    def shown(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """Render a page, which no browser and no search engine keeps: it is not there for whoever comes after a log-out."""
        headers = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}
        searches = self.settings.serves_page
        return self.site.page(template, status=status, headers=headers, searches=searches, **values)

    def trouble(self, status: int, problem: str) -> Response:
        """Say that something did not work."""
        back = {"href": PATH, "label": "Back to the curators' page"}
        return self.shown("trouble.html", status=status, title="That did not work", text=problem, back=back)

    @property
    def has_token(self) -> bool:
        """Whether a token lets somebody in."""
        return bool(self.settings.curators_token.get_secret_value())

    @property
    def has_open_id(self) -> bool:
        """Whether a provider does."""
        return bool(self.settings.oidc_issuer)


def curators_routes(house: Curators) -> list[BaseRoute]:
    """Return the page's routes; each but those of the login is closed to everybody who is not signed in."""

    def closed(handler: Callable[[Curators, Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            if not house.sessions.has(request):
                return RedirectResponse(f"{PATH}/login", status_code=303, headers=HEADERS)
            try:
                return await handler(house, request)
            except SignpostError as error:
                return house.trouble(503, str(error))

        return handle

    def form(act: Callable[[Curators, Fields], Awaitable[str]]) -> Callable[[Request], Awaitable[Response]]:
        async def handle(house: Curators, request: Request) -> Response:
            fields = await form_of(request)
            if fields is None or not is_ours(request):
                return house.trouble(403, _FOREIGN)
            said = await act(house, fields)
            house.sessions.leave(request, said)
            return RedirectResponse(PATH, status_code=303, headers=HEADERS)

        return closed(handle)

    return [
        Route(PATH, closed(front)),
        Route(f"{PATH}/login", _open(house, login), methods=["GET", "POST"]),
        Route(f"{PATH}/sign-in", _open(house, sign_in)),
        Route(f"{PATH}/signed-in", _open(house, signed_in)),
        Route(f"{PATH}/versions", closed(changed)),
        Route(f"{PATH}/decide", form(decide), methods=["POST"]),
        Route(f"{PATH}/retry", form(retry), methods=["POST"]),
        Route(f"{PATH}/dismiss", form(dismiss), methods=["POST"]),
        Route(f"{PATH}/correct", form(correct), methods=["POST"]),
        Route(f"{PATH}/retire", form(retire), methods=["POST"]),
        Route(f"{PATH}/sound", form(sound), methods=["POST"]),
        Route(f"{PATH}/mend", closed(mending), methods=["GET"]),
        Route(f"{PATH}/mend", form(mend), methods=["POST"]),
        Route(f"{PATH}/logout", closed(log_out), methods=["POST"]),
        Route(f"{PATH}/rebuild", form(rebuild), methods=["POST"]),
        Route(f"{PATH}/rollback", form(rollback), methods=["POST"]),
    ]


def _open(
    house: Curators, handler: Callable[[Curators, Request], Awaitable[Response]]
) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        try:
            return await handler(house, request)
        except LoginError as error:
            logger.warning("a sign-in failed: %s", error)
            told = str(error)
            return _login_page(house, status=403, problem=f"{told[:1].upper()}{told[1:]}.")

    return handle


async def front(house: Curators, request: Request) -> Response:
    """Show everything."""
    found = await shown.figures(house.answering, house.store, house.settings.catalogue_files)
    listed = await versions(house.settings.index)
    return house.shown(
        "curators.html",
        found=found,
        versions=listed[:20],
        days=shown.DAYS,
        width=shown.WIDTH,
        height=shown.HEIGHT,
        names=NAMES,
        curates=house.settings.curates,
        problem=house.curation.problem,
        said=house.sessions.left(request),
        safe=safe_url,
        told=_told,
    )


def _told(detail: str) -> list[str]:
    """Return what became of a change in short lines: what to do about a problem, which stands behind it, on one of its own."""
    return [part for line in detail.splitlines() for part in line.rsplit("; ", 1)]


async def changed(house: Curators, request: Request) -> Response:
    """Show what changed between two versions: links, and answers to golden questions."""
    old, new = (request.query_params.get(name, "") for name in ("from", "to"))
    if not (VERSION.fullmatch(old) and VERSION.fullmatch(new)):
        return house.trouble(400, "A version is missing.")
    found = await difference(house.settings.index, old, new, house.settings.catalogue_files)
    return house.shown(
        "curators_versions.html", found=found, moved=list(map(Moved.of, found["moved"])), old=old, new=new
    )


# The login


async def login(house: Curators, request: Request) -> Response:
    """Ask for the token, or offer the provider."""
    if request.method == "GET":
        return _login_page(house)
    fields = await form_of(request)
    if fields is None or not is_ours(request) or not _same(house, fields.get("token", "")):
        logger.warning("somebody gave a wrong token for the curators' page")
        return _login_page(house, status=403, wrong_token=True)
    return _let_in(house, request)


def _same(house: Curators, token: str) -> bool:
    right = house.settings.curators_token.get_secret_value()
    return bool(right) and compare_digest(token.encode("utf-8", "replace"), right.encode())


async def sign_in(house: Curators, request: Request) -> Response:
    """Send the browser to the provider."""
    if not house.has_open_id:
        return Response(status_code=HTTPStatus.NOT_FOUND)
    # The provider knows this address: it is no matter of what a request names as its host.
    address, state = await house.open_id.begin(f"{house.settings.web_url.rstrip('/')}{PATH}/signed-in")
    response = RedirectResponse(address, status_code=303, headers=HEADERS)
    # Only the browser that began may finish: nobody can be signed in as somebody else by a link.
    response.set_cookie(_STATE, state, max_age=600, path=PATH, httponly=True, samesite="lax", secure=is_https(request))
    return response


async def signed_in(house: Curators, request: Request) -> Response:
    """Let a curator in who comes back from the provider."""
    state = request.query_params.get("state", "")
    if not state or state != request.cookies.get(_STATE, ""):
        raise LoginError("this sign-in was not begun in this browser; begin again")
    if "error" in request.query_params:
        raise LoginError("the provider has refused")
    await house.open_id.finish(state, request.query_params.get("code", ""))
    response = _let_in(house, request)
    response.delete_cookie(_STATE, path=PATH)
    return response


async def log_out(house: Curators, request: Request) -> Response:
    """Sign a browser out."""
    if not is_ours(request):
        return house.trouble(403, _FOREIGN)
    response = RedirectResponse(f"{PATH}/login", status_code=303, headers=HEADERS)
    house.sessions.let_out(request, response)
    return response


def _let_in(house: Curators, request: Request) -> Response:
    response = RedirectResponse(PATH, status_code=303, headers=HEADERS)
    house.sessions.let_in(response, is_https=is_https(request))
    return response


def _login_page(house: Curators, *, status: int = 200, problem: str = "", wrong_token: bool = False) -> Response:
    """Return the login; `problem`: why the provider's sign-in failed."""
    return house.shown(
        "curators_login.html",
        status=status,
        problem=problem,
        wrong_token=wrong_token,
        has_token=house.has_token,
        has_open_id=house.has_open_id,
        is_slack=house.settings.oidc_issuer.rstrip("/") == "https://slack.com",
    )


# What the buttons do


async def decide(house: Curators, fields: Fields) -> str:
    """Approve or decline a suggestion; an approval goes into the catalogue as one from Slack does."""
    approved = fields.get("verdict") == "approve"
    place = ("", "") if house.settings.curates else None
    suggestion = await house.store.suggestion(fields.get("id", "")[:64])
    if suggestion is None or suggestion.problem is not None:
        return "This suggestion is not known."
    if not await house.store.decide_suggestion(suggestion.suggestion_id, approved, _BY, place=place):
        return "Somebody has decided about this suggestion already."
    if approved:
        house.curation.wake()
    house.tell(suggestion, approved)
    if not approved:
        return "Declined."
    return "Approved; it goes into the catalogue." if place else "Approved; add it to the catalogue by hand."


async def retry(house: Curators, fields: Fields) -> str:
    """Try again to write an approved suggestion."""
    if not await house.store.move_change(fields.get("id", "")[:64], ChangeState.STUCK, ChangeState.WAITING):
        return "That is no longer waiting to be tried again."
    house.curation.wake()
    return "Trying again."


async def dismiss(house: Curators, fields: Fields) -> str:
    """List a group of questions no more."""
    await house.store.dismiss(*filter(None, fields.get("hashes", "").split(",")))
    return "These questions are not listed again."


async def correct(house: Curators, fields: Fields) -> str:
    """Give a moved link its new address, which the link checks have found."""
    doubt = await _doubt(house, fields)
    if doubt is None or not doubt.link.moved_to:
        return "This link has no new address."
    return await _corrected(house, doubt.link.url, doubt.link.moved_to)


async def retire(house: Curators, fields: Fields) -> str:
    """Retire a link that the link checks have something against; it stays in the catalogue and is in no answer."""
    doubt = await _doubt(house, fields)
    if doubt is None or doubt.link.moved_to:
        return "The link checks have nothing against this link any more."
    return await _corrected(house, doubt.link.url)


async def _doubt(house: Curators, fields: Fields) -> Doubt | None:
    found = await shown.trouble(house.answering, house.settings.catalogue_files)
    return next((doubt for doubt in found if doubt.link.url == fields.get("url")), None)


async def _corrected(house: Curators, url: str, moved_to: str = "") -> str:
    if not house.settings.curates:
        return "CATALOGUE_CHECKOUT or PATCHES_DIR must name where to write it."
    written = await house.curation.correct(url, moved_to)
    return written.problem or f"Written: {written.where}."


async def sound(house: Curators, fields: Fields) -> str:
    """Leave a link as it is that somebody found something wrong with."""
    report = await _report(house, fields)
    if report is None or not await house.store.decide_suggestion(report.suggestion_id, False, _BY):  # noqa: FBT003
        return _LOOKED_AFTER
    house.tell(report, False)  # noqa: FBT003
    return "Left as it is."


async def mending(house: Curators, request: Request) -> Response:
    """Show the form that mends a link, with what the link has now."""
    report = await _report(house, request.query_params)
    link = None if report is None else await house.answering.run(house.answering.asks.find, report.url)
    if link is None:
        return house.trouble(404, _GONE)
    here = section_label(link.section)
    return house.shown(
        "curators_mend.html",
        report=report,
        link=link,
        section=here,
        sections=dict.fromkeys([here, *(section_label(one) for one, _ in house.answering.asks.info.sections)]),
        names=NAMES,
    )


async def mend(house: Curators, fields: Fields) -> str:
    """Have the link written as the form has it, and close the report."""
    report = await _report(house, fields)
    link = None if report is None else await house.answering.run(house.answering.asks.find, report.url)
    if report is None or link is None:
        return _GONE
    entered = MendedLink(
        title=one_line(fields.get("title", "")),
        section=one_line(fields.get("section", "")),
        questions=tuple(filter(None, map(one_line, fields.get("questions", "").splitlines()))),
        retired="retired" in fields,
    )
    change = mended(link, entered, team="", user="")
    if not change.title or not changes(change, link):
        return "Nothing is changed: give the link a title, and change something of it."
    if not await house.store.decide_suggestion(report.suggestion_id, True, _BY):  # noqa: FBT003
        return _LOOKED_AFTER
    await house.store.add_suggestion(change)
    place = ("", "") if house.settings.curates else None
    await house.store.decide_suggestion(change.suggestion_id, True, _BY, place=place)  # noqa: FBT003
    house.curation.wake()
    house.tell(report, True)  # noqa: FBT003
    return "Mended; it goes into the catalogue." if place else "Mended; change it in the catalogue by hand."


async def _report(house: Curators, fields: Fields) -> Suggestion | None:
    report = await house.store.suggestion(fields.get("id", "")[:64])
    return report if report is not None and report.problem is not None else None


async def rebuild(house: Curators, fields: Fields) -> str:  # noqa: ARG001
    """Have the index built."""
    house.curation.ask_for_build("")
    return "The index is being built."


async def rollback(house: Curators, fields: Fields) -> str:
    """Make an older version current again."""
    version = fields.get("version", "")
    if not VERSION.fullmatch(version):
        return "There is no such version."
    await roll_back(house.settings.index, version)
    return f"Version {version[:12]} is current again. Undo the edit too, or the next build brings it back."
