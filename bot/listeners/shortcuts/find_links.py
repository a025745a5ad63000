"""Find links for this: a private answer to any message."""

from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.asking.inquiry import Inquiry, Surface
from bot.blocks.notes import note
from bot.listeners.clicks import first_time, is_stranger, place_of, whisper
from bot.listeners.handler import Handler
from bot.services import Services
from bot.slack.payloads import Interaction, Selected


def find_links_shortcut(services: Services) -> Handler:
    """Return the handler."""

    async def handle(ack: AsyncAck, body: dict[str, Any]) -> None:
        click, selected = Interaction.of(body), Selected.of(body)
        if await first_time(services, click):
            if selected.text:
                services.work.start(_answer(services, click, selected), "links for a message")
            else:
                whisper(services, click, note("That message has no text that I could search for."))
        await ack()

    return handle


async def _answer(services: Services, click: Interaction, selected: Selected) -> None:
    inquiry = Inquiry(
        surface=Surface.SHORTCUT,
        text=selected.text,
        team=click.team,
        channel=click.channel,
        user=click.user,
        exclude_urls=frozenset(link.url for link in selected.links),
        strangers=await is_stranger(services, click),
        can_share=not click.channel.startswith("D"),
    )
    reply = await services.answering.answer(inquiry)
    await services.outbox.respond(click.response_url, reply.message, place_of(click))
