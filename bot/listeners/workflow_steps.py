"""The steps for Workflow Builder: Find links, and Suggest a link."""

from hashlib import blake2b
from typing import Any

from bot.asking.answering import Ending
from bot.asking.inquiry import Inquiry, Surface
from bot.blocks.parts import link_list, rich, run
from bot.listeners.slack_search import SearchFailedError
from bot.listeners.suggest_link import look_up, problems_of, take, tell_curators
from bot.services import Services
from bot.slack.payloads import Draft, FunctionCall
from bot.slack.text import one_line, safe_url, unescape_slack
from bot.store import Suggestion
from index import Hit

_ANGLES = str.maketrans("<>", "‹›")


async def find_links(services: Services, call: FunctionCall) -> dict[str, Any]:
    """Answer a question; where it goes to a channel that other organisations can read, with public links only."""
    channel = call.text("channel")
    strangers = not await services.strangers.is_ours(call.team, call.enterprise) or (
        bool(channel) and await services.strangers.can_read(channel)
    )
    inquiry = Inquiry(
        surface=Surface.WORKFLOW, text=call.text("question"), team=call.team, channel=channel, strangers=strangers
    )
    reply = await services.answering.answer(inquiry)
    if reply.ending is Ending.FAILED:
        raise SearchFailedError("a step of a workflow had no answer")
    if reply.answer is None or not reply.has_links:
        sentence = unescape_slack(reply.message.text.partition("\n")[0])
        # A step's text may be rich text only as a list of blocks.
        return {"text": sentence, "rich_text": [rich(run(sentence))], "found": False, "first_address": ""}
    lead = reply.answer.verdict.lead(len(reply.hits))
    addresses = [url for hit in reply.hits if (url := safe_url(hit.link.url))]
    return {
        "text": "\n".join([*([lead] if lead else []), *_lines(reply.hits)]),
        "rich_text": [link_list([hit.link for hit in reply.hits], lead=lead)],
        "found": True,
        "first_address": addresses[0],
    }


def _lines(hits: tuple[Hit, ...]) -> list[str]:
    """Return a line of plain text for each link that can be shown."""
    shown = [(hit.link, url) for hit in hits if (url := safe_url(hit.link.url))]
    marks = [f" ({one_line(link.mark)})" if link.mark else "" for link, _ in shown]
    return [f"{_inert(link.title) or url}{mark}: {url}" for (link, url), mark in zip(shown, marks, strict=True)]


def _inert(title: str) -> str:
    """Return a title in which nothing becomes a mention, wherever the workflow puts the text."""
    return one_line(title).translate(_ANGLES)


async def suggest_link(services: Services, call: FunctionCall) -> dict[str, Any]:
    """Send a link to the curators; what the catalogue has already is not sent."""
    if not await services.strangers.is_ours(call.team, call.enterprise):
        return _outcome("Only people of the organisation that I belong to may suggest links.")
    draft = Draft(
        url=call.text("address").strip(),
        title=one_line(call.text("title")),
        description=one_line(call.text("description")),
        question=one_line(call.text("question")),
    )
    if problems := problems_of(draft):
        return _outcome(" ".join(problems.values()))
    _, section, neighbours = await look_up(services, draft)
    if any(neighbour.exact for neighbour in neighbours):
        return _outcome("The catalogue has it already.")
    suggestion = Suggestion(
        # The same for a step that is carried out again because a process died with it.
        suggestion_id=blake2b(call.execution_id.encode(), digest_size=8).hexdigest(),
        url=draft.url,
        title=draft.title,
        section=section,
        description=draft.description,
        question=draft.question,
        team=call.team,
        user=call.text("user"),
    )
    if await services.store.suggestion(suggestion.suggestion_id) is None:
        await take(services, suggestion, neighbours)
    else:
        # Perhaps for the second time, which is better than never: the first decision counts.
        tell_curators(services, suggestion, neighbours)
    return _outcome("The curators decide whether it goes into the catalogue.", suggested=True)


def _outcome(text: str, *, suggested: bool = False) -> dict[str, Any]:
    return {"suggested": suggested, "text": text}
