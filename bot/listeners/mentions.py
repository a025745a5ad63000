"""Mentions, direct messages and follow-ups: claim the delivery, read the thread, answer, post.

A follow-up is a question without a mention, in a thread where the bot was asked and has answered. It is off unless the
channel's settings turn it on. The thread is read from Slack each time, so a restart loses nothing.
"""

import logging
import re
from typing import Any

from bot.asking.answering import Ending, Reply
from bot.asking.inquiry import Inquiry, Surface
from bot.blocks.notes import apology_message
from bot.errors import StoreError
from bot.listeners.command import help_for
from bot.running.health import Part
from bot.running.logs import log_failure
from bot.services import Services
from bot.slack.message import Message
from bot.slack.outbox import Place
from bot.slack.payloads import Spoken
from bot.slack.text import decode
from bot.slack.threads import Thread, read_thread
from bot.slack.untrusted import dict_of, list_of, text_of

logger = logging.getLogger("signpost.conversation")

#: The question for a mention in a thread that says nothing else.
THREAD_QUESTION = "any links?"
_HELP = frozenset({"help", "hi", "hello", "hey", "?"})
_QUESTION = re.compile(
    r"^(?:and |but |ok(?:ay)?,? |so )?(?:who|what|when|where|why|how|which|is|are|do|does|did|can|could|should|would|"
    r"has|have|any|anything|any(?:body|one))\b",
    re.IGNORECASE,
)
_MAX_FOLLOW_UP_CHARS = 400


async def mention(services: Services, body: dict[str, Any]) -> None:
    """Answer `@signpost QUESTION` in a channel."""
    spoken = Spoken.of(body)
    if spoken.is_for(services.identity):
        services.work.start(_answer(services, spoken), "a mention")


async def message(services: Services, body: dict[str, Any]) -> None:
    """Answer a direct message, a mention that arrives as a message, or a follow-up."""
    spoken = Spoken.of(body)
    if not spoken.is_for(services.identity):
        return
    if spoken.is_direct:
        services.work.start(_answer(services, spoken), "a direct message")
    elif f"<@{services.identity.user_id}" in spoken.text:
        services.work.start(_answer(services, spoken), "a mention")
    elif _may_be_follow_up(services, spoken):
        services.work.start(_follow_up(services, spoken), "a follow-up")


async def removed(services: Services, body: dict[str, Any]) -> None:
    """Report the token as ill when the app was removed from the workspace or its token was revoked."""
    event = dict_of(body.get("event"))
    of_bots = list_of(dict_of(event.get("tokens")).get("bot"))
    if text_of(event.get("type")) == "app_uninstalled" or of_bots:
        services.health.ill(Part.TOKEN, "the app was removed from the workspace, or its token was revoked")


async def _answer(services: Services, spoken: Spoken) -> None:
    """Answer in the thread of the message; a message outside a thread gets a new one."""
    place = Place(
        channel=spoken.channel,
        thread_ts=spoken.thread_ts or spoken.ts,
        user=spoken.user,
        opens_thread=not spoken.in_thread,
    )
    try:
        if not await services.once.claim(*spoken.keys):
            return
    except StoreError as error:
        await _say(services, place, apology_message(log_failure(logger, "a message could not be claimed", error)))
        return
    thread = Thread()
    if spoken.in_thread:
        thread = await read_thread(services.api, services.identity, spoken.channel, spoken.thread_ts, spoken.ts)
    thread = thread.followed_by(spoken.said.passed_on(but_of=services.identity.ids))
    text = spoken.said.words(drop_user=services.identity.user_id)
    if text.lower() in _HELP or not (text or thread.says_something):
        strangers = await services.strangers.take_part(spoken)
        sent = await _say(services, place, await help_for(services, spoken.channel, strangers=strangers))
    else:
        surface = Surface.DIRECT if spoken.is_direct else Surface.THREAD if spoken.in_thread else Surface.MENTION
        inquiry = await _inquiry_of(services, spoken, text or THREAD_QUESTION, thread, surface)
        sent = await _say_reply(services, place, await services.answering.answer(inquiry))
    if not sent:
        await services.once.release(*spoken.keys)


async def _inquiry_of(services: Services, spoken: Spoken, text: str, thread: Thread, surface: Surface) -> Inquiry:
    """Return the question; for public links only when people of other organisations ask or can read the answer."""
    return Inquiry(
        surface=surface,
        text=text,
        team=spoken.team,
        channel=spoken.channel,
        user=spoken.user,
        thread=thread.turns,
        exclude_urls=spoken.said.links(),
        strangers=await services.strangers.take_part(spoken),
        can_share=_is_private(services, spoken.channel),
    )


def _is_private(services: Services, channel: str) -> bool:
    """Whether only the author of a mention sees the answer in this channel."""
    return services.settings.for_channel(channel).answers == "private"


async def _say_reply(services: Services, place: Place, reply: Reply) -> bool:
    """Send an answer; when a channel had many answers without links lately, only the asker sees another such one."""
    crowded = not place.is_direct and not reply.has_links and not services.restraint.may_say_nothing(place.channel)
    return await (services.outbox.whisper(place, reply.message) if crowded else _say(services, place, reply.message))


async def _say(services: Services, place: Place, message: Message) -> bool:
    """Send a message to everybody in the place, or to the asker only where the channel's answers are private."""
    if _is_private(services, place.channel) and not place.is_direct:
        return await services.outbox.whisper(place, message)
    return await services.outbox.post(place, message)


def _may_be_follow_up(services: Services, spoken: Spoken) -> bool:
    """Return whether a message may be a follow-up, from what can be checked without a call to Slack."""
    return (
        spoken.in_thread
        and services.settings.for_channel(spoken.channel).follow_ups
        and "<@" not in spoken.text
        and "<!" not in spoken.text
        and _is_question(decode(spoken.text))
    )


def _is_question(text: str) -> bool:
    """Return whether a text is clearly a question: short, with a question word at its start and `?` at its end."""
    return len(text) <= _MAX_FOLLOW_UP_CHARS and text.endswith("?") and bool(_QUESTION.match(text))


async def _follow_up(services: Services, spoken: Spoken) -> None:
    """Answer if it is sure and the confidence is high enough; otherwise say nothing, for nobody asked the bot."""
    thread = await read_thread(services.api, services.identity, spoken.channel, spoken.thread_ts, spoken.ts)
    if not (thread.bot_answered and thread.bot_asked):
        return
    inquiry = await _inquiry_of(services, spoken, decode(spoken.text), thread, Surface.FOLLOW_UP)
    reply = await services.answering.find(inquiry)
    if (
        reply.ending is not Ending.ANSWERED
        or reply.answer is None
        or reply.answer.confidence < services.settings.follow_up_confidence
    ):
        return
    try:
        if not await services.once.claim(*spoken.keys):
            return
    except StoreError:
        return
    place = Place(channel=spoken.channel, thread_ts=spoken.thread_ts, user=spoken.user)
    await services.answering.keep(reply)
    if not await _say(services, place, reply.message):
        await services.once.release(*spoken.keys)
