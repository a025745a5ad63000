"""What the bot listens to, by kind; one handler a file.

A handler makes a value of the payload in its first line, and is done at once: what takes a call to Slack goes to
`services.work`, so that the answer to Slack waits for nothing but the search.
"""

from slack_bolt.async_app import AsyncApp

from bot.listeners import actions, commands, events, shortcuts, views
from bot.services import Services


def register_listeners(app: AsyncApp, services: Services) -> None:
    """Register every listener."""
    commands.register(app, services)
    events.register(app, services)
    shortcuts.register(app, services)
    actions.register(app, services)
    views.register(app, services)
