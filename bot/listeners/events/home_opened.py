"""Somebody opened the bot's Home, or its Messages tab."""

import logging
from typing import Any

from bot.errors import SlackSendError
from bot.incoming import HomeOpened
from bot.listeners.handler import Handler
from bot.listeners.help import prompts_for
from bot.listeners.home_tab import publish_home
from bot.services import Services
from bot.text import clamp

logger = logging.getLogger("signpost.home")

_TITLE_CHARS = 75


def home_opened_event(services: Services) -> Handler:
    """Return the handler."""

    async def handle(body: dict[str, Any]) -> None:
        opened = HomeOpened.of(body)
        if opened.tab == "messages" and opened.channel:
            services.work.start(_offer_prompts(services, opened.channel), "suggested prompts")
        elif opened.tab == "home" and opened.user:
            services.work.start(publish_home(services, opened.user), "App Home")

    return handle


async def _offer_prompts(services: Services, channel: str) -> None:
    prompts = await prompts_for(services.answering, services.settings)
    if not prompts:
        return
    offered = [{"title": clamp(prompt, _TITLE_CHARS), "message": prompt} for prompt in prompts]
    try:
        await services.api.call("assistant.threads.setSuggestedPrompts", {"channel_id": channel, "prompts": offered})
    except SlackSendError as error:
        logger.info("prompts could not be offered: %s", error, extra={"code": error.code})
