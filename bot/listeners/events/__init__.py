"""Events."""

from slack_bolt.async_app import AsyncApp

from bot.listeners.events.home_opened import home_opened_event
from bot.listeners.events.mention import mention_event
from bot.listeners.events.message import message_event
from bot.listeners.events.token_revoked import token_revoked_event
from bot.listeners.slack_search import function_executed_event
from bot.services import Services

#: What the manifest subscribes to, by who needs it; `message` comes in one kind for each kind of channel.
EVENTS = ("app_mention", "message", "app_home_opened", "tokens_revoked", "app_uninstalled")
SEARCH_EVENTS = ("function_executed",)


def register(app: AsyncApp, services: Services) -> None:
    """Register every event; the manifest subscribes to the same."""
    app.event("app_mention")(mention_event(services))
    app.event("message")(message_event(services))
    app.event("app_home_opened")(home_opened_event(services))
    app.event("function_executed")(function_executed_event(services))
    app.event("tokens_revoked")(token_revoked_event(services))
    app.event("app_uninstalled")(token_revoked_event(services))
