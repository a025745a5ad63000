"""`/links rebuild`: for curators, the index is built anew; how it goes on is told in one message."""

import logging

from bot.blocks.notes import apology_message, note
from bot.errors import StoreError
from bot.listeners.clicks import is_curator
from bot.running.health import Part
from bot.running.logs import new_reference
from bot.services import Services
from bot.slack.message import Message
from bot.slack.payloads import Command

logger = logging.getLogger("signpost.command")

REBUILD = "rebuild"


async def rebuild(services: Services, command: Command) -> Message | None:
    """Have the index built, and return what to say at once; None when this very command was taken up before."""
    keys = (f"trigger:{command.trigger_id}",) if command.trigger_id else ()
    try:
        if not await services.once.claim(*keys):
            return None
        if not await is_curator(services, command.user, command.team, command.enterprise):
            logger.warning("somebody who is no curator asked for a build", extra={"team": command.team})
            await services.store.record_refusal(REBUILD, command.user, command.team)
            return note("Only the curators of this catalogue may have the index rebuilt.")
    except StoreError as error:
        services.health.ill(Part.STORE, str(error))
        reference = new_reference()
        logger.exception("a build could not be asked for", extra={"reference": reference})
        return apology_message(reference)
    first = services.curation.ask_for_build(command.user)
    channel = services.settings.curators_channel
    where = f"in <#{channel}>" if channel else "in our direct messages"
    begun = "The index is being rebuilt" if first else "A build is running; yours begins when it has ended"
    return note(f"{begun}. You can follow it {where}.")
