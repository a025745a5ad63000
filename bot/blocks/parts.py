"""Small parts of messages and views, each cut to Slack's limits."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bot.slack.message import Block
from bot.slack.text import ELLIPSIS, MAX_LABEL_CHARS, clamp, clean, one_line, safe_url
from index import Link

MAX_BUTTON_CHARS = 75
MAX_HEADER_CHARS = 150
MAX_CONTEXT_CHARS = 2_000
MAX_RUN_CHARS = 3_000
#: Of a link in a plain list, and of its section.
MAX_TITLE_CHARS = 120
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


def context(text: str) -> Block:
    """Return a line of small print, shown as it is."""
    return {"type": "context", "elements": [plain_text(text, MAX_CONTEXT_CHARS)]}


def header(text: str) -> Block:
    """Return a heading."""
    return {"type": "header", "text": plain_text(text, MAX_HEADER_CHARS)}


def rich(*elements: dict[str, Any], block_id: str = "") -> Block:
    """Return one paragraph of rich text."""
    block: Block = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}
    return {**block, "block_id": block_id} if block_id else block


def run(text: str, **style: bool) -> dict[str, Any]:
    """Return a run of rich text, shown as it is."""
    element: dict[str, Any] = {"type": "text", "text": _run_text(text)}
    return {**element, "style": style} if style else element


def link(url: str, text: str, **style: bool) -> dict[str, Any]:
    """Return a link of rich text; `url` comes from `safe_url`."""
    element: dict[str, Any] = {"type": "link", "url": url, "text": _run_text(text)}
    return {**element, "style": style} if style else element


def _run_text(text: str) -> str:
    """Return the text without characters that Slack cannot show, cut; an ellipsis for nothing, which Slack refuses."""
    return clamp(clean(text), MAX_RUN_CHARS) or ELLIPSIS


def link_list(links: Sequence[Link], *, lead: str = "", block_id: str = "") -> Block:
    """Return a plain list of links, each with the section that it is in, below the sentence `lead`.

    Links with an unsafe address are left out.
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
        elements.append(run(f" – {where}\n" if where else "\n"))
    return rich(*(elements or [run("There are no links here.")]), block_id=block_id)


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


def short_version(version: str) -> str:
    """Return the first characters of a version, enough to tell two versions apart."""
    return version[:12]
