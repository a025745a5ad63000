"""Approve or Decline under a suggested link: for configured curators only, each suggestion once."""

import logging
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.blocks.notes import note
from bot.blocks.suggestion import decided_message, outcome_message
from bot.errors import StoreError
from bot.health import Part
from bot.incoming import Interaction
from bot.listeners.handler import Handler
from bot.listeners.interactions import apologise, is_stranger, place_of, whisper
from bot.outbox import Place
from bot.services import Services
from bot.store import Suggestion

logger = logging.getLogger("signpost.curators")


def decide_action(services: Services, *, approved: bool) -> Handler:
    """Return the handler of one of the two buttons."""

    async def handle(ack: AsyncAck, body: dict[str, Any]) -> None:
        click = Interaction.of(body)
        try:
            await _decide(services, click, approved=approved)
        except StoreError as error:
            services.health.ill(Part.STORE, str(error))
            apologise(services, click, error)
        await ack()

    return handle


async def _decide(services: Services, click: Interaction, *, approved: bool) -> None:
    """Check who it is here, whatever the message looked like; then decide, and tell everybody concerned."""
    if click.user not in services.settings.curators or is_stranger(services, click):
        logger.warning(
            "somebody who is no curator tried to decide", extra={"user": click.user, "team": click.user_team}
        )
        whisper(services, click, note("Only the curators of this catalogue may decide about suggested links."))
        await services.store.record_refusal(click.action_id, click.user, click.user_team)
        return
    suggestion = await services.store.suggestion(click.value)
    if suggestion is None:
        whisper(services, click, note("I do not know this suggestion."))
    elif await services.store.decide_suggestion(suggestion.suggestion_id, approved, click.user):
        services.work.start(_tell(services, click, suggestion, approved=approved), "a decision")
    else:
        whisper(services, click, note("Somebody has decided about this suggestion already."))


async def _tell(services: Services, click: Interaction, suggestion: Suggestion, *, approved: bool) -> None:
    decided = decided_message(suggestion, approved=approved, by=click.user)
    await services.outbox.respond(click.response_url, decided, place_of(click), replace=True)
    person = Place(channel=suggestion.user, user=suggestion.user)
    await services.outbox.post(person, outcome_message(suggestion, approved=approved))
