"""Slack's mrkdwn as HTML: links, mentions, bold, italic, struck, code and quotes; everything else is escaped text."""

import re
from html import escape

from bot.slack.text import unescape_slack

_PIECES = re.compile(r"```(?P<pre>.+?)```|`(?P<code>[^`\n]+)`|<(?P<angled>[^<>\n]+)>", re.DOTALL)
#: As Slack has it: the mark stands at the edge of a word, and what it marks neither starts nor ends with a blank.
_STYLES = tuple(
    (re.compile(rf"(?<![\w{mark}]){mark}(?=\S)([^{mark}\n]+?)(?<=\S){mark}(?![\w{mark}])"), rf"<{tag}>\1</{tag}>")
    for mark, tag in (("\\*", "strong"), ("_", "em"), ("~", "s"))
)
_QUOTED = re.compile(r"^&gt; ?(.*)$", re.MULTILINE)


def mrkdwn(text: str) -> str:
    """Return a text as Slack would show it, as HTML; line ends become `<br>`."""
    kept: list[str] = []
    held = _PIECES.sub(lambda match: _hold(kept, _piece(match)), text)
    html = escape(unescape_slack(held), quote=False)
    html = _QUOTED.sub(r"<blockquote>\1</blockquote>", html)
    for pattern, replacement in _STYLES:
        html = pattern.sub(replacement, html)
    html = html.replace("</blockquote>\n", "</blockquote>").replace("\n", "<br>")
    return re.sub("\ue000(\\d+)\ue001", lambda match: kept[int(match[1])], html)


def _hold(kept: list[str], html: str) -> str:
    """Keep finished HTML aside, and return what stands for it: two private characters around its number."""
    kept.append(html)
    return f"\ue000{len(kept) - 1}\ue001"


def _piece(match: re.Match[str]) -> str:
    if (pre := match["pre"]) is not None:
        return f"<pre>{_shown(pre.strip())}</pre>"
    if (code := match["code"]) is not None:
        return f"<code>{_shown(code)}</code>"
    target, _, label = match["angled"].partition("|")
    if target.startswith(("@", "#", "!")):
        name = label or target[1:]
        sign = "" if name.startswith(("@", "#")) else "#" if target.startswith("#") else "@"
        return f'<span class="mention">{_shown(sign + name)}</span>'
    return link(unescape_slack(target), unescape_slack(label or target))


def link(url: str, text: str) -> str:
    """Return a link; a text without one for an address that a browser should not follow."""
    if not url.startswith(("https://", "http://")):
        return escape(text)
    return f'<a href="{escape(url)}" rel="noreferrer">{escape(text)}</a>'


def _shown(text: str) -> str:
    return escape(unescape_slack(text), quote=False)
