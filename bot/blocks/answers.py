"""A link of the catalogue that answers a question: the form, and the links that its menu offers."""

import json
from collections.abc import Iterable
from typing import Any

from bot.blocks import parts
from bot.blocks.suggestion import View, modal
from bot.slack.ids import Callback, Field
from bot.slack.message import Block
from bot.slack.text import clamp, one_line
from index.catalogue.link import Link

MAX_QUESTION_CHARS = 200
MAX_OPTIONS = 20
#: Slack takes no longer values; a link with a longer address can be pasted instead.
MAX_VALUE_CHARS = 150
_TITLE = "This answers it"


def answers_form(question: str) -> View:
    """Return the form, with the question as it was asked."""
    asked: dict[str, Any] = {
        "type": "plain_text_input",
        "action_id": Field.QUESTION,
        "max_length": MAX_QUESTION_CHARS,
        "multiline": False,
    }
    if question:
        asked["initial_value"] = clamp(question, MAX_QUESTION_CHARS)
    chosen = {
        "type": "external_select",
        "action_id": Field.LINK,
        "min_query_length": 0,
        "placeholder": parts.plain_text("Type a few words of the link", 150),
    }
    pasted = {
        "type": "plain_text_input",
        "action_id": Field.ADDRESS,
        "max_length": 3_000,
        "multiline": False,
        "placeholder": parts.plain_text("https://…", 150),
    }
    blocks = [
        _input(Field.QUESTION, "The question, as it will stand in the catalogue", asked),
        _input(Field.LINK, "The link that answers it", chosen, optional=True),
        _input(Field.ADDRESS, "Or its address", pasted, optional=True),
        parts.context("It goes to the curators. Leave out names and whatever else should not be published."),
    ]
    metadata = json.dumps({"q": clamp(question, MAX_QUESTION_CHARS)})
    return modal(_TITLE, blocks, callback=Callback.ANSWERS, submit="Send", metadata=metadata)


def _input(field: Field, label: str, element: dict[str, Any], *, optional: bool = False) -> Block:
    return {
        "type": "input",
        "block_id": field,
        "label": parts.plain_text(label, 2_000),
        "element": element,
        "optional": optional,
    }


def link_options(links: Iterable[Link]) -> list[dict[str, Any]]:
    """Return links as options of the form's menu."""
    return [
        {"text": parts.plain_text(one_line(link.title) or link.url, 75), "value": link.url}
        for link in links
        if len(link.url) <= MAX_VALUE_CHARS
    ][:MAX_OPTIONS]
