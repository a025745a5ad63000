"""Reads Markdown lists of links: as the HTML that a browser shows of them, by which `page` reads them.

Links in running text, in the table of contents and around images are left out, each with a reason. Markdown between
tags of HTML counts, as curators mean it, although CommonMark takes it for text.

A page is read in parts, from heading to heading, so that of an edited page only the parts that changed are parsed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any, Final, Protocol

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from index.catalogue.formats.html import is_inside, parse, with_lines
from index.catalogue.formats.page import EMBEDDED, Headings, Page, PageReader
from index.catalogue.link import Entry, Skip, Source
from index.errors import CatalogueError

_LIST_LINE: Final = re.compile(r"^\s*(?:[-*+]|\d{1,9}[.)])\s+\S")
_FRONT_MATTER: Final = re.compile(r"\A---[ \t]*\n(?:.*\n)*?(?:---|\.\.\.)[ \t]*\n")
_FRONT_MATTER_LINES: Final = 200
_HEADING_AFTER_A_GAP: Final = re.compile(r"\n[ \t]*\n(?=#{1,6}[ \t]+\S)")
#: Blocks that may hold an empty line and what looks like a heading.
_SPANNING: Final = frozenset({"fence", "html_block"})
#: HTML whose content is no Markdown, whatever it looks like.
_RAW: Final = re.compile(r"^\s*<(?:pre|textarea)\b|<(?:script|style|!--|\?|!\[CDATA)", re.IGNORECASE)
#: Tags after which a browser takes what follows for no HTML until they are closed, which many forget.
_SWALLOWING: Final = re.compile(
    r"</?(?:iframe|noembed|noframes|noscript|object|plaintext|select|svg|template|textarea|title|xmp)\b[^>]*>",
    re.IGNORECASE,
)
#: What a player needs; the links beside it name what it plays.
_FRAME: Final = re.compile(r"<iframe\b(?!.*<(?:li|tr|h[1-6])\b)", re.IGNORECASE | re.DOTALL)
_ANCHOR_TAG: Final = re.compile(r"<(/?)a(?=[\s>])", re.IGNORECASE)
#: Elements that give what stands in them a meaning; a part ends in none of these.
_MEANING: Final = frozenset({"details", "dl", "ol", "table", "ul"})
_END: Final = "<!--end of part-->"
#: Lists in lists, each of which counts twice; what is deeper is lost. markdown-it's own limit is 20.
_MAX_NESTING: Final = 100
_MAX_OPEN_BRACKETS: Final = 500


class _Parser(MarkdownIt):
    """Keeps addresses as written, also those that lead nowhere: they are reported."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802
        """Return the address itself; markdown-it would percent-encode it."""
        return url

    def validateLink(self, url: str) -> bool:  # noqa: ARG002, N802
        """Take every address for one."""
        return True


@cache
def _parser() -> MarkdownIt:
    """Return CommonMark with tables; indented code is off, because tools such as MkDocs indent real content."""
    parser = _Parser("commonmark", {"html": True, "maxNesting": _MAX_NESTING})
    parser.core.ruler.before("inline", "brackets", _check_brackets)
    return parser.enable(["table", "strikethrough"]).disable("code")


