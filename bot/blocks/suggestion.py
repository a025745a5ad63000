"""The forms to suggest a new link, or a known link for a question; and the messages to curators and senders."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from bot.blocks import parts
from bot.running.logs import Reference
from bot.slack.buttons import MAX_METADATA_CHARS, Asked
from bot.slack.ids import Action, Callback, Field
from bot.slack.message import Block, Message, section
from bot.slack.payloads import Draft
from bot.slack.text import (
    MAX_LABEL_CHARS,
    clamp,
    escape,
    escape_clamped,
    mrkdwn_link,
    one_line,
    safe_url,
    section_label,
)
from bot.store import Suggestion
from index import CatalogueInfo, Link, Neighbour

MAX_SECTIONS = 100
MAX_URL_INPUT_CHARS = 2_000
MAX_TITLE_INPUT_CHARS = 200
MAX_DESCRIPTION_INPUT_CHARS = 500
#: Most characters of a question that is proposed for the catalogue.
MAX_PROPOSED_CHARS = 200
MAX_PASTED_CHARS = 3_000
MAX_LINKS = 20
#: Slack's limit for the value of an option. A link with a longer address is not in the menu and can be pasted instead.
MAX_LINK_VALUE_CHARS = 150
_NEIGHBOURS = 3

View = dict[str, Any]


def suggestion_form(draft: Draft, info: CatalogueInfo | None, neighbours: Sequence[Neighbour]) -> View:
    """Return the form; near its end it lists links of the catalogue that are the same or much alike."""
    blocks = [
        _input(Field.URL, "Address", _text(Field.URL, draft.url, MAX_URL_INPUT_CHARS, placeholder="https://…")),
        _input(Field.TITLE, "Title", _text(Field.TITLE, draft.title, MAX_TITLE_INPUT_CHARS)),
        *_section_input(draft.section, info),
        _input(
            Field.DESCRIPTION,
            "What is it good for?",
            _text(Field.DESCRIPTION, draft.description, MAX_DESCRIPTION_INPUT_CHARS, multiline=True),
            optional=True,
        ),
        *_known(neighbours),
    ]
    return _modal("Suggest a link", blocks, callback=Callback.SUGGESTION, question=clamp(draft.question, 400))


def answers_form(question: str) -> View:
    """Return the form that asks which link answers a question; the question is filled in."""
    chosen = {
        "type": "external_select",
        "action_id": Field.LINK,
        "min_query_length": 0,
        "placeholder": parts.plain_text("Type a few words of the link", 150),
    }
    blocks = [
        _input(
            Field.QUESTION,
            "The question, as the catalogue will have it",
            _text(Field.QUESTION, question, MAX_PROPOSED_CHARS),
        ),
        _input(Field.LINK, "The link that answers it", chosen, optional=True),
        _input(
            Field.ADDRESS,
            "Or its address",
            _text(Field.ADDRESS, "", MAX_PASTED_CHARS, placeholder="https://…"),
            optional=True,
        ),
        parts.context("It goes to the curators. Leave out names and everything else that should not be published."),
    ]
    question = clamp(question, MAX_PROPOSED_CHARS)
    return _modal("This answers it", blocks, callback=Callback.ANSWERS, question=question)


def link_options(links: Iterable[Link]) -> list[dict[str, Any]]:
    """Return links as options of the menu of `answers_form`."""
    return [
        {"text": parts.plain_text(one_line(link.title) or link.url, 75), "value": link.url}
        for link in links
        if len(link.url) <= MAX_LINK_VALUE_CHARS
    ][:MAX_LINKS]


def _input(field: Field, label: str, element: dict[str, Any], *, optional: bool = False) -> Block:
    return {
        "type": "input",
        "block_id": field,
        "label": parts.plain_text(label, 2_000),
        "element": element,
        "optional": optional,
    }


def _text(field: Field, value: str, limit: int, *, placeholder: str = "", multiline: bool = False) -> dict[str, Any]:
    """Return a text input. An address that is too long is left out and not cut: a cut address is a different one."""
    element: dict[str, Any] = {
        "type": "plain_text_input",
        "action_id": field,
        "max_length": limit,
        "multiline": multiline,
    }
    if value and (field is not Field.URL or len(value) <= limit):
        element["initial_value"] = clamp(value, limit)
    if placeholder:
        element["placeholder"] = parts.plain_text(placeholder, 150)
    return element


def _section_input(chosen: str, info: CatalogueInfo | None) -> list[Block]:
    options = section_options(info, first=chosen)
    if not options:
        return []
    initial = next((option for option in options if option["text"]["text"] == chosen), None)
    element: dict[str, Any] = {"type": "static_select", "action_id": Field.SECTION, "options": options}
    if initial is not None:
        element["initial_option"] = initial
    return [_input(Field.SECTION, "Section", element, optional=True)]


def section_options(info: CatalogueInfo | None, *, first: str = "") -> list[dict[str, Any]]:
    """Return the sections as options of a menu: only the largest when they are too many, but always `first`."""
    if info is None:
        return []
    counted = {label: count for path, count in info.sections if (label := section_label(path))}
    kept = set(sorted(counted, key=lambda label: (label != first, -counted[label]))[:MAX_SECTIONS])
    return [
        {"text": parts.plain_text(label, MAX_LABEL_CHARS), "value": hashlib.sha256(label.encode()).hexdigest()[:16]}
        for label in counted
        if label in kept
    ]


def _known(neighbours: Sequence[Neighbour]) -> list[Block]:
    """Return the list of links in the catalogue that are the same or much alike."""
    if not neighbours:
        return []
    exact = any(neighbour.exact for neighbour in neighbours)
    words = "The catalogue has this already:" if exact else "The catalogue has these, which are much alike:"
    elements = [parts.run(words + "\n")]
    elements += list(_lines(neighbours))
    return [{"type": "divider"}, parts.rich(*elements)]


def _lines(neighbours: Iterable[Neighbour]) -> Iterable[dict[str, Any]]:
    for neighbour in list(neighbours)[:_NEIGHBOURS]:
        link = neighbour.link
        title = clamp(one_line(link.title) or link.url, 150)
        url = safe_url(link.url)
        yield parts.run("• ")
        yield parts.link(url, title) if url else parts.run(title)
        yield parts.run(f" – {clamp(one_line(link.section_path), 100)}\n" if link.section else "\n")


def thanks_view(*, to_curators: bool, neighbours: Sequence[Neighbour] = ()) -> View:
    """Return what the sender of a suggestion sees, with links of the catalogue that are much alike."""
    text = "Thank you. The curators decide whether it goes into the catalogue."
    if to_curators:
        text += " You will get a message when they have."
    return _modal("Suggest a link", [section(text), *_known(neighbours)], callback=Callback.SUGGESTION)


def apology_view(reference: Reference) -> View:
    """Return an apology in place of a form."""
    text = f"Sorry, that did not work. Please try again in a moment. Reference: `{reference}`."
    return _modal("Suggest a link", [section(text)], callback=Callback.SUGGESTION)


def _modal(title: str, blocks: Sequence[Block], *, callback: Callback, question: str | None = None) -> View:
    """Return a modal. With `question` it is a form, and the question comes back when it is sent; else it only informs."""
    view: View = {
        "type": "modal",
        "callback_id": callback,
        "title": parts.plain_text(title, 24),
        "close": parts.plain_text("Close" if question is None else "Cancel", 24),
        "blocks": list(blocks),
    }
    if question is not None:
        view["submit"] = parts.plain_text("Send", 24)
        view["private_metadata"] = Asked(question=question).pack(MAX_METADATA_CHARS)
    return view


def curators_message(suggestion: Suggestion, neighbours: Sequence[Neighbour]) -> Message:
    """Return the suggestion with Approve and Decline."""
    elements = [*_about(suggestion)]
    if suggestion.question:
        elements.append(parts.run(f"\nIt was missed for: {clamp(one_line(suggestion.question), 300)}", italic=True))
    title = "Suggested question" if suggestion.proposed_question else "Suggested link"
    blocks = [parts.header(title), parts.rich(*elements), *_known(neighbours)]
    blocks.append(
        parts.actions(
            parts.button("Approve", Action.APPROVE, value=suggestion.suggestion_id, style="primary"),
            parts.button("Decline", Action.DECLINE, value=suggestion.suggestion_id, style="danger"),
            block_id=f"suggestion:{suggestion.suggestion_id}",
        )
    )
    text = f"{title}: {_linked(suggestion)}"
    if known := [line for neighbour in neighbours[:_NEIGHBOURS] if (line := _linked_neighbour(neighbour))]:
        text += "\nThe catalogue has: " + ", ".join(known)
    return Message(text=text, blocks=tuple(blocks))


def _linked_neighbour(neighbour: Neighbour) -> str:
    url = safe_url(neighbour.link.url)
    return mrkdwn_link(url, one_line(neighbour.link.title), len(escape(url)) + 150) if url else ""


def decided_message(suggestion: Suggestion, *, approved: bool, by: str, written: bool = False) -> Message:
    """Return the message that replaces the curators' message: who decided, and for an approval the entry to paste.

    The entry is left out when approved suggestions are `written` to the catalogue.
    """
    verdict = "Approved" if approved else "Declined"
    after = "; it goes into the catalogue." if approved and written else ""
    decided = parts.rich(parts.run(f"{verdict} by "), parts.user(by), *([parts.run(after)] if after else []))
    blocks = [parts.rich(*_about(suggestion)), decided]
    if approved and not written:
        blocks.append(
            {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": [_yaml(suggestion)]}]}
        )
    return Message(text=f"{verdict}: {_linked(suggestion)}", blocks=tuple(blocks))


def outcome_message(suggestion: Suggestion, *, approved: bool) -> Message:
    """Return the message about the decision to the person who suggested the link."""
    words = "was approved and goes into the catalogue" if approved else "was not taken into the catalogue"
    what = "question" if suggestion.proposed_question else "link"
    text = f"The {what} that you suggested {words}: {_linked(suggestion)}"
    return Message(text=text, blocks=(section(text),))


def _about(suggestion: Suggestion) -> Iterable[dict[str, Any]]:
    url = safe_url(suggestion.url)
    title = clamp(one_line(suggestion.title), 150)
    yield parts.link(url, title, bold=True) if url else parts.run(title, bold=True)
    yield parts.run(f"\n{clamp(suggestion.url, 300)}")
    for text in (suggestion.section, suggestion.description):
        if text:
            yield parts.run(f"\n{clamp(one_line(text), 500)}")
    if suggestion.proposed_question:
        yield parts.run(f"\nIt answers: “{clamp(suggestion.proposed_question, 300)}”", bold=True)
    yield parts.run("\nSuggested by ")
    yield parts.user(suggestion.user)


def _linked(suggestion: Suggestion) -> str:
    url = safe_url(suggestion.url)
    title = one_line(suggestion.title)
    return mrkdwn_link(url, title, len(escape(url)) + 150) if url else escape_clamped(title, 150)


def _yaml(suggestion: Suggestion) -> dict[str, Any]:
    """Return the new entry, or the lines to add to an entry, as YAML. JSON strings are valid YAML strings."""
    if suggestion.proposed_question:
        return parts.run(f"questions:\n- {json.dumps(suggestion.proposed_question, ensure_ascii=False)}")
    fields = {"url": suggestion.url, "title": suggestion.title, "description": suggestion.description}
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items() if value]
    if suggestion.question:
        lines.append(f"questions: [{json.dumps(suggestion.question, ensure_ascii=False)}]")
    return parts.run("- " + "\n  ".join(lines))
