"""Slash commands."""

from slack_bolt.async_app import AsyncApp

from bot.listeners.command import links_command
from bot.services import Services


def register(app: AsyncApp, services: Services) -> None:
    """Register the one command."""
    app.command(services.settings.command)(links_command(services))
