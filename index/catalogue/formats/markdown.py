"""Reads Markdown lists of links: turns them into HTML, which `page` reads.

Links in running text, in the table of contents and around images are left out, each with a reason. Markdown between HTML
tags is read as Markdown, as curators mean it, although it is text for CommonMark.

A page is read in parts, from heading to heading, so that only the changed parts of an edited page are parsed again.
"""

import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain
from typing import Any, Final, Protocol

from markdown_it import MarkdownIt
from markdown_it.common.html_blocks import block_names
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from index.catalogue.forges import WebFile
from index.catalogue.formats.html import is_inside, parse, with_lines
from index.catalogue.formats.page import EMBEDDED, Headings, Page, PageReader
from index.catalogue.link import Entry, Skip, Source
from index.errors import CatalogueError

_LIST_LINE: Final = re.compile(r"^\s*(?:[-*+]|\d{1,9}[.)])\s+\S")
_FRONT_MATTER: Final = re.compile(r"\A---[ \t]*\n(?:.*\n)*?(?:---|\.\.\.)[ \t]*\n")
_FRONT_MATTER_LINES: Final = 200
_HEADING_AFTER_A_GAP: Final = re.compile(r"\n[ \t]*\n(?=#{1,6}[ \t]+\S)")
#: Blocks that may contain an empty line and text that looks like a heading.
_SPANNING: Final = frozenset({"fence", "html_block"})
#: HTML whose content is never Markdown, even if it looks like it.
_RAW: Final = re.compile(r"^\s*<(?:pre|textarea)\b|<(?:script|style|!--|\?|!\[CDATA)", re.IGNORECASE)
#: Tags after which a browser reads no HTML until they are closed; many people forget to close them.
_SWALLOWING: Final = re.compile(
    r"</?(?:iframe|noembed|noframes|noscript|object|plaintext|select|svg|template|textarea|title|xmp)\b[^<>]*>",
    re.IGNORECASE,
)
#: An embedded player; the links beside it name what it plays.
_FRAME: Final = re.compile(r"<(?:(iframe)|li|tr|h[1-6])\b", re.IGNORECASE)
_ANCHOR_TAG: Final = re.compile(r"<(/?)a(?=[\s>])", re.IGNORECASE)
#: Elements that give their content a meaning; a part must not end inside one.
_MEANING: Final = frozenset({"details", "dl", "ol", "pre", "table", "ul"})
#: An item that is the definition of an address (`- [Servo]: https://…`), of which a browser shows nothing.
_DEFINED_ITEM: Final = re.compile(
    r"^([ \t]*[-*+][ \t]+)\[([^\[\]\n^]+)\]:[ \t]*<?(https?://[^\s<>]+)>?", re.MULTILINE | re.IGNORECASE
)
_LABEL: Final = re.compile(r"\[([^\[\]\n^]+)\]")
_END: Final = "<!--end of part-->"
#: Limit of nested lists, each of which counts twice; deeper ones are lost. markdown-it's own limit is 20.
_MAX_NESTING: Final = 100
_MAX_OPEN_BRACKETS: Final = 500
#: Limit of HTML in Markdown in HTML; what is deeper is read as HTML. Each level is parsed again.
_MAX_MIXED: Final = 30
#: The start of a line that begins a block of HTML, wherever it stands.
_BLOCK_TAG: Final = re.compile(rf" ?</?(?:{'|'.join(block_names)}|pre|textarea)(?=[\s/>]|$)", re.IGNORECASE)
_PREFORMATTED: Final = re.compile(r" ?<(?:pre|textarea)\b", re.IGNORECASE)


