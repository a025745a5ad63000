"""Two buttons under an answer: Show more, and Share in the channel for a private answer."""

from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.asking.inquiry import Inquiry, Surface
from bot.blocks.notes import note
from bot.listeners.clicks import first_time, is_stranger, place_of
from bot.services import Services
from bot.slack.buttons import Asked
from bot.slack.payloads import Interaction
from bot.slack.threads import read_thread


async def more(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Show the next links to the person who clicked."""
    click = Interaction.of(body)
    if await first_time(services, click):
        services.work.start(_more(services, click), "more links")
    await ack()


async def _more(services: Services, click: Interaction) -> None:
    asked = Asked.of(click.value)
    shown_before: frozenset[str] = frozenset()
    if click.thread_ts and not click.private:
        thread = await read_thread(
            services.api, services.identity, click.channel, click.thread_ts, before_ts=click.message_ts
        )
        shown_before = thread.urls
    inquiry = Inquiry(
        surface=Surface.MORE,
        text=asked.question,
        team=click.team,
        channel=click.channel,
        user=click.user,
        exclude_urls=shown_before,
        strangers=asked.public_only or await is_stranger(services, click),
        can_share=click.private and not click.channel.startswith("D"),
        offset=asked.offset,
    )
    reply = await services.answering.answer(inquiry)
    await services.outbox.respond(click.response_url, reply.message, place_of(click))


async def share(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Show a private answer to everybody in the channel, with the name of the person who shared it."""
    click = Interaction.of(body)
    # A double click shares once. Slack gives the two clicks different ids, so the button's value is a key too.
    if await first_time(services, click, _key(click)):
        services.work.start(_share(services, click), "a shared answer")
    await ack()


async def _share(services: Services, click: Interaction) -> None:
    """Ask again, since Slack does not send the content of a private message; for public links only where strangers read."""
    asked = Asked.of(click.value)
    inquiry = Inquiry(
        surface=Surface.SHARE,
        text=asked.question,
        team=click.team,
        channel=click.channel,
        user=click.user,
        strangers=asked.public_only
        or await is_stranger(services, click)
        or await services.strangers.can_read(click.channel),
        top_k=asked.shown or None,
        offset=asked.offset,
        shared_by=click.user,
    )
    reply = await services.answering.answer(inquiry)
    place = place_of(click)
    if reply.has_links:
        sent = await services.outbox.respond(click.response_url, reply.message, place, public=True)
    else:
        sent = False
        sorry = note("None of these links may be shown in this channel, or the catalogue has changed meanwhile.")
        await services.outbox.respond(click.response_url, sorry, place)
    if not sent:
        await services.once.release(_key(click))


def _key(click: Interaction) -> str:
    return f"share:{click.value}"
