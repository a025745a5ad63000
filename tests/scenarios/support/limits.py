"""Slack's rules for payloads, and ours on top: every message the bot sends is held against them.

`violations_of_message`, `violations_of_view` and `violations_of_search` return one sentence for each broken rule, with
its place.
Sources: Slack's Block Kit reference and docs on limits; the totals are those of the project's own facts.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

MAX_TEXT = 8_000
MAX_BLOCKS_TEXT = 8_000
MAX_MESSAGE_BLOCKS = 50
MAX_VIEW_BLOCKS = 100
MAX_URL = 3_000
#: Up to here all links of a message fit into its text.
MAX_LINKS_IN_TEXT = 2_500
MAX_ID = 255
MAX_RESULTS = 50

Json = dict[str, Any]
Check = Callable[[Json, str], Iterator[str]]

_NOTIFIES = re.compile(r"<!(?:channel|here|everyone|subteam)[^>]*>")
_ANGLED = re.compile(r"<([^<>]*)>")
_GOOD_ANGLED = re.compile(
    r"(?:https?://[^\s|<>]+|mailto:[^\s|<>]+|@[UW][A-Z0-9]+|#[CG][A-Z0-9]+|!date\^[^|<>]+)(?:\|[^<>]*)?"
)
_BARE_ENTITY = re.compile(r"&(?!amp;|lt;|gt;)")
_WEB = re.compile(r"https?://[^\s<>|]+")

MESSAGE_FIELDS = frozenset(
    {
        "attachments", "blocks", "channel", "link_names", "metadata", "mrkdwn", "parse", "reply_broadcast", "text",
        "thread_ts", "token", "ts", "unfurl_links", "unfurl_media", "user", "team", "client_msg_id",
    }
)  # fmt: skip
RESPONSE_FIELDS = frozenset(
    {
        "blocks", "delete_original", "metadata", "replace_original", "response_type", "text", "thread_ts",
        "unfurl_links", "unfurl_media",
    }
)  # fmt: skip
RESULT_FIELDS = frozenset({"external_ref", "title", "description", "link", "date_updated", "content"})


def violations_of_message(payload: Json, *, method: str) -> list[str]:
    """Hold a message against the rules; `method` is a Web API method, `response_url` or `ack`."""
    return list(_message(payload, method))


def violations_of_view(view: Any) -> list[str]:
    """Hold a modal or a Home tab against the rules."""
    return list(_view(view))


def violations_of_search(outputs: Any) -> list[str]:
    """Hold what a search function gives back against the rules."""
    return list(_search(outputs))


def _message(payload: Json, method: str) -> Iterator[str]:  # noqa: C901 - one list of rules
    allowed = RESPONSE_FIELDS if method in {"response_url", "ack"} else MESSAGE_FIELDS
    yield from _unknown(payload, allowed, method)
    if payload.get("delete_original") is True and "text" not in payload:
        return
    text = payload.get("text")
    if not isinstance(text, str) or not text.strip():
        yield f"{method}: no fallback text"
    else:
        if len(text) > MAX_TEXT:
            yield f"{method}: text has {len(text)} characters, more than {MAX_TEXT}"
        yield from _mrkdwn_text(text, f"{method}: text")
    if payload.get("link_names") or payload.get("parse") == "full":
        yield f"{method}: link_names or parse would make names in the text notify people"
    seen_by_many = method == "chat.postMessage" or payload.get("response_type") == "in_channel"
    for flag in ("unfurl_links", "unfurl_media"):
        value = payload.get(flag)
        if value not in (False, "false", None) or (seen_by_many and value is None):
            yield f"{method}: {flag} is {value!r}, not false"
    if payload.get("response_type") not in {None, "ephemeral", "in_channel"}:
        yield f"{method}: response_type is {payload['response_type']!r}"
    thread_ts = payload.get("thread_ts")
    if thread_ts is not None and not (isinstance(thread_ts, str) and re.fullmatch(r"\d{6,}\.\d{6}", thread_ts)):
        yield f"{method}: thread_ts is {thread_ts!r}, not a ts as Slack writes it"
    # https://docs.slack.dev/reference/methods/chat.update: an empty list takes away the blocks that a message has.
    if "blocks" in payload and not (method == "chat.update" and payload["blocks"] == []):
        yield from _blocks(payload["blocks"], MAX_MESSAGE_BLOCKS, method, inputs=False)
        total = sum(len(part) for part in _texts(payload["blocks"]))
        if total > MAX_BLOCKS_TEXT:
            yield f"{method}: blocks hold {total} characters, more than {MAX_BLOCKS_TEXT}"
        yield from _links_in_text(payload, method)
    if "attachments" in payload:
        yield f"{method}: attachments are not used here"


def _links_in_text(payload: Json, method: str) -> Iterator[str]:
    """Links that only the blocks have are lost in a notification and to a screen reader; too long ones may be."""
    text = str(payload.get("text", "")).replace("&amp;", "&")
    linked = set(_linked(payload["blocks"]))
    missing = [url for url in linked if url not in text]
    if missing and sum(len(url.replace("&", "&amp;")) for url in linked) <= MAX_LINKS_IN_TEXT:
        yield f"{method}: links of the blocks are not in the text: {missing[:3]}"


def _linked(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("url"), str):
            yield value["url"]
        for inner in value.values():
            yield from _linked(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _linked(inner)


def _view(view: Any) -> Iterator[str]:
    if not isinstance(view, dict):
        yield f"view: {type(view).__name__}, not an object"
        return
    kind = view.get("type")
    common = {"type", "blocks", "private_metadata", "callback_id", "external_id"}
    if kind == "modal":
        extra = {"title", "submit", "close", "clear_on_close", "notify_on_close", "submit_disabled"}
        yield from _unknown(view, common | extra, "modal")
        yield from _plain(view.get("title"), 24, "modal.title")
        for name in ("submit", "close"):
            if name in view:
                yield from _plain(view[name], 24, f"modal.{name}")
        inputs = [
            block for block in view.get("blocks") or [] if isinstance(block, dict) and block.get("type") == "input"
        ]
        if inputs and "submit" not in view:
            yield "modal: input blocks without submit"
    elif kind == "home":
        yield from _unknown(view, common, "home")
    else:
        yield f"view: type is {kind!r}"
    for name, limit in (("private_metadata", 3_000), ("callback_id", MAX_ID), ("external_id", MAX_ID)):
        value = view.get(name, "")
        if not isinstance(value, str) or len(value) > limit:
            yield f"view.{name}: not a string of at most {limit} characters"
    yield from _blocks(view.get("blocks"), MAX_VIEW_BLOCKS, str(kind), inputs=True)


def _search(outputs: Any) -> Iterator[str]:
    # https://docs.slack.dev/enterprise-search/developing-apps-with-search-features: one output named `search_results`
    # with at most 50 results, all other outputs are ignored; each result's fields, and its date as YYYY-MM-DD.
    results = outputs.get("search_results") if isinstance(outputs, dict) else None
    if not isinstance(results, list) or set(outputs) != {"search_results"}:
        yield f"outputs: not search_results and nothing else: {sorted(outputs) if isinstance(outputs, dict) else outputs!r}"
        return
    if len(results) > MAX_RESULTS:
        yield f"search_results: {len(results)} of them, more than {MAX_RESULTS}"
    for number, result in enumerate(results):
        where = f"search_results[{number}]"
        if not isinstance(result, dict):
            yield f"{where}: not an object"
            continue
        yield from _unknown(result, RESULT_FIELDS, where)
        for name in ("title", "description"):
            yield from _string(result, name, MAX_TEXT, where, needed=True)
        yield from _url(result.get("link"), f"{where}.link")
        reference = result.get("external_ref")
        yield from _string(reference if isinstance(reference, dict) else {}, "id", MAX_URL, where, needed=True)
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(result.get("date_updated"))):
            yield f"{where}.date_updated: {result.get('date_updated')!r}"


#: https://docs.slack.dev/reference/block-kit/blocks: neither modals nor Home take these.
_IN_MESSAGES = frozenset({"context_actions", "markdown"})


def _blocks(blocks: Any, most: int, place: str, *, inputs: bool) -> Iterator[str]:  # noqa: C901 - one list of rules
    if not isinstance(blocks, list):
        yield f"{place}.blocks: {type(blocks).__name__}, not a list"
        return
    if not 1 <= len(blocks) <= most:
        yield f"{place}.blocks: {len(blocks)} of them, not 1 to {most}"
    ids = [block["block_id"] for block in blocks if isinstance(block, dict) and "block_id" in block]
    if len(set(ids)) < len(ids):
        yield f"{place}.blocks: block_id used twice"
    markdown = sum(len(str(b.get("text", ""))) for b in blocks if isinstance(b, dict) and b.get("type") == "markdown")
    if markdown > 12_000:
        yield f"{place}.blocks: markdown blocks hold {markdown} characters, more than 12000"
    for number, block in enumerate(blocks):
        where = f"{place}.blocks[{number}]"
        if not isinstance(block, dict):
            yield f"{where}: not an object"
            continue
        kind = block.get("type")
        check = BLOCKS.get(kind) if isinstance(kind, str) else None
        if check is None:
            yield f"{where}: unknown block type {kind!r}"
            continue
        if kind == "input" and not inputs:
            yield f"{where}: input block in a message"
        if kind in _IN_MESSAGES and inputs:
            yield f"{where}: only in messages"
        where = f"{where}({kind})"
        block_id = block.get("block_id", "x")
        if not isinstance(block_id, str) or not 1 <= len(block_id) <= MAX_ID:
            yield f"{where}.block_id: not 1 to {MAX_ID} characters"
        yield from check(block, where)


# Blocks


def _section(block: Json, where: str) -> Iterator[str]:
    yield from _unknown(block, {"type", "block_id", "text", "fields", "accessory", "expand"}, where)
    if "text" not in block and "fields" not in block:
        yield f"{where}: neither text nor fields"
    if "text" in block:
        yield from _text(block["text"], 3_000, f"{where}.text")
    fields = block.get("fields", [])
    if "fields" in block and (not isinstance(fields, list) or not 1 <= len(fields) <= 10):
        yield f"{where}.fields: not 1 to 10"
    for number, field in enumerate(fields if isinstance(fields, list) else []):
        yield from _text(field, 2_000, f"{where}.fields[{number}]")
    if "accessory" in block:
        yield from _element(block["accessory"], f"{where}.accessory", ACCESSORIES)


def _divider(block: Json, where: str) -> Iterator[str]:
    yield from _unknown(block, {"type", "block_id"}, where)


def _header(block: Json, where: str) -> Iterator[str]:
    yield from _unknown(block, {"type", "block_id", "text", "level"}, where)
    yield from _plain(block.get("text"), 150, f"{where}.text")


def _context(block: Json, where: str) -> Iterator[str]:
    yield from _unknown(block, {"type", "block_id", "elements"}, where)
    yield from _count(block, "elements", 10, where)
    for element, place in _list(block, "elements", 10, where):
        if isinstance(element, dict) and element.get("type") == "image":
            yield from _element(element, place, {"image"})
        else:
            yield from _text(element, 3_000, place)


def _actions(block: Json, where: str) -> Iterator[str]:
    yield from _unknown(block, {"type", "block_id", "elements"}, where)
    yield from _count(block, "elements", 25, where)
    for element, place in _list(block, "elements", 25, where):
        yield from _element(element, place, ACTION_ELEMENTS)
    yield from _same_action_ids(block.get("elements"), where)


def _context_actions(block: Json, where: str) -> Iterator[str]:
    yield from _unknown(block, {"type", "block_id", "elements"}, where)
    yield from _count(block, "elements", 5, where)
    for element, place in _list(block, "elements", 5, where):
        yield from _element(element, place, {"feedback_buttons", "icon_button"})
    yield from _same_action_ids(block.get("elements"), where)


def _image_block(block: Json, where: str) -> Iterator[str]:
    yield from _unknown(block, {"type", "block_id", "image_url", "slack_file", "alt_text", "title"}, where)
    yield from _string(block, "alt_text", 2_000, where, needed=True)
    if "image_url" in block:
        yield from _url(block["image_url"], f"{where}.image_url")
    if "title" in block:
        yield from _plain(block["title"], 2_000, f"{where}.title")


def _input(block: Json, where: str) -> Iterator[str]:
    yield from _unknown(block, {"type", "block_id", "label", "element", "hint", "optional", "dispatch_action"}, where)
    yield from _plain(block.get("label"), 2_000, f"{where}.label")
    if "hint" in block:
        yield from _plain(block["hint"], 2_000, f"{where}.hint")
    yield from _element(block.get("element"), f"{where}.element", INPUT_ELEMENTS)


def _markdown(block: Json, where: str) -> Iterator[str]:
    yield from _unknown(block, {"type", "block_id", "text"}, where)
    yield from _string(block, "text", 12_000, where, needed=True)


def _rich_text(block: Json, where: str) -> Iterator[str]:
    yield from _unknown(block, {"type", "block_id", "elements"}, where)
    yield from _count(block, "elements", 1_000, where)
    for element, place in _list(block, "elements", 1_000, where):
        yield from _rich_part(element, place)


def _rich_part(part: Any, where: str) -> Iterator[str]:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "rich_text_list":
        yield from _unknown(part, {"type", "style", "indent", "offset", "border", "elements"}, where)
        if part.get("style") not in {"bullet", "ordered"}:
            yield f"{where}.style: {part.get('style')!r}"
        yield from _count(part, "elements", 1_000, where)
        for element, place in _list(part, "elements", 1_000, where):
            yield from _rich_part(element, place)
    elif kind in {"rich_text_section", "rich_text_quote", "rich_text_preformatted"}:
        yield from _unknown(part, {"type", "elements", "border", "language"}, where)
        for element, place in _list(part, "elements", 1_000, where):
            yield from _rich_leaf(element, place)
    else:
        yield f"{where}: unknown rich text part {kind!r}"


_RICH_LEAVES: Mapping[str, frozenset[str]] = {
    "text": frozenset({"text", "style"}),
    "link": frozenset({"url", "text", "unsafe", "style"}),
    "emoji": frozenset({"name", "unicode", "url", "style"}),
    "user": frozenset({"user_id", "style"}),
    "channel": frozenset({"channel_id", "style"}),
    "date": frozenset({"timestamp", "format", "url", "fallback", "style"}),
}


def _rich_leaf(leaf: Any, where: str) -> Iterator[str]:
    kind = leaf.get("type") if isinstance(leaf, dict) else None
    if not isinstance(kind, str) or kind not in _RICH_LEAVES:
        yield f"{where}: unknown rich text element {kind!r} (broadcasts and user groups notify people)"
        return
    yield from _unknown(leaf, _RICH_LEAVES[kind] | {"type"}, where)
    if kind == "text":
        yield from _string(leaf, "text", 3_000, where, needed=True)
    if kind == "link":
        yield from _url(leaf.get("url"), f"{where}.url")
        if "text" in leaf:
            yield from _string(leaf, "text", 3_000, where, needed=True)
    style = leaf.get("style", {})
    if not isinstance(style, dict) or set(style) - {"bold", "italic", "strike", "code", "underline", "highlight"}:
        yield f"{where}.style: {style!r}"


def _card(block: Json, where: str) -> Iterator[str]:
    known = {"type", "block_id", "hero_image", "icon", "slack_icon", "title", "subtitle", "body", "subtext", "actions"}
    yield from _unknown(block, known, where)
    for name, limit in (("title", 150), ("subtitle", 150), ("body", 200), ("subtext", 200)):
        if name in block:
            yield from _text(block[name], limit, f"{where}.{name}")
    for element, place in _list(block, "actions", 25, where):
        yield from _element(element, place, {"button"})


def _carousel(block: Json, where: str) -> Iterator[str]:
    yield from _unknown(block, {"type", "block_id", "elements"}, where)
    yield from _count(block, "elements", 10, where)
    for card, place in _list(block, "elements", 10, where):
        if isinstance(card, dict) and card.get("type") == "card":
            yield from _card(card, place)
        else:
            yield f"{place}: not a card"


BLOCKS: Mapping[str, Check] = {
    "section": _section,
    "divider": _divider,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "context_actions": _context_actions,
    "image": _image_block,
    "input": _input,
    "markdown": _markdown,
    "rich_text": _rich_text,
    "card": _card,
    "carousel": _carousel,
}

# Elements

_SELECT = {"type", "action_id", "placeholder", "confirm", "focus_on_load"}
ELEMENTS: Mapping[str, frozenset[str]] = {
    "button": frozenset({"type", "action_id", "text", "url", "value", "style", "confirm", "accessibility_label"}),
    "image": frozenset({"type", "image_url", "slack_file", "alt_text"}),
    "overflow": frozenset({"type", "action_id", "options", "confirm"}),
    "static_select": frozenset(_SELECT | {"options", "option_groups", "initial_option"}),
    "external_select": frozenset(_SELECT | {"initial_option", "min_query_length"}),
    "users_select": frozenset(_SELECT | {"initial_user"}),
    "conversations_select": frozenset(_SELECT | {"initial_conversation", "default_to_current_conversation", "filter"}),
    "channels_select": frozenset(_SELECT | {"initial_channel"}),
    "multi_static_select": frozenset(
        _SELECT | {"options", "option_groups", "initial_options", "max_selected_items"},
    ),
    "radio_buttons": frozenset({"type", "action_id", "options", "initial_option", "confirm", "focus_on_load"}),
    "checkboxes": frozenset({"type", "action_id", "options", "initial_options", "confirm", "focus_on_load"}),
    "plain_text_input": frozenset(
        {
            "type", "action_id", "initial_value", "multiline", "min_length", "max_length", "dispatch_action_config",
            "focus_on_load", "placeholder",
        }
    ),
    "url_text_input": frozenset(
        {"type", "action_id", "initial_value", "dispatch_action_config", "focus_on_load", "placeholder"}
    ),
    "feedback_buttons": frozenset({"type", "action_id", "positive_button", "negative_button"}),
    "icon_button": frozenset(
        {"type", "action_id", "icon", "text", "value", "confirm", "accessibility_label", "visible_to_user_ids"}
    ),
}  # fmt: skip
ACCESSORIES = frozenset(ELEMENTS) - {"plain_text_input", "url_text_input", "feedback_buttons", "icon_button"}
ACTION_ELEMENTS = ACCESSORIES - {"image"}
INPUT_ELEMENTS = frozenset(ELEMENTS) - {"button", "image", "overflow", "feedback_buttons", "icon_button"}


def _element(element: Any, where: str, allowed: set[str] | frozenset[str]) -> Iterator[str]:  # noqa: C901, PLR0912 - as above
    kind = element.get("type") if isinstance(element, dict) else None
    if not isinstance(kind, str) or kind not in allowed:
        yield f"{where}: element {kind!r} is unknown or not allowed here"
        return
    where = f"{where}({kind})"
    yield from _unknown(element, ELEMENTS[kind], where)
    if "action_id" in element:
        yield from _string(element, "action_id", MAX_ID, where, needed=True)
    if "placeholder" in element:
        yield from _plain(element["placeholder"], 150, f"{where}.placeholder")
    if "value" in element:
        yield from _string(element, "value", 2_000, where, needed=False)
    if "accessibility_label" in element:
        yield from _string(element, "accessibility_label", 75, where, needed=True)
    if kind == "button":
        yield from _plain(element.get("text"), 75, f"{where}.text")
        if "url" in element:
            yield from _url(element["url"], f"{where}.url")
        if element.get("style", "primary") not in {"primary", "danger"}:
            yield f"{where}.style: {element['style']!r}"
    if kind == "image":
        yield from _url(element.get("image_url"), f"{where}.image_url")
        yield from _string(element, "alt_text", 2_000, where, needed=True)
    if kind in {"plain_text_input", "url_text_input"}:
        # https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element: at most 3,000, and what is
        # there from the beginning must be what a person could have typed.
        most = element.get("max_length", 3_000)
        if not isinstance(most, int) or not 1 <= most <= 3_000:
            yield f"{where}.max_length: {most!r}, not 1 to 3000"
        elif len(str(element.get("initial_value", ""))) > most:
            yield f"{where}.initial_value: more than {most} characters"
    if kind == "feedback_buttons":
        for side in ("positive_button", "negative_button"):
            yield from _feedback_button(element.get(side), f"{where}.{side}")
    if "confirm" in element:
        yield from _confirm(element["confirm"], f"{where}.confirm")
    yield from _options(element, where)


def _feedback_button(button: Any, where: str) -> Iterator[str]:
    if not isinstance(button, dict):
        yield f"{where}: missing"
        return
    yield from _unknown(button, {"text", "value", "accessibility_label"}, where)
    yield from _plain(button.get("text"), 75, f"{where}.text")
    yield from _string(button, "value", 2_000, where, needed=True)


def _confirm(confirm: Any, where: str) -> Iterator[str]:
    if not isinstance(confirm, dict):
        yield f"{where}: not an object"
        return
    yield from _unknown(confirm, {"title", "text", "confirm", "deny", "style"}, where)
    yield from _plain(confirm.get("title"), 100, f"{where}.title")
    yield from _text(confirm.get("text"), 300, f"{where}.text")
    yield from _plain(confirm.get("confirm"), 30, f"{where}.confirm")
    yield from _plain(confirm.get("deny"), 30, f"{where}.deny")


def _options(element: Json, where: str) -> Iterator[str]:
    most = {"overflow": 5, "radio_buttons": 10, "checkboxes": 10}.get(element["type"], 100)
    if "options" in element:
        yield from _count(element, "options", most, where)
        for option, place in _list(element, "options", most, where):
            yield from _option(option, place)
    for group, place in _list(element, "option_groups", 100, where):
        if isinstance(group, dict):
            yield from _plain(group.get("label"), 75, f"{place}.label")
            yield from _count(group, "options", 100, place)
            for option, inner in _list(group, "options", 100, place):
                yield from _option(option, inner)
    if "options" in element and "option_groups" in element:
        yield f"{where}: options and option_groups, of which Slack takes one"
    held = [element, *element.get("option_groups", [])]
    values = [option.get("value") for holder in held for option in holder.get("options", [])]
    if len(set(values)) < len(values):
        yield f"{where}: a value of two options"
    if "initial_option" in element:
        yield from _option(element["initial_option"], f"{where}.initial_option")
        grouped = [option for group in element.get("option_groups", []) for option in group.get("options", [])]
        if element["initial_option"] not in [*element.get("options", []), *grouped]:
            yield f"{where}.initial_option: not one of the options"


def _option(option: Any, where: str) -> Iterator[str]:
    if not isinstance(option, dict):
        yield f"{where}: not an object"
        return
    yield from _unknown(option, {"text", "value", "description", "url"}, where)
    yield from _text(option.get("text"), 75, f"{where}.text")
    yield from _string(option, "value", 150, where, needed=True)
    if "description" in option:
        yield from _text(option["description"], 75, f"{where}.description")


# Parts


def _text(value: Any, limit: int, where: str) -> Iterator[str]:
    if isinstance(value, dict) and value.get("type") == "mrkdwn":
        yield from _unknown(value, {"type", "text", "verbatim"}, where)
        yield from _string(value, "text", limit, where, needed=True)
        if isinstance(value.get("text"), str):
            yield from _mrkdwn_text(value["text"], where)
    else:
        yield from _plain(value, limit, where)


def _plain(value: Any, limit: int, where: str) -> Iterator[str]:
    if not isinstance(value, dict) or value.get("type") != "plain_text":
        yield f"{where}: not a plain_text object"
        return
    yield from _unknown(value, {"type", "text", "emoji"}, where)
    yield from _string(value, "text", limit, where, needed=True)


def _mrkdwn_text(text: str, where: str) -> Iterator[str]:
    if _NOTIFIES.search(text):
        yield f"{where}: notifies people: {_NOTIFIES.findall(text)[:3]}"
    for inside in _ANGLED.findall(text):
        if not _GOOD_ANGLED.fullmatch(inside):
            yield f"{where}: <{inside[:80]}> is no link of ours"
    left = _ANGLED.sub("", text)
    if "<" in left or ">" in re.sub(r"(?m)^>+", "", left):
        yield f"{where}: a bare < or >"
    if _BARE_ENTITY.search(text):
        yield f"{where}: a bare &"


def _url(value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, str) or len(value) > MAX_URL or not _WEB.fullmatch(value):
        yield f"{where}: not an http(s) URL of at most {MAX_URL} characters: {str(value)[:80]!r}"


def _string(holder: Json, name: str, limit: int, where: str, *, needed: bool) -> Iterator[str]:
    value = holder.get(name)
    if not isinstance(value, str):
        yield f"{where}.{name}: {type(value).__name__}, not a string"
    elif len(value) > limit or (needed and not value):
        yield f"{where}.{name}: {len(value)} characters, not {int(needed)} to {limit}"
    elif any("\ud800" <= character <= "\udfff" for character in value):
        yield f"{where}.{name}: half a surrogate pair, which no encoder takes"


def _unknown(holder: Mapping[str, Any], known: set[str] | frozenset[str], where: str) -> Iterator[str]:
    unknown = sorted(set(holder) - set(known))
    if unknown:
        yield f"{where}: unknown fields {', '.join(unknown)}"


def _count(holder: Json, name: str, most: int, where: str) -> Iterator[str]:
    value = holder.get(name)
    if not isinstance(value, list) or not 1 <= len(value) <= most:
        yield f"{where}.{name}: not a list of 1 to {most}"


def _list(holder: Json, name: str, most: int, where: str) -> Iterator[tuple[Any, str]]:
    value = holder.get(name)
    if isinstance(value, list):
        for number, item in enumerate(value[: most + 1]):
            yield item, f"{where}.{name}[{number}]"


def _same_action_ids(elements: Any, where: str) -> Iterator[str]:
    ids = (
        [e["action_id"] for e in elements if isinstance(e, dict) and "action_id" in e]
        if isinstance(elements, list)
        else []
    )
    if len(set(ids)) < len(ids):
        yield f"{where}: action_id used twice"


def _texts(value: Any) -> Iterator[str]:
    """Every string in blocks that counts towards their size: texts, URLs and values."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, str) and name in {"text", "url", "value", "alt_text"}:
                yield inner
            else:
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