def _check_brackets(state: StateCore) -> None:
    """Refuse a text of brackets that nobody closes: the parser needs time by the square of their number."""
    for token in state.tokens:
        if token.type == "inline":
            opened = token.content.count("[") - token.content.count("]")
            if opened > _MAX_OPEN_BRACKETS:
                raise CatalogueError(
                    f"a text opens {opened:,} brackets that it does not close; {_MAX_OPEN_BRACKETS} at most"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePart:
    """What a part of a page gave, from one heading to another."""

    title: str
    """The first heading of the first level in it; empty where there is none."""
    headings: Headings
    """What the next part stands under."""
    is_open: bool
    """Whether its last block may go on in what follows."""
    has_definitions: bool
    """Whether it defines addresses (`[name]: https://…`) that links anywhere on the page may name."""
    entries: tuple[Entry, ...]
    skipped: tuple[Skip, ...]


class KeptParts(Protocol):
    """Parts kept from an earlier run, by their text and the headings that they stand under."""

    def get_part(self, text: str, under: Headings, start: Source) -> PagePart | None:
        """Return what such a part gave before, as if it began after the line `start`."""

    def put_part(self, text: str, under: Headings, start: Source, part: PagePart) -> None:
        """Keep what a part gave that began after the line `start`."""


def read_page(text: str, path: str, kept: KeptParts | None = None) -> Page:
    """Read one page; `path` only names it in `Source`. What cannot be read is skipped with a reason.

    CatalogueError for what nobody writes: thousands of brackets or of elements that are never closed.

    Parts that `kept` knows are not parsed again.
    """
    text = _without_front_matter(text)
    parts = list(_parts(text, path, kept))
    if any(part.has_definitions for part in parts):
        parts = [_part(text, (), Source(path=path), kept)]
    return Page(
        title=next((part.title for part in parts if part.title), ""),
        entries=tuple(chain.from_iterable(part.entries for part in parts)),
        skipped=tuple(chain.from_iterable(part.skipped for part in parts)),
    )


def _parts(text: str, path: str, kept: KeptParts | None) -> Iterator[PagePart]:
    """Read a page from heading to heading.

    A heading at a line's beginning ends every list, quotation, table and paragraph. Only a fence or a block of HTML may
    go on over it; the parser itself says whether one is open at the end of a part, which is then read with all the rest.
    """
    headings: Headings = ()
    start = line = 0
    for end in (*(found.end() for found in _HEADING_AFTER_A_GAP.finditer(text)), len(text)):
        part = _part(text[start:end], headings, Source(path=path, line=line), kept)
        if part.is_open and end < len(text):
            yield _part(text[start:], headings, Source(path=path, line=line), kept)
            return
        yield part
        headings = part.headings
        line += text.count("\n", start, end)
        start = end


def _part(text: str, under: Headings, start: Source, kept: KeptParts | None) -> PagePart:
    """Read a part that begins after the line `start`, unless it is known."""
    part = kept.get_part(text, under, start) if kept else None
    if part is None:
        part = _read_part(text, under, start)
        if kept:
            kept.put_part(text, under, start, part)
    return part


def _read_part(text: str, under: Headings, start: Source) -> PagePart:
    definitions: dict[str, Any] = {}
    tokens = _tokens(text, definitions, start.line)
    body = parse(_parser().renderer.render(tokens, _parser().options, definitions) + _END)
    page = PageReader(path=start.path, line=start.line + 1, headings=list(under))
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


def _tokens(text: str, definitions: dict[str, Any], before: int) -> list[Token]:
    """Parse Markdown that stands behind so many lines; each token says on which line of the file it begins."""
    found: list[Token] = []
    for token in _parser().parse(text, definitions):
        if token.map:
            token.map = [number + before for number in token.map]
        first = (token.map[0] if token.map else before) + 1
        if token.type == "html_block":
            found += _html(token, definitions, first)
        else:
            if token.type == "inline":
                _stamp(token.children or [], first)
            elif token.nesting == 1 and token.map:
                token.attrSet("data-line", str(first))
            found.append(token)
    return found


def _html(token: Token, definitions: dict[str, Any], first: int) -> list[Token]:
    """Return a block of HTML, with the Markdown that its tags are around: links, and a list behind a closing tag."""
    content = token.content
    if _RAW.search(content):
        is_comment = content.lstrip().startswith("<!--")
        content = content if is_comment or "-->" in content else content.replace("<!--", "&lt;!--")
        token.content = _closed(with_lines(content, first))
        return [token]
    lines = content.splitlines(keepends=True)
    start = next((number for number, line in enumerate(lines) if _LIST_LINE.match(line)), len(lines))
    own = "".join(lines[:start])
    content = with_lines(_SWALLOWING.sub("", own), first)
    content = _closed(_parser().renderInline(content, definitions) if "](" in content else content)
    token.content = f'<blockquote class="{EMBEDDED}">{content}</blockquote>' if _FRAME.search(own) else content
    return [token, *_tokens("".join(lines[start:]), definitions, first - 1 + start)] if start < len(lines) else [token]


def _stamp(tokens: list[Token], line: int) -> None:
    """Write their lines into the tags of HTML among inline tokens, and close an anchor that is left open."""
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
    """Close an anchor that a block leaves open: it would be around everything that follows."""
    ends = [tag[1] for tag in _ANCHOR_TAG.finditer(html)]
    return f"{html}</a>" if ends and not ends[-1] else html


def _without_front_matter(text: str) -> str:
    """Blank the settings between two `---` at the top of a page; lines keep their numbers."""
    if not text.startswith("---"):
        return text
    head = "".join(text.splitlines(keepends=True)[:_FRONT_MATTER_LINES])
    found = _FRONT_MATTER.match(head)
    return "\n" * found[0].count("\n") + text[found.end() :] if found else text
