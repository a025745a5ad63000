"""The form to suggest a new link, opened from a message or from an answer that found nothing.

A sent form is checked, stored, and then shown to the curators.
"""

import asyncio
import contextlib
import logging
import secrets
from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.blocks.notes import note
from bot.blocks.suggestion import View, apology_view, curators_message, suggestion_form, thanks_view
from bot.errors import StoreError
from bot.listeners.clicks import is_stranger, open_view, whisper
from bot.running.logs import log_failure
from bot.services import Services
from bot.slack.buttons import Asked
from bot.slack.ids import Callback, Field
from bot.slack.message import Message
from bot.slack.outbox import Place
from bot.slack.payloads import Draft, Interaction, Selected
from bot.slack.text import clamp, one_line, safe_url, section_label
from bot.store import Suggestion
from index import Asks, CatalogueInfo, Neighbour, SignpostError

logger = logging.getLogger("signpost.suggestion")

#: Slack waits 3 seconds for the form after a click, and for the answer after a form is sent or text is typed into a menu.
LOOK_UP_TIMEOUT_S = 1.5
#: Links with at least this cosine are much alike. Measured on the shipped list with the shipped encoder: of 28 titles in
#: other words, all but one (0.57) had 0.74 or more with the right link. The highest of 5,000 titles of other fields was
#: 0.62, and of 2,000 on neighbouring subjects (storage, security and monitoring of clusters) 0.67.
MUCH_ALIKE = 0.7


async def shortcut(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Open the form, filled from the message that the shortcut was used on."""
    click, selected = Interaction.of(body), Selected.of(body)
    link = next((link for link in selected.links if safe_url(link.url)), None)
    draft = Draft(url=link.url, title=link.label) if link else Draft()
    services.work.start(_open(services, click, draft), "a form")
    await ack()


async def button(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Open the form for a question that had no answer."""
    click = Interaction.of(body)
    draft = Draft(question=Asked.of(click.value).question)
    services.work.start(_open(services, click, draft), "a form")
    await ack()


async def _open(services: Services, click: Interaction, draft: Draft) -> None:
    """Open the form with a guessed section and with links of the catalogue that are much alike."""
    if await is_stranger(services, click):
        whisper(services, click, note("Sorry, only people of the organisation that I belong to may suggest links."))
        return
    info, section, neighbours = await _look_up(services, draft)
    await open_view(services, click, suggestion_form(replace(draft, section=section), info, neighbours))


async def _look_up(services: Services, draft: Draft) -> tuple[CatalogueInfo | None, str, tuple[Neighbour, ...]]:
    """Return the catalogue, a guessed section and the links that are much alike; all empty when there is no index."""
    try:
        async with asyncio.timeout(LOOK_UP_TIMEOUT_S):
            return await services.answering.run(_known, services.answering.asks, draft)
    except (SignpostError, TimeoutError) as error:
        logger.warning("the catalogue could not be looked at for a form (%s)", type(error).__name__)
        return None, "", ()


def _known(asks: Asks, draft: Draft) -> tuple[CatalogueInfo, str, tuple[Neighbour, ...]]:
    if not (draft.title or draft.url):
        return asks.info, "", ()
    section = asks.guess_section(draft.title, draft.description) if draft.title else ()
    neighbours = asks.neighbours(draft.url, draft.title, draft.description)
    alike = tuple(one for one in neighbours if one.exact or one.similarity >= MUCH_ALIKE)
    return asks.info, section_label(section), alike


async def submit(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Check, store and forward a sent form."""
    person, draft = Interaction.of(body), Draft.of(body)
    if await is_stranger(services, person):
        await refuse(services, Callback.SUGGESTION, person)
        await ack(response_action="clear")
        return
    if problems := _problems(draft):
        await ack(response_action="errors", errors=problems)
        return
    _, _, neighbours = await _look_up(services, draft)
    exact = next((neighbour for neighbour in neighbours if neighbour.exact), None)
    if exact is not None:
        title = clamp(one_line(exact.link.title), 100)
        await ack(response_action="errors", errors={Field.URL.value: f"The catalogue has it already: {title}"})
        return
    suggestion = Suggestion(
        suggestion_id=secrets.token_hex(8),
        url=draft.url,
        title=draft.title,
        section=draft.section,
        description=draft.description,
        question=draft.question,
        team=person.team,
        user=person.user,
    )
    await ack(response_action="update", view=await keep(services, person, suggestion, neighbours))


def _problems(draft: Draft) -> dict[str, str]:
    problems = {}
    if safe_url(draft.url) is None:
        problems[Field.URL.value] = "This must be an http or https address without blanks."
    if not draft.title:
        problems[Field.TITLE.value] = "A link needs a title."
    return problems


async def keep(
    services: Services, person: Interaction, suggestion: Suggestion, neighbours: tuple[Neighbour, ...] = ()
) -> View:
    """Store the suggestion, send it to the curators in the background, and return the view that says thanks."""
    channel = services.settings.curators_channel
    try:
        if await services.once.claim(*person.keys):
            await services.store.add_suggestion(suggestion)
            if channel:
                message = curators_message(suggestion, neighbours)
                services.work.start(_send(services, channel, message), "a suggestion")
    except StoreError as error:
        return apology_view(log_failure(logger, "a suggestion could not be kept", error))
    return thanks_view(to_curators=bool(channel), neighbours=neighbours)


async def _send(services: Services, channel: str, message: Message) -> None:
    if not await services.outbox.post(Place(channel=channel), message):
        logger.error("a suggestion is kept but did not reach the curators' channel", extra={"channel": channel})


async def refuse(services: Services, what: Callback, person: Interaction) -> None:
    """Record that a person of another organisation sent a form."""
    with contextlib.suppress(StoreError):
        await services.store.record_refusal(what, person.user, person.user_team)
