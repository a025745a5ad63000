"""Ids that Slack sends back: action ids, callback ids and block ids. A test holds the manifests to them."""

from enum import StrEnum
from typing import Final

#: The block id of the nearest misses, whose links count as not shown.
MISSES: Final = "misses"
#: The value of the option that stands for no section.
NO_SECTION: Final = "none"


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
    EXAMPLE = "ask_example"
    BROWSE = "browse_section"
    REPORT = "report_link"
    MEND = "open_mending"
    SOUND = "close_report"
    HOME_SEARCH = "home_search"
    HOME_SECTION = "home_section"
    SUGGEST_FOUND = "suggest_found"
    HOME_CLEAR = "home_clear"


class Callback(StrEnum):
    """Callback ids of shortcuts, views and functions; the steps of Workflow Builder have those of the shortcuts."""

    FIND_LINKS = "find_links"
    SUGGEST_LINK = "suggest_link"
    SUGGESTION = "suggestion_form"
    ANSWERS = "answers_form"
    MENDING = "mending_form"
    SEARCH = "search"
    FILTERS = "filters"


class Field(StrEnum):
    """Block ids of the inputs in forms; an input's action id equals its block id."""

    URL = "suggestion_url"
    TITLE = "suggestion_title"
    SECTION = "suggestion_section"
    DESCRIPTION = "suggestion_description"
    QUESTION = "answers_question"
    LINK = "answers_link"
    ADDRESS = "answers_address"
    MENDED_TITLE = "mending_title"
    MENDED_SECTION = "mending_section"
    MENDED_QUESTIONS = "mending_questions"
    RETIRED = "mending_retired"
