"""A question in a thread without a mention, where the bot was asked and has answered; off unless a channel turns it on.

Everything is read from Slack, so that a restart changes nothing: that the bot was asked there, and that it answered.
"""

import re

from bot.asking.answering import Outcome
from bot.asking.inquiry import Surface
from bot.errors import StoreError
from bot.listeners.mentions import inquiry_of, say
from bot.services import Services
from bot.slack.outbox import Place
from bot.slack.payloads import Spoken
from bot.slack.text import decode
from bot.slack.threads import read_thread

_QUESTION = re.compile(
    r"^(?:and |but |ok(?:ay)?,? |so )?(?:who|what|when|where|why|how|which|is|are|do|does|did|can|could|should|would|"
    r"has|have|any|anything|any(?:body|one))\b",
    re.IGNORECASE,
)
_MAX_QUESTION_CHARS = 400


def may_be_follow_up(services: Services, spoken: Spoken) -> bool:
    """Return whether it is worth asking Slack about the thread."""
    return (
        spoken.in_thread
        and services.settings.for_channel(spoken.channel).follow_ups
        and "<@" not in spoken.text
        and "<!" not in spoken.text
        and _is_question(decode(spoken.text))
    )


def _is_question(text: str) -> bool:
    """Return whether it is plainly a question: it ends with a question mark, and starts as questions do."""
    return len(text) <= _MAX_QUESTION_CHARS and text.endswith("?") and bool(_QUESTION.match(text))


async def answer_follow_up(services: Services, spoken: Spoken) -> None:
    """Answer only with confidence; nothing at all is said otherwise."""
    thread = await read_thread(services.api, services.identity, spoken.channel, spoken.thread_ts, before_ts=spoken.ts)
    if not (thread.bot_answered and thread.bot_asked):
        return
    inquiry = await inquiry_of(services, spoken, decode(spoken.text), thread, Surface.FOLLOW_UP)
    found = await services.answering.find(inquiry)
    if (
        found.outcome is not Outcome.ANSWERED
        or found.answer is None
        or found.answer.confidence < services.settings.follow_up_confidence
    ):
        return
    try:
        if not await services.once.claim(*spoken.keys):
            return
    except StoreError:
        return
    place = Place(channel=spoken.channel, thread_ts=spoken.thread_ts, user=spoken.user)
    reply = await services.answering.reply(found)
    if not await say(services, place, reply.message):
        await services.once.release(*spoken.keys)
