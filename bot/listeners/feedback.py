"""What people make of an answer: helpful or not, kept before it is acknowledged; and the links that they open."""

import contextlib
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.blocks.notes import better_link_message, note
from bot.errors import StoreError
from bot.listeners.clicks import apologising, is_stranger, whisper
from bot.services import Services
from bot.slack.payloads import Interaction, json_of, text_of


async def feedback(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Keep a verdict, and offer to tell the curators of a better link."""
    click = Interaction.of(body)
    verdict, _, rest = click.value.partition(" ")
    answer_id, _, asked = rest.partition(" ")
    if verdict in {"y", "n"} and answer_id:
        with apologising(services, click):
            await _keep(services, click, answer_id, text_of(json_of(asked).get("q")), helpful=verdict == "y")
    await ack()


async def _keep(services: Services, click: Interaction, answer_id: str, question: str, *, helpful: bool) -> None:
    await services.store.record_feedback(answer_id, helpful, click.user)
    services.metrics.feedback.labels("helpful" if helpful else "not helpful").inc()
    if not click.response_url:
        return
    if helpful or await is_stranger(services, click):
        whisper(services, click, note("Thank you, that helps."))
    else:
        whisper(services, click, better_link_message(question))


async def open_link(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Count a click on Open; Slack opens the link itself."""
    click = Interaction.of(body)
    answer_id, _, url = click.value.partition(" ")
    with contextlib.suppress(StoreError):  # the link is open already: nobody needs to hear of it
        if answer_id and url and await services.once.claim(*click.keys):
            await services.store.record_click(answer_id, url, click.user)
            services.metrics.clicks.inc()
    await ack()
