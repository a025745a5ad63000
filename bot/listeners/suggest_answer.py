"""Somebody says which link of the catalogue answers a question: checked, kept, then shown to the curators."""

import asyncio
import logging
import secrets
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.blocks.answers import MAX_QUESTION_CHARS
from bot.blocks.suggestion import apology_view, curators_message, thanks_view
from bot.errors import StoreError
from bot.listeners.clicks import is_stranger
from bot.listeners.handler import Handler
from bot.listeners.suggest_link import LOOK_UP_TIMEOUT_S
from bot.listeners.views.suggestion import refuse, send_to_curators
from bot.running.health import Part
from bot.running.logs import new_reference
from bot.services import Services
from bot.slack.ids import Callback, Field
from bot.slack.payloads import Interaction, Proposal
from bot.slack.text import publishable, safe_url
from bot.store import Suggestion
from bot.store.hashing import normalised
from index.catalogue.link import Link
from index.errors import SignpostError
from index.types import Asks

logger = logging.getLogger("signpost.answers")


def answers_view(services: Services) -> Handler:
    """Return the handler."""

    async def handle(ack: AsyncAck, body: dict[str, Any]) -> None:
        person, entered = Interaction.of(body), Proposal.of(body)
        if await is_stranger(services, person):
            await refuse(services, Callback.ANSWERS, person)
            await ack(response_action="clear")
            return
        question = publishable(entered.question, MAX_QUESTION_CHARS)
        if problems := _problems(entered, question):
            await ack(response_action="errors", errors=problems)
            return
        try:
            async with asyncio.timeout(LOOK_UP_TIMEOUT_S):
                link = await services.answering.run(_exact, services.answering.asks, entered.link or entered.address)
        except (SignpostError, TimeoutError):
            await ack(response_action="update", view=_apology())
            return
        if link is None:
            where = Field.LINK if entered.link else Field.ADDRESS
            words = "The catalogue has no such link. Suggest it as a new one."
            await ack(response_action="errors", errors={where.value: words})
        elif normalised(question) in map(normalised, link.questions):
            await ack(response_action="errors", errors={Field.QUESTION.value: "The link has this question already."})
        else:
            await ack(response_action="update", view=await _keep(services, person, link, question))

    return handle


def _problems(entered: Proposal, question: str) -> dict[str, str]:
    problems = {}
    if not any(character.isalnum() for character in question):
        problems[Field.QUESTION.value] = "Write the question in a few words."
    if not entered.link and not entered.address:
        problems[Field.ADDRESS.value] = "Choose a link above, or give its address."
    elif entered.link and entered.address and entered.link != entered.address:
        problems[Field.ADDRESS.value] = "Choose a link above, or give an address; not both."
    elif not entered.link and safe_url(entered.address) is None:
        problems[Field.ADDRESS.value] = "This must be an http or https address without blanks."
    return problems


def _exact(asks: Asks, url: str) -> Link | None:
    """Return the catalogue's link at an address."""
    return next((neighbour.link for neighbour in asks.neighbours(url, url) if neighbour.exact), None)


async def _keep(services: Services, person: Interaction, link: Link, question: str) -> Any:
    """Keep the proposal, start on its way to the curators, and return the view that says thanks."""
    suggestion = Suggestion(
        suggestion_id=secrets.token_hex(8),
        url=link.url,
        title=link.title,
        section=link.section_path,
        description="",
        question="",
        team=person.team,
        user=person.user,
        proposed_question=question,
    )
    try:
        if await services.once.claim(*person.keys):
            await services.store.add_suggestion(suggestion)
            send_to_curators(services, curators_message(suggestion, (), ""))
    except StoreError as error:
        services.health.ill(Part.STORE, str(error))
        logger.exception("a proposal could not be kept")
        return _apology()
    return thanks_view(to_curators=bool(services.settings.curators_channel))


def _apology() -> Any:
    return apology_view(new_reference())
