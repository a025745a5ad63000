"""The form in which a person says which link of the catalogue answers a question.

A sent form is checked, stored, and then shown to the curators.
"""

import asyncio
import logging
import secrets
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.blocks.suggestion import MAX_PROPOSED_CHARS, answers_form, apology_view, link_options
from bot.listeners.clicks import is_stranger, open_view, turned_away, whisper
from bot.listeners.suggest_link import LOOK_UP_TIMEOUT_S, keep, refuse
from bot.running.logs import log_failure
from bot.services import Services
from bot.slack.buttons import Asked
from bot.slack.ids import Callback, Field
from bot.slack.payloads import Interaction, Proposal
from bot.slack.text import clean, publishable, safe_url
from bot.slack.untrusted import dict_of, text_of
from bot.store import Suggestion
from bot.store.hashing import normalised
from index import Asks, Link, Question, SignpostError

logger = logging.getLogger("signpost.answers")

_OFFERED = 20


async def button(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Open the form."""
    services.work.start(_open(services, Interaction.of(body)), "a form")
    await ack()


async def _open(services: Services, click: Interaction) -> None:
    if await is_stranger(services, click):
        words = "Sorry, only people of the organisation that I belong to may suggest that."
        whisper(services, click, turned_away(services, click.user, words))
        return
    await open_view(services, click, answers_form(Asked.of(click.value).question))


async def menu(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Fill the menu with links for the typed text, or for the question while nothing is typed."""
    person = Interaction.of(body)
    asked = Asked.of(text_of(dict_of(body.get("view")).get("private_metadata")))
    typed = clean(text_of(body.get("value"))).strip() or asked.question
    links: tuple[Link, ...] = ()
    if typed and not await is_stranger(services, person):
        try:
            async with asyncio.timeout(LOOK_UP_TIMEOUT_S):
                links = await services.answering.run(_links, services.answering.asks, typed)
        except (SignpostError, TimeoutError):
            logger.info("the menu of links stays empty")
    await ack(options=link_options(links))


def _links(asks: Asks, typed: str) -> tuple[Link, ...]:
    return tuple(hit.link for hit in asks.ask(Question(text=typed, top_k=_OFFERED)).hits)


async def submit(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Check, store and forward a sent form."""
    person, entered = Interaction.of(body), Proposal.of(body)
    if await is_stranger(services, person):
        await refuse(services, ack, Callback.ANSWERS, person, at=Field.QUESTION)
        return
    question = publishable(entered.question, MAX_PROPOSED_CHARS)
    if problems := _problems(entered, question):
        await ack(response_action="errors", errors=problems)
        return
    try:
        async with asyncio.timeout(LOOK_UP_TIMEOUT_S):
            link = await services.answering.run(services.answering.asks.find, entered.link or entered.address)
    except (SignpostError, TimeoutError) as error:
        view = apology_view(log_failure(logger, "the catalogue could not be looked at for a form", error))
        await ack(response_action="update", view=view)
        return
    if link is None:
        where = Field.LINK if entered.link else Field.ADDRESS
        words = "The catalogue has no such link. Suggest it as a new one."
        await ack(response_action="errors", errors={where.value: words})
    elif normalised(question) in map(normalised, link.questions):
        await ack(response_action="errors", errors={Field.QUESTION.value: "The link has this question already."})
    else:
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
        await ack(response_action="update", view=await keep(services, person, suggestion))


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
