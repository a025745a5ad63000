"""The forms to suggest a new link, or a known link for a question; and the messages to curators and senders."""

from collections.abc import Iterable, Sequence
from typing import Any

from bot.blocks import parts
from bot.running.logs import Reference
from bot.slack.buttons import MAX_METADATA_CHARS, Asked, Found
from bot.slack.ids import NO_SECTION, Action, Callback, Field
from bot.slack.message import Block, Message, section
from bot.slack.payloads import Draft
from bot.slack.text import MAX_LABEL_CHARS, clamp, one_line, safe_url, section_label
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
        input_block(
            Field.URL, "Address", text_input(Field.URL, draft.url, MAX_URL_INPUT_CHARS, placeholder="https://…")
        ),
        input_block(Field.TITLE, "Title", text_input(Field.TITLE, draft.title, MAX_TITLE_INPUT_CHARS)),
        *section_input(draft.section, info),
        input_block(
            Field.DESCRIPTION,
            "What is it good for?",
            text_input(Field.DESCRIPTION, draft.description, MAX_DESCRIPTION_INPUT_CHARS, multiline=True),
            optional=True,
        ),
        *_known(neighbours),
    ]
    return _suggesting("Suggest a link", blocks, clamp(draft.question, 400), callback=Callback.SUGGESTION)


def answers_form(question: str) -> View:
    """Return the form that asks which link answers a question; the question is filled in."""
    chosen = {
        "type": "external_select",
        "action_id": Field.LINK,
        "min_query_length": 0,
        "placeholder": parts.plain_text("Type a few words of the link", 150),
    }
    blocks = [
        section("Once the curators agree, whoever asks this gets the link that you pick."),
        input_block(
            Field.QUESTION,
            "The question",
            text_input(Field.QUESTION, question, MAX_PROPOSED_CHARS),
        ),
        input_block(Field.LINK, "The link that answers it", chosen, optional=True),
        input_block(
            Field.ADDRESS,
            "Or its address",
            text_input(Field.ADDRESS, "", MAX_PASTED_CHARS, placeholder="https://…"),
            optional=True,
        ),
        parts.context("Leave out names and everything else that should not be published."),
    ]
    question = clamp(question, MAX_PROPOSED_CHARS)
    return _suggesting("Pick the right link", blocks, question, callback=Callback.ANSWERS)


def link_options(links: Iterable[Link]) -> list[dict[str, Any]]:
    """Return links as options of the menu of `answers_form`."""
    return [
        {"text": parts.plain_text(one_line(link.title) or link.url, 75), "value": link.url}
        for link in links
        if len(link.url) <= MAX_LINK_VALUE_CHARS
    ][:MAX_LINKS]


def input_block(field: Field, label: str, element: dict[str, Any], *, optional: bool = False) -> Block:
    """Return an input with its label."""
    return {
        "type": "input",
        "block_id": field,
        "label": parts.plain_text(label, 2_000),
        "element": element,
        "optional": optional,
    }


def text_input(
    field: Field, value: str, limit: int, *, placeholder: str = "", multiline: bool = False
) -> dict[str, Any]:
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


def section_input(chosen: str, info: CatalogueInfo | None, field: Field = Field.SECTION) -> list[Block]:
    """Return the menu of sections; nothing for a catalogue without sections."""
    options = section_options(info, first=chosen, most=MAX_SECTIONS - 1)
    if not options:
        return []
    none = {"text": parts.plain_text("No section: the curators choose one", MAX_LABEL_CHARS), "value": NO_SECTION}
    initial = next((option for option in options if chosen and option["text"]["text"] == chosen), none)
    element = {
        "type": "static_select",
        "action_id": field,
        "options": [none, *options],
        "initial_option": initial,
    }
    return [input_block(field, "Section", element, optional=True)]


def section_options(
    info: CatalogueInfo | None, *, first: str = "", most: int = MAX_SECTIONS, counts: bool = False
) -> list[dict[str, Any]]:
    """Return the sections as options of a menu: only the largest when they are too many, but always `first`.

    With `counts` each says how many links it has.
    """
    if info is None:
        return []
    counted = {label: count for path, count in info.sections if (label := section_label(path))}
    kept = set(sorted(counted, key=lambda label: (label != first, -counted[label]))[:most])
    return [
        {
            "text": parts.plain_text(_with_count(label, count if counts else 0), MAX_LABEL_CHARS),
            "value": parts.section_key(label),
        }
        for label, count in counted.items()
        if label in kept
    ]


def _with_count(label: str, count: int) -> str:
    told = f" ({count:,})" if count else ""
    return clamp(label, MAX_LABEL_CHARS - len(told)) + told


def _known(neighbours: Sequence[Neighbour]) -> list[Block]:
    """Return the list of links in the catalogue that are the same or much alike, and for each why it is listed."""
    if not neighbours:
        return []
    exact = any(neighbour.exact for neighbour in neighbours)
    words = "The catalogue has this already:" if exact else "The catalogue has something much alike. Is it the same?"
    return [{"type": "divider"}, parts.rich(parts.run(words + "\n", bold=True), *_lines(neighbours))]


