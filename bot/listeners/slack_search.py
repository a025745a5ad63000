"""Answers Slack's own search in time, with results or with an error.

Slack wants the call completed first and then the event acknowledged, both within 10 seconds. So nothing runs in the
background here, and the time limits below, with the limit of the claim, add up to less.
"""

import asyncio
import logging
from typing import Any

from bot.asking.answering import Ending, Reply
from bot.asking.inquiry import Inquiry, Surface
from bot.errors import SlackSendError, StoreError
from bot.running.logs import log_failure
from bot.services import Services
from bot.slack.ids import Callback
from bot.slack.payloads import FunctionCall
from bot.slack.text import clamp, one_line, safe_url
from index import Answer, Hit

logger = logging.getLogger("signpost.function")

SEARCH_TIMEOUT_S = 4.0
TELL_TIMEOUT_S = 1.5
TELL_ATTEMPTS = 2
#: The name of the output; Slack's search ignores all other names.
OUTPUT = "search_results"
RESULTS = 10
_DESCRIPTION_CHARS = 500


async def search(services: Services, body: dict[str, Any]) -> None:
    """Answer a call of the search function, once."""
    call = FunctionCall.of(body)
    if call.callback_id != Callback.SEARCH or not call.execution_id:
        return
    try:
        if not await services.once.claim(f"function:{call.execution_id}"):
            return
    except StoreError:
        # It does no harm to complete a call twice, but a call that is never completed hangs.
        logger.warning("a search from Slack is answered without knowing whether it was before")
    reply, problem = None, None
    try:
        async with asyncio.timeout(SEARCH_TIMEOUT_S):
            inquiry = Inquiry(
                surface=Surface.SEARCH,
                text=call.query,
                team=call.team,
                user=call.user,
                top_k=RESULTS,
                strangers=not await services.strangers.is_ours(call.team, call.enterprise),
            )
            reply = await services.answering.answer(inquiry)
    except TimeoutError as error:
        problem = error
    if reply is None or reply.ending is Ending.FAILED:
        reference = log_failure(logger, "a search from Slack failed", problem)
        failure = {"error": f"The catalogue could not be searched. Reference: {reference}."}
        await _tell(services, call, "functions.completeError", failure)
    else:
        await _tell(services, call, "functions.completeSuccess", {"outputs": {OUTPUT: results_of(reply)}})


async def _tell(services: Services, call: FunctionCall, method: str, outcome: dict[str, Any]) -> None:
    """Complete the call with the token that came with it; Slack refuses the bot's own token for that."""
    if not call.token:
        logger.error("a search from Slack came without its token and cannot be ended")
        return
    for attempt in range(1, TELL_ATTEMPTS + 1):
        try:
            await services.api.call(
                method,
                {"function_execution_id": call.execution_id, **outcome},
                token=call.token,
                timeout_s=TELL_TIMEOUT_S,
            )
        except SlackSendError as error:
            logger.warning("attempt %d to complete a search failed: %s", attempt, error, extra={"code": error.code})
        else:
            return


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
        "external_ref": {"id": link.url},
        "title": one_line(link.title) or link.url,
        "description": description,
        "link": url,
        "date_updated": (link.added or answer.built_at.date()).isoformat(),
        "content": " · ".join(filter(None, (one_line(link.publisher), one_line(link.section_path), description))),
    }
