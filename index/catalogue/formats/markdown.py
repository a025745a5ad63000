"""Reads Markdown lists of links: bullets, numbered lists, tables, and paragraphs that begin with a link.

The page is parsed by markdown-it; this module walks its tokens into bullets, and `bullets` makes links of those. Left
out, each with a reason: the table of contents and other links inside the page, links around images, HTML (tweets,
scripts), quotations, links in running text outside a list, and links whose address is broken.

A page is read in parts, from heading to heading, so that of an edited page only the parts that changed are parsed.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import Any, Final, Protocol

from markdown_it import MarkdownIt
from markdown_it.token import Token

from index.catalogue.formats.bullets import Bullet, Piece, Reader
from index.catalogue.formats.cleaning import mend, strip_attributes, take_highlight, take_stars
from index.catalogue.formats.html import attribute, line_of, parse, text_of, with_lines
from index.catalogue.link import Entry, Skip, Source

_LIST_LINE: Final = re.compile(r"^\s*(?:[-*+]|\d{1,9}[.)])\s+\S")
_FRONT_MATTER: Final = re.compile(r"\A---[ \t]*\n(?:.*\n)*?(?:---|\.\.\.)[ \t]*\n")
_FRONT_MATTER_LINES: Final = 200
_MARKDOWN_LINK: Final = re.compile(r"\]\(\s*<?(https?://[^\s)>]+)")
_HEADING_AFTER_A_GAP: Final = re.compile(r"\n[ \t]*\n(?=#{1,6}[ \t]+\S)")
#: Blocks that may hold an empty line and what looks like a heading.
_SPANNING: Final = frozenset({"fence", "html_block"})
_BREAK: Final = re.compile(r"^<br\s*/?>$", re.IGNORECASE)
#: Lists in lists, each of which counts twice; what is deeper is lost. markdown-it's own limit is 20.
_MAX_NESTING: Final = 100


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
    return _Parser("commonmark", {"html": True, "maxNesting": _MAX_NESTING}).enable("table").disable("code")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of Markdown: what was found, with full section paths (first headings included)."""

    title: str
    """The first heading of the first level; empty where there is none."""
    entries: tuple[Entry, ...]
    skipped: tuple[Skip, ...]


#: Level and text of the headings that something stands under, from the outermost.
Headings = tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
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

    def get_part(self, text: str, under: Headings, start: Source) -> Part | None:
        """Return what such a part gave before, as if it began after the line `start`."""

    def put_part(self, text: str, under: Headings, start: Source, part: Part) -> None:
        """Keep what a part gave that began after the line `start`."""