def _lines(neighbours: Iterable[Neighbour]) -> Iterable[dict[str, Any]]:
    for neighbour in list(neighbours)[:_NEIGHBOURS]:
        link = neighbour.link
        title = clamp(one_line(link.title) or link.url, 150)
        url = safe_url(link.url)
        why = "the same address" if neighbour.exact else "says much the same"
        where = f", in {clamp(one_line(link.section_path), 100)}" if link.section else ""
        yield parts.run("• ")
        yield parts.link(url, title) if url else parts.run(title)
        yield parts.run(f" – {why}{where}\n")


def thanks_view(*, to_curators: bool, neighbours: Sequence[Neighbour] = ()) -> View:
    """Return what the sender of a suggestion sees, with links of the catalogue that are much alike."""
    text = "Thank you. The curators decide whether it goes into the catalogue."
    if to_curators:
        text += " You will get a message when they have."
    return modal("Suggest a link", [section(text), *_known(neighbours)], callback=Callback.SUGGESTION)


def apology_view(reference: Reference) -> View:
    """Return an apology in place of any form."""
    text = f"Sorry, that did not work. Please try again in a moment. Reference: `{reference}`."
    return modal("Something went wrong", [section(text)], callback=Callback.SUGGESTION)


def modal(title: str, blocks: Sequence[Block], *, callback: Callback, submit: str = "", metadata: str = "") -> View:
    """Return a modal. With `submit` it is a form, and `metadata` comes back when it is sent; else it only informs."""
    view: View = {
        "type": "modal",
        "callback_id": callback,
        "title": parts.plain_text(title, 24),
        "close": parts.plain_text("Cancel" if submit else "Close", 24),
        "blocks": list(blocks),
    }
    if submit:
        view["submit"] = parts.plain_text(submit, 24)
        view["private_metadata"] = metadata
    return view


def _suggesting(title: str, blocks: Sequence[Block], question: str, *, callback: Callback) -> View:
    """Return a form that suggests something, and brings the question back."""
    metadata = Asked(question=question).pack(MAX_METADATA_CHARS)
    return modal(title, blocks, callback=callback, submit="Suggest", metadata=metadata)


def found_message(found: Found, *, known: bool) -> Message:
    """Return the question whether a link should be suggested that somebody marked with an emoji; `known`: it is there."""
    shown = parts.linked(found.url, found.title)
    if known:
        text = f"The catalogue has this link already: {shown}"
        return Message(text=text, blocks=(section(text),))
    text = f"Suggest this link to the curators? {shown}"
    buttons = parts.actions(parts.button("Suggest it", Action.SUGGEST_FOUND, value=found.pack()))
    return Message(text=text, blocks=(section(text), buttons))


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
    text = f"{title}: {parts.linked(suggestion.url, suggestion.title)}"
    if known := [parts.linked(one.link.url, one.link.title) for one in neighbours[:_NEIGHBOURS]]:
        text += "\nThe catalogue has: " + ", ".join(known)
    return Message(text=text, blocks=tuple(blocks))


def decided_message(suggestion: Suggestion, *, approved: bool, by: str, written: bool = False) -> Message:
    """Return the message that replaces the curators' message: who decided, and for an approval the entry to paste.

    The entry is left out when approved suggestions are `written` to the catalogue.
    """
    verdict = "Approved" if approved else "Declined"
    after = "; it goes into the catalogue." if approved and written else ""
    decided = parts.rich(parts.run(f"{verdict} by "), parts.user(by), *([parts.run(after)] if after else []))
    blocks = [parts.rich(*_about(suggestion)), decided]
    if approved and not written:
        blocks.append(parts.preformatted(_yaml(suggestion)))
    return Message(text=f"{verdict}: {parts.linked(suggestion.url, suggestion.title)}", blocks=tuple(blocks))


def outcome_message(suggestion: Suggestion, *, approved: bool) -> Message:
    """Return the message about the decision to the person who suggested the link."""
    words = "was approved and goes into the catalogue" if approved else "was not taken into the catalogue"
    what = "question" if suggestion.proposed_question else "link"
    text = f"The {what} that you suggested {words}: {parts.linked(suggestion.url, suggestion.title)}"
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
    yield parts.user(suggestion.user) if suggestion.user else parts.run("a workflow or a program")


def _yaml(suggestion: Suggestion) -> str:
    """Return the new entry, or the lines to add to an entry, as YAML."""
    if suggestion.proposed_question:
        return f"questions:\n- {parts.json_text(suggestion.proposed_question)}"
    fields = {"url": suggestion.url, "title": suggestion.title, "description": suggestion.description}
    lines = [f"{name}: {parts.json_text(value)}" for name, value in fields.items() if value]
    if suggestion.question:
        lines.append(f"questions: [{parts.json_text(suggestion.question)}]")
    return "- " + "\n  ".join(lines)
