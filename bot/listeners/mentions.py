"""Mentions, direct messages and follow-ups: claim the delivery, read the thread, answer, post.

A follow-up is a question without a mention, in a thread where the bot was asked and has answered. It is off unless the
channel's settings turn it on. The thread is read from Slack each time, so a restart loses nothing.
"""

import asyncio
import json
import logging
import re
from collections.abc import Awaitable
from typing import Any

from bot.asking.answering import Ending, Reply
from bot.asking.courtesy import Courtesy, courtesy_of, has_words
from bot.asking.inquiry import Inquiry, Surface
from bot.blocks.notes import thanks_message
from bot.listeners.command import help_for
from bot.running.health import Part
from bot.services import Services
from bot.slack.message import Message
from bot.slack.outbox import Place
from bot.slack.payloads import Spoken
from bot.slack.threads import Thread, answered_since, read_thread
from bot.slack.untrusted import dict_of, list_of, text_of
from bot.store import CLAIM_LIFE_MS

logger = logging.getLogger("signpost.conversation")

#: The question for a mention in a thread that says nothing else.
THREAD_QUESTION = "any links?"
_QUESTION = re.compile(
    r"^(?:and |but |ok(?:ay)?,? |so )?(?:who|what|when|where|why|how|which|is|are|do|does|did|can|could|should|would|"
    r"has|have|any|anything|any(?:body|one))\b",
    re.IGNORECASE,
)
_MAX_FOLLOW_UP_CHARS = 400


async def mention(services: Services, body: dict[str, Any]) -> None:
    """Answer `@signpost QUESTION` in a channel; Slack sends it again when the message is edited."""
    spoken = Spoken.of(body)
    if spoken.is_for(services.identity) and not spoken.quotes_mention(services.identity):
        await _take(services, spoken, body)


async def message(services: Services, body: dict[str, Any]) -> None:
    """Answer a direct message, a mention that arrives as a message, or a follow-up."""
    spoken = Spoken.of(body)
    if spoken.subtype == "message_changed":
        await _edited(services, body)
    elif not spoken.is_for(services.identity) or spoken.edited_after_s is not None:
        return
    elif spoken.is_direct or spoken.mentions(services.identity):
        await _take(services, spoken, body)
    elif _may_be_follow_up(services, spoken):
        services.work.start(_follow_up(services, spoken), "a follow-up")


async def _edited(services: Services, body: dict[str, Any]) -> None:
    """Answer a message in a channel to which an edit added the mention."""
    spoken, before = Spoken.of_edit(body)
    added = spoken.mentions(services.identity) and not before.mentions(services.identity)
    if added and spoken.is_for(services.identity) and not spoken.is_direct:
        await _take(services, spoken, body)


async def _take(services: Services, spoken: Spoken, body: dict[str, Any]) -> None:
    """Claim a message, and answer it in the background.

    The claim is in the store before Slack gets the acknowledgement, and the message with it until it is answered: what was
    acknowledged is not lost when the process dies, and what was not comes again.
    """
    # It has no side effect, so it runs while the store checks whether the message is new.
    words = asyncio.create_task(_words_for(services, spoken))
    new = False
    try:
        new = await services.once.claim(*spoken.keys, payload=json.dumps(body), user=spoken.user)
    finally:
        if not new:
            words.cancel()
    if new:
        name = "a direct message" if spoken.is_direct else "a mention"
        services.work.start(_answer(services, spoken, words), name)


def spoken_of(body: dict[str, Any]) -> Spoken:
    """Return the message of an event that was taken before; of an edit the message as it is now."""
    spoken = Spoken.of(body)
    return Spoken.of_edit(body)[0] if spoken.subtype == "message_changed" else spoken


async def answer_again(services: Services, spoken: Spoken, *, appears_in_s: float) -> None:
    """Answer a message that another process has claimed, unless it was answered before that process died.

    What that process sent last may still be on its way, and appears within some seconds.
    """
    begun = await services.once.has_begun(spoken.keys[-1])
    answered = None
    if not _is_private(services, spoken.channel):
        # Whose answer was not begun is looked for, too, since a store may fail; but nobody waits until Slack lets the bot look.
        limits = {"appears_in_s": appears_in_s} if begun else {"max_wait_s": 0.0}
        answered = await services.outbox.has_answered(_place_of(spoken), **limits)
    if answered:
        await services.once.settle(spoken.keys[-1])
        return
    if begun and answered is None:
        logger.warning("a message is answered perhaps for the second time: its conversation cannot be read")
    await _answer(services, spoken, _words_for(services, spoken), taken_over=True)


async def removed(services: Services, body: dict[str, Any]) -> None:
    """Report the token as ill when the app was removed from the workspace or its token was revoked."""
    event = dict_of(body.get("event"))
    of_bots = list_of(dict_of(event.get("tokens")).get("bot"))
    if text_of(event.get("type")) == "app_uninstalled" or of_bots:
        services.health.ill(Part.TOKEN, "the app was removed from the workspace, or its token was revoked")


