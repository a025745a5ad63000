"""Suggest this link: the form, filled from the message."""

from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.blocks.suggestion import Draft
from bot.listeners.handler import Handler
from bot.listeners.suggest_link import open_form
from bot.services import Services
from bot.slack.payloads import Interaction, Selected
from bot.slack.text import safe_url


def suggest_link_shortcut(services: Services) -> Handler:
    """Return the handler."""

    async def handle(ack: AsyncAck, body: dict[str, Any]) -> None:
        click, selected = Interaction.of(body), Selected.of(body)
        link = next((link for link in selected.links if safe_url(link.url)), None)
        draft = Draft(url=link.url, title=link.label) if link else Draft()
        services.work.start(open_form(services, click, draft), "a form")
        await ack()

    return handle
