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

from bot.asking.alike import much_alike
from bot.blocks.suggestion import View, apology_view, curators_message, suggestion_form, thanks_view
from bot.errors import StoreError
from bot.listeners.clicks import UNHEARD, is_stranger, open_view, turned_away, whisper
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


async def shortcut(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Open the form, filled from the message that the shortcut was used on."""
    click, selected = Interaction.of(body), Selected.of(body)
    link = next((link for link in selected.links if safe_url(link.url)), None)
    draft = Draft(url=link.url, title=link.label) if link else Draft()
    services.work.start(open_form(services, click, draft), "a form")
    await ack()


async def button(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Open the form for a question that had no answer."""
    click = Interaction.of(body)
    draft = Draft(question=Asked.of(click.value).question)
    services.work.start(open_form(services, click, draft), "a form")
    await ack()


async def open_form(services: Services, click: Interaction, draft: Draft) -> None:
    """Open the form, unless somebody of another organisation asks for it."""
    if await is_stranger(services, click):
        words = "Sorry, only people of the organisation that I belong to may suggest links."
        whisper(services, click, turned_away(services, click.user, words))
        return
    await open_view(services, click, await form_for(services, draft))


async def form_for(services: Services, draft: Draft) -> View:
    """Return the form, with a guessed section and with links of the catalogue that are much alike."""
    info, section, neighbours = await look_up(services, draft)
    return suggestion_form(replace(draft, section=section), info, neighbours)


async def look_up(services: Services, draft: Draft) -> tuple[CatalogueInfo | None, str, tuple[Neighbour, ...]]:
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
    return asks.info, section_label(section), much_alike(asks, draft.url, draft.title, draft.description)


async def submit(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Check, store and forward a sent form."""
    person, draft = Interaction.of(body), Draft.of(body)
    if await is_stranger(services, person):
        await refuse(services, ack, Callback.SUGGESTION, person, at=Field.URL)
        return
    if problems := problems_of(draft):
        await ack(response_action="errors", errors=problems)
        return
    _, _, neighbours = await look_up(services, draft)
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


def problems_of(draft: Draft) -> dict[str, str]:
    """Return what is wrong with a draft, by the field of the form."""
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
    try:
        if await services.once.claim(*person.keys):
            await take(services, suggestion, neighbours)
    except StoreError as error:
        await services.once.release(*person.keys)
        return apology_view(log_failure(logger, "a suggestion could not be kept", error))
    return thanks_view(to_curators=bool(services.settings.curators_channel), neighbours=neighbours)


async def take(services: Services, suggestion: Suggestion, neighbours: tuple[Neighbour, ...] = ()) -> None:
    """Store the suggestion, and send it to the curators in the background."""
    await services.store.add_suggestion(suggestion)
    tell_curators(services, suggestion, neighbours)


def tell_curators(services: Services, suggestion: Suggestion, neighbours: tuple[Neighbour, ...] = ()) -> None:
    """Send a suggestion that is kept to the curators in the background."""
    if channel := services.settings.curators_channel:
        services.work.start(_send(services, channel, curators_message(suggestion, neighbours)), "a suggestion")


async def _send(services: Services, channel: str, message: Message) -> None:
    if not await services.outbox.post(Place(channel=channel), message):
        logger.error("a suggestion is kept but did not reach the curators' channel", extra={"channel": channel})


async def refuse(services: Services, ack: AsyncAck, what: Callback, person: Interaction, *, at: Field) -> None:
    """Close a form that a person of another organisation sent, and record it.

    Where Slack did not say whether it is one, the form stays open with what was typed, and says so at the field `at`.
    """
    if services.strangers.is_unheard(person.user):
        await ack(response_action="errors", errors={at.value: UNHEARD})
        return
    with contextlib.suppress(StoreError):
        await services.store.record_refusal(what, person.user, person.user_team)
    await ack(response_action="clear")
