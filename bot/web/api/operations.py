"""What the API can do, one function each, and the table of them: the routes and the OpenAPI document come from it."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel

from bot.asking.alike import much_alike
from bot.asking.answering import Answering, Ending, Reply
from bot.asking.inquiry import Inquiry, Surface
from bot.errors import KnownLinkError, StoreError
from bot.slack.text import clean, one_line, safe_url
from bot.store import Store, Suggestion
from bot.web.api import values
from bot.web.api.values import Filters, Json
from bot.web.keys import Scope, Visitor
from bot.web.problems import ProblemError
from bot.web.results import Results, link_row
from index import Asks, BundleError, Link, Neighbour, News, Question, SignpostError, Turn

logger = logging.getLogger("signpost.api")

#: Passes every link: a list without a filter is the answer to this question.
_EVERY: Final = "stars:0"

#: Tells the curators of a suggestion that is kept.
Tell = Callable[[Suggestion, Sequence[Neighbour]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the operations use: the index, the store, and a way to the curators."""

    answering: Answering
    store: Store
    tell: Tell

    @property
    def asks(self) -> Asks:
        """The bundle that is served now; ProblemError when there is none."""
        try:
            return self.answering.asks
        except BundleError as error:
            raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "There is no index to ask yet.") from error

    async def alike(self, url: str, title: str, description: str) -> tuple[Neighbour, ...]:
        """Return the links of the catalogue that are much like a suggested one; none when it cannot be asked."""
        try:
            return await self.answering.run(much_alike, self.answering.asks, url, title, description)
        except (SignpostError, TimeoutError):
            return ()

    async def suggest(
        self, suggestion: Suggestion, *, public_only: bool = False, delivery: str = ""
    ) -> tuple[Neighbour, ...]:
        """Keep a suggested link, tell the curators, and return what the catalogue has that is much like it.

        What marks a `delivery` that may come again keeps it once.
        KnownLinkError when it has that very link, as far as the suggester may know it; StoreError when it cannot be kept.
        """
        neighbours = await self.alike(suggestion.url, suggestion.title, suggestion.description)
        shown = tuple(one for one in neighbours if one.link.is_public or not public_only)
        if known := next((one.link for one in shown if one.exact), None):
            raise KnownLinkError(one_line(known.title) or known.url)
        # Whoever hangs up meanwhile has suggested it all the same, and the curators hear of it.
        await asyncio.shield(asyncio.create_task(self._take(suggestion, neighbours, delivery)))
        return shown

    async def _take(self, suggestion: Suggestion, neighbours: tuple[Neighbour, ...], delivery: str) -> None:
        keys = (f"signed:{delivery}",) if delivery else ()
        if await self.store.claim(*keys):
            await self._keep(suggestion, keys)
            await self.tell(suggestion, neighbours)

    async def _keep(self, suggestion: Suggestion, keys: Sequence[str]) -> None:
        try:
            await self.store.add_suggestion(suggestion)
        except StoreError:
            with contextlib.suppress(StoreError):
                await self.store.release(*keys)
            raise


async def search(
    desk: Desk,
    visitor: Visitor,
    text: str,
    *,
    filters: Filters,
    surface: Surface,
    thread: tuple[Turn, ...] = (),
    top: int | None = None,
    offset: int = 0,
) -> Reply:
    """Answer a question for a visitor; the reply has an answer. ProblemError otherwise."""
    reply = await desk.answering.answer(
        Inquiry(
            surface=surface,
            text=" ".join(filter(None, (filter_text(filters), text))),
            thread=thread,
            team=visitor.team,
            user=visitor.user,
            strangers=visitor.public_only,
            top_k=top,
            offset=offset,
        )
    )
    if reply.answer is not None:
        return reply
    if reply.ending is Ending.USAGE:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, reply.problem)
    raise ProblemError(
        HTTPStatus.SERVICE_UNAVAILABLE, f"The search failed; its reference in the log is {reply.reference}."
    )


