"""`/links QUESTION` and its help, answered in the acknowledgement; and the shortcut Find links on any message."""

import asyncio
import logging
import re
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.asking.answering import Answering
from bot.asking.courtesy import Courtesy, courtesy_of
from bot.asking.inquiry import Inquiry, Surface
from bot.blocks.notes import help_message, note, refusal_message, searching_message, thanks_message
from bot.listeners.clicks import first_time, is_stranger, place_of, whisper
from bot.listeners.curators import REBUILD, rebuild
from bot.services import Services
from bot.settings import Settings
from bot.slack.message import Message
from bot.slack.outbox import Place
from bot.slack.payloads import Command, Interaction, Selected
from bot.slack.threads import Thread, read_thread
from index import BundleError

logger = logging.getLogger("signpost.command")

_HELP = frozenset({"", "-h", "--help"})
#: A section's name that a filter takes without quotes.
_WORD = re.compile(r"[\w-]{2,30}")


async def links(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Answer before the deadline, or say that the answer follows."""
    command = Command.of(body)
    public = services.settings.for_channel(command.channel).answers == "public"
    answering = asyncio.create_task(_answer(services, command, public=public))
    done, _ = await asyncio.wait({answering}, timeout=services.settings.search_deadline_s)
    if not done:
        await ack(searching_message().response())
        services.work.start(_answer_later(services, command, answering, public=public), "a late answer")
    elif (message := answering.result()) is not None:
        await ack(message.response(public=public))
    else:
        await ack()


async def _answer(services: Services, command: Command, *, public: bool) -> Message | None:
    """Return the answer; None when the same delivery was answered before."""
    if command.text.lower() == REBUILD:
        return await rebuild(services, command)
    strangers = not await services.strangers.is_ours(command.team, command.enterprise, command.user) or (
        public and await services.strangers.can_read(command.channel)
    )
    courtesy = courtesy_of(command.text)
    if courtesy is Courtesy.THANKS:
        return thanks_message()
    if courtesy is Courtesy.HELP or command.text.lower() in _HELP:
        return await help_for(services, command.channel, strangers=strangers)
    inquiry = Inquiry(
        surface=Surface.COMMAND,
        text=command.text,
        team=command.team,
        channel=command.channel,
        user=command.user,
        strangers=strangers,
        public=public,
        can_share=not public and not command.channel.startswith("D"),
    )
    # The search has no side effect, so it runs while the store checks whether the command is new.
    searching = asyncio.create_task(services.answering.find(inquiry))
    new = await services.once.claim(*command.keys)
    reply = await searching
    if not new:
        return None
    # The store writes to its disk; the answer need not wait for it.
    services.work.start(services.answering.keep(reply), "the record of an answer")
    return reply.message


async def _answer_later(
    services: Services, command: Command, answering: asyncio.Task[Message | None], *, public: bool
) -> None:
    message = await answering
    if message is not None:
        place = Place(channel=command.channel, user=command.user)
        await services.outbox.respond(command.response_url, message, place, public=public)


async def find_links(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Find links for a message; only the person who used the shortcut sees them."""
    click, selected = Interaction.of(body), Selected.of(body)
    if await first_time(services, click):
        if text := selected.text(services.identity):
            services.work.start(_find(services, click, selected, text), "links for a message")
        elif selected.authors & services.identity.ids:
            whisper(services, click, note("I wrote that message. Choose the one with the question."))
        else:
            whisper(services, click, note("That message has no text that I could search for."))
    await ack()


async def _find(services: Services, click: Interaction, selected: Selected, text: str) -> None:
    thread = Thread()
    if selected.in_thread:
        thread = await read_thread(services.api, services.identity, click.channel, selected.thread_ts, selected.ts)
    inquiry = Inquiry(
        surface=Surface.SHORTCUT,
        text=text,
        team=click.team,
        channel=click.channel,
        user=click.user,
        thread=thread.turns,
        exclude_urls=frozenset(link.url for link in selected.links),
        strangers=await is_stranger(services, click),
        can_share=not click.channel.startswith("D"),
    )
    reply = await services.answering.answer(inquiry)
    await services.outbox.respond(click.response_url, reply.message, place_of(click))


async def help_for(services: Services, channel: str, *, strangers: bool) -> Message:
    """Return the help for people in this channel, with examples that the catalogue can answer."""
    if strangers and services.settings.slack_connect == "refuse":
        return refusal_message()
    sections = services.settings.for_channel(channel).sections
    name, largest = _about(services.answering)
    return help_message(
        command=services.settings.command,
        catalogue=", ".join(sections) or name,
        examples=await prompts_for(services.answering, services.settings, strangers=strangers),
        mention=services.identity.user_id,
        section_name="" if strangers else next(iter(sections), largest),
    )


async def prompts_for(answering: Answering, settings: Settings, *, strangers: bool) -> tuple[str, ...]:
    """Return up to four example questions: those of the setting, else some that the catalogue answers."""
    return settings.suggested_prompts or await answering.examples(strangers=strangers)


def _about(answering: Answering) -> tuple[str, str]:
    """Return the catalogue's name, and a section to narrow to, named by a single word; empty where there is none."""
    try:
        info = answering.asks.info
    except BundleError:
        return "", ""
    narrow = [
        path[-1]
        for path, count in sorted(info.sections, key=lambda one: -one[1])
        if path and count * 4 < info.link_count
    ]
    return info.name, next((name for name in narrow if _WORD.fullmatch(name)), "")
