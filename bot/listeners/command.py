"""`/links QUESTION`: the answer is in the acknowledgement itself."""

import asyncio
import logging
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.asking.inquiry import Inquiry, Surface
from bot.blocks.notes import apology_message, searching_message
from bot.errors import StoreError
from bot.listeners.commands.rebuild import REBUILD, rebuild
from bot.listeners.handler import Handler
from bot.listeners.help import help_for
from bot.running.logs import new_reference
from bot.services import Services
from bot.slack.message import Message
from bot.slack.outbox import Place
from bot.slack.payloads import Command

logger = logging.getLogger("signpost.command")

_HELP = frozenset({"", "help", "?", "-h", "--help"})


def links_command(services: Services) -> Handler:
    """Return the handler."""

    async def handle(ack: AsyncAck, body: dict[str, Any]) -> None:
        command = Command.of(body)
        public = services.settings.for_channel(command.channel).answers == "public"
        answering = asyncio.create_task(_answer(services, command, public=public))
        done, _ = await asyncio.wait({answering}, timeout=services.settings.search_deadline_s)
        if not done:
            await ack(searching_message().response())
            services.work.start(_answer_later(services, command, answering, public=public), "a late answer")
            return
        message = answering.result()
        if message is None:
            await ack()
        else:
            await ack(message.response(public=public))

    return handle


async def _answer(services: Services, command: Command, *, public: bool) -> Message | None:
    """Return what to say; None when this very command was answered before."""
    if command.text.lower() == REBUILD:
        return await rebuild(services, command)
    strangers = not await services.strangers.is_ours(command.team, command.enterprise) or (
        public and await services.strangers.can_read(command.channel)
    )
    if command.text.lower() in _HELP:
        return await help_for(services, command.channel, strangers=strangers)
    keys = (f"trigger:{command.trigger_id}",) if command.trigger_id else ()
    inquiry = Inquiry(
        surface=Surface.COMMAND,
        text=command.text,
        team=command.team,
        channel=command.channel,
        user=command.user,
        strangers=strangers,
        can_share=not command.channel.startswith("D"),
    )
    # The search changes nothing, so it need not wait for the store to say that the command is new.
    searching = asyncio.create_task(services.answering.find(inquiry))
    try:
        new = await services.once.claim(*keys)
    except StoreError:
        reference = new_reference()
        logger.exception("a command could not be claimed", extra={"reference": reference})
        return apology_message(reference)
    found = await searching
    return (await services.answering.reply(found)).message if new else None


async def _answer_later(
    services: Services, command: Command, answering: asyncio.Task[Message | None], *, public: bool
) -> None:
    message = await answering
    if message is not None:
        place = Place(channel=command.channel, user=command.user)
        await services.outbox.respond(command.response_url, message, place, public=public)
