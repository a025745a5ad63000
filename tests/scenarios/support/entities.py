"""Slack's rules for what functions give back, and for Work Objects."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

Json = dict[str, Any]

MANIFEST = Path(__file__).parents[3] / "deploy" / "slack-manifest-search.yaml"
#: https://docs.slack.dev/messaging/work-objects-overview: the types of entities.
ENTITY_TYPES = {f"slack#/entities/{kind}" for kind in ("file", "task", "incident", "content_item", "item")}
#: https://docs.slack.dev/messaging/work-objects-implementation: the types of fields that are checked here, and the colours.
_FIELD_VALUES = {"string": str, "integer": int, "array": list, "slack#/types/date": str, "slack#/types/link": str}
_COLORS = {"red", "yellow", "green", "gray", "blue"}
_FIELD = {"key", "label", "type", "value", "long", "tag_color", "item_type", "format", "link", "icon"}
#: https://docs.slack.dev/enterprise-search/developing-apps-with-search-features: the two kinds of filters, and how many.
_FILTER_TYPES = {"multi_select", "toggle"}
MAX_FILTERS = 5


def violations_of_outputs(callback_id: str, outputs: Any) -> list[str]:
    """Hold a function's outputs against what the manifest declares: names, types, and what must be there.

    Slack refuses others with `parameter_validation_failed`:
    https://docs.slack.dev/reference/methods/functions.completeSuccess
    """
    declared = yaml.safe_load(MANIFEST.read_text())["functions"].get(callback_id)
    if declared is None or not isinstance(outputs, dict):
        return [f"{callback_id}: no such function, or outputs that are no object"]
    known = declared["output_parameters"]
    found = [f"{callback_id}: the output {name} is not declared" for name in sorted(set(outputs) - set(known))]
    for name, about in known.items():
        if name not in outputs:
            found += [f"{callback_id}: the output {name} is missing"] if about["is_required"] else []
        elif not _has_type(outputs[name], about["type"]):
            found.append(f"{callback_id}: {name} is not of type {about['type']}: {str(outputs[name])[:100]}")
    if callback_id == "filters" and not found:
        found += _filters(outputs["filters"])
    return found


def _has_type(value: Any, kind: str) -> bool:
    match kind:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "slack#/types/rich_text":
            # A list of rich_text blocks, as Slack's forms give it: https://docs.slack.dev/reference/types/rich_text-type
            return isinstance(value, list) and all(
                isinstance(block, dict) and block.get("type") == "rich_text" and block.get("elements")
                for block in value
            )
        case _:
            return isinstance(value, list)


def _filters(filters: list[Any]) -> Iterator[str]:
    if len(filters) > MAX_FILTERS:
        yield f"filters: {len(filters)} of them, more than {MAX_FILTERS}"
    names = [one.get("name") for one in filters]
    if len(set(names)) < len(names):
        yield "filters: a name is used twice"
    for one in filters:
        if not one.get("name") or not one.get("display_name") or one.get("type") not in _FILTER_TYPES:
            yield f"filters: {one.get('name')}: no name, no display_name or an unknown type"
        options = one.get("options")
        if one.get("type") == "multi_select" and not options:
            yield f"filters: {one['name']}: multi_select needs options"
        for option in options or ():
            if set(option) != {"name", "value"} or not all(isinstance(part, str) and part for part in option.values()):
                yield f"filters: {one['name']}: an option is not a name and a value: {option}"
        values = [option.get("value") for option in options or ()]
        if len(set(values)) < len(values):
            yield f"filters: {one['name']}: a value is used twice"


def violations_of_entity(entity: Any, *, posted: bool) -> list[str]:
    """Hold a Work Object against the rules; one in a message (`posted`) names the address that was written there."""
    return list(_entity(entity, posted=posted))


def _entity(entity: Any, *, posted: bool) -> Iterator[str]:
    # https://docs.slack.dev/messaging/work-objects-implementation: which fields an entity must have.
    if not isinstance(entity, dict):
        yield "an entity is no object"
        return
    if entity.get("entity_type") not in ENTITY_TYPES:
        yield f"entity_type: {entity.get('entity_type')!r}"
    for name in ("url", "app_unfurl_url") if posted else ("url",):
        if not re.match("https?://", str(entity.get(name))):
            yield f"{name}: {entity.get(name)!r}"
    if not posted and "app_unfurl_url" in entity:
        yield "app_unfurl_url: only in a message"
    reference = entity.get("external_ref")
    if not isinstance(reference, dict) or not reference.get("id") or set(reference) - {"id", "type"}:
        yield f"external_ref: {reference!r}"
    yield from _payload(entity.get("entity_payload") or {}, general=entity.get("entity_type") == "slack#/entities/item")


def _payload(payload: Json, *, general: bool) -> Iterator[str]:
    title = (payload.get("attributes") or {}).get("title")
    if not isinstance(title, dict) or not title.get("text"):
        yield f"entity_payload.attributes.title: {title!r}"
    # The general type has no fields of Slack's.
    if general and "fields" in payload:
        yield "entity_payload.fields: an item has custom fields only"
    keys = [field.get("key") for field in payload.get("custom_fields", [])]
    if len(set(keys)) < len(keys) or set(payload.get("display_order", keys)) - set(keys):
        yield f"custom_fields: a key is used twice, or display_order names an unknown one: {keys}"
    for field in payload.get("custom_fields", []):
        yield from _field(field)


def _field(field: Json) -> Iterator[str]:
    where = f"custom_fields: {field.get('key')}"
    if set(field) - _FIELD or not field.get("key") or not field.get("label"):
        yield f"{where}: unknown fields, no key or no label: {sorted(field)}"
    kind = field.get("type")
    if not isinstance(field.get("value"), _FIELD_VALUES.get(str(kind), ())):
        yield f"{where}: the value is not of type {kind}"
    if field.get("tag_color", "red") not in _COLORS:
        yield f"{where}: tag_color {field['tag_color']!r}"
    if kind == "array" and (
        field.get("item_type") not in _FIELD_VALUES
        or not all(isinstance(item, dict) and item.get("value") for item in field["value"])
    ):
        yield f"{where}: an array has an item_type, and objects with a value"
    if kind == "slack#/types/date" and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(field.get("value"))):
        yield f"{where}: {field.get('value')!r} is no date"