def filter_text(filters: Filters) -> str:
    """Return filters as people write them into a question."""
    named = (("section", filters.section), ("tag", filters.tag), ("host", filters.host))
    written = [f'{name}:"{one_line(value).replace(chr(34), " ")}"' for name, value in named if value]
    return " ".join(written + ([f"stars:{filters.stars}"] if filters.stars is not None else []))


async def ask_by_address(desk: Desk, visitor: Visitor, given: values.AskByAddress) -> Json:
    """Answer a question."""
    reply = await search(desk, visitor, given.q, filters=given, surface=Surface.API, top=given.top, offset=given.offset)
    return Results.of(reply).as_row()


async def ask_by_body(desk: Desk, visitor: Visitor, given: values.AskByBody) -> Json:
    """Answer a question with the messages before it."""
    reply = await search(
        desk,
        visitor,
        given.query,
        filters=given,
        surface=Surface.API,
        thread=given.turns,
        top=given.top,
        offset=given.offset,
    )
    return Results.of(reply).as_row()


async def list_links(desk: Desk, visitor: Visitor, given: values.LinkQuery) -> Json:
    """List links, most stars first and dead ones last."""
    asks = desk.asks
    if given.url is not None:
        found = await desk.answering.run(asks.find, given.url)
        links = [found] if found is not None and (found.is_public or not visitor.public_only) else []
        more = False
    else:
        wanted = filter_text(given) or _EVERY
        links, more = await _page(desk, asks, visitor, wanted, limit=given.limit, offset=given.offset)
    return {
        "links": list(map(link_row, links)),
        "offset": given.offset,
        "more": more,
        "version": asks.info.version,
    }


async def _page(
    desk: Desk, asks: Asks, visitor: Visitor, wanted: str, *, limit: int, offset: int = 0
) -> tuple[list[Link], bool]:
    """Return the links that pass filters, and whether there are more; none for a section, tag or host that is not known."""
    question = Question(text=wanted, top_k=offset + limit, public_only=visitor.public_only)
    try:
        answer = await desk.answering.run(asks.ask, question)
    except SignpostError:
        return [], False
    return [hit.link for hit in answer.hits[offset:]], answer.more


async def list_sections(desk: Desk, visitor: Visitor, given: values.NoQuery) -> Json:  # noqa: ARG001
    """List the sections with how many links are in each."""
    asks = desk.asks
    overview = await desk.answering.run(asks.overview, public_only=visitor.public_only)
    return {
        "sections": [{"section": list(section), "links": links} for section, links in overview.sections],
        "catalogue": asks.info.name,
        "version": asks.info.version,
    }


async def list_tags(desk: Desk, visitor: Visitor, given: values.NoQuery) -> Json:  # noqa: ARG001
    """List the tags with how many links have each."""
    asks = desk.asks
    overview = await desk.answering.run(asks.overview, public_only=visitor.public_only)
    return {"tags": [{"tag": tag, "links": links} for tag, links in overview.tags], "version": asks.info.version}


async def list_news(desk: Desk, visitor: Visitor, given: values.NewsQuery) -> Json:
    """List what is new, moved and retired."""
    asks = desk.asks
    since = None if given.since is None else datetime.combine(given.since, time(), UTC)
    found = await desk.answering.run(asks.news, since=since, limit=given.limit, public_only=visitor.public_only)
    return {"news": list(map(news_row, found)), "version": asks.info.version}


def news_row(one: News) -> Json:
    """Return a piece of news as plain data."""
    at = one.at.isoformat(timespec="seconds")
    return {"kind": str(one.kind), "at": at, "was": one.was or None, "link": link_row(one.link)}


async def give_feedback(desk: Desk, visitor: Visitor, given: values.FeedbackGiven) -> Json:
    """Keep whether an answer helped; a later verdict of the same key replaces an earlier one."""
    try:
        await desk.store.record_feedback(given.answer_id, given.helpful, f"api:{visitor.name}")
    except StoreError as error:
        raise _not_kept() from error
    return {}


