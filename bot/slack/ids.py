"""The names that Slack sends back: action ids, callback ids and block ids. The manifest is tested against them."""

from enum import StrEnum


class Action(StrEnum):
    """Action ids; some have `:` and a number after them, since ids within a block must differ."""

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
    """Block ids of the inputs of the forms; each input's action id is the same."""

    URL = "suggestion_url"
    TITLE = "suggestion_title"
    SECTION = "suggestion_section"
    DESCRIPTION = "suggestion_description"
    QUESTION = "answers_question"
    LINK = "answers_link"
    ADDRESS = "answers_address"
