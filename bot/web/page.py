"""The page: search, browse, what is new, suggestions and verdicts. It works without scripts; a script makes it quicker."""

import logging
import re
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.asking.answering import Answering, Ending, Reply
from bot.asking.inquiry import Inquiry, Surface
from bot.errors import KnownLinkError, StoreError
from bot.slack.text import clamp, clean, one_line, safe_url
from bot.store import Suggestion
from bot.web import queries
from bot.web.access import COOKIE, Access, Doorkeeper, is_ours
from bot.web.api.operations import Desk
from bot.web.body import form_of
from bot.web.results import Results
from bot.web.site import HEADERS, Site, packed
from bot.web.views import NEWEST, SITES, TAGS, Front, items, long_day, nearest_sections
from index import MAX_QUESTION_CHARS, BundleError, Neighbour, Verdict, amount

logger = logging.getLogger("signpost.page")

#: Links on one page of results, and how many pages there are at most.
LINKS: Final = 10
PAGES: Final = 50
#: What is told of on the page of news.
NEWS: Final = 100
NEWS_DAYS: Final = 90
#: Answers to what is being typed, of which most are never looked at: they are kept in the store once they are.
TYPED: Final = 500
_STATUS: Final = {Ending.USAGE: 400, Ending.FAILED: 503}
_VISITOR: Final = "web"
_HERE: Final = re.compile(r"/(?![/\\])[!-~]*")

