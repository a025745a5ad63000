"""Show more: the next links, for whoever clicked."""

from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.asking.inquiry import Inquiry, Surface
from bot.listeners.clicks import first_time, is_stranger, place_of
from bot.listeners.handler import Handler
from bot.services import Services
from bot.slack.payloads import Interaction, int_of, json_of, text_of
from bot.slack.threads import read_thread

MAX_OFFSET = 100


def more_action(services: Services) -> Handler:
    """Return the handler."""

    async def handle(ack: AsyncAck, body: dict[str, Any]) -> None:
        click = Interaction.of(body)
        if await first_time(services, click):
            services.work.start(_show(services, click), "more links")
        await ack()

    return handle


async def _show(services: Services, click: Interaction) -> None:
    state = json_of(click.value)
    shown_before: frozenset[str] = frozenset()
    if click.thread_ts and not click.private:
        thread = await read_thread(
            services.api, services.identity, click.channel, click.thread_ts, before_ts=click.message_ts
        )
        shown_before = thread.urls
    inquiry = Inquiry(
        surface=Surface.MORE,
        text=text_of(state.get("q")),
        team=click.team,
        channel=click.channel,
        user=click.user,
        exclude_urls=shown_before,
        strangers=bool(state.get("p")) or await is_stranger(services, click),
        can_share=click.private and not click.channel.startswith("D"),
        offset=int_of(state.get("o"), at_most=MAX_OFFSET),
    )
    reply = await services.answering.answer(inquiry)
    await services.outbox.respond(click.response_url, reply.message, place_of(click))
