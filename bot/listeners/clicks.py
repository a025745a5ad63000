"""What every handler of a click, a shortcut or a form needs."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from bot.blocks.notes import apology_message, note
from bot.blocks.suggestion import View
from bot.errors import SlackSendError, StoreError
from bot.running.logs import log_failure
from bot.services import Services
from bot.slack.message import Message
from bot.slack.outbox import Place
from bot.slack.payloads import Interaction

logger = logging.getLogger("signpost.interactions")


def place_of(interaction: Interaction) -> Place:
    """Return the conversation in which the person clicked, or used a shortcut."""
    return Place(channel=interaction.channel, thread_ts=interaction.thread_ts, user=interaction.user)


async def is_stranger(services: Services, interaction: Interaction) -> bool:
    """Return whether the person is of another organisation; true also when the organisation is not known."""
    return not await services.strangers.is_ours(interaction.user_team, interaction.enterprise)


def whisper(services: Services, interaction: Interaction, message: Message) -> None:
    """Send a message to the person who clicked, in the background; only that person sees it."""

    async def send() -> None:
        await services.outbox.respond(interaction.response_url, message, place_of(interaction))

    services.work.start(send(), "a message to the person who clicked")


@contextmanager
def apologising(services: Services, interaction: Interaction) -> Iterator[None]:
    """Catch a StoreError of the block, and apologise to the person who clicked."""
    try:
        yield
    except StoreError as error:
        whisper(services, interaction, apology_message(log_failure(logger, "an interaction failed", error)))


async def first_time(services: Services, interaction: Interaction, *more_keys: str) -> bool:
    """Return whether this interaction is new; when the store cannot tell, apologise and return false."""
    with apologising(services, interaction):
        return await services.once.claim(*interaction.keys, *more_keys)
    return False


async def open_view(services: Services, click: Interaction, view: View) -> None:
    """Open a form; when Slack refuses, tell the person who clicked."""
    try:
        await services.api.call("views.open", {"trigger_id": click.trigger_id, "view": view})
    except SlackSendError as error:
        logger.warning("a form could not be opened: %s", error, extra={"code": error.code})
        whisper(services, click, note("Sorry, Slack did not open the form in time. Please try once more."))
