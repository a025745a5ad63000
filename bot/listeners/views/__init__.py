"""Forms."""

from slack_bolt.async_app import AsyncApp

from bot.blocks.ids import Callback
from bot.listeners.views.suggestion import suggestion_view
from bot.services import Services


def register(app: AsyncApp, services: Services) -> None:
    """Register the one form."""
    app.view(Callback.SUGGESTION.value)(suggestion_view(services))