async def suggest_link(desk: Desk, visitor: Visitor, given: values.SuggestionGiven) -> Json:
    """Keep a link for the curators to decide about."""
    if safe_url(given.url) is None:
        problem = {"pointer": "/url", "detail": "must be an http or https address without blanks"}
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "The address cannot be followed.", errors=[problem])
    suggestion = Suggestion(
        # A request that is delivered again has the same id, and is kept once.
        suggestion_id=sha256(visitor.delivery.encode()).hexdigest()[:16] if visitor.delivery else secrets.token_hex(8),
        url=given.url,
        title=one_line(given.title),
        section=one_line(given.section),
        description=clean(given.description),
        question=one_line(given.question),
        team=visitor.team,
        user=visitor.user,
    )
    try:
        shown = await desk.suggest(suggestion, public_only=visitor.public_only, delivery=visitor.delivery)
    except KnownLinkError as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from error
    except StoreError as error:
        raise _not_kept() from error
    return {"suggestion_id": suggestion.suggestion_id, "alike": [link_row(neighbour.link) for neighbour in shown]}


def _not_kept() -> ProblemError:
    return ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "It could not be kept; try again in a moment.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that the API does."""

    method: str
    path: str
    """Below `/api/v1`."""
    name: str
    tells: str
    """One sentence for the document."""
    scope: Scope
    takes: type[BaseModel]
    """The parameters of a GET, or the body of a POST."""
    gives: type[BaseModel] | None
    """What is in the response; None for nothing."""
    does: Callable[[Desk, Visitor, Any], Awaitable[Json]]
    status: HTTPStatus = HTTPStatus.OK
    further: tuple[HTTPStatus, ...] = ()
    """Statuses of errors that this operation has besides those of all."""


OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/ask",
        name="ask",
        tells="Answers a question with links of the catalogue, and says how sure it is.",
        scope=Scope.READ,
        takes=values.AskByAddress,
        gives=values.AnswerShown,
        does=ask_by_address,
    ),
    Operation(
        method="POST",
        path="/ask",
        name="askInThread",
        tells="Answers a question as GET does, and takes the messages before it as well.",
        scope=Scope.READ,
        takes=values.AskByBody,
        gives=values.AnswerShown,
        does=ask_by_body,
    ),
    Operation(
        method="GET",
        path="/links",
        name="listLinks",
        tells="Lists links, most stars first and dead ones last.",
        scope=Scope.READ,
        takes=values.LinkQuery,
        gives=values.LinksShown,
        does=list_links,
    ),
    Operation(
        method="GET",
        path="/sections",
        name="listSections",
        tells="Lists the sections, with how many links are in each.",
        scope=Scope.READ,
        takes=values.NoQuery,
        gives=values.SectionsShown,
        does=list_sections,
    ),
    Operation(
        method="GET",
        path="/tags",
        name="listTags",
        tells="Lists the tags, with how many links have each.",
        scope=Scope.READ,
        takes=values.NoQuery,
        gives=values.TagsShown,
        does=list_tags,
    ),
    Operation(
        method="GET",
        path="/news",
        name="listNews",
        tells="Lists what is new, moved and retired, latest first.",
        scope=Scope.READ,
        takes=values.NewsQuery,
        gives=values.NewsShown,
        does=list_news,
    ),
    Operation(
        method="POST",
        path="/feedback",
        name="giveFeedback",
        tells="Says whether an answer helped; a later verdict of the same key replaces an earlier one.",
        scope=Scope.FEEDBACK,
        takes=values.FeedbackGiven,
        gives=None,
        does=give_feedback,
        status=HTTPStatus.NO_CONTENT,
    ),
    Operation(
        method="POST",
        path="/suggestions",
        name="suggestLink",
        tells="Suggests a link; the curators decide whether it goes into the catalogue.",
        scope=Scope.SUGGEST,
        takes=values.SuggestionGiven,
        gives=values.SuggestionKept,
        does=suggest_link,
        status=HTTPStatus.CREATED,
        further=(HTTPStatus.CONFLICT,),
    ),
)
