"""The suggestion form was sent: checked, kept, then shown to the curators."""

import logging
import secrets
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.blocks.suggestion import Draft, apology_view, curators_message, thanks_view
from bot.errors import StoreError
from bot.listeners.clicks import is_stranger
from bot.listeners.handler import Handler
from bot.listeners.suggest_link import look_up
from bot.running.health import Part
from bot.running.logs import new_reference
from bot.services import Services
from bot.slack.ids import Callback, Field
from bot.slack.message import Message
from bot.slack.outbox import Place
from bot.slack.payloads import Interaction, Submission, text_of
from bot.slack.text import clamp, one_line, safe_url
from bot.store import Suggestion
from index.types import Neighbour

logger = logging.getLogger("signpost.suggestion")


def suggestion_view(services: Services) -> Handler:
    """Return the handler."""

    async def handle(ack: AsyncAck, body: dict[str, Any]) -> None:
        person, entered = Interaction.of(body), Submission.of(body)
        if await is_stranger(services, person):
            await refuse(services, Callback.SUGGESTION, person)
            await ack(response_action="clear")
            return
        if problems := _problems(entered):
            await ack(response_action="errors", errors=problems)
            return
        question = text_of(entered.metadata.get("q"))
        draft = Draft(
            url=entered.url,
            title=entered.title,
            section=entered.section,
            description=entered.description,
            question=question,
        )
        _, _, neighbours = await look_up(services, draft)
        exact = next((neighbour for neighbour in neighbours if neighbour.exact), None)
        if exact is not None:
            title = clamp(one_line(exact.link.title), 100)
            await ack(response_action="errors", errors={Field.URL.value: f"The catalogue has it already: {title}"})
        else:
            await ack(response_action="update", view=await _keep(services, person, draft, neighbours))

    return handle


def _problems(entered: Submission) -> dict[str, str]:
    problems = {}
    if safe_url(entered.url) is None:
        problems[Field.URL.value] = "This must be an http or https address without blanks."
    if not entered.title:
        problems[Field.TITLE.value] = "A link needs a title."
    return problems


async def _keep(services: Services, person: Interaction, draft: Draft, neighbours: tuple[Neighbour, ...]) -> Any:
    """Keep the suggestion, start on its way to the curators, and return the view that says thanks."""
    suggestion = Suggestion(
        suggestion_id=secrets.token_hex(8),
        url=draft.url,
        title=draft.title,
        section=draft.section,
        description=draft.description,
        question=draft.question,
        team=person.team,
        user=person.user,
    )
    try:
        if await services.once.claim(*person.keys):
            await services.store.add_suggestion(suggestion)
            send_to_curators(services, curators_message(suggestion, neighbours, draft.question))
    except StoreError as error:
        services.health.ill(Part.STORE, str(error))
        reference = new_reference()
        logger.exception("a suggestion could not be kept", extra={"reference": reference})
        return apology_view(reference)
    return thanks_view(to_curators=bool(services.settings.curators_channel), neighbours=neighbours)


def send_to_curators(services: Services, message: Message) -> None:
    """Start a suggestion on its way to the curators' channel, where there is one."""
    if channel := services.settings.curators_channel:
        services.work.start(_send(services, channel, message), "a suggestion")


async def _send(services: Services, channel: str, message: Message) -> None:
    if not await services.outbox.post(Place(channel=channel), message):
        logger.error("a suggestion is kept but did not reach the curators' channel", extra={"channel": channel})


async def refuse(services: Services, what: Callback, person: Interaction) -> None:
    """Keep that somebody of another organisation sent a form."""
    try:
        await services.store.record_refusal(what, person.user, person.user_team)
    except StoreError as error:
        services.health.ill(Part.STORE, str(error))
