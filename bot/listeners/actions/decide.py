"""Approve or Decline under a suggested link: for configured curators only, each suggestion once."""

from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.blocks.notes import note
from bot.blocks.suggestion import decided_message, outcome_message
from bot.errors import StoreError
from bot.listeners.clicks import apologise, place_of, refuse_unless_curator, whisper
from bot.listeners.handler import Handler
from bot.running.health import Part
from bot.services import Services
from bot.slack.outbox import Place
from bot.slack.payloads import Interaction
from bot.store import Suggestion


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
    words = "Only the curators of this catalogue may decide about suggested links."
    if not await refuse_unless_curator(services, click, words):
        return
    suggestion = await services.store.suggestion(click.value)
    if suggestion is None:
        whisper(services, click, note("I do not know this suggestion."))
    elif await services.store.decide_suggestion(
        suggestion.suggestion_id, approved, click.user, place=_place(services, click)
    ):
        if approved:
            services.curation.wake()
        services.work.start(_tell(services, click, suggestion, approved=approved), "a decision")
    else:
        whisper(services, click, note("Somebody has decided about this suggestion already."))


def _place(services: Services, click: Interaction) -> tuple[str, str] | None:
    """Return where an approval stands that is to be written; None where nothing is written."""
    return (click.channel, click.message_ts) if services.settings.curates else None


async def _tell(services: Services, click: Interaction, suggestion: Suggestion, *, approved: bool) -> None:
    decided = decided_message(suggestion, approved=approved, by=click.user, written=services.settings.curates)
    await services.outbox.respond(click.response_url, decided, place_of(click), replace=True)
    person = Place(channel=suggestion.user, user=suggestion.user)
    await services.outbox.post(person, outcome_message(suggestion, approved=approved))
