"""Parses HTML as a browser does, with Lexbor, and keeps line numbers, which the parser does not."""

import re
from collections.abc import Collection, Iterator
from html.entities import html5
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from index.errors import CatalogueError

_AMPERSAND: Final = re.compile(r"&(?:#\d+;|#[xX][0-9a-fA-F]+;|([A-Za-z][A-Za-z0-9]*;))?")
_LINE: Final = "data-line"
#: Tags whose line is needed.
_STAMPED: Final = re.compile(r"<(?:a|area|li|p|td|th|dt|dd|h[1-6]|summary|div)(?=[\s/>])", re.IGNORECASE)
#: Elements that stay open until they are closed (an anchor ends at the next one). Nobody nests very many of them, and the
#: parser's time grows with the square of their number.
_NESTING_TAG: Final = re.compile(
    r"<(/?)(?!(?:a|area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr|p|li|dt|dd|td|th|tr|option)\b)[a-z]",
    re.IGNORECASE,
)
_MAX_DEPTH: Final = 2_000


def ampersands(html: str) -> str:
    """Escape every `&` that does not begin a complete entity: `?id=1&section=2` is an address without a `§`."""
    return _AMPERSAND.sub(_ampersand, html) if "&" in html else html


def _ampersand(found: re.Match[str]) -> str:
    is_entity = len(found[0]) > 1 and (found[1] is None or found[1] in html5)
    return found[0] if is_entity else f"&amp;{found[0][1:]}"


def with_lines(html: str, line: int) -> str:
    """Write its line into each tag for which it is needed; `html` begins on line `line`."""
    parts: list[str] = []
    at = 0
    for found in _STAMPED.finditer(html):
        line += html.count("\n", at, found.end())
        parts += (html[at : found.end()], f' {_LINE}="{line}"')
        at = found.end()
    parts.append(html[at:])
    return "".join(parts)


def line_of(node: LexborNode) -> int:
    """Return the line that `with_lines` wrote into a tag; 0 without one."""
    line = attribute(node, _LINE)
    return int(line) if line.isdecimal() else 0


def attribute(node: LexborNode, name: str) -> str:
    """Return an attribute's value; empty without one."""
    return node.attributes.get(name) or ""


def parse(html: str) -> LexborNode:
    """Return the body of an HTML text. CatalogueError for one that is nested too deeply."""
    refuse_nested(html)
    body = LexborHTMLParser(ampersands(html)).body
    if body is None:
        raise CatalogueError("its HTML has no body")
    return body


def refuse_nested(html: str) -> None:
    """Raise CatalogueError for an HTML text that is nested too deeply to be parsed."""
    depth = deepest = 0
    for tag in _NESTING_TAG.finditer(html):
        depth = max(0, depth - 1) if tag[1] else depth + 1
        deepest = max(deepest, depth)
    if deepest > _MAX_DEPTH:
        raise CatalogueError(f"its HTML nests {deepest:,} elements; {_MAX_DEPTH:,} are read at most")


def without_comments(html: str) -> str:
    """Return a text without comments but with all line ends; a comment that is never closed is kept as text."""
    parts: list[str] = []
    at = 0
    while (start := html.find("<!--", at)) != -1 and (end := html.find("-->", start)) != -1:
        parts += (html[at:start], "\n" * html.count("\n", start, end))
        at = end + len("-->")
    parts.append(html[at:])
    return "".join(parts)


def text_of(node: LexborNode) -> str:
    """Return the text of an element; each `<br>` becomes a line break."""
    return "".join(_texts(node))


def _texts(node: LexborNode) -> Iterator[str]:
    for part in node.traverse(include_text=True):
        if part.is_text_node:
            yield part.text_content or ""
        elif part.tag == "br":
            yield "\n"


def is_inside(body: LexborNode, comment: str, tags: Collection[str]) -> bool:
    """Whether a comment (its source text) is inside an element with one of the tags, or is not parsed as a comment."""
    for node in body.traverse(include_text=True):
        if node.is_comment_node and node.html == comment:
            parent = node.parent
            while parent is not None:
                if parent.tag in tags:
                    return True
                parent = parent.parent
            return False
    return True
