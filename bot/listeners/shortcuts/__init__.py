"""Message shortcuts."""

from slack_bolt.async_app import AsyncApp

from bot.listeners.shortcuts.find_links import find_links_shortcut
from bot.listeners.shortcuts.suggest_link import suggest_link_shortcut
from bot.services import Services
from bot.slack.ids import Callback


def register(app: AsyncApp, services: Services) -> None:
    """Register both shortcuts; the manifest has the same callback ids."""
    app.message_shortcut(Callback.FIND_LINKS.value)(find_links_shortcut(services))
    app.message_shortcut(Callback.SUGGEST_LINK.value)(suggest_link_shortcut(services))
