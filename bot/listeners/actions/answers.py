"""A link of the catalogue answers this question: the form, and what its menu offers while somebody types."""

import asyncio
import logging
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.blocks.answers import answers_form, link_options
from bot.blocks.notes import note
from bot.errors import SlackSendError
from bot.listeners.clicks import is_stranger, whisper
from bot.listeners.handler import Handler
from bot.listeners.suggest_link import LOOK_UP_TIMEOUT_S
from bot.services import Services
from bot.slack.payloads import Interaction, json_of, text_of
from bot.slack.text import clean
from index.catalogue.link import Link
from index.errors import SignpostError
from index.types import MAX_QUESTION_CHARS, Asks, Question

logger = logging.getLogger("signpost.answers")

_OFFERED = 20


def answers_action(services: Services) -> Handler:
    """Return the handler of the button that opens the form."""

    async def handle(ack: AsyncAck, body: dict[str, Any]) -> None:
        click = Interaction.of(body)
        services.work.start(_open(services, click), "a form")
        await ack()

    return handle


async def _open(services: Services, click: Interaction) -> None:
    if await is_stranger(services, click):
        whisper(services, click, note("Sorry, only people of the organisation that I belong to may suggest that."))
        return
    view = answers_form(text_of(json_of(click.value).get("q")))
    try:
        await services.api.call("views.open", {"trigger_id": click.trigger_id, "view": view})
    except SlackSendError as error:
        logger.warning("a form could not be opened: %s", error, extra={"code": error.code})
        whisper(services, click, note("Sorry, Slack did not open the form in time. Please try once more."))


def link_menu(services: Services) -> Handler:
    """Return the handler that fills the menu: links for what was typed, at first for the question itself."""

    async def handle(ack: AsyncAck, body: dict[str, Any]) -> None:
        person = Interaction.of(body)
        metadata = json_of(text_of((body.get("view") or {}).get("private_metadata")))
        typed = clean(text_of(body.get("value"))).strip() or text_of(metadata.get("q"))
        links: tuple[Link, ...] = ()
        if typed and not await is_stranger(services, person):
            try:
                async with asyncio.timeout(LOOK_UP_TIMEOUT_S):
                    links = await services.answering.run(_links, services.answering.asks, typed[:MAX_QUESTION_CHARS])
            except (SignpostError, TimeoutError):
                logger.info("the menu of links stays empty")
        await ack(options=link_options(links))

    return handle


def _links(asks: Asks, typed: str) -> tuple[Link, ...]:
    return tuple(hit.link for hit in asks.ask(Question(text=typed, top_k=_OFFERED)).hits)
