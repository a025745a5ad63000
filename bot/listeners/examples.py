"""The buttons with example questions, in the help and in Home."""

from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.asking.inquiry import Inquiry, Surface
from bot.listeners.clicks import first_time, is_stranger, place_of
from bot.listeners.home import ask_in_home
from bot.services import Services
from bot.slack.payloads import Interaction


async def ask(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Answer an example, in Home or to the person who clicked in a message."""
    click = Interaction.of(body)
    if click.value.strip() and await first_time(services, click):
        if click.response_url:
            services.work.start(_answer(services, click), "an example")
        else:
            services.work.start(ask_in_home(services, click, click.value), "an example in App Home")
    await ack()


async def _answer(services: Services, click: Interaction) -> None:
    inquiry = Inquiry(
        surface=Surface.EXAMPLE,
        text=click.value,
        team=click.team,
        channel=click.channel,
        user=click.user,
        strangers=await is_stranger(services, click),
        can_share=not click.channel.startswith("D"),
    )
    reply = await services.answering.answer(inquiry)
    await services.outbox.respond(click.response_url, reply.message, place_of(click))
