"""An Open button: Slack opens the link itself, the click is counted."""

from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.errors import StoreError
from bot.listeners.handler import Handler
from bot.running.health import Part
from bot.services import Services
from bot.slack.payloads import Interaction


def open_link_action(services: Services) -> Handler:
    """Return the handler."""

    async def handle(ack: AsyncAck, body: dict[str, Any]) -> None:
        click = Interaction.of(body)
        answer_id, _, url = click.value.partition(" ")
        try:
            if answer_id and url and await services.once.claim(*click.keys):
                await services.store.record_click(answer_id, url, click.user)
                services.metrics.clicks.inc()
        except StoreError as error:
            services.health.ill(Part.STORE, str(error))  # the link is open already: nobody needs to hear of it
        await ack()

    return handle
