"""Share in the channel: a private answer, for everybody there, with the name of whoever shared it."""

from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.asking.answering import Outcome
from bot.asking.inquiry import Inquiry, Surface
from bot.blocks.notes import note
from bot.listeners.clicks import first_time, is_stranger, place_of
from bot.listeners.handler import Handler
from bot.listeners.more_and_share import MAX_OFFSET
from bot.services import Services
from bot.settings import MAX_LINKS
from bot.slack.payloads import Interaction, int_of, json_of, text_of


def share_action(services: Services) -> Handler:
    """Return the handler."""

    async def handle(ack: AsyncAck, body: dict[str, Any]) -> None:
        click = Interaction.of(body)
        # Shared once, also when somebody clicks twice: the second click is another one to Slack.
        if await first_time(services, click, _key(click)):
            services.work.start(_share(services, click), "a shared answer")
        await ack()

    return handle


async def _share(services: Services, click: Interaction) -> None:
    """Ask again, since Slack does not say what a private message held, and with public links where strangers read."""
    state = json_of(click.value)
    inquiry = Inquiry(
        surface=Surface.SHARE,
        text=text_of(state.get("q")),
        team=click.team,
        channel=click.channel,
        user=click.user,
        strangers=bool(state.get("p"))
        or await is_stranger(services, click)
        or await services.strangers.can_read(click.channel),
        top_k=int_of(state.get("n"), at_most=MAX_LINKS) or None,
        offset=int_of(state.get("o"), at_most=MAX_OFFSET),
        shared_by=click.user,
    )
    reply = await services.answering.answer(inquiry)
    place = place_of(click)
    if reply.outcome is Outcome.ANSWERED:
        sent = await services.outbox.respond(click.response_url, reply.message, place, public=True)
    else:
        sent = False
        sorry = note("None of these links may be shown in this channel, or the catalogue has changed meanwhile.")
        await services.outbox.respond(click.response_url, sorry, place)
    if not sent:
        await services.once.release(_key(click))


def _key(click: Interaction) -> str:
    return f"share:{click.value}"
