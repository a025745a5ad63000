"""Forms."""

from slack_bolt.async_app import AsyncApp

from bot.listeners.suggest_answer import answers_view
from bot.listeners.views.suggestion import suggestion_view
from bot.services import Services
from bot.slack.ids import Callback


def register(app: AsyncApp, services: Services) -> None:
    """Register both forms."""
    app.view(Callback.SUGGESTION.value)(suggestion_view(services))
    app.view(Callback.ANSWERS.value)(answers_view(services))
