"""A link as one of Slack's Work Objects: what is shown beside a search result, and as the preview of a link.

The shape is that of https://docs.slack.dev/messaging/work-objects-implementation; its general type has no fields of
Slack's, so that all of ours are custom ones.
"""

from typing import Any, Final

from bot.blocks.parts import MAX_TITLE_CHARS
from bot.slack.manifest import ENTITY_TYPE
from bot.slack.text import clamp, one_line
from index import Link

_MAX_TEXT_CHARS: Final = 2_000
_MAX_QUESTIONS: Final = 10
_HEALTHY: Final = "leads where it should"


def work_object(link: Link, url: str, reference: dict[str, str] | None = None) -> dict[str, Any]:
    """Return the Work Object of a link; `url` comes from `safe_url`, `reference` is what Slack calls the link."""
    fields = [
        _text("description", "What it is", link.description),
        _text("health", "Health", link.mark or _HEALTHY, color="" if link.mark else "green"),
        _questions(link),
        _text("section", "Section", link.section_path),
        _text("publisher", "Publisher", link.publisher),
        _text("tags", "Tags", ", ".join(link.tags)),
        _text("stars", "Stars", "★" * link.stars),
        _date(link),
    ]
    shown = [field for field in fields if field is not None]
    return {
        "entity_type": ENTITY_TYPE,
        "url": url,
        "external_ref": reference or {"id": link.url},
        "entity_payload": {
            "attributes": {
                "title": {"text": clamp(one_line(link.title) or url, MAX_TITLE_CHARS)},
                "display_type": "Link",
                "product_name": "Signpost",
            },
            "custom_fields": shown,
            "display_order": [field["key"] for field in shown],
        },
    }


def _text(key: str, label: str, value: str, *, color: str = "") -> dict[str, Any] | None:
    """Return a field of text, shown as it is; None where there is nothing to show."""
    text = clamp(one_line(value), _MAX_TEXT_CHARS)
    field = {"key": key, "label": label, "type": "string", "value": text, "long": len(text) > MAX_TITLE_CHARS}
    return {**field, **({"tag_color": color} if color else {})} if text else None


def _questions(link: Link) -> dict[str, Any] | None:
    items = [{"value": clamp(one_line(question), MAX_TITLE_CHARS)} for question in link.questions[:_MAX_QUESTIONS]]
    field = {"key": "questions", "label": "Answers", "type": "array", "item_type": "string", "value": items}
    return field if items else None


def _date(link: Link) -> dict[str, Any] | None:
    if link.added is None:
        return None
    return {"key": "added", "label": "Added", "type": "slack#/types/date", "value": link.added.isoformat()}
