"""Events."""

from slack_bolt.async_app import AsyncApp

from bot.listeners.events.mention import mention_event
from bot.listeners.events.message import message_event
from bot.services import Services


def register(app: AsyncApp, services: Services) -> None:
    """Register every event; the manifest subscribes to the same."""
    app.event("app_mention")(mention_event(services))
    app.event("message")(message_event(services))
