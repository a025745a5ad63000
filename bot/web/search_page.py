"""Mode web: a search page and a JSON endpoint, for a catalogue without Slack."""

import json
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from string import Template

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.asking.answering import Answering, Ending, Reply
from bot.asking.inquiry import Inquiry, Surface
from bot.blocks.answer import footer
from bot.blocks.notes import nothing_sentence
from bot.slack.text import one_line, safe_url
from bot.slack.untrusted import dict_of, int_of, list_of, text_of
from index import BundleError, Hit, Turn, Verdict

MAX_REQUEST_BYTES = 64 * 1024
MAX_THREAD = 100
MAX_TOP_K = 50

#: HTTP statuses of endings that are errors; all others are 200.
_STATUS = {Ending.USAGE: 400, Ending.FAILED: 503}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def page_routes(answering: Answering) -> list[BaseRoute]:
    """Return the page at `/` and the endpoint at `/api/ask`."""
    template = Template(files("bot").joinpath("static/page.html").read_text(encoding="utf-8"))

    async def page(request: Request) -> Response:
        """Show the search box, and the links for what was asked."""
        question = request.query_params.get("q", "").strip()
        reply = await answering.answer(Inquiry(surface=Surface.WEB, text=question)) if question else None
        status = 200 if reply is None or reply.answer is not None else _STATUS.get(reply.ending, 200)
        return HTMLResponse(_html(template, answering, question, reply), status_code=status, headers=_HEADERS)

    async def ask(request: Request) -> Response:
        """Answer `GET ?q=` or `POST {"query", "thread"?, "top"?}` with a row as `signpost ask --json` prints it."""
        inquiry = await _inquiry(request)
        if inquiry is None:
            return JSONResponse({"error": "send ?q=QUESTION, or JSON with a query"}, status_code=400, headers=_HEADERS)
        reply = await answering.answer(inquiry)
        if reply.answer is None:
            status = _STATUS.get(reply.ending, 503)
            return JSONResponse({"error": reply.message.text}, status_code=status, headers=_HEADERS)
        return JSONResponse(reply.answer.as_row(), headers=_HEADERS)

    return [Route("/", page), Route("/api/ask", ask, methods=["GET", "POST"])]


async def _inquiry(request: Request) -> Inquiry | None:
    """Return the question of an API request; None when the request cannot be read."""
    if request.method == "POST":
        raw = b""
        try:
            async for chunk in request.stream():
                raw += chunk
                if len(raw) > MAX_REQUEST_BYTES:
                    return None
            body = dict_of(json.loads(raw))
        except (ClientDisconnect, ValueError, RecursionError):
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
    return Inquiry(surface=Surface.WEB, text=text_of(body["query"]), thread=thread, top_k=top_k)


def _html(template: Template, answering: Answering, question: str, reply: Reply | None) -> str:
    try:
        name = reply.catalogue if reply is not None and reply.answer is not None else answering.asks.info.name
    except BundleError:
        name = ""
    shown = "" if reply is None else _results(reply)
    small = (
        footer(reply.answer, name)
        if reply is not None and reply.answer is not None
        else "Every link was chosen by people."
    )
    return template.substitute(
        title=escape(f"{question} – {name}" if question else name or "Signpost"),
        name=escape(name or "Signpost"),
        question=escape(question),
        results=shown,
        footer=escape(small),
    )


def _results(reply: Reply) -> str:
    # Sentences of messages are mrkdwn, which is escaped in the same way as HTML. Their code marks are removed.
    answer = reply.answer
    if answer is None:
        return f"<p>{reply.message.text.replace('`', '')}</p>"
    if not reply.has_links:
        sentence = nothing_sentence(answer, reply.catalogue).replace("`", "")
        return f"<p>{sentence}</p>" + _list(Verdict.NOTHING, answer.misses)
    corrected = f"<p>Searched for “{escape(one_line(answer.asked))}”.</p>" if answer.corrected else ""
    return corrected + _list(answer.verdict, reply.hits)


def _list(verdict: Verdict, hits: Sequence[Hit]) -> str:
    """Return the links with the sentence that says what they are; nothing without links."""
    if not hits:
        return ""
    lead = f'<p class="lead">{escape(verdict.lead(len(hits)))}</p>' if verdict is not Verdict.SURE else ""
    return f'{lead}<ol class="{verdict}">{"".join(map(_item, hits))}</ol>'


def _item(hit: Hit) -> str:
    link = hit.link
    title = escape(one_line(link.title) or link.url)
    url = safe_url(link.url)
    linked = f'<a href="{escape(url)}" rel="noreferrer">{title}</a>' if url else title
    stars = f' <span aria-label="{link.stars} stars">{"★" * link.stars}</span>' if link.stars else ""
    origin = " · ".join(escape(one_line(text)) for text in (link.publisher, link.section_path) if text)
    parts = [f"{linked}{stars}"]
    parts += [f'<div class="from">{origin}</div>'] if origin else []
    parts += [f'<div class="mark">{escape(one_line(link.mark))}</div>'] if link.mark else []
    parts += [f"<div>{escape(one_line(link.description))}</div>"] if link.description else []
    parts.append(f'<div class="why">{escape(one_line(str(hit.why)))}</div>')
    return f"<li>{''.join(parts)}</li>"
