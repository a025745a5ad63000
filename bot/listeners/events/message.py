"""Messages: to the bot alone, the twin of a mention, or a follow-up in a thread where the bot has answered."""

from typing import Any

from bot.listeners.follow_up import answer_follow_up, may_be_follow_up
from bot.listeners.handler import Handler
from bot.listeners.mentions import answer_direct, answer_mention
from bot.services import Services
from bot.slack.payloads import Spoken


def message_event(services: Services) -> Handler:
    """Return the handler."""

    async def handle(body: dict[str, Any]) -> None:
        spoken = Spoken.of(body)
        if not spoken.is_for(services.identity):
            return
        if spoken.is_direct:
            services.work.start(answer_direct(services, spoken), "a direct message")
        elif f"<@{services.identity.user_id}" in spoken.text:
            services.work.start(answer_mention(services, spoken), "a mention")
        elif may_be_follow_up(services, spoken):
            services.work.start(answer_follow_up(services, spoken), "a follow-up")

    return handle
