"""Slack's own search: results, and what a search can be narrowed to."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from bot.asking.answering import Ending, Reply
from bot.asking.inquiry import Inquiry, Surface
from bot.services import Services
from bot.slack.payloads import FunctionCall
from bot.slack.text import MAX_LABEL_CHARS, clamp, one_line, safe_url
from index import MAX_QUESTION_CHARS, Answer, Hit, Link, Overview, SignpostError

#: The names of the outputs; Slack's search ignores all other names.
RESULTS_OUTPUT: Final = "search_results"
FILTERS_OUTPUT: Final = "filters"
RESULTS: Final = 10
#: Most sections and tags that are offered; the largest come first.
MOST_OPTIONS: Final = 100
_DESCRIPTION_CHARS = 500
_CONTENT_CHARS = 3_000
_STARS: Final = {"3": "★★★", "2": "★★ and more", "1": "★ and more"}


class SearchFailedError(SignpostError):
    """The index gave no answer; the log has the reason."""


async def search(services: Services, call: FunctionCall) -> dict[str, Any]:
    """Return the links for a query, as far as they pass the chosen filters."""
    inquiry = Inquiry(
        surface=Surface.SEARCH,
        text=" ".join([*_fitting(_filters_of(call)), call.text("query")]),
        team=call.team,
        user=call.user,
        top_k=RESULTS,
        strangers=not await services.strangers.is_ours_there(call),
    )
    reply = await services.answering.answer(inquiry)
    if reply.ending is Ending.FAILED:
        raise SearchFailedError("a search from Slack had no answer")
    return {RESULTS_OUTPUT: results_of(reply)}


def _filters_of(call: FunctionCall) -> Iterable[str]:
    """Yield what was chosen, as people write filters into a question; of several numbers of stars the least counts."""
    if stars := [value for value in call.chosen("stars") if value in _STARS]:
        yield f"stars:{min(stars)}"
    for name in ("tag", "section"):
        yield from (f'{name}:"{value.replace(chr(34), " ")}"' for value in call.chosen(name))


def _fitting(filters: Iterable[str]) -> Iterator[str]:
    """Yield as many filters as leave half of a question's length to what is searched for."""
    left = MAX_QUESTION_CHARS // 2
    for one in filters:
        left -= len(one) + 1
        if left >= 0:
            yield one


async def filters(services: Services, call: FunctionCall) -> dict[str, Any]:
    """Return what there is to choose; for strangers, of the public links alone."""
    strangers = not await services.strangers.is_ours_there(call)
    overview = await services.answering.run(services.answering.asks.overview, public_only=strangers)
    return {FILTERS_OUTPUT: filters_of(overview)}


def filters_of(overview: Overview) -> list[dict[str, Any]]:
    """Return the filters in the form that Slack's search wants; one without options is left out."""
    found = (
        _filter("section", "Section", "Sections", {name: name for name in _headings(overview)}),
        _filter("tag", "Tag", "Tags", {tag: tag for tag, _ in overview.tags}),
        _filter("stars", "Stars", "Stars", _STARS),
    )
    return [one for one in found if one["options"]]


def _headings(overview: Overview) -> list[str]:
    """Return every heading once, that with the most links first; a heading's links are also those below it."""
    counts: dict[str, int] = {}
    for path, count in overview.sections:
        for heading in dict.fromkeys(path):
            counts[heading] = counts.get(heading, 0) + count
    return sorted(counts, key=lambda heading: -counts[heading])


def _filter(name: str, one: str, several: str, options: dict[str, str]) -> dict[str, Any]:
    shown = {value: clamp(one_line(label), MAX_LABEL_CHARS) for value, label in options.items()}
    kept = [{"name": label, "value": value} for value, label in shown.items() if label and '"' not in value]
    return {
        "name": name,
        "display_name": one,
        "display_name_plural": several,
        "type": "multi_select",
        "options": kept[:MOST_OPTIONS],
    }


def results_of(reply: Reply) -> list[dict[str, Any]]:
    """Return the links in the form that Slack's search wants; of those that are in doubt, the description says so."""
    if reply.answer is None:
        return []
    return [result for hit in reply.hits if (result := _result(hit, reply.answer)) is not None]


def _result(hit: Hit, answer: Answer) -> dict[str, Any] | None:
    link = hit.link
    url = safe_url(link.url)
    if url is None:
        return None
    about = one_line(link.description) or one_line(link.section_path) or link.url
    notes = ["(perhaps)"] * answer.doubtful + [f"({one_line(link.mark)})"] * bool(link.mark)
    description = clamp(" ".join((*notes, about)), _DESCRIPTION_CHARS)
    return {
        # Never changes for a link, so that Slack finds the conversations about it again.
        "external_ref": {"id": link.url},
        "title": one_line(link.title) or link.url,
        "description": description,
        "link": url,
        "date_updated": (link.added or answer.built_at.date()).isoformat(),
        "content": clamp(" · ".join(filter(None, map(one_line, _said(link, description)))), _CONTENT_CHARS),
    }


def _said(link: Link, description: str) -> tuple[str, ...]:
    """Return what Slack's assistant may make its answer of: all that curators wrote."""
    answered = f"Answers: {'; '.join(link.questions)}" if link.questions else ""
    return (link.publisher, link.section_path, description, answered)
