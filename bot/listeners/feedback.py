"""Feedback on answers, which is stored before it is acknowledged; and clicks on Open."""

import contextlib
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.blocks.notes import verdict_message
from bot.errors import StoreError
from bot.listeners.clicks import apologising, first_time, is_stranger, whisper
from bot.listeners.home import show_thanks
from bot.services import Services
from bot.slack.buttons import Feedback, Opened
from bot.slack.payloads import Interaction


async def feedback(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Store a verdict, and say thanks; after Not helpful, offer buttons to propose a better link."""
    click = Interaction.of(body)
    given = Feedback.of(click.value)
    if given is not None and await first_time(services, click):
        with apologising(services, click):
            await services.store.record_feedback(given.answer_id, given.helpful, click.user)
            services.metrics.feedback.labels("helpful" if given.helpful else "not helpful").inc()
            if click.response_url:
                can_suggest = not await is_stranger(services, click)
                thanks = verdict_message(given.question, helpful=given.helpful, can_suggest=can_suggest)
                whisper(services, click, thanks)
            else:
                services.work.start(show_thanks(services, click, body, given), "thanks in App Home")
    await ack()


async def open_link(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Record a click on Open; Slack itself opens the link."""
    click = Interaction.of(body)
    opened = Opened.of(click.value)
    with contextlib.suppress(StoreError):  # Slack has opened the link, so the person has what they wanted
        if opened is not None and await services.once.claim(*click.keys):
            await services.store.record_click(opened.answer_id, opened.url, click.user)
            services.metrics.clicks.inc()
    await ack()
