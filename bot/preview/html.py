"""Block Kit as HTML: a pure function for blocks, and one for a whole page that shows messages and views as Slack does.

Every text is escaped. A block or an element of an unknown type is drawn as a dashed box that names it, so that nothing is
lost in silence.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from bot.preview.mrkdwn import link, mrkdwn
from bot.slack.message import Block, Message

_BUILDER = "https://app.slack.com/block-kit-builder/#"
_STYLES = {"bold": "strong", "italic": "em", "strike": "s", "code": "code", "underline": "u"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A message or a view to draw, with a caption."""

    caption: str
    blocks: Sequence[Block] = ()
    view: Mapping[str, Any] | None = None
    """A modal or Home, which has its own blocks."""
    private: bool = False
    """Whether only one person sees the message."""
    text: str = ""
    """What notifications and screen readers get."""
    app: str = "Signpost"

    @classmethod
    def message(cls, caption: str, message: Message, *, private: bool = False) -> "Shown":
        """Return a message of the bot; one without blocks shows its text."""
        blocks = message.blocks or ({"type": "section", "text": {"type": "mrkdwn", "text": message.text}},)
        return cls(caption=caption, blocks=blocks, private=private, text=message.text)

    @property
    def builder_url(self) -> str:
        """The address of Slack's Block Kit Builder with these blocks in it."""
        content = self.view if self.view is not None else {"blocks": list(self.blocks)}
        return _BUILDER + quote(json.dumps(content, ensure_ascii=False, separators=(",", ":")), safe="")


def blocks_html(blocks: Iterable[Block]) -> str:
    """Return blocks as HTML, one element each."""
    return "\n".join(_block(block) for block in blocks)


def page_html(shown: Sequence[Shown], *, title: str, bare: bool = False) -> str:
    """Return a page that needs nothing else: each message and view under its caption, with a link into Block Kit Builder.

    A `bare` page has neither captions nor links, for pictures.
    """
    style = files("bot").joinpath("static/preview.css").read_text(encoding="utf-8")
    drawn = "\n".join(_shown(one, bare=bare) for one in shown)
    heading = "" if bare else f"<h1>{escape(title)}</h1>\n"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n"
        f'<body class="{"bare" if bare else "full"}">\n<main>\n{heading}{drawn}\n</main>\n</body>\n</html>\n'
    )


def _shown(one: Shown, *, bare: bool) -> str:
    view = one.view
    if view is None:
        drawn = _message(one)
    elif view.get("type") == "modal":
        drawn = _modal(view)
    else:
        drawn = f'<section class="home">{blocks_html(view.get("blocks", ()))}</section>'
    if bare:
        return drawn
    builder = f'<a href="{escape(one.builder_url)}" rel="noreferrer">Block Kit Builder</a>'
    fallback = f"<details><summary>As text</summary><pre>{escape(one.text)}</pre></details>" if one.text else ""
    return f"<figure><figcaption>{escape(one.caption)} {builder}</figcaption>{drawn}{fallback}</figure>"


def _message(one: Shown) -> str:
    eyes = '<p class="private">Only visible to you</p>' if one.private else ""
    head = f'<p class="author"><b>{escape(one.app)}</b> <span class="app">APP</span> <time>11:24 AM</time></p>'
    return (
        f'<section class="message"><div class="avatar" aria-hidden="true">{_ICON}</div>'
        f"<div>{eyes}{head}{blocks_html(one.blocks)}</div></section>"
    )


#: A signpost, drawn for the avatar.
_ICON = (
    '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linejoin="round">'
    '<path d="M12 3v18"/><path d="M5 5h11l3 2.5-3 2.5H5z"/><path d="M19 12H8l-3 2.5L8 17h11z"/></svg>'
)


def _modal(view: Mapping[str, Any]) -> str:
    submit = f'<span class="button primary">{_text(view["submit"])}</span>' if "submit" in view else ""
    return (
        f'<section class="modal"><header><h2>{_text(view.get("title", {}))}</h2><span aria-hidden="true">×</span></header>'
        f'<div class="body">{blocks_html(view.get("blocks", ()))}</div>'
        f'<footer><span class="button">{_text(view.get("close", _CLOSE))}</span>{submit}</footer></section>'
    )


