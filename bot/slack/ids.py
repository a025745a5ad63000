"""Ids that Slack sends back: action ids, callback ids and block ids. A test holds the manifests to them."""

from enum import StrEnum
from typing import Final

#: The block id of the nearest misses, whose links count as not shown.
MISSES: Final = "misses"


class Action(StrEnum):
    """Action ids. Some are used with `:` and a number after them, because ids within a block must differ."""

    OPEN = "open_link"
    MORE = "show_more"
    SHARE = "share_answer"
    FEEDBACK = "feedback"
    SUGGEST = "open_suggestion"
    APPROVE = "approve_suggestion"
    DECLINE = "decline_suggestion"
    RETRY = "retry_change"
    ANSWERS = "open_answers"
    DISMISS = "dismiss_gap"
    HOME_SEARCH = "home_search"
    HOME_SECTION = "home_section"


class Callback(StrEnum):
    """Callback ids of shortcuts, views and functions."""

    FIND_LINKS = "find_links"
    SUGGEST_LINK = "suggest_link"
    SUGGESTION = "suggestion_form"
    ANSWERS = "answers_form"
    SEARCH = "search"


class Field(StrEnum):
    """Block ids of the inputs in forms; an input's action id equals its block id."""

    URL = "suggestion_url"
    TITLE = "suggestion_title"
    SECTION = "suggestion_section"
    DESCRIPTION = "suggestion_description"
    QUESTION = "answers_question"
    LINK = "answers_link"
    ADDRESS = "answers_address"
