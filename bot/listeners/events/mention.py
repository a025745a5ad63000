"""`@signpost QUESTION` in a channel."""

from typing import Any

from bot.listeners.handler import Handler
from bot.listeners.mentions import answer_mention
from bot.services import Services
from bot.slack.payloads import Spoken


def mention_event(services: Services) -> Handler:
    """Return the handler."""

    async def handle(body: dict[str, Any]) -> None:
        spoken = Spoken.of(body)
        if spoken.is_for(services.identity):
            services.work.start(answer_mention(services, spoken), "a mention")

    return handle
