"""Buttons for curators alone: try again to write an approved suggestion, and list a question no more."""

from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.blocks.notes import note
from bot.errors import StoreError
from bot.listeners.clicks import apologise, place_of, refuse_unless_curator, whisper
from bot.listeners.handler import Handler
from bot.running.health import Part
from bot.services import Services
from bot.slack.payloads import Interaction
from bot.store import ChangeState

_Act = Callable[[Services, Interaction], Awaitable[None]]


def retry_action(services: Services) -> Handler:
    """Return the handler of Try again."""
    return _for_curators(services, _retry, "Only the curators of this catalogue may try that again.")


def dismiss_action(services: Services) -> Handler:
    """Return the handler of Dismiss."""
    return _for_curators(services, _dismiss, "Only the curators of this catalogue may dismiss questions.")


def _for_curators(services: Services, act: _Act, words: str) -> Handler:
    async def handle(ack: AsyncAck, body: dict[str, Any]) -> None:
        click = Interaction.of(body)
        try:
            if await refuse_unless_curator(services, click, words):
                await act(services, click)
        except StoreError as error:
            services.health.ill(Part.STORE, str(error))
            apologise(services, click, error)
        await ack()

    return handle


async def _retry(services: Services, click: Interaction) -> None:
    if not await services.store.move_change(click.value, ChangeState.STUCK, ChangeState.WAITING):
        whisper(services, click, note("That is no longer waiting to be tried again."))
        return
    services.curation.wake()

    async def replace() -> None:
        message = note("Trying again; what comes of it is told where it was approved.")
        await services.outbox.respond(click.response_url, message, place_of(click), replace=True)

    services.work.start(replace(), "another try")


async def _dismiss(services: Services, click: Interaction) -> None:
    hashes = [part for part in click.value.split(" ") if part]
    if not hashes:
        return
    await services.store.dismiss(*hashes)
    count = "That question is" if len(hashes) == 1 else f"Those {len(hashes)} questions are"
    whisper(services, click, note(f"{count} not listed again."))
