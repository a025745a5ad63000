"""Helpful or not helpful: kept before it is acknowledged."""

from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.blocks.notes import better_link_message, note
from bot.errors import StoreError
from bot.listeners.clicks import apologise, is_stranger, whisper
from bot.listeners.handler import Handler
from bot.running.health import Part
from bot.services import Services
from bot.slack.payloads import Interaction, json_of, text_of


def feedback_action(services: Services) -> Handler:
    """Return the handler."""

    async def handle(ack: AsyncAck, body: dict[str, Any]) -> None:
        click = Interaction.of(body)
        verdict, _, rest = click.value.partition(" ")
        answer_id, _, asked = rest.partition(" ")
        if verdict in {"y", "n"} and answer_id:
            await _keep(services, click, answer_id, text_of(json_of(asked).get("q")), helpful=verdict == "y")
        await ack()

    return handle


async def _keep(services: Services, click: Interaction, answer_id: str, question: str, *, helpful: bool) -> None:
    try:
        await services.store.record_feedback(answer_id, helpful, click.user)
    except StoreError as error:
        services.health.ill(Part.STORE, str(error))
        apologise(services, click, error)
        return
    services.metrics.feedback.labels("helpful" if helpful else "not helpful").inc()
    if not click.response_url:
        return
    if helpful or await is_stranger(services, click):
        whisper(services, click, note("Thank you, that helps."))
    else:
        whisper(services, click, better_link_message(question))
