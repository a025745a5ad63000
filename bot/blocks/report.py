"""Something wrong with a link: the menu under an answer, the curators' message, and the form to mend the link."""

from collections.abc import Sequence
from typing import Any

from bot.blocks import parts
from bot.blocks.suggestion import MAX_TITLE_INPUT_CHARS, View, input_block, modal, section_input, text_input
from bot.slack.buttons import Mended, Reported
from bot.slack.ids import Action, Callback, Field
from bot.slack.message import Block, Message, section
from bot.slack.text import MAX_LABEL_CHARS, clamp, one_line, safe_url, section_label
from bot.store import Problem, Suggestion
from index import CatalogueInfo, Link

MAX_QUESTIONS_CHARS = 3_000
#: What people say of a link, in the menu and to the curators.
NAMES = {
    Problem.BROKEN: "It is broken",
    Problem.OUTDATED: "It is outdated",
    Problem.SECTION: "It is in the wrong section",
}
_RETIRED = {
    "text": {"type": "plain_text", "text": "Show it in no answer any more"},
    "description": {"type": "plain_text", "text": "It stays in the catalogue, as retired."},
    "value": "retired",
}


def problem_groups(answer_id: str, links: Sequence[tuple[int, Link]]) -> list[dict[str, Any]]:
    """Return the menu's options: for each link of an answer, by its place from 0, what can be wrong with it."""
    return [
        {
            "label": parts.plain_text(one_line(link.title) or link.url, MAX_LABEL_CHARS),
            "options": [
                {
                    "text": parts.plain_text(name, MAX_LABEL_CHARS),
                    "value": Reported(answer_id=answer_id, place=place, problem=problem).pack(),
                }
                for problem, name in NAMES.items()
            ],
        }
        for place, link in links
    ]


def report_message(report: Suggestion) -> Message:
    """Return what the curators get: the link, what is wrong, and buttons to mend it or to leave it as it is."""
    blocks: list[Block] = [
        parts.header("Reported link"),
        parts.rich(*_about(report), *_said(report)),
        parts.actions(
            parts.button(
                "Mend it …", Action.MEND, value=report.suggestion_id, style="primary", label="Change the link"
            ),
            parts.button("It is fine", Action.SOUND, value=report.suggestion_id, label="Leave the link as it is"),
            block_id=f"report:{report.suggestion_id}",
        ),
    ]
    return Message(text=f"Reported: {parts.linked(report.url, report.title)}. {_words(report)}.", blocks=tuple(blocks))


def closed_message(report: Suggestion, *, mended: Suggestion | None, by: str, written: bool) -> Message:
    """Return the message in place of the curators' one: who mended the link or left it, and the lines to write by hand.

    The lines are left out when changes are `written` to the catalogue.
    """
    words = "Left as it is by " if mended is None else "Mended by "
    after = "; it goes into the catalogue." if mended is not None and written else "."
    about = [*_about(report), *_said(report)]
    blocks = [parts.rich(*about), parts.rich(parts.run(words), parts.user(by), parts.run(after))]
    if mended is not None and not written:
        blocks.append(parts.preformatted(_yaml(mended)))
    return Message(text=f"{words}<@{by}>: {parts.linked(report.url, report.title)}", blocks=tuple(blocks))


def answered_message(report: Suggestion, *, mended: bool) -> Message:
    """Return what the person who reported it is told."""
    words = (
        "The curators mended the link that you reported"
        if mended
        else "The curators looked, and left the link as it is"
    )
    text = f"{words}: {parts.linked(report.url, report.title)}"
    return Message(text=text, blocks=(section(text),))


def reported_message(report: Suggestion, *, known: bool) -> Message:
    """Return the thanks to the person who reported it."""
    words = "The curators know already, thank you" if known else "Thank you, the curators get it"
    text = f"{words}: {parts.linked(report.url, report.title)}"
    return Message(text=text, blocks=(section(text),))


def mending_form(link: Link, info: CatalogueInfo | None, about: Mended) -> View:
    """Return the curators' form with the link's title, section and questions."""
    questions = text_input(Field.MENDED_QUESTIONS, "\n".join(link.questions), MAX_QUESTIONS_CHARS, multiline=True)
    blocks = [
        parts.rich(parts.run(clamp(link.url, 300))),
        input_block(Field.MENDED_TITLE, "Title", text_input(Field.MENDED_TITLE, link.title, MAX_TITLE_INPUT_CHARS)),
        *section_input(section_label(link.section), info, Field.MENDED_SECTION),
        input_block(Field.MENDED_QUESTIONS, "Questions that it answers, one a line", questions, optional=True),
        input_block(
            Field.RETIRED,
            "Is it gone, or of no use any more?",
            {"type": "checkboxes", "action_id": Field.RETIRED, "options": [_RETIRED]},
            optional=True,
        ),
    ]
    return modal("Mend a link", blocks, callback=Callback.MENDING, submit="Mend", metadata=about.pack())


def fits(link: Link) -> bool:
    """Return whether the form can hold all of a link's questions and its title; what was cut would be lost."""
    return len("\n".join(link.questions)) <= MAX_QUESTIONS_CHARS and len(link.title) <= MAX_TITLE_INPUT_CHARS


def _about(report: Suggestion) -> list[dict[str, Any]]:
    url = safe_url(report.url)
    title = clamp(one_line(report.title) or report.url, 150)
    lines = [clamp(report.url, 300), *([clamp(one_line(report.section), 150)] if report.section else [])]
    return [
        parts.link(url, title, bold=True) if url else parts.run(title, bold=True),
        *(parts.run(f"\n{line}") for line in lines),
    ]


def _said(report: Suggestion) -> list[dict[str, Any]]:
    return [parts.run(f"\n{_words(report)}, says "), parts.user(report.user)]


def _words(report: Suggestion) -> str:
    return NAMES[report.problem or Problem.BROKEN]


def _yaml(mended: Suggestion) -> str:
    """Return the lines that the link's entry is to have. JSON strings are valid YAML strings."""
    mending = mended.mending
    lines = [f"title: {parts.json_text(mended.title)}"]
    if mended.section:
        lines.append(f"section: {parts.json_text(mended.section)}")
    if mending is not None and mending.questions:
        lines += ["questions:", *(f"- {parts.json_text(question)}" for question in mending.questions)]
    if mending is not None and mending.retired:
        lines.append("status: retired")
    return "\n".join(lines)