_CLOSE: Mapping[str, Any] = {"type": "plain_text", "text": "Close"}


def _text(text: Mapping[str, Any]) -> str:
    """Return a text object."""
    content = str(text.get("text", ""))
    return mrkdwn(content) if text.get("type") == "mrkdwn" else escape(content).replace("\n", "<br>")


def _unknown(part: Mapping[str, Any]) -> str:
    return f'<div class="unknown">{escape(str(part.get("type")))}</div>'


def _block(block: Block) -> str:
    draw = _BLOCKS.get(str(block.get("type")))
    return draw(block) if draw else _unknown(block)


def _section(block: Block) -> str:
    text = f"<div>{_text(block['text'])}</div>" if "text" in block else ""
    fields = "".join(f"<div>{_text(field)}</div>" for field in block.get("fields", ()))
    if fields:
        text += f'<div class="fields">{fields}</div>'
    accessory = f'<div class="accessory">{_element(block["accessory"])}</div>' if "accessory" in block else ""
    return f'<div class="section"><div class="text">{text}</div>{accessory}</div>'


def _divider(_: Block) -> str:
    return "<hr>"


def _header(block: Block) -> str:
    return f'<h2 class="header">{_text(block["text"])}</h2>'


def _context(block: Block) -> str:
    inner = " ".join(
        f"<span>{_picture(one) if one.get('type') == 'image' else _text(one)}</span>" for one in block["elements"]
    )
    return f'<div class="context">{inner}</div>'


def _picture(image: Mapping[str, Any]) -> str:
    return f'<span class="picture" role="img">{escape(str(image.get("alt_text", "")))}</span>'


def _actions(block: Block) -> str:
    return f'<div class="actions">{"".join(map(_element, block["elements"]))}</div>'


def _input(block: Block) -> str:
    optional = ' <span class="optional">(optional)</span>' if block.get("optional") else ""
    hint = f'<div class="hint">{_text(block["hint"])}</div>' if "hint" in block else ""
    label = f'<div class="label">{_text(block["label"])}{optional}</div>'
    return f'<div class="input">{label}{_element(block["element"])}{hint}</div>'


def _markdown(block: Block) -> str:
    return f'<div class="section"><div class="text">{escape(str(block.get("text", ""))).replace(chr(10), "<br>")}</div></div>'


def _rich_text(block: Block) -> str:
    return f'<div class="rich">{"".join(map(_rich_part, block["elements"]))}</div>'


def _rich_part(part: Mapping[str, Any]) -> str:
    elements = part.get("elements", ())
    match part.get("type"):
        case "rich_text_section":
            return f"<div>{_leaves(elements)}</div>"
        case "rich_text_preformatted":
            return f"<pre>{_leaves(elements)}</pre>"
        case "rich_text_quote":
            return f"<blockquote>{_leaves(elements)}</blockquote>"
        case "rich_text_list":
            tag = "ol" if part.get("style") == "ordered" else "ul"
            return f"<{tag}>{''.join(f'<li>{_rich_part(element)}</li>' for element in elements)}</{tag}>"
    return _unknown(part)


def _leaves(leaves: Iterable[Mapping[str, Any]]) -> str:
    return "".join(map(_leaf, leaves))


def _leaf(leaf: Mapping[str, Any]) -> str:
    text = str(leaf.get("text", ""))
    match leaf.get("type"):
        case "text":
            html = escape(text, quote=False).replace("\n", "<br>")
        case "link":
            html = link(str(leaf.get("url", "")), text or str(leaf.get("url", "")))
        case "user":
            html = f'<span class="mention">@{escape(str(leaf.get("user_id")))}</span>'
        case "channel":
            html = f'<span class="mention">#{escape(str(leaf.get("channel_id")))}</span>'
        case "emoji":
            html = escape(f":{leaf.get('name')}:")
        case _:
            return _unknown(leaf)
    for name, tag in _STYLES.items():
        if leaf.get("style", {}).get(name):
            html = f"<{tag}>{html}</{tag}>"
    return html


