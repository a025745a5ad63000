"""What the bot listens to: one table of all registrations, and a module for each thing that a person can do.

A handler turns the payload into a value in its first line, and returns fast: calls to Slack run in `services.work`, so
that the answer to Slack waits for the search only.
"""

import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.listeners import (
    command,
    curators,
    emoji,
    examples,
    feedback,
    functions,
    home,
    link_details,
    mentions,
    more_and_share,
    report,
    suggest_answer,
    suggest_link,
)
from bot.services import Services
from bot.slack.ids import Action, Callback, Field

#: A handler takes the services first. Bolt passes `ack` and `body` by name to handlers that have such a parameter.
Listener = Callable[..., Awaitable[None]]


def _numbered(action: Action) -> re.Pattern[str]:
    """Match an action id that may have a number after a colon."""
    return re.compile(rf"^{re.escape(action)}(?::\w+)?$")


#: The method of Bolt that registers it, its name, and its handler. The manifests must list the same events and shortcuts.
#: The slash command is not here, because its name is a setting.
LISTENERS: tuple[tuple[Callable[..., Any], str | re.Pattern[str], Listener], ...] = (
    (AsyncApp.event, "app_mention", mentions.mention),
    (AsyncApp.event, "message", mentions.message),
    (AsyncApp.event, "app_home_opened", home.opened),
    (AsyncApp.event, "function_executed", functions.called),
    (AsyncApp.event, "entity_details_requested", link_details.requested),
    (AsyncApp.event, "link_shared", link_details.posted),
    (AsyncApp.event, "reaction_added", emoji.reacted),
    (AsyncApp.event, "tokens_revoked", mentions.removed),
    (AsyncApp.event, "app_uninstalled", mentions.removed),
    (AsyncApp.message_shortcut, Callback.FIND_LINKS, command.find_links),
    (AsyncApp.message_shortcut, Callback.SUGGEST_LINK, suggest_link.shortcut),
    (AsyncApp.action, _numbered(Action.OPEN), feedback.open_link),
    (AsyncApp.action, _numbered(Action.FEEDBACK), feedback.feedback),
    (AsyncApp.action, Action.MORE, more_and_share.more),
    (AsyncApp.action, Action.SHARE, more_and_share.share),
    (AsyncApp.action, Action.SUGGEST, suggest_link.button),
    (AsyncApp.action, Action.SUGGEST_FOUND, emoji.suggest),
    (AsyncApp.view, Callback.SUGGESTION, suggest_link.submit),
    (AsyncApp.action, Action.ANSWERS, suggest_answer.button),
    (AsyncApp.options, Field.LINK, suggest_answer.menu),
    (AsyncApp.view, Callback.ANSWERS, suggest_answer.submit),
    (AsyncApp.action, Action.APPROVE, curators.approve),
    (AsyncApp.action, Action.DECLINE, curators.decline),
    (AsyncApp.action, Action.RETRY, curators.retry),
    (AsyncApp.action, Action.DISMISS, curators.dismiss),
    (AsyncApp.options, Action.REPORT, report.menu),
    (AsyncApp.action, Action.REPORT, report.report),
    (AsyncApp.action, Action.MEND, report.mend),
    (AsyncApp.action, Action.SOUND, report.sound),
    (AsyncApp.view, Callback.MENDING, report.submit),
    (AsyncApp.action, Action.HOME_SEARCH, home.search),
    (AsyncApp.action, Action.HOME_SECTION, home.browse),
    (AsyncApp.action, _numbered(Action.BROWSE), home.browse),
    (AsyncApp.action, Action.HOME_CLEAR, home.clear),
    (AsyncApp.action, _numbered(Action.EXAMPLE), examples.ask),
)


def register_listeners(app: AsyncApp, services: Services) -> None:
    """Register every listener."""
    app.command(services.settings.command)(partial(command.links, services))
    for listen, name, handler in LISTENERS:
        listen(app, name)(partial(handler, services))
