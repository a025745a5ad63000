"""What every handler of a click, a shortcut or a form needs."""

import logging

from bot.blocks.notes import apology_message, note
from bot.errors import StoreError
from bot.running.logs import new_reference
from bot.services import Services
from bot.slack.message import Message
from bot.slack.outbox import Place
from bot.slack.payloads import Interaction

logger = logging.getLogger("signpost.interactions")


def place_of(interaction: Interaction) -> Place:
    """Return where the person who clicked is."""
    return Place(channel=interaction.channel, thread_ts=interaction.thread_ts, user=interaction.user)


async def is_stranger(services: Services, interaction: Interaction) -> bool:
    """Return whether the person is of another organisation, or nobody knows of which."""
    return not await services.strangers.is_ours(interaction.user_team, interaction.enterprise)


async def is_curator(services: Services, user: str, team: str, enterprise: str = "") -> bool:
    """Return whether somebody is one of the configured curators, and of this organisation."""
    return user in services.settings.curators and await services.strangers.is_ours(team, enterprise)


async def refuse_unless_curator(services: Services, click: Interaction, words: str) -> bool:
    """Return whether a click may do what only curators may; if not, tell whoever clicked, and keep that it was tried."""
    if await is_curator(services, click.user, click.user_team, click.enterprise):
        return True
    logger.warning(
        "somebody who is no curator tried to %s", click.action_id, extra={"user": click.user, "team": click.user_team}
    )
    whisper(services, click, note(words))
    await services.store.record_refusal(click.action_id, click.user, click.user_team)
    return False


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