def _element(element: Mapping[str, Any]) -> str:
    draw = _ELEMENTS.get(str(element.get("type")))
    return draw(element) if draw else _unknown(element)


def _button(element: Mapping[str, Any]) -> str:
    style = f"button {element['style']}" if element.get("style") in {"primary", "danger"} else "button"
    label = f' title="{escape(str(element["accessibility_label"]))}"' if "accessibility_label" in element else ""
    if str(element.get("url", "")).startswith(("https://", "http://")):
        return (
            f'<a class="{style}" href="{escape(element["url"])}" rel="noreferrer"{label}>{_text(element["text"])}</a>'
        )
    return f'<span class="{style}"{label}>{_text(element["text"])}</span>'


def _feedback(element: Mapping[str, Any]) -> str:
    sides = (
        (element["positive_button"], "M7 11v9H4v-9zM7 11l4-8c1.5 0 2.5 1 2.5 2.5V9H19l-1.5 11H7"),
        (
            element["negative_button"],
            "M17 13V4h3v9zM17 13l-4 8c-1.500 0-2.500-1-2.500-2.500V15H5l1.500-11H17",
        ),
    )
    return "".join(
        f'<span class="icon" title="{escape(str(side["text"]["text"]))}"><svg viewBox="0 0 24 24" fill="none" '
        f'stroke="currentColor" stroke-width="1.7" stroke-linejoin="round"><path d="{path}"/></svg></span>'
        for side, path in sides
    )


def _menu(element: Mapping[str, Any]) -> str:
    chosen = element.get("initial_option")
    text = (
        _text(chosen["text"]) if chosen else f'<span class="placeholder">{_text(element.get("placeholder", {}))}</span>'
    )
    groups = element.get("option_groups", ())
    options = [*element.get("options", ()), *(option for group in groups for option in group["options"])]
    listed = "\n".join(str(option["text"]["text"]) for option in options)
    return f'<span class="menu" title="{escape(listed)}">{text}</span>'


def _overflow(element: Mapping[str, Any]) -> str:
    listed = "\n".join(str(option["text"]["text"]) for option in element["options"])
    return f'<span class="button" title="{escape(listed)}">⋯</span>'


def _choices(kind: str) -> Callable[[Mapping[str, Any]], str]:
    """Return what draws radio buttons, or checkboxes."""

    def draw(element: Mapping[str, Any]) -> str:
        first = [element["initial_option"]] if "initial_option" in element else element.get("initial_options", ())
        chosen = {option["value"] for option in first}
        return "".join(
            f'<label class="choice"><input type="{kind}" disabled{" checked" if option["value"] in chosen else ""}> '
            f"<span>{_text(option['text'])}{_description(option)}</span></label>"
            for option in element["options"]
        )

    return draw


def _description(option: Mapping[str, Any]) -> str:
    return f'<br><span class="hint">{_text(option["description"])}</span>' if "description" in option else ""


def _text_input(element: Mapping[str, Any]) -> str:
    entered = escape(str(element.get("initial_value", "")))
    shown = entered or f'<span class="placeholder">{_text(element.get("placeholder", {}))}</span>'
    return f'<div class="entry{" lines" if element.get("multiline") else ""}">{shown}</div>'


def _context_actions(block: Block) -> str:
    return f'<div class="actions icons">{"".join(map(_element, block["elements"]))}</div>'


_BLOCKS: Mapping[str, Callable[[Block], str]] = {
    "section": _section,
    "divider": _divider,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "context_actions": _context_actions,
    "input": _input,
    "markdown": _markdown,
    "rich_text": _rich_text,
}
_ELEMENTS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "button": _button,
    "feedback_buttons": _feedback,
    "static_select": _menu,
    "external_select": _menu,
    "multi_static_select": _menu,
    "users_select": _menu,
    "channels_select": _menu,
    "conversations_select": _menu,
    "overflow": _overflow,
    "radio_buttons": _choices("radio"),
    "checkboxes": _choices("checkbox"),
    "plain_text_input": _text_input,
    "url_text_input": _text_input,
    "image": _picture,
}