async def _answer(
    services: Services, spoken: Spoken, words: Awaitable[Message | Reply | None], *, taken_over: bool = False
) -> None:
    """Answer a message that was claimed, and then forget it. One that is cancelled is left to the next process.

    So is one that another process took over meanwhile, which happens to a process that was stopped for a while.
    """
    try:
        said = await words
        if not (await services.once.begins(spoken.keys[-1]) or taken_over):
            logger.warning("a message is left to another process, which took it over meanwhile")
            services.once.let_go(spoken.keys[-1])
            return
        sent = await _sent(services, _place_of(spoken), said)
    except Exception:
        await services.once.settle(spoken.keys[-1])
        raise
    ending = services.once.settle(spoken.keys[-1]) if sent else services.once.release(*spoken.keys)
    # At the same moment, so that the store needs one transaction for both.
    await asyncio.gather(ending, *([services.answering.keep(said)] if isinstance(said, Reply) else []))


def _place_of(spoken: Spoken) -> Place:
    """Return the thread of a message; a message outside a thread gets a new one."""
    return Place(
        channel=spoken.channel,
        thread_ts=spoken.thread_ts or spoken.ts,
        user=spoken.user,
        opens_thread=not spoken.in_thread,
        asked_ts=spoken.ts,
    )


async def _words_for(services: Services, spoken: Spoken) -> Message | Reply | None:
    """Return what to say to a message; None when it was answered before. Nothing is changed by it."""
    if spoken.edited_after_s is not None and await _was_answered(services, spoken):
        return None
    thread = Thread()
    if spoken.in_thread:
        thread = await read_thread(services.api, services.identity, spoken.channel, spoken.thread_ts, spoken.ts)
    thread = thread.followed_by(spoken.said.passed_on(but_of=services.identity.ids))
    text = spoken.said.words(drop_user=services.identity.user_id)
    courtesy = courtesy_of(text)
    text = text if has_words(text) else ""
    if courtesy is Courtesy.THANKS:
        return thanks_message()
    if courtesy is Courtesy.HELP or not (text or thread.says_something):
        strangers = await services.strangers.take_part(spoken)
        return await help_for(services, spoken.channel, strangers=strangers)
    surface = Surface.DIRECT if spoken.is_direct else Surface.THREAD if spoken.in_thread else Surface.MENTION
    inquiry = await _inquiry_of(services, spoken, text or THREAD_QUESTION, thread, surface)
    return await services.answering.find(inquiry)


async def _sent(services: Services, place: Place, said: Message | Reply | None) -> bool:
    """Answer in the thread of the message, and return whether anything arrived or nothing had to."""
    match said:
        case None:
            return True
        case Message():
            return await _say(services, place, said)
        case Reply():
            return await _say_reply(services, place, said)


async def _was_answered(services: Services, spoken: Spoken) -> bool:
    """Return whether an edited mention was answered before the edit; true when that cannot be told.

    The claim of a message is kept for a day. After that the answer in the thread tells, where answers are public.
    """
    late = (spoken.edited_after_s or 0.0) > CLAIM_LIFE_MS / 1_000
    if _is_private(services, spoken.channel):
        return late
    root = spoken.thread_ts or spoken.ts
    answered = await answered_since(services.api, services.identity, spoken.channel, root, spoken.ts)
    return late if answered is None else answered


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
        public=not (spoken.is_direct or _is_private(services, spoken.channel)),
        can_share=_is_private(services, spoken.channel),
    )


def _is_private(services: Services, channel: str) -> bool:
    """Whether only the author of a mention sees the answer in this channel."""
    return services.settings.for_channel(channel).answers == "private"


async def _say_reply(services: Services, place: Place, reply: Reply) -> bool:
    """Send an answer; one without links only to the asker, since nobody else in the channel has use for it."""
    if reply.has_links or place.is_direct:
        return await _say(services, place, reply.message)
    return await services.outbox.whisper(place, reply.message)


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
        and _is_question(spoken.said.words())
    )


def _is_question(text: str) -> bool:
    """Return whether a text is clearly a question: short, with a question word at its start and `?` at its end."""
    return len(text) <= _MAX_FOLLOW_UP_CHARS and text.endswith("?") and bool(_QUESTION.match(text))


async def _follow_up(services: Services, spoken: Spoken) -> None:
    """Answer if it is sure and the confidence is high enough; otherwise say nothing, for nobody asked the bot."""
    thread = await read_thread(services.api, services.identity, spoken.channel, spoken.thread_ts, spoken.ts)
    if not (thread.bot_answered and thread.bot_asked):
        return
    inquiry = await _inquiry_of(services, spoken, spoken.said.words(), thread, Surface.FOLLOW_UP)
    reply = await services.answering.find(inquiry)
    if (
        reply.ending is not Ending.ANSWERED
        or reply.answer is None
        or reply.answer.confidence < services.settings.follow_up_confidence
    ):
        return
    if not await services.once.claim(*spoken.keys):
        return
    place = Place(channel=spoken.channel, thread_ts=spoken.thread_ts, user=spoken.user, asked_ts=spoken.ts)
    await services.answering.keep(reply)
    if not await _say(services, place, reply.message):
        await services.once.release(*spoken.keys)
