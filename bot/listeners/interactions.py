"""What every handler of a click, a shortcut or a form needs."""

import logging

from bot.blocks.notes import apology_message
from bot.errors import StoreError
from bot.incoming import Interaction
from bot.logs import new_reference
from bot.message import Message
from bot.outbox import Place
from bot.services import Services

logger = logging.getLogger("signpost.interactions")


def place_of(interaction: Interaction) -> Place:
    """Return where the person who clicked is."""
    return Place(channel=interaction.channel, thread_ts=interaction.thread_ts, user=interaction.user)


def is_stranger(services: Services, interaction: Interaction) -> bool:
    """Return whether the person is of another organisation."""
    return not services.identity.is_ours(interaction.user_team, interaction.enterprise)


def whisper(services: Services, interaction: Interaction, message: Message) -> None:
    """Tell the person who clicked something, beside everything else."""

    async def send() -> None:
        await services.outbox.respond(interaction.response_url, message, place_of(interaction))

    services.work.start(send(), "a word to whoever clicked")


def apologise(services: Services, interaction: Interaction, error: Exception) -> None:
    """Log what went wrong, and tell the person its reference."""
    reference = new_reference()
    logger.error("an interaction failed", exc_info=error, extra={"reference": reference})
    whisper(services, interaction, apology_message(reference))


async def first_time(services: Services, interaction: Interaction, *more_keys: str) -> bool:
    """Return whether this interaction is new; when the store cannot tell, apologise and return false."""
    try:
        return await services.once.claim(*interaction.keys, *more_keys)
    except StoreError as error:
        apologise(services, interaction, error)
        return False
