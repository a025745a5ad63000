"""Opening the form to suggest a link, from a message or from an answer that found nothing."""

import asyncio
import logging

from bot.blocks.notes import note
from bot.blocks.suggestion import Draft, suggestion_form
from bot.errors import SlackSendError
from bot.listeners.clicks import is_stranger, whisper
from bot.sections import section_label
from bot.services import Services
from bot.slack.payloads import Interaction
from index.errors import SignpostError
from index.types import Asks, CatalogueInfo, Neighbour

logger = logging.getLogger("signpost.suggesting")

#: Slack waits 3 seconds: from a click to its form, from a form that was sent or a menu that was typed into to our word.
LOOK_UP_TIMEOUT_S = 1.5
#: Links from this cosine on are much alike. Measured on the shipped list with the shipped encoder: 28 of its titles put in
#: other words came to 0.74 and more beside the link meant, but for one (0.57); of 5,000 titles of other fields none came
#: above 0.62, of 2,000 on neighbouring matters (storage, security and monitoring of clusters) none above 0.67.
MUCH_ALIKE = 0.7


async def open_form(services: Services, click: Interaction, draft: Draft) -> None:
    """Open the form with the section guessed and with what the catalogue has already."""
    if await is_stranger(services, click):
        whisper(services, click, note("Sorry, only people of the organisation that I belong to may suggest links."))
        return
    info, section, neighbours = await look_up(services, draft)
    filled = Draft(
        url=draft.url,
        title=draft.title,
        section=section,
        description=draft.description,
        question=draft.question,
    )
    view = suggestion_form(filled, info, neighbours)
    try:
        await services.api.call("views.open", {"trigger_id": click.trigger_id, "view": view})
    except SlackSendError as error:
        logger.warning("a form could not be opened: %s", error, extra={"code": error.code})
        whisper(services, click, note("Sorry, Slack did not open the form in time. Please try once more."))


async def look_up(services: Services, draft: Draft) -> tuple[CatalogueInfo | None, str, tuple[Neighbour, ...]]:
    """Return the catalogue, the section guessed and the links much alike; nothing of it where there is no index."""
    try:
        async with asyncio.timeout(LOOK_UP_TIMEOUT_S):
            return await services.answering.run(_look_up, services.answering.asks, draft)
    except (SignpostError, TimeoutError) as error:
        logger.warning("the catalogue could not be looked at for a form (%s)", type(error).__name__)
        return None, "", ()


def _look_up(asks: Asks, draft: Draft) -> tuple[CatalogueInfo, str, tuple[Neighbour, ...]]:
    if not (draft.title or draft.url):
        return asks.info, "", ()
    section = asks.guess_section(draft.title, draft.description) if draft.title else ()
    neighbours = asks.neighbours(draft.url, draft.title, draft.description)
    alike = tuple(one for one in neighbours if one.exact or one.similarity >= MUCH_ALIKE)
    return asks.info, section_label(section), alike
