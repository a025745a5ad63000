"""What only curators may do: decide about a suggestion, try again to write it, dismiss a question, rebuild the index."""

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.blocks.notes import apology_message, note
from bot.blocks.suggestion import decided_message, outcome_message
from bot.errors import StoreError
from bot.listeners.clicks import UNHEARD, apologising, message_of, place_of, whisper
from bot.running.logs import log_failure
from bot.services import Services
from bot.slack.buttons import Dismissed
from bot.slack.message import Message
from bot.slack.outbox import Place
from bot.slack.payloads import Command, Interaction
from bot.store import ChangeState, Suggestion

logger = logging.getLogger("signpost.curators")

REBUILD = "rebuild"


async def approve(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Take a suggestion into the catalogue."""
    await if_curator(services, ack, body, partial(_decide, approved=True), "decide about suggested links")


async def decline(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Keep a suggestion out of the catalogue."""
    await if_curator(services, ack, body, partial(_decide, approved=False), "decide about suggested links")


async def retry(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Try again to write an approved suggestion."""
    await if_curator(services, ack, body, _retry, "try that again")


async def dismiss(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Leave the questions of a group out of all later lists."""
    await if_curator(services, ack, body, _dismiss, "dismiss questions")


async def if_curator(
    services: Services,
    ack: AsyncAck,
    body: dict[str, Any],
    act: Callable[[Services, Interaction], Awaitable[None]],
    what: str,
) -> None:
    """Run `act` if a curator clicked; otherwise record the attempt. This is the only place that checks it."""
    click = Interaction.of(body)
    with apologising(services, click):
        if await is_curator(services, click):
            await act(services, click)
        elif is_unheard_curator(services, click.user):
            whisper(services, click, note(UNHEARD))
        else:
            extra = {"user": click.user, "team": click.user_team}
            logger.warning("somebody who is no curator tried to %s", click.action_id, extra=extra)
            whisper(services, click, note(f"Only the curators of this catalogue may {what}."))
            await services.store.record_refusal(click.action_id, click.user, click.user_team)
    await ack()


async def is_curator(services: Services, person: Interaction) -> bool:
    """Return whether a person is one of the configured curators and belongs to this organisation."""
    return await _is_curator(services, person.user, person.user_team, person.enterprise)


async def _is_curator(services: Services, user: str, team: str, enterprise: str) -> bool:
    return user in services.settings.curators and await services.strangers.is_ours(team, enterprise, user)


def is_unheard_curator(services: Services, user: str) -> bool:
    """Whether this is the id of a curator, and Slack did not say in time whose it is: no attempt to be recorded."""
    return user in services.settings.curators and services.strangers.is_unheard(user)


async def _decide(services: Services, click: Interaction, *, approved: bool) -> None:
    """Store the first decision, and tell the curators and the sender."""
    suggestion = await services.store.suggestion(click.value)
    # Where approvals are written to the catalogue, the progress is told in the thread of this message.
    place = (click.channel, click.message_ts) if services.settings.curates else None
    if suggestion is None:
        whisper(services, click, note("I do not know this suggestion."))
    elif await services.store.decide_suggestion(suggestion.suggestion_id, approved, click.user, place=place):
        if approved:
            services.curation.wake()
        services.work.start(_tell(services, click, suggestion, approved=approved), "a decision")
    else:
        whisper(services, click, note("Somebody has decided about this suggestion already."))


async def _tell(services: Services, click: Interaction, suggestion: Suggestion, *, approved: bool) -> None:
    decided = decided_message(suggestion, approved=approved, by=click.user, written=services.settings.curates)
    await services.outbox.respond(click.response_url, decided, place_of(click), replaces=message_of(click))
    if suggestion.user:  # workflows and programs need not say who sent it
        person = Place(channel=suggestion.user, user=suggestion.user)
        await services.outbox.post(person, outcome_message(suggestion, approved=approved))


async def _retry(services: Services, click: Interaction) -> None:
    if not await services.store.move_change(click.value, ChangeState.STUCK, ChangeState.WAITING):
        whisper(services, click, note("That is no longer waiting to be tried again."))
        return
    services.curation.wake()

    async def replace() -> None:
        message = note("Trying again; what comes of it is told where it was approved.")
        await services.outbox.respond(click.response_url, message, place_of(click), replaces=message_of(click))

    services.work.start(replace(), "another try")


async def _dismiss(services: Services, click: Interaction) -> None:
    hashes = Dismissed.of(click.value).hashes
    if not hashes:
        return
    await services.store.dismiss(*hashes)
    count = "That question is" if len(hashes) == 1 else f"Those {len(hashes)} questions are"
    whisper(services, click, note(f"{count} not listed again."))


async def rebuild(services: Services, command: Command) -> Message | None:
    """Request a build, and return the immediate answer; None when the same delivery was handled before.

    The progress and the result are shown in a message of their own.
    """
    try:
        if not await services.once.claim(*command.keys):
            return None
        if not await _is_curator(services, command.user, command.team, command.enterprise):
            if is_unheard_curator(services, command.user):
                return note(UNHEARD)
            logger.warning("somebody who is no curator asked for a build", extra={"team": command.team})
            await services.store.record_refusal(REBUILD, command.user, command.team)
            return note("Only the curators of this catalogue may have the index rebuilt.")
    except StoreError as error:
        return apology_message(log_failure(logger, "a build could not be asked for", error))
    first = services.curation.ask_for_build(command.user)
    channel = services.settings.curators_channel
    where = f"in <#{channel}>" if channel else "in our direct messages"
    begun = "The index is being rebuilt" if first else "A build is running; yours begins when it has ended"
    return note(f"{begun}. You can follow it {where}.")
