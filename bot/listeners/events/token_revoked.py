"""The app was removed from the workspace, or its token was revoked."""

from typing import Any

from bot.listeners.handler import Handler
from bot.running.health import Part
from bot.services import Services
from bot.slack.payloads import dict_of, list_of, text_of


def token_revoked_event(services: Services) -> Handler:
    """Return the handler of both events."""

    async def handle(body: dict[str, Any]) -> None:
        event = dict_of(body.get("event"))
        of_bots = list_of(dict_of(event.get("tokens")).get("bot"))
        if text_of(event.get("type")) == "app_uninstalled" or of_bots:
            services.health.ill(Part.TOKEN, "the app was removed from the workspace, or its token was revoked")

    return handle
