"""Somebody opened the bot's Home, or its Messages tab."""

import logging
from typing import Any

from bot.errors import SlackSendError
from bot.listeners.handler import Handler
from bot.listeners.help import prompts_for
from bot.listeners.home import publish_home
from bot.services import Services
from bot.slack.payloads import HomeOpened
from bot.slack.text import clamp

logger = logging.getLogger("signpost.home")

_TITLE_CHARS = 75


def home_opened_event(services: Services) -> Handler:
    """Return the handler."""

    async def handle(body: dict[str, Any]) -> None:
        opened = HomeOpened.of(body)
        if opened.tab == "messages" and opened.channel:
            services.work.start(_offer_prompts(services, opened), "suggested prompts")
        elif opened.tab == "home" and opened.user:
            services.work.start(_show_home(services, opened), "App Home")

    return handle


async def _show_home(services: Services, opened: HomeOpened) -> None:
    await publish_home(services, opened.user, strangers=await _is_stranger(services, opened))


async def _is_stranger(services: Services, opened: HomeOpened) -> bool:
    return not await services.strangers.is_ours(opened.team, opened.enterprise)


async def _offer_prompts(services: Services, opened: HomeOpened) -> None:
    strangers = await _is_stranger(services, opened)
    prompts = await prompts_for(services.answering, services.settings, strangers=strangers)
    if not prompts or (strangers and services.settings.slack_connect == "refuse"):
        return
    offered = [{"title": clamp(prompt, _TITLE_CHARS), "message": prompt} for prompt in prompts]
    try:
        await services.api.call(
            "assistant.threads.setSuggestedPrompts", {"channel_id": opened.channel, "prompts": offered}
        )
    except SlackSendError as error:
        logger.info("prompts could not be offered: %s", error, extra={"code": error.code})
