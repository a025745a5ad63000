"""The button under "nothing here": a form for the link that was missed."""

from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.blocks.suggestion import Draft
from bot.listeners.handler import Handler
from bot.listeners.suggest_link import open_form
from bot.services import Services
from bot.slack.payloads import Interaction, json_of, text_of


def suggest_action(services: Services) -> Handler:
    """Return the handler."""

    async def handle(ack: AsyncAck, body: dict[str, Any]) -> None:
        click = Interaction.of(body)
        draft = Draft(question=text_of(json_of(click.value).get("q")))
        services.work.start(open_form(services, click, draft), "a form")
        await ack()

    return handle
