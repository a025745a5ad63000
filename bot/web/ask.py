"""`/api/ask`: the answer as `signpost ask --json` prints it, for programs that were there before `/api/v1`."""

import json

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.asking.answering import Answering, Ending
from bot.asking.inquiry import Inquiry, Surface
from bot.slack.untrusted import dict_of, int_of, list_of, text_of
from bot.web.access import Access, Doorkeeper
from bot.web.body import body_of
from bot.web.problems import ProblemError
from index import Turn

MAX_REQUEST_BYTES = 64 * 1024
MAX_THREAD = 100
MAX_TOP_K = 50

#: HTTP statuses of endings without an answer.
_STATUS = {Ending.USAGE: 400, Ending.FAILED: 503}
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def ask_routes(answering: Answering, doorkeeper: Doorkeeper) -> list[BaseRoute]:
    """Return the endpoint; it gives what the page gives to the same visitor."""

    async def ask(request: Request) -> Response:
        """Answer `GET ?q=` or `POST {"query", "thread"?, "top"?}`."""
        access = doorkeeper.access(request)
        if access is Access.NONE:
            return JSONResponse({"error": "a key is needed"}, status_code=401, headers=_HEADERS)
        inquiry = await _inquiry(request, public_only=access is Access.PUBLIC)
        if inquiry is None:
            return JSONResponse({"error": "send ?q=QUESTION, or JSON with a query"}, status_code=400, headers=_HEADERS)
        reply = await answering.answer(inquiry)
        if reply.answer is None:
            error = reply.problem or f"the search failed; its reference in the log is {reply.reference}"
            return JSONResponse({"error": error}, status_code=_STATUS.get(reply.ending, 503), headers=_HEADERS)
        return JSONResponse(reply.answer.as_row(), headers=_HEADERS)

    return [Route("/api/ask", ask, methods=["GET", "POST"])]


async def _inquiry(request: Request, *, public_only: bool) -> Inquiry | None:
    """Return the question of an API request; None when the request cannot be read."""
    if request.method == "POST":
        try:
            body = dict_of(json.loads(await body_of(request, MAX_REQUEST_BYTES)))
        except (ClientDisconnect, ProblemError, ValueError, RecursionError):
            return None
    else:
        top = request.query_params.get("top", "")
        query = request.query_params.get("q", "")
        body = {"query": query, "top": int(top) if top.isascii() and top.isdigit() and len(top) < len("1000") else 0}
    if not text_of(body.get("query")).strip():
        return None
    try:
        thread = tuple(map(Turn.of, list_of(body.get("thread"))[-MAX_THREAD:]))
    except ValueError:
        return None
    top_k = int_of(body.get("top"), at_most=MAX_TOP_K) or None
    return Inquiry(surface=Surface.WEB, text=text_of(body["query"]), thread=thread, top_k=top_k, strangers=public_only)
