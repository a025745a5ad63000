"""Answering what somebody said to the bot, in a channel or directly: claim, read the thread, answer, post."""

import logging

from bot.asking.answering import Outcome, Reply
from bot.asking.inquiry import Inquiry, Surface
from bot.blocks.notes import apology_message
from bot.errors import StoreError
from bot.listeners.help import help_for
from bot.running.logs import new_reference
from bot.services import Services
from bot.slack.message import Message
from bot.slack.outbox import Place
from bot.slack.payloads import Spoken
from bot.slack.threads import Thread, own_ids, read_thread

logger = logging.getLogger("signpost.conversation")

#: What is asked when somebody mentions the bot in a thread and says nothing else.
THREAD_QUESTION = "any links?"
_HELP = frozenset({"help", "hi", "hello", "hey", "?"})


async def answer_mention(services: Services, spoken: Spoken) -> None:
    """Answer in the thread of the message, or in a new one on it."""
    await _answer(services, spoken, Surface.THREAD if spoken.in_thread else Surface.MENTION)


async def answer_direct(services: Services, spoken: Spoken) -> None:
    """Answer in the thread of the message too: in the Messages tab each is one, and the next question stands in it."""
    await _answer(services, spoken, Surface.DIRECT)


async def _answer(services: Services, spoken: Spoken, surface: Surface) -> None:
    place = Place(
        channel=spoken.channel,
        thread_ts=spoken.thread_ts or spoken.ts,
        user=spoken.user,
        opens_thread=not spoken.in_thread,
    )
    if not await claim_or_apologise(services, spoken, place):
        return
    text = spoken.said.words(drop_user=services.identity.user_id)
    thread = Thread()
    if spoken.in_thread:
        thread = await read_thread(
            services.api, services.identity, spoken.channel, spoken.thread_ts, before_ts=spoken.ts
        )
    thread = thread.followed_by(spoken.said.passed_on(but_of=own_ids(services.identity)))
    if text.lower() in _HELP or not (text or thread.texts):
        strangers = await services.strangers.take_part(spoken)
        sent = await say(services, place, await help_for(services, spoken.channel, strangers=strangers))
    else:
        inquiry = await inquiry_of(services, spoken, text or THREAD_QUESTION, thread, surface)
        sent = await say_reply(services, place, await services.answering.answer(inquiry))
    if not sent:
        await services.once.release(*spoken.keys)


async def claim_or_apologise(services: Services, spoken: Spoken, place: Place) -> bool:
    """Return whether this message is ours to answer; when the store cannot tell, say so to the person."""
    try:
        return await services.once.claim(*spoken.keys)
    except StoreError:
        reference = new_reference()
        logger.exception("a message could not be claimed", extra={"reference": reference})
        await say(services, place, apology_message(reference))
        return False


async def inquiry_of(services: Services, spoken: Spoken, text: str, thread: Thread, surface: Surface) -> Inquiry:
    """Return the question; where people of other organisations ask or read, it is for them too."""
    return Inquiry(
        surface=surface,
        text=text,
        team=spoken.team,
        channel=spoken.channel,
        user=spoken.user,
        thread=thread.texts,
        exclude_urls=thread.urls | spoken.said.links(),
        strangers=await services.strangers.take_part(spoken),
        can_share=is_private(services, spoken.channel),
    )


def is_private(services: Services, channel: str) -> bool:
    """Whether mentions in this channel are answered to their author alone."""
    return services.settings.for_channel(channel).answers == "private"


async def say_reply(services: Services, place: Place, reply: Reply) -> bool:
    """Send an answer; where many find nothing in one channel, only the asker is told so."""
    crowded = (
        not place.is_direct
        and reply.outcome is not Outcome.ANSWERED
        and not services.restraint.may_say_nothing(place.channel)
    )
    return await (services.outbox.whisper(place, reply.message) if crowded else say(services, place, reply.message))


async def say(services: Services, place: Place, message: Message) -> bool:
    """Send a message to everybody in the place, or as the channel's settings say."""
    if is_private(services, place.channel) and not place.is_direct:
        return await services.outbox.whisper(place, message)
    return await services.outbox.post(place, message)
