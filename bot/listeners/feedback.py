"""What people make of an answer: helpful or not, kept before it is acknowledged; and the links that they open."""

import contextlib
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.blocks.notes import better_link_message, note
from bot.errors import StoreError
from bot.listeners.clicks import apologising, is_stranger, whisper
from bot.services import Services
from bot.slack.buttons import Feedback, Opened
from bot.slack.payloads import Interaction


async def feedback(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Keep a verdict, and offer to tell the curators of a better link."""
    click = Interaction.of(body)
    given = Feedback.of(click.value)
    if given is not None:
        with apologising(services, click):
            await _keep(services, click, given)
    await ack()


async def _keep(services: Services, click: Interaction, given: Feedback) -> None:
    await services.store.record_feedback(given.answer_id, given.helpful, click.user)
    services.metrics.feedback.labels("helpful" if given.helpful else "not helpful").inc()
    if not click.response_url:
        return
    if given.helpful or await is_stranger(services, click):
        whisper(services, click, note("Thank you, that helps."))
    else:
        whisper(services, click, better_link_message(given.question))


async def open_link(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Count a click on Open; Slack opens the link itself."""
    click = Interaction.of(body)
    opened = Opened.of(click.value)
    with contextlib.suppress(StoreError):  # the link is open already: nobody needs to hear of it
        if opened is not None and await services.once.claim(*click.keys):
            await services.store.record_click(opened.answer_id, opened.url, click.user)
            services.metrics.clicks.inc()
    await ack()
