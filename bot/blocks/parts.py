"""Small parts of messages and views, each cut to Slack's limits."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.slack.buttons import Asked
from bot.slack.ids import Action
from bot.slack.message import Block
from bot.slack.text import (
    ELLIPSIS,
    MAX_LABEL_CHARS,
    clamp,
    clean,
    escape,
    escape_clamped,
    mrkdwn_link,
    one_line,
    safe_url,
    section_label,
)
from index import Link

MAX_BUTTON_CHARS = 75
MAX_HEADER_CHARS = 150
MAX_CONTEXT_CHARS = 2_000
MAX_RUN_CHARS = 3_000
MAX_EXAMPLE_CHARS = 500
MAX_ID_CHARS = 255
#: Of a section's name on a button, beside the number of its links.
_MAX_SECTION_CHARS = 60
#: Of a link in a plain list, and of its section.
MAX_TITLE_CHARS = 120
#: Of an address in mrkdwn, beside other words; and of the name that it has there.
_MAX_LINKED_CHARS = 2_500
_MAX_NAME_CHARS = 150
#: Most links of one list. With an answer added, a view is still far below Slack's limit.
_LINKS = 10

_DAY_S = 86_400
_HOUR_S = 3_600


def plain_text(text: str, limit: int) -> dict[str, Any]:
    """Return a plain text object; Slack wants at least one character."""
    return {"type": "plain_text", "text": clamp(one_line(text), limit) or ELLIPSIS, "emoji": False}


def button(
    text: str, action_id: str, *, value: str = "", url: str = "", label: str = "", style: str = ""
) -> dict[str, Any]:
    """Return a button; `label` is what a screen reader says."""
    element: dict[str, Any] = {"type": "button", "text": plain_text(text, MAX_BUTTON_CHARS), "action_id": action_id}
    if value:
        element["value"] = value
    if url:
        element["url"] = url
    if label:
        element["accessibility_label"] = clamp(one_line(label), MAX_LABEL_CHARS)
    if style:
        element["style"] = style
    return element


def actions(*elements: dict[str, Any], block_id: str = "") -> Block:
    """Return a row of buttons."""
    block: Block = {"type": "actions", "elements": list(elements)}
    return {**block, "block_id": block_id} if block_id else block


def context(text: str, *, block_id: str = "") -> Block:
    """Return a line of small print, shown as it is."""
    block: Block = {"type": "context", "elements": [plain_text(text, MAX_CONTEXT_CHARS)]}
    return {**block, "block_id": block_id} if block_id else block


def header(text: str) -> Block:
    """Return a heading."""
    return {"type": "header", "text": plain_text(text, MAX_HEADER_CHARS)}


def rich(*elements: dict[str, Any], block_id: str = "") -> Block:
    """Return one paragraph of rich text."""
    block: Block = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}
    return {**block, "block_id": block_id} if block_id else block


def preformatted(text: str) -> Block:
    """Return lines to copy, in a box."""
    return {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": [run(text)]}]}


def json_text(text: str) -> str:
    """Return a text as JSON, which YAML reads as well."""
    return json.dumps(text, ensure_ascii=False)


def run(text: str, **style: bool) -> dict[str, Any]:
    """Return a run of rich text, shown as it is."""
    element: dict[str, Any] = {"type": "text", "text": _run_text(text)}
    return {**element, "style": style} if style else element


def link(url: str, text: str, **style: bool) -> dict[str, Any]:
    """Return a link of rich text; `url` comes from `safe_url`."""
    element: dict[str, Any] = {"type": "link", "url": url, "text": _run_text(text)}
    return {**element, "style": style} if style else element


def linked(url: str, title: str) -> str:
    """Return a link as mrkdwn; its title alone where the address is unsafe, or would leave a section no room for words."""
    name, safe = one_line(title) or one_line(url), safe_url(url)
    if safe is None or len(escape(safe)) > _MAX_LINKED_CHARS:
        return escape_clamped(name, _MAX_NAME_CHARS)
    return mrkdwn_link(safe, name, len(escape(safe)) + _MAX_NAME_CHARS)


def _run_text(text: str) -> str:
    """Return the text without characters that Slack cannot show, cut; an ellipsis for nothing, which Slack refuses."""
    return clamp(clean(text), MAX_RUN_CHARS) or ELLIPSIS


def link_list(links: Sequence[Link], *, lead: str = "", below: str = "", block_id: str = "") -> Block:
    """Return a plain list of links, each with the section that it is in, below the sentence `lead`.

    Links with an unsafe address are left out, and a section that is `below` already: the list's heading.
    """
    elements: list[dict[str, Any]] = [run(f"{lead}\n", italic=True)] if lead else []
    for found in links[:_LINKS]:
        url = safe_url(found.url)
        if url is None:
            continue
        elements += [run("• "), link(url, clamp(one_line(found.title) or url, MAX_TITLE_CHARS))]
        if found.stars:
            elements.append(run(" " + "★" * min(found.stars, 3)))
        if found.mark:
            elements.append(run(f" ({clamp(one_line(found.mark), MAX_TITLE_CHARS)})"))
        where = clamp(one_line(found.section_path), MAX_TITLE_CHARS)
        named = below in {one_line(found.section_path), section_label(found.section), *found.section[-1:]}
        elements.append(run(f" – {where}\n" if where and not named else "\n"))
    return rich(*(elements or [run("There are no links here.")]), block_id=block_id)


def examples(questions: Sequence[str]) -> Block:
    """Return a row of buttons, each of which asks its question."""
    return actions(
        *(
            button(question, f"{Action.EXAMPLE}:{place}", value=clean(question)[:MAX_EXAMPLE_CHARS])
            for place, question in enumerate(questions)
        )
    )


def better_buttons(question: str) -> list[dict[str, Any]]:
    """Return two buttons: suggest a new link, or pick a link of the catalogue that answers the question."""
    value = Asked(question=question).pack()
    return [
        button("Suggest a link", Action.SUGGEST, value=value, label="Suggest a link that the catalogue lacks"),
        button("Pick a link that answers it", Action.ANSWERS, value=value, label="Pick a link of the catalogue for it"),
    ]


def section_key(label: str) -> str:
    """Return what stands for a section in the values of buttons and menus; `label` comes from `section_label`."""
    return hashlib.sha256(label.encode(errors="replace")).hexdigest()[:16]


def section_buttons(sections: Iterable[tuple[Sequence[str], int]]) -> list[dict[str, Any]]:
    """Return a button for each section, which shows its links; it has their number where that is not 0."""
    buttons: dict[str, dict[str, Any]] = {}
    for path, count in sections:
        label, name = section_label(path), clamp(one_line(path[-1]) if path else "", _MAX_SECTION_CHARS)
        if name:
            key = section_key(label)
            shown = f"{name} ({count:,})" if count else name
            buttons[key] = button(shown, f"{Action.BROWSE}:{key}", value=key, label=f"Browse {label}")
    return list(buttons.values())


def user(user_id: str) -> dict[str, Any]:
    """Return a person's name in rich text."""
    return {"type": "user", "user_id": user_id}


def age(moment: datetime, now: datetime | None = None) -> str:
    """Return how long ago something was, in days or in hours."""
    seconds = ((now or datetime.now(UTC)) - _aware(moment)).total_seconds()
    if seconds >= _DAY_S:
        return _ago(int(seconds // _DAY_S), "day")
    if seconds >= _HOUR_S:
        return _ago(int(seconds // _HOUR_S), "hour")
    return "within the last hour"


def _ago(count: int, unit: str) -> str:
    return f"{count} {unit}{'' if count == 1 else 's'} ago"


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def version_id(version: str) -> str:
    """Return the id of the block that says how old the catalogue is: it names the version, for people with questions."""
    return f"version:{version}"[:MAX_ID_CHARS]


def short_version(version: str) -> str:
    """Return the first characters of a version, enough to tell two versions apart."""
    return version[:12]
