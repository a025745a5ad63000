"""Feedback on answers, which is stored before it is acknowledged; and clicks on Open."""

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
    """Store a verdict; after Not helpful, offer buttons to propose a better link."""
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
    """Record a click on Open; Slack itself opens the link."""
    click = Interaction.of(body)
    opened = Opened.of(click.value)
    with contextlib.suppress(StoreError):  # Slack has opened the link, so the person has what they wanted
        if opened is not None and await services.once.claim(*click.keys):
            await services.store.record_click(opened.answer_id, opened.url, click.user)
            services.metrics.clicks.inc()
    await ack()