Handler = Callable[["Page", Request, Access], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What the handlers share."""

    desk: Desk
    site: Site
    doorkeeper: Doorkeeper
    _fronts: dict[tuple[str, bool], Front] = field(default_factory=dict)
    _typed: OrderedDict[str, Reply] = field(default_factory=OrderedDict)

    @property
    def answering(self) -> Answering:
        """What asks the index."""
        return self.desk.answering

    async def front(self, access: Access) -> Front:
        """Return what is shown of the bundle that is served now. BundleError, TimeoutError."""
        asks, public_only = self.answering.asks, access is not Access.ALL
        key = (asks.info.version, public_only)
        if key not in self._fronts:
            front = await self.answering.run(Front.of, asks, public_only=public_only)
            for old in [old for old in self._fronts if old[0] != key[0]]:
                self._fronts.pop(old, None)
            self._fronts[key] = front
        return self._fronts[key]

    def shown(self, template: str, front: Front, access: Access, *, status: int = 200, **values: Any) -> Response:
        """Render a page with what all pages have."""
        common = {"front": front, "query": "", "may_suggest": access is Access.ALL, "has_key": self.doorkeeper.has_key}
        return self.site.page(template, status=status, **{**common, **values})

    def foreign(self) -> Response:
        """Refuse a form that a page of another site sent."""
        text = "This was sent by another site."
        return self.site.page("trouble.html", status=403, title="Not from here", text=text)

    def put_aside(self, reply: Reply) -> None:
        """Remember an answer to what is being typed."""
        self._typed[reply.answer_id] = reply
        while len(self._typed) > TYPED:
            self._typed.popitem(last=False)

    async def keep_typed(self, answer_id: str) -> None:
        """Count and store an answer that was put aside; once."""
        if (reply := self._typed.pop(answer_id, None)) is not None:
            await self.answering.keep(reply)


def page_routes(page: Page) -> list[BaseRoute]:
    """Return the page's routes."""
    handlers: tuple[tuple[str, Handler, tuple[str, ...]], ...] = (
        ("/", search, ("GET",)),
        ("/browse", browse, ("GET",)),
        ("/new", new, ("GET",)),
        ("/suggest", suggest, ("GET", "POST")),
        ("/feedback", feedback, ("POST",)),
        ("/kept", kept, ("POST",)),
    )
    return [
        *(Route(path, _guarded(page, handler), methods=list(methods)) for path, handler, methods in handlers),
        Route("/login", _of(page, login), methods=["GET", "POST"]),
        Route("/logout", _of(page, logout), methods=["POST"]),
    ]


def _of(
    page: Page, handler: Callable[[Page, Request], Awaitable[Response]]
) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        return await handler(page, request)

    return handle


def _guarded(page: Page, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Let a handler see only whom it may see; without an index, and after a failure, say so on a page."""

    async def handle(request: Request) -> Response:
        access = page.doorkeeper.access(request)
        if access is Access.NONE:
            return RedirectResponse(_login_for(request), status_code=303, headers=HEADERS)
        if request.method == "POST" and not is_ours(request):
            return page.foreign()
        try:
            return await handler(page, request, access)
        except (BundleError, TimeoutError):
            text = "The list is not there yet, or takes too long. Try again in a moment."
            return page.site.page("trouble.html", status=503, title="Nothing to search yet", text=text)
        except ClientDisconnect:
            return Response(status_code=400)

    return handle


async def search(page: Page, request: Request, access: Access) -> Response:
    """Show the front page, or what was found; `part` asks for what the script puts below the box."""
    query = one_line(request.query_params.get("q", "")[:MAX_QUESTION_CHARS])
    part = "part" in request.query_params
    front = await page.front(access)
    if not query:
        news = await page.answering.run(page.answering.asks.news, limit=NEWEST, public_only=access is not Access.ALL)
        template = "parts/front.html" if part else "home.html"
        return page.shown(template, front, access, news=items(news), tags=front.tags[:TAGS], day=long_day)
    number = _number(request.query_params.get("page", ""))
    inquiry = Inquiry(
        surface=Surface.WEB,
        text=query,
        strangers=access is not Access.ALL,
        top_k=LINKS,
        offset=(number - 1) * LINKS,
    )
    reply = await page.answering.find(inquiry)
    values = _values(query, reply, front, number)
    template = "parts/results.html" if part else "results.html"
    status = 200 if part or reply.answer is not None else _STATUS.get(reply.ending, 200)
    response = page.shown(template, front, access, status=status, **values)
    if part and reply.answer is not None:
        page.put_aside(reply)
    elif not part and number == 1:
        # The store writes to its disk; the answer need not wait for it.
        response.background = BackgroundTask(page.answering.keep, reply)
    return response


def _values(query: str, reply: Reply, front: Front, number: int) -> dict[str, Any]:
    """Return what the template of results shows."""
    found = Results.of(reply) if reply.answer is not None else None
    near = nearest_sections([one.link for one in found.results]) if found else ()
    return {
        "query": query,
        "found": found,
        "problem": _sentence(reply.problem),
        "reference": reply.reference,
        "instead": queries.corrected(query, *reply.meant),
        "said": _said(found, reply),
        "chips": list(queries.chips(query)),
        "words": queries.words_of(query),
        "page": number if number < PAGES else 0,
        "beside": front.beside,
        "near": near,
    }


def _sentence(problem: str) -> str:
    """Return what is wrong with a question as a sentence begins; a filter that it begins with stays as it is written."""
    plain = problem.replace("`", "")
    return plain if ":" in plain.partition(" ")[0] else plain[:1].upper() + plain[1:]


def _said(found: Results | None, reply: Reply) -> str:
    """Return what a screen reader says of the results."""
    if found is None:
        return _sentence(reply.problem) or "The search failed."
    count = len(found.results)
    links = amount(count, "link")
    match found.verdict:
        case _ if found.offset and not count:
            return "There are no further links"
        case Verdict.SURE if found.offset:
            return f"Links {found.offset + 1} to {found.offset + count}"
        case Verdict.SURE:
            return f"The first {links}" if found.more else links
        case Verdict.PERHAPS:
            return f"Not sure: {links} that may be near"
        case Verdict.NOTHING:
            return f"Nothing answers this; {links} that came nearest" if count else "Nothing answers this"


def _number(text: str) -> int:
    """Return the number of a page of results, which comes from the address."""
    return min(max(int(text), 1), PAGES) if text.isascii() and text.isdigit() and len(text) <= len(str(PAGES)) else 1


async def browse(page: Page, request: Request, access: Access) -> Response:
    """Show every section, tag and site."""
    front = await page.front(access)
    hosts = front.overview.hosts
    shown = page.shown("browse.html", front, access, hosts=hosts[:SITES], more_hosts=max(len(hosts) - SITES, 0))
    return packed(request, shown)


async def new(page: Page, request: Request, access: Access) -> Response:  # noqa: ARG001
    """Show what is new, moved and retired."""
    front = await page.front(access)
    since = datetime.now(UTC) - timedelta(days=NEWS_DAYS)
    asks, public_only = page.answering.asks, access is not Access.ALL
    news = await page.answering.run(asks.news, since=since, limit=NEWS, public_only=public_only)
    is_recent = bool(news)
    if not is_recent:
        news = await page.answering.run(asks.news, limit=LINKS, public_only=public_only)
    days: dict[str, list[Any]] = {}
    for item in items(news):
        days.setdefault(item.day, []).append(item)
    return page.shown("new.html", front, access, days=days, day=long_day, is_recent=is_recent, within=NEWS_DAYS)


async def suggest(page: Page, request: Request, access: Access) -> Response:
    """Show the form to suggest a link, and keep what is sent."""
    front = await page.front(access)
    if access is not Access.ALL:
        text = "Only people who may see the whole list may suggest links for it."
        return page.site.page("trouble.html", status=403, title="Not for everybody", text=text)
    if request.method == "GET":
        given = {name: one_line(request.query_params.get(name, "")) for name in ("question", "url", "title")}
        return page.shown("suggest.html", front, access, given=_form(given), problems={})
    given = await form_of(request) or {}
    suggestion = Suggestion(
        suggestion_id=secrets.token_hex(8),
        url=given.get("url", "").strip(),
        title=clamp(one_line(given.get("title", "")), 200),
        section=clamp(one_line(given.get("section", "")), 200),
        description=clamp(clean(given.get("description", "")), 500),
        question=clamp(one_line(given.get("question", "")), 400),
        team="",
        user="",
    )
    problems = _problems(suggestion)
    neighbours: tuple[Neighbour, ...] = ()
    try:
        if not problems:
            neighbours = await page.desk.suggest(suggestion)
    except KnownLinkError as error:
        problems["url"] = f"The list has it already: {error.title}"
    except StoreError:
        text = "Your suggestion could not be kept. Try again in a moment."
        return page.site.page("trouble.html", status=503, title="That did not work", text=text)
    if problems:
        return page.shown("suggest.html", front, access, status=422, given=_form(given), problems=problems)
    alike = [(one_line(one.link.title) or one.link.url, safe_url(one.link.url)) for one in neighbours]
    return page.shown("thanks.html", front, access, status=201, alike=alike)


def _form(given: Mapping[str, str]) -> dict[str, str]:
    names = ("url", "title", "section", "description", "question")
    return {name: clamp(clean(given.get(name, "")), MAX_QUESTION_CHARS) for name in names}


def _problems(suggestion: Suggestion) -> dict[str, str]:
    problems = {}
    if safe_url(suggestion.url) is None:
        problems["url"] = "Write an http or https address without blanks."
    if not suggestion.title:
        problems["title"] = "A link needs a title."
    return problems


async def feedback(page: Page, request: Request, access: Access) -> Response:
    """Keep whether an answer helped."""
    given = await form_of(request) or {}
    helpful, query = given.get("helpful") == "yes", one_line(given.get("q", ""))[:MAX_QUESTION_CHARS]
    answer_id = given.get("answer_id", "")[:64]
    if not answer_id or given.get("helpful") not in {"yes", "no"}:
        text = "This form does not say which answer it is about, or whether it helped."
        return page.site.page("trouble.html", status=422, title="That did not work", text=text)
    status = 200
    try:
        await page.keep_typed(answer_id)
        await page.desk.store.record_feedback(answer_id, helpful, _VISITOR)
    except StoreError:
        status = 503
    values: dict[str, Any] = {"query": query, "helpful": helpful, "is_kept": status == 200}  # noqa: PLR2004 - HTTP's
    if "part" in given:
        return page.site.page("parts/verdict.html", status=status, may_suggest=access is Access.ALL, **values)
    return page.shown("verdict.html", await page.front(access), access, status=status, **values)


async def kept(page: Page, request: Request, access: Access) -> Response:  # noqa: ARG001
    """Take word from the script that an answer to what was typed was read, and which link was opened."""
    given = await form_of(request) or {}
    answer_id, url = given.get("answer_id", "")[:64], given.get("url", "")
    with suppress(StoreError):
        await page.keep_typed(answer_id)
        if answer_id and url and safe_url(url):
            await page.desk.store.record_click(answer_id, url, _VISITOR)
    return Response(status_code=204, headers=HEADERS)


def _login_for(request: Request) -> str:
    """Return the address of the login that leads back to what was asked for."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return "/login" if request.method != "GET" or wanted == "/" else f"/login?{urlencode({'to': wanted})}"


async def login(page: Page, request: Request) -> Response:
    """Ask for the key, and let a browser in that has it; then it is where it wanted to be."""
    if not page.doorkeeper.has_key:
        return RedirectResponse("/", status_code=303, headers=HEADERS)
    if request.method == "GET":
        return page.site.page("login.html", wrong=False, to=request.query_params.get("to", ""))
    given = await form_of(request) or {}
    if is_ours(request) and page.doorkeeper.knows(given.get("key", "").strip()):
        # Nowhere but on this site: two slashes would begin with a host, and browsers take a backslash for one.
        to = given.get("to", "")
        response = RedirectResponse(to if _HERE.fullmatch(to) else "/", status_code=303, headers=HEADERS)
        page.doorkeeper.let_in(request, response)
        return response
    return page.site.page("login.html", status=403, wrong=True, to=given.get("to", ""))


async def logout(page: Page, request: Request) -> Response:
    """Forget a browser's key."""
    if not is_ours(request):
        return page.foreign()
    response = RedirectResponse("/login", status_code=303, headers=HEADERS)
    response.delete_cookie(COOKIE)
    return response