def read_page(text: str, path: str, kept: KeptParts | None = None) -> Page:
    """Read one page; `path` only names it in `Source`. Never fails: what cannot be read is skipped with a reason.

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


def _parts(text: str, path: str, kept: KeptParts | None) -> Iterator[Part]:
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


def _part(text: str, under: Headings, start: Source, kept: KeptParts | None) -> Part:
    """Read a part that begins after the line `start`, unless it is known."""
    part = kept.get_part(text, under, start) if kept else None
    if part is None:
        part = _read_part(text, under, start)
        if kept:
            kept.put_part(text, under, start, part)
    return part


def _read_part(text: str, under: Headings, start: Source) -> Part:
    walk = _Walk(path=start.path, offset=start.line, headings=list(under))
    definitions: dict[str, Any] = {}
    tokens = _parser().parse(text, definitions)
    walk.blocks(tokens)
    last = tokens[-1] if tokens else None
    return Part(
        title=walk.title,
        headings=tuple(walk.headings),
        is_open=last is not None and last.type in _SPANNING and (last.map or [0, 0])[1] >= text.count("\n"),
        has_definitions=bool(definitions.get("references")),
        entries=tuple(walk.reader.entries),
        skipped=tuple(walk.reader.skipped),
    )


def _without_front_matter(text: str) -> str:
    """Blank the settings between two `---` at the top of a page; lines keep their numbers."""
    if not text.startswith("---"):
        return text
    head = "".join(text.splitlines(keepends=True)[:_FRONT_MATTER_LINES])
    found = _FRONT_MATTER.match(head)
    return "\n" * found[0].count("\n") + text[found.end() :] if found else text


@dataclass(slots=True, kw_only=True)
class _Walk:
    """One pass over the tokens of a part; `headings` is the path of headings at this point."""

    path: str
    title: str = ""
    headings: list[tuple[int, str]] = field(default_factory=list)
    reader: Reader = field(init=False)
    offset: int = 0
    """Lines before the text being parsed: pieces of HTML blocks are parsed again as Markdown."""

    def __post_init__(self) -> None:
        self.reader = Reader(path=self.path, section=tuple(name for _, name in self.headings))

    def blocks(self, tokens: Sequence[Token]) -> None:
        """Read the blocks of a part, one after the other."""
        at = 0
        while at < len(tokens):
            token = tokens[at]
            end = _end_of(tokens, at)
            inside = tokens[at + 1 : end]
            match token.type:
                case "heading_open":
                    self.heading(int(token.tag[1:]), inside)
                case "bullet_list_open" | "ordered_list_open":
                    for bullet in self.bullets(inside):
                        self.reader.add(bullet)
                case "table_open":
                    for bullet in self.rows(inside):
                        self.reader.add(bullet)
                case "paragraph_open":
                    self.paragraph(inside)
                case "blockquote_open":
                    self.leave_out(inside, "inside a quotation")
                case "html_block":
                    self.html(token)
            at = end + 1

    def heading(self, level: int, inside: Sequence[Token]) -> None:
        """Enter a section; links in the heading itself become links of it."""
        pieces = self.pieces(inside)
        text, _ = take_highlight(mend("".join(piece.text for piece in pieces)))
        text = take_stars(text)[0].strip(" #:")
        if text:
            self.headings = [*((depth, name) for depth, name in self.headings if depth < level), (level, text)]
            self.reader.section = tuple(name for _, name in self.headings)
            if level == 1 and not self.title:
                self.title = text
        if any(piece.url for piece in pieces):
            self.reader.add(Bullet(pieces=pieces))

    def paragraph(self, inside: Sequence[Token]) -> None:
        """Read a paragraph that begins with a link like a bullet; links later in running text are no entries."""
        pieces = self.pieces(inside)
        first = next((piece for piece in pieces if piece.url or piece.text.strip(" *=-–—•")), None)
        if first is not None and first.url:
            self.reader.add(Bullet(pieces=pieces))
            return
        for piece in pieces:
            if piece.url:
                self.reader.skip(piece, "stands in running text, not in a list or table")

    def bullets(self, tokens: Sequence[Token]) -> Iterator[Bullet]:
        """Read the items of a list, each with the bullets below it."""
        at = 0
        while at < len(tokens):
            end = _end_of(tokens, at)
            if tokens[at].type == "list_item_open":
                yield self.item(tokens[at + 1 : end])
            at = end + 1

    def item(self, tokens: Sequence[Token]) -> Bullet:
        """Read one item of a list: its paragraphs as one text, lists and tables in it as bullets below."""
        bullet = Bullet()
        at = 0
        while at < len(tokens):
            token = tokens[at]
            end = _end_of(tokens, at)
            inside = tokens[at + 1 : end]
            match token.type:
                case "paragraph_open" | "heading_open":
                    if bullet.pieces:
                        bullet.pieces.append(Piece(text="\n", line=bullet.pieces[-1].line))
                    bullet.pieces.extend(self.pieces(inside))
                case "bullet_list_open" | "ordered_list_open":
                    bullet.below.extend(self.bullets(inside))
                case "table_open":
                    bullet.below.extend(self.rows(inside))
                case "blockquote_open":
                    self.leave_out(inside, "inside a quotation")
                case "html_block":
                    bullet.below.extend(self.html_bullets(token))
            at = end + 1
        return bullet

    def rows(self, tokens: Sequence[Token]) -> Iterator[Bullet]:
        """Read each row of a table as a bullet: the cells with links, then `Column: value` for the others."""
        names: list[str] = []
        cells: list[list[Piece]] = []
        for at, token in enumerate(tokens):
            if token.type in {"td_open", "th_open"}:
                cells.append(self.pieces(tokens[at + 1 : _end_of(tokens, at)]))
            elif token.type == "tr_close":
                if not names:
                    names = [_text_of(cell) for cell in cells]
                if any(piece.url for cell in cells for piece in cell):
                    yield _row(names, cells)
                cells = []

    def pieces(self, tokens: Sequence[Token]) -> list[Piece]:
        """Return text and links of the inline tokens, in their order."""
        found: list[Piece] = []
        for token in tokens:
            if token.type == "inline":
                line = (token.map[0] if token.map else 0) + 1 + self.offset
                found.extend(self.inline(token.children or (), line))
        return found

    def inline(self, tokens: Sequence[Token], line: int) -> Iterator[Piece]:
        """Split one inline token into pieces; a link around an image alone is skipped."""
        address: str | None = None
        words: list[str] = []
        image = False
        for token in tokens:
            if token.type == "link_open":
                address, words, image = str(token.attrs.get("href", "")), [], False
            elif token.type == "link_close" and address is not None:
                piece = Piece(text="".join(words), url=address, line=line)
                if image and not strip_attributes(piece.text).strip():
                    self.reader.skip(piece, "a link around an image")
                else:
                    yield piece
                address = None
            elif token.type == "image":
                image = True
            else:
                text = _inline_text(token)
                if token.type == "html_inline" and not text:
                    self.html_links(token.content, line, "inside HTML")
                if address is not None:
                    words.append(text)
                elif text:
                    yield from self.plain(strip_attributes(text), line)
            if token.type in {"softbreak", "hardbreak"}:
                line += 1

    def plain(self, text: str, line: int) -> Iterator[Piece]:
        """Yield a text between links; bare addresses in it are links whose title is the address."""
        if "://" not in text:
            yield Piece(text=text, line=line)
            return
        at = 0
        for found in _BARE_URL.finditer(text):
            address = _without_punctuation(found[0])
            yield Piece(text=text[at : found.start()], line=line)
            at = found.start() + len(address)
            piece = Piece(text="", url=address, line=line)
            if text[: found.start()].endswith(("](", "](<")):
                self.reader.skip(piece, "the address of this link is broken: it holds white space or is not closed")
            else:
                yield piece
        yield Piece(text=text[at:], line=line)

    def leave_out(self, tokens: Sequence[Token], reason: str) -> None:
        """Report every link of these tokens as skipped."""
        for piece in self.pieces(tokens):
            if piece.url:
                self.reader.skip(piece, reason)

    def html(self, token: Token) -> None:
        """Skip an HTML block, and read a list that follows a closing tag without an empty line between."""
        for bullet in self.html_bullets(token):
            self.reader.add(bullet)

    def html_bullets(self, token: Token) -> Iterator[Bullet]:
        lines = token.content.splitlines()
        first = (token.map[0] if token.map else 0) + self.offset
        start = next((number for number, line in enumerate(lines) if _LIST_LINE.match(line)), len(lines))
        if "<!--" in token.content:
            start = len(lines)
        self.html_links("\n".join(lines[:start]), first + 1, "inside an HTML block (tweet, embedded page or picture)")
        if start == len(lines):
            return
        before, self.offset = self.offset, first + start
        tokens = _parser().parse("\n".join(lines[start:]))
        at = 0
        while at < len(tokens):
            end = _end_of(tokens, at)
            if tokens[at].type in {"bullet_list_open", "ordered_list_open"}:
                yield from self.bullets(tokens[at + 1 : end])
            at = end + 1
        self.offset = before

    def html_links(self, html: str, line: int, reason: str) -> None:
        for found in _MARKDOWN_LINK.finditer(html):
            at = line + html.count("\n", 0, found.start())
            self.reader.skip(Piece(text="", url=found[1], line=at), reason)
        if "href" not in html:
            return
        for anchor in parse(with_lines(html, line)).css("a[href]"):
            self.reader.skip(Piece(text=text_of(anchor), url=attribute(anchor, "href"), line=line_of(anchor)), reason)


_BARE_URL: Final = re.compile(r"https?://[^\s<>\"'`|]+")


def _without_punctuation(address: str) -> str:
    """Cut the punctuation of the sentence off a bare address; a bracket stays when it was opened inside."""
    while address:
        last = address[-1]
        opener = {")": "(", "]": "["}.get(last)
        if last not in ".,;:!?*_…" and (opener is None or address.count(last) <= address.count(opener)):
            break
        address = address[:-1]
    return address


def _end_of(tokens: Sequence[Token], start: int) -> int:
    """Return the index of the token that closes the one at `start`; `start` itself where it opens nothing."""
    depth = 0
    for at in range(start, len(tokens)):
        depth += tokens[at].nesting
        if depth <= 0:
            return at
    return len(tokens) - 1


def _inline_text(token: Token) -> str:
    if token.type in {"text", "code_inline"}:
        return token.content
    if token.type == "hardbreak" or (token.type == "html_inline" and _BREAK.match(token.content)):
        return "\n"
    return " " if token.type == "softbreak" else ""


def _text_of(pieces: Sequence[Piece]) -> str:
    return mend("".join(piece.text for piece in pieces))


def _row(names: Sequence[str], cells: Sequence[Sequence[Piece]]) -> Bullet:
    """Make a bullet of a table's row; its subject is the first cell."""
    bullet = Bullet(subject=_text_of(cells[0]) if cells else "")
    facts: list[str] = []
    for number, cell in enumerate(cells):
        text = _text_of(cell)
        if any(piece.url for piece in cell):
            if bullet.pieces:
                bullet.pieces.append(Piece(text="\n", line=bullet.pieces[-1].line))
            bullet.pieces.extend(cell)
        elif text:
            name = names[number] if number < len(names) else ""
            facts.append(f"{name}: {text}" if name else text)
    bullet.facts = "; ".join(facts)
    return bullet