class _Parser(MarkdownIt):
    """Keeps addresses as written, including broken ones, so that they can be reported."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802
        """Return the address unchanged; markdown-it would percent-encode it."""
        return url

    def validateLink(self, url: str) -> bool:  # noqa: ARG002, N802
        """Accept every address."""
        return True


@cache
def _parser() -> MarkdownIt:
    """Return a parser of CommonMark with tables; without indented code, because tools such as MkDocs indent real content."""
    parser = _Parser("commonmark", {"html": True, "maxNesting": _MAX_NESTING})
    parser.core.ruler.before("inline", "brackets", _check_brackets)
    return parser.enable(["table", "strikethrough"]).disable("code")


def _check_brackets(state: StateCore) -> None:
    """Refuse a text with very many unclosed brackets: the parser's time grows with the square of their number."""
    for token in state.tokens:
        if token.type == "inline":
            opened = token.content.count("[") - token.content.count("]")
            if opened > _MAX_OPEN_BRACKETS:
                raise CatalogueError(
                    f"a text opens {opened:,} brackets that it does not close; {_MAX_OPEN_BRACKETS} at most"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePart:
    """The content of a part of a page, from one heading to the next."""

    title: str
    """The first heading of level 1 in it; empty without one."""
    headings: Headings
    """The headings above the next part."""
    is_open: bool
    """Whether its last block may continue in the next part."""
    has_definitions: bool
    """Whether it defines addresses (`[name]: https://…`) that links anywhere on the page may use."""
    entries: tuple[Entry, ...]
    skipped: tuple[Skip, ...]


class KeptParts(Protocol):
    """Parts kept from an earlier run, by their text and the headings above them."""

    def get_part(self, text: str, under: Headings, start: Source) -> PagePart | None:
        """Return the kept content of such a part, with lines as if it began after the line `start`, or None."""

    def put_part(self, text: str, under: Headings, start: Source, part: PagePart) -> None:
        """Keep the content of a part that began after the line `start`."""


def read_page(text: str, path: str, kept: KeptParts | None = None, web: WebFile | None = None) -> Page:
    """Read one page; `path` only names it in `Source`. Links that are left out are skips with a reason.

    CatalogueError for a page with thousands of brackets or elements that are never closed.

    Parts that `kept` has are not parsed again.
    """
    text = _without_front_matter(text)
    if _DEFINED_ITEM.search(text):
        text = _DEFINED_ITEM.sub(partial(_as_link, Counter(_LABEL.findall(text.lower()))), text)
    parts = list(_parts(text, path, kept, web))
    if any(part.has_definitions for part in parts):
        parts = [_part(text, (), Source(path=path), kept, web)]
    return Page(
        title=next((part.title for part in parts if part.title), ""),
        entries=tuple(chain.from_iterable(part.entries for part in parts)),
        skipped=tuple(chain.from_iterable(part.skipped for part in parts)),
    )


def _parts(text: str, path: str, kept: KeptParts | None, web: WebFile | None) -> Iterator[PagePart]:
    """Read a page from heading to heading.

    A heading at the start of a line ends every list, quotation, table and paragraph. Only a fence or an HTML block may
    continue after it; the parser says whether one is open at the end of a part, which is then read together with the rest.
    """
    headings: Headings = ()
    start = line = 0
    for end in (*(found.end() for found in _HEADING_AFTER_A_GAP.finditer(text)), len(text)):
        part = _part(text[start:end], headings, Source(path=path, line=line), kept, web)
        if part.is_open and end < len(text):
            yield _part(text[start:], headings, Source(path=path, line=line), kept, web)
            return
        yield part
        headings = part.headings
        line += text.count("\n", start, end)
        start = end


def _part(text: str, under: Headings, start: Source, kept: KeptParts | None, web: WebFile | None) -> PagePart:
    """Return the kept part, or read it; it begins after the line `start`."""
    key = f"{web.address}\0{text}" if web else text
    part = kept.get_part(key, under, start) if kept else None
    if part is None:
        part = _read_part(text, under, start, web)
        if kept:
            kept.put_part(key, under, start, part)
    return part


def _read_part(text: str, under: Headings, start: Source, web: WebFile | None = None) -> PagePart:
    definitions: dict[str, Any] = {}
    tokens = _tokens(text, definitions, start.line)
    body = parse(_parser().renderer.render(tokens, _parser().options, definitions) + _END)
    page = PageReader(path=start.path, line=start.line + 1, headings=list(under), web=web)
    page.read(body)
    last = tokens[-1] if tokens else None
    is_spanning = (
        last is not None and last.type in _SPANNING and (last.map or [0, 0])[1] >= text.count("\n") + start.line
    )
    return PagePart(
        title=page.title,
        headings=tuple(page.headings),
        is_open=is_spanning or is_inside(body, _END, _MEANING),
        has_definitions=bool(definitions.get("references")),
        entries=tuple(page.reader.entries),
        skipped=tuple(page.reader.skipped),
    )


def _tokens(text: str, definitions: dict[str, Any], before: int, depth: int = 0) -> list[Token]:
    """Parse Markdown with `before` lines above it in the file; each token gets its first line in the file.

    `depth` is how often it was found inside HTML that was found inside Markdown.
    """
    found: list[Token] = []
    for token in _parser().parse(text, definitions):
        if token.map:
            token.map = [number + before for number in token.map]
        first = (token.map[0] if token.map else before) + 1
        if token.type == "html_block":
            found += _html(token, definitions, first, depth)
        else:
            if token.type == "inline":
                _stamp(token.children or [], first)
            elif token.nesting == 1 and token.map:
                token.attrSet("data-line", str(first))
            found.append(token)
    return found


def _html(token: Token, definitions: dict[str, Any], first: int, depth: int) -> list[Token]:
    """Return an HTML block, with the Markdown in it parsed: links between its tags, and a list after a closing tag."""
    content = token.content
    if _RAW.search(content) or depth >= _MAX_MIXED:
        is_comment = content.lstrip().startswith("<!--")
        content = content if is_comment or "-->" in content else content.replace("<!--", "&lt;!--")
        token.content = _closed(with_lines(content, first))
        return [token]
    found: list[Token] = []
    lines = content.splitlines(keepends=True)
    at = 0
    while at < len(lines):
        if at and _PREFORMATTED.match(lines[at]):
            return [*found, *_tokens("".join(lines[at:]), definitions, first - 1 + at, depth + 1)]
        start = next((number for number in range(at, len(lines)) if _LIST_LINE.match(lines[number])), len(lines))
        own = _markup("".join(lines[at:start]), definitions, first + at)
        found.append(token.copy(content=own))
        # A tag at the start of a line ends the list: what it begins is read as HTML again.
        at = next((number for number in range(start + 1, len(lines)) if _BLOCK_TAG.match(lines[number])), len(lines))
        found += _tokens("".join(lines[start:at]), definitions, first - 1 + start, depth + 1)
    return found


def _markup(html: str, definitions: dict[str, Any], first: int) -> str:
    """Return HTML with the Markdown links between its tags parsed; it begins on line `first`."""
    content = with_lines(_SWALLOWING.sub("", html), first)
    content = _closed(_parser().renderInline(content, definitions) if "](" in content else content)
    return f'<blockquote class="{EMBEDDED}">{content}</blockquote>' if _ends_with_frame(html) else content


def _ends_with_frame(html: str) -> bool:
    """Whether a player is embedded after the last item, row and heading."""
    last = deque(_FRAME.finditer(html), maxlen=1)
    return bool(last) and last[0][1] is not None


def _stamp(tokens: list[Token], line: int) -> None:
    """Write line numbers into the HTML tags among inline tokens, and close an anchor that is left open."""
    for token in tokens:
        if token.type == "html_inline":
            content = token.content
            token.content = "" if _SWALLOWING.match(content) else with_lines(content, line)
            line += content.count("\n")
        elif token.type in {"softbreak", "hardbreak"}:
            line += 1
    tags = [tag for token in tokens if token.type == "html_inline" and (tag := _ANCHOR_TAG.match(token.content))]
    if tags and not tags[-1][1]:
        tokens.append(Token("html_inline", "", 0, content="</a>"))


def _closed(html: str) -> str:
    """Close an anchor that a block leaves open: else everything after it would be inside the link."""
    ends = [tag[1] for tag in _ANCHOR_TAG.finditer(html)]
    return f"{html}</a>" if ends and not ends[-1] else html


def _as_link(labels: Counter[str], item: re.Match[str]) -> str:
    """Return an item that defines an address as a link, unless another link uses the definition."""
    return item[0] if labels[item[2].lower()] > 1 else f"{item[1]}[{item[2]}]({item[3]})"


def _without_front_matter(text: str) -> str:
    """Replace the front matter (settings between two `---` at the top) by empty lines, so that line numbers stay."""
    if not text.startswith("---"):
        return text
    head = "".join(text.splitlines(keepends=True)[:_FRONT_MATTER_LINES])
    found = _FRONT_MATTER.match(head)
    return "\n" * found[0].count("\n") + text[found.end() :] if found else text
