"""Clicks."""

import re

from slack_bolt.async_app import AsyncApp

from bot.listeners.actions.answers import answers_action, link_menu
from bot.listeners.actions.decide import decide_action
from bot.listeners.actions.home import home_search_action, home_section_action
from bot.listeners.actions.open_link import open_link_action
from bot.listeners.actions.share import share_action
from bot.listeners.actions.suggest import suggest_action
from bot.listeners.curators import dismiss_action, retry_action
from bot.listeners.feedback import feedback_action
from bot.listeners.more_and_share import more_action
from bot.services import Services
from bot.slack.ids import Action, Field


def register(app: AsyncApp, services: Services) -> None:
    """Register a handler for each action id; some have a number after a colon."""
    app.action(_numbered(Action.OPEN))(open_link_action(services))
    app.action(_numbered(Action.FEEDBACK))(feedback_action(services))
    app.action(Action.MORE.value)(more_action(services))
    app.action(Action.SHARE.value)(share_action(services))
    app.action(Action.SUGGEST.value)(suggest_action(services))
    app.action(Action.APPROVE.value)(decide_action(services, approved=True))
    app.action(Action.DECLINE.value)(decide_action(services, approved=False))
    app.action(Action.RETRY.value)(retry_action(services))
    app.action(Action.DISMISS.value)(dismiss_action(services))
    app.action(Action.ANSWERS.value)(answers_action(services))
    app.options(Field.LINK.value)(link_menu(services))
    app.action(Action.HOME_SEARCH.value)(home_search_action(services))
    app.action(Action.HOME_SECTION.value)(home_section_action(services))


def _numbered(action: Action) -> re.Pattern[str]:
    return re.compile(rf"^{re.escape(action)}(?::\w+)?$")
