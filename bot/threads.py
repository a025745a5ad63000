"""What was said in a thread before, read from Slack: one page, and nothing where Slack refuses."""

import logging
from dataclasses import dataclass, field
from typing import Any

from bot.errors import SlackSendError
from bot.identity import Identity
from bot.incoming import dict_of, list_of, text_of
from bot.slack_api import SlackApi
from bot.text import decode, urls_of_message

logger = logging.getLogger("signpost.threads")

#: One page; apps that are sold outside Slack's marketplace get 15 whatever they ask for.
PAGE = 100
#: Slower than this and the mention is answered alone.
READ_TIMEOUT_S = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A thread before one of its messages."""

    texts: tuple[str, ...] = ()
    """What people said, oldest first, in plain text."""
    urls: frozenset[str] = field(default=frozenset())
    """Every link that stands in it, whoever posted it."""
    bot_answered: bool = False
    bot_asked: bool = False
    """Whether somebody mentioned the bot."""


async def read_thread(api: SlackApi, identity: Identity, channel: str, thread_ts: str, before_ts: str) -> Thread:
    """Read the thread before the message of `before_ts`; an empty one when Slack refuses."""
    try:
        answer = await api.call(
            "conversations.replies",
            {"channel": channel, "ts": thread_ts, "limit": PAGE, "latest": before_ts},
            timeout_s=READ_TIMEOUT_S,
        )
    except SlackSendError as error:
        logger.info("a thread could not be read: %s", error, extra={"code": error.code})
        return Thread()
    messages = [dict_of(item) for item in list_of(answer.get("messages"))]
    texts: list[str] = []
    urls: set[str] = set()
    bot_answered = bot_asked = False
    for message in messages:
        if message.get("ts") == before_ts:
            continue
        urls.update(urls_of_message(message))
        if _is_own(message, identity):
            bot_answered = True
        elif not message.get("bot_id"):
            text = text_of(message.get("text"))
            bot_asked = bot_asked or f"<@{identity.user_id}" in text
            if plain := decode(text, drop_user=identity.user_id):
                texts.append(plain)
    return Thread(texts=tuple(texts), urls=frozenset(urls), bot_answered=bot_answered, bot_asked=bot_asked)


def _is_own(message: dict[str, Any], identity: Identity) -> bool:
    return (bool(identity.bot_id) and message.get("bot_id") == identity.bot_id) or (
        bool(identity.user_id) and message.get("user") == identity.user_id
    )
