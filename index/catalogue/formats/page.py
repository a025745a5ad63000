"""Reads an HTML page: headings are sections; list items, table rows and paragraphs are bullets.

Markdown is turned into HTML first, so that a list is read the same way in both, also with one inside the other.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from html import unescape
from string import ascii_uppercase
from typing import Final

from selectolax.lexbor import LexborNode

from index.catalogue.forges import WebFile
from index.catalogue.formats.bullets import Bullet, Reader
from index.catalogue.formats.cleaning import join_texts, mend, strip_attributes, take_highlight, take_stars, with_emoji
from index.catalogue.formats.html import attribute, line_of, parse, with_lines
from index.catalogue.formats.moments import day_of
from index.catalogue.formats.pieces import Piece, reason_against
from index.catalogue.formats.titles import is_generic
from index.catalogue.link import Entry, Reading, Reason, Skip

#: Level and text of the headings above something, from the outermost; a summary has a level between two integers.
Headings = tuple[tuple[float, str], ...]

_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_LISTS: Final = frozenset({"ul", "ol", "menu", "dir"})
#: Elements that a browser shows as blocks, or that contain blocks.
_BLOCKS: Final = _HEADINGS | _LISTS | {
    "address", "article", "aside", "blockquote", "body", "center", "details", "dd", "div", "dl", "dt", "fieldset",
    "figure", "footer", "form", "header", "hr", "html", "li", "main", "nav", "p", "pre", "section", "summary", "table",
    "tbody", "td", "tfoot", "th", "thead", "tr",
}  # fmt: skip
#: Elements that never contain a block, or (anchors) are read as a link even if they do.
_INLINE: Final = frozenset({"a", "br", "code", "img", "kbd", "sub", "sup", "del", "s"})
_UNSEEN: Final = frozenset(
    {
        "head",
        "script",
        "style",
        "template",
        "title",
        "noscript",
        "iframe",
        "object",
        "svg",
        "textarea",
        "select",
        "canvas",
    }
)
_PICTURES: Final = frozenset({"img", "picture", "video", "svg"})
_STRUCK: Final = frozenset({"s", "del", "strike"})
#: The class of a quotation that embeds content of another page.
EMBEDDED: Final = "embedded-post"
_EMBEDDED: Final = re.compile(
    r"\b(?:embedded-post|twitter-tweet|twitter-video|instagram-media|tiktok-embed|reddit-embed|bluesky-embed)"
)
#: Summaries of folded parts that do not name the part.
_UNNAMED: Final = re.compile(
    r"\W*(?:(?:please )?(?:click|tap|press|expand|show|view|see|open|toggle|unfold|read|collapse|details|more|tl;?dr)\b.*)?",
    re.IGNORECASE | re.DOTALL,
)
_MAX_SUMMARY_CHARS: Final = 100
#: A text of more characters than this is no title, even if many of them are spaces.
_MAX_TITLE_READ: Final = 1_000
#: The text of a cell that spans rows is repeated in each of them, up to this many characters.
_MAX_REPEATED: Final = 300
#: How much deeper than the heading above it a bold line before a list is, and the end of one that is a sentence.
_BOLD_LEVEL: Final = 0.25
_SENTENCE_END: Final = re.compile(r"[.!?;,。！？][\"'”’)]*$")
#: Limits of what a cell says of its own size.
_MAX_ROWS_SPANNED: Final = 1_000
_MAX_COLUMNS_SPANNED: Final = 100
#: Limit of nested elements, each list counts twice; deeper content is read as one text.
_MAX_DEPTH: Final = 120
#: Marks a line break in the source that a browser does not show; `\n` is one that it shows.
SOFT_BREAK: Final = "\f"
_BARE_URL: Final = re.compile(
    r"(?:https?://|(?<![\w/.@:-])www\.(?=[a-z0-9-]+\.[a-z]))[^\s<>\"'`|（）。，、；：！？「」『』【】《》〈〉]+",
    re.IGNORECASE,
)
#: Text that is nearly a Markdown link, and links in the form of Slack's messages.
_NEARLY_A_LINK: Final = re.compile(
    r"\[(?P<spaced>[^\[\]\n]+)\][ \t]?\(\s*(?P<address>https?://[^\s()<>]+)\s*\)"
    r"|\((?P<swapped>[^()\n]+)\)\[\s*(?P<swapped_address>https?://[^\s\[\]<>]+)\s*\]"
    r"|<(?P<slack_address>https?://[^\s<>|]+)\|(?P<slack>[^<>\n]+)>",
    re.IGNORECASE,
)
_OPENED: Final = ("](", "](<", "] (", "] (<")
_DESCRIPTIONS: Final = frozenset(
    {"description", "desc", "summary", "about", "what", "what it does", "描述", "说明", "简介"}
)
_NUMBERS: Final = frozenset({"#", "No", "No.", "Nr", "Nr.", "№", "Number"})
#: Names of columns with further addresses, each of which is called by the column where it has no name of its own.
_ADDRESS_COLUMNS: Final = frozenset(
    {
        "code", "demo", "docs", "documentation", "github", "home page", "homepage", "link", "links", "repo", "repository",
        "site", "source", "source code", "url", "web", "website", "链接", "地址", "官网", "リンク", "enlace", "lien", "ссылка",
    }
)  # fmt: skip
#: Names of columns whose links belong to no list.
_CREDIT_COLUMNS: Final = frozenset(
    {"author", "authors", "by", "creator", "license", "licence", "maintainer", "maintainers", "owner", "作者"}
)
_STAR_COLUMN: Final = re.compile(r"\W*(?:github )?stars?\W*", re.IGNORECASE)
_MAX_LABEL_WORDS: Final = 2
_EMPTY: Final = re.compile(r"\[\s*\]|\(\s*\)")
#: Bullet characters, which have no meaning before a heading.
_SHAPES: Final = "▪▫◾◽◼◻■□●○•·►▶➤🔹🔸🔷🔶 \N{VARIATION SELECTOR-16}"
_TITLE: Final = re.compile(r"<title\b[^<>]*>([^<]*)", re.IGNORECASE)
#: A paragraph that begins with such a link explains a word of an introduction.
_WIKIPEDIA: Final = re.compile(r"https?://[a-z-]+\.(?:m\.)?wikipedia\.org/", re.IGNORECASE)
#: The first line of a quotation that GitHub shows as an alert.
_ALERT: Final = re.compile(r"\[![A-Za-z]+\][+-]?")
_HEADING_ID: Final = re.compile(r"\s*\{:?\s*[#.-][^{}]*\}\s*$")
#: Text allowed before the link of a line: marks and emoji, a number, or words such as `Homepage:`.
_LINE_START: Final = re.compile(r"[\W_]*|[^\w(\[]*(?:\d{1,3}[.)]?|\w{1,20}(?: \w{1,20}){0,2}(?::| [-–—]))[\W_]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The content of a page, with full section paths (including the first heading)."""

    title: str
    """The first heading of level 1; empty without one."""
    entries: tuple[Entry, ...]
    skipped: tuple[Skip, ...]


@dataclass(slots=True, kw_only=True)
class PageReader:
    """One pass over a page; `headings` is the current path of headings."""

    path: str
    headings: list[tuple[float, str]] = field(default_factory=list)
    web: WebFile | None = None
    """The page's file on the web, by which relative links become addresses."""
    title: str = ""
    """The first heading of level 1."""
    reader: Reader = field(init=False)
    line: int = 0
    depth: int = 0

    def __post_init__(self) -> None:
        self.reader = Reader(path=self.path, section=self._section())

    def read(self, body: LexborNode) -> None:
        """Read all content of a body."""
        self.blocks(body)
        self.reader.end_section()

    def blocks(self, parent: LexborNode) -> None:
        """Read the content of an element; text between blocks is a paragraph."""
        self.depth += 1
        run: list[LexborNode] = []
        for child in parent.iter(include_text=True):
            if self._is_block(child):
                self._paragraph(run)
                run = []
                self._at(child)
                self._block(child)
            elif child.tag not in _UNSEEN:
                run.append(child)
        self._paragraph(run)
        self.depth -= 1

    def _is_block(self, node: LexborNode) -> bool:
        """Whether an element is a block, or contains one."""
        if self.depth > _MAX_DEPTH or not node.is_element_node:
            return False
        tag = node.tag or ""
        if tag in _BLOCKS:
            return True
        # A named place that was never closed (`<a name="c" />`) is around all that follows it.
        is_around = tag not in _INLINE or (tag == "a" and not attribute(node, "href"))
        return is_around and tag not in _UNSEEN and any(child.tag in _BLOCKS for child in node.traverse())

    def _block(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag in _HEADINGS:
            self._heading(int(tag[1]), node)
        elif tag in _LISTS or tag == "dl":
            for bullet in self._bullets(node):
                self.reader.add(bullet)
        elif tag == "table":
            for bullet in self._rows(node):
                self.reader.add(bullet)
        elif (reason := _reason_against(node)) is not None:
            self._leave_out(node, reason)
        elif tag == "details":
            self._details(node)
        elif tag == "p" and (name := _bold_name(node)):
            headings = _without_bold(self.headings)
            self.headings = headings
            self._enter((headings[-1][0] if headings else 0) + _BOLD_LEVEL, name)
        elif tag != "summary" or node.css_first("a[href]") is not None:
            self.blocks(node)

    def _section(self) -> tuple[str, ...]:
        return tuple(name for _, name in self.headings)

    def _enter(self, level: float, text: str) -> None:
        self.headings = [*((depth, name) for depth, name in self.headings if depth < level), (level, text)]
        self.reader.enter(self._section())

    def _heading(self, level: int, node: LexborNode) -> None:
        """Enter a section; a link in the heading becomes an entry of it, except one to the top of the page."""
        self.headings = _without_bold(self.headings)
        pieces = list(self._pieces([node]))
        named = [piece for piece in pieces if not piece.url.startswith("#")]
        text = _heading_text(named) or _heading_text(pieces)
        if text:
            self._enter(level, text)
            if level == 1 and not self.title:
                self.title = text
        for piece in pieces:
            if piece.url.startswith("#"):
                self.reader.skip(piece, Reason.SAME_PAGE)
        if any(piece.url for piece in named):
            self.reader.add(Bullet(pieces=named))

    def _details(self, node: LexborNode) -> None:
        """Read a folded part; its summary is a section that ends with it."""
        outside = self.headings
        summary = node.css_first("summary")
        if summary is not None:
            text = _heading_text(list(self._pieces([summary])))
            if not _UNNAMED.fullmatch(text) and len(text) <= _MAX_SUMMARY_CHARS:
                self._enter((outside[-1][0] if outside else 0) + 0.5, text)
        self.blocks(node)
        self.headings = outside
        self.reader.enter(self._section())

    def _paragraph(self, nodes: Sequence[LexborNode]) -> None:
        """Read lines that begin with a link as bullets; links later in running text are not entries."""
        bullets, running = _split(self._pieces(nodes))
        for piece in running:
            if piece.url:
                self.reader.skip(piece, Reason.PICTURE if piece.is_image else Reason.RUNNING_TEXT)
        for bullet in bullets:
            self.reader.add(bullet)
        if running and not bullets and not any(piece.url for piece in running):
            self.reader.remark(_text_of(running))

    def _bullets(self, parent: LexborNode) -> Iterator[Bullet]:
        """Read the items of a list, each with the bullets below it; a term and its definition are one bullet."""
        self.depth += 1
        term = Bullet()
        is_defined = False
        for child in parent.iter():
            self._at(child)
            if child.tag == "dt" and is_defined:
                yield term
                term, is_defined = Bullet(), False
            if child.tag in {"dt", "dd"}:
                is_defined = child.tag == "dd"
                self._fill(term, child)
                if not is_defined and not any(piece.url for piece in term.pieces):
                    term.subject = _text_of(term.pieces)
            elif (child.tag in _LISTS or child.tag == "div") and self.depth <= _MAX_DEPTH:
                yield from self._bullets(child)
            elif child.tag not in _UNSEEN:
                bullet = Bullet()
                self._fill(bullet, child)
                yield bullet
        yield term
        self.depth -= 1

    def _fill(self, bullet: Bullet, item: LexborNode) -> None:
        """Read one item of a list: its paragraphs as one text, its lists and tables as bullets below."""
        self.depth += 1
        run: list[LexborNode] = []
        for child in item.iter(include_text=True):
            if self._is_block(child):
                self._append(bullet, run)
                run = []
                self._at(child)
                self._fill_block(bullet, child)
            elif child.tag not in _UNSEEN:
                run.append(child)
        self._append(bullet, run)
        self.depth -= 1

    def _append(self, bullet: Bullet, run: Sequence[LexborNode]) -> None:
        """Add the text of a paragraph to that of the item."""
        pieces = list(self._pieces(run))
        if _says_anything(pieces):
            if bullet.pieces:
                bullet.pieces.append(Piece(text="\n", line=bullet.pieces[-1].line))
            bullet.pieces.extend(pieces)

    def _fill_block(self, bullet: Bullet, block: LexborNode) -> None:
        tag = block.tag or ""
        if tag in _LISTS or tag == "dl":
            bullet.below.extend(self._bullets(block))
        elif tag == "table":
            bullet.below.extend(self._rows(block))
        elif (reason := _reason_against(block)) is not None:
            self._leave_out(block, reason)
        elif tag != "summary" or block.css_first("a[href]") is not None or not _UNNAMED.fullmatch(mend(block.text())):
            self._fill(bullet, block)

    def _rows(self, table: LexborNode) -> Iterator[Bullet]:
        """Read each row of a table as a bullet; those after a row that is one wide cell are below its text."""
        names: list[str] = []
        group: Bullet | None = None
        is_sheet = False  # a page that a spreadsheet exported: letters above the columns, numbers before the rows
        spanning: dict[int, tuple[int, list[Piece]]] = {}
        for number, row in enumerate(_rows_of(table)):
            self._at(row)
            cells = [cell for cell in row.iter() if cell.tag in {"td", "th"}]
            below: list[Bullet] = []
            texts = self._cells(cells, spanning, below)
            has_links = any(piece.url for text in texts for piece in text)
            if not number and _are_letters([_text_of(text) for text in texts]):
                is_sheet = True
                continue
            texts = texts[1:] if is_sheet else texts
            is_wide = len(cells) == 1 and _span(cells[0], "colspan", _MAX_COLUMNS_SPANNED) > 1
            if is_wide and not has_links and not below:
                if group is not None:
                    yield group
                group = Bullet(pieces=texts[0])
                continue
            if not names and number == is_sheet and (not has_links or all(cell.tag == "th" for cell in cells)):
                names = [_text_of(text) for text in texts]
            bullets = below
            if has_links:
                self._credit(names, texts)
                bullets = [_row(names, texts)]
                bullets[0].below = below
            if group is not None:
                group.below += bullets
            else:
                yield from bullets
        if group is not None:
            yield group

    def _credit(self, names: Sequence[str], cells: list[list[Piece]]) -> None:
        """Make texts of the links to authors and licences, if another cell has a link, and report them."""
        columns = {at for at, name in enumerate(names[: len(cells)]) if name.lower() in _CREDIT_COLUMNS}
        if not any(piece.url for at, cell in enumerate(cells) if at not in columns for piece in cell):
            return
        for at in columns:
            for piece in cells[at]:
                if piece.url:
                    self.reader.skip(piece, Reason.AUTHOR)
            cells[at] = [replace(piece, url="") for piece in cells[at]]

    def _cells(
        self, cells: Sequence[LexborNode], spanning: dict[int, tuple[int, list[Piece]]], below: list[Bullet]
    ) -> list[list[Piece]]:
        """Return the content of each column of a row; a cell from a row above has its text in this one too, without links.

        `spanning` has the number of further rows and the text of such cells by column; the bullets in cells go to `below`.
        """
        texts: list[list[Piece]] = []
        left: dict[int, tuple[int, list[Piece]]] = {}
        for cell in [*cells, None]:
            while len(texts) in spanning:
                rows, text = spanning.pop(len(texts))
                if rows > 1:
                    left[len(texts)] = (rows - 1, text)
                texts.append(text)
            if cell is None:
                break
            self._at(cell)
            content = Bullet()
            self._fill(content, cell)
            below += content.below
            rows = _span(cell, "rowspan", _MAX_ROWS_SPANNED) - 1
            if rows and len(texts) < _MAX_COLUMNS_SPANNED:  # each of them is looked at again in each row below
                said = "".join(piece.text for piece in content.pieces if not piece.is_image)[:_MAX_REPEATED]
                left[len(texts)] = (rows, [Piece(text=said, line=self.line)])
            texts.append(content.pieces)
            texts += [[] for _ in range(_span(cell, "colspan", _MAX_COLUMNS_SPANNED) - 1)]
        spanning.update(left)
        return texts

    def _leave_out(self, node: LexborNode, reason: Reason) -> None:
        """Report every link in an element as left out."""
        for anchor in node.css("a[href]"):
            self._at(anchor)
            piece = Piece(text=anchor.text(), url=attribute(anchor, "href"), line=self.line)
            self.reader.skip(piece, reason)

    def _at(self, node: LexborNode) -> None:
        self.line = line_of(node) or self.line

    def _pieces(self, nodes: Iterable[LexborNode]) -> Iterator[Piece]:
        """Return text and links of inline elements in order; without recursion, because they may be nested very deeply."""
        stack: list[tuple[LexborNode, bool, bool]] = [(node, False, False) for node in reversed(list(nodes))]
        while stack:
            node, is_code, is_struck = stack.pop()
            tag = node.tag or ""
            if node.is_text_node:
                yield from self._text(node.text_content or "", is_code=is_code, is_struck=is_struck)
            elif tag == "a" and attribute(node, "href"):
                self._at(node)
                link = self._link(node, is_struck=is_struck)
                name, _, rest = link.text.partition("\n") if "\n" in link.text else (link.text, "", "")
                yield replace(link, text=name)
                if rest:
                    yield Piece(text=f" - {rest.replace(chr(10), ' ')} ", line=link.line)
            elif tag == "br":
                yield Piece(text="\n", line=self.line)
            elif node.is_element_node and tag not in _UNSEEN:
                self._at(node)
                if tag == "a" and "href" in node.attributes:
                    self.reader.skip(Piece(text=mend(node.text()), line=self.line), Reason.EMPTY)
                is_code = is_code or tag in {"code", "kbd", "samp", "pre"}
                is_struck = is_struck or tag in _STRUCK
                stack += [(child, is_code, is_struck) for child in reversed(list(node.iter(include_text=True)))]

    def _link(self, anchor: LexborNode, *, is_struck: bool) -> Piece:
        """Return a link; if it contains only an image, its text is that of the image."""
        line = self.line
        text = _words_of(anchor)
        self.line += text.count(SOFT_BREAK)
        picture = anchor.css_first("img,picture,video,svg")
        is_image = picture is not None and not strip_attributes(text).strip()
        url = attribute(anchor, "href").strip()
        if self.web is not None and reason_against(url) is Reason.OTHER_PAGE:
            url = self.web.address_of(url) or url
        if "|" in url and text.strip() == url:  # <address|name>, as Slack writes it
            url, _, text = url.partition("|")
        return Piece(
            text=with_emoji(text if not is_image else attribute(picture, "alt") if picture is not None else ""),
            line=line,
            url=url,
            hint=mend(attribute(anchor, "title")),
            tags=tuple(dict.fromkeys(filter(None, map(mend, attribute(anchor, "tags").split(","))))),
            added=day_of(attribute(anchor, "time_added") or attribute(anchor, "add_date")),
            image=attribute(picture, "src") if is_image and picture is not None else "",
            is_image=is_image,
            is_struck=is_struck or anchor.css_first("s,del,strike") is not None,
        )

    def _text(self, text: str, *, is_code: bool, is_struck: bool) -> Iterator[Piece]:
        """Yield the pieces of a text between links; a bare address in it is a link with the address as title."""
        if is_code:
            yield Piece(text=text.replace("\n", " "), line=self.line)
            self.line += text.count("\n")
            return
        at = 0
        for found in _NEARLY_A_LINK.finditer(text) if "://" in text else ():
            yield from self._plain(text[at : found.start()], is_struck=is_struck)
            title = found["spaced"] or found["swapped"] or found["slack"]
            url = found["address"] or found["swapped_address"] or found["slack_address"]
            yield Piece(text=with_emoji(title), url=url, line=self.line, is_struck=is_struck)
            at = found.end()
        yield from self._plain(text[at:], is_struck=is_struck)

    def _plain(self, text: str, *, is_struck: bool) -> Iterator[Piece]:
        at = 0
        for found in _BARE_URL.finditer(text) if "://" in text or "www." in text else ():
            address = _without_punctuation(found[0])
            yield self._words(text[at : found.start()])
            at = found.start() + len(address)
            is_www = address[:4].lower() == "www."
            url = f"http://{address}" if is_www else address
            piece = Piece(text="", url=url, line=self.line, is_struck=is_struck)
            if text[: found.start()].endswith(_OPENED):
                self.reader.skip(piece, Reason.BROKEN)
            else:
                yield piece
        yield self._words(text[at:])

    def _words(self, text: str) -> Piece:
        piece = Piece(text=with_emoji(strip_attributes(text)).replace("\n", SOFT_BREAK), line=self.line)
        self.line += text.count("\n")
        return piece


def _reason_against(block: LexborNode) -> Reason | None:
    """Return why no link in a block belongs to the list; None if its links may."""
    if block.tag == "pre":
        return Reason.CODE
    if block.tag == "footer" or attribute(block, "role") == "contentinfo":
        return Reason.FOOTER
    is_embedded = block.tag == "blockquote" and _EMBEDDED.search(attribute(block, "class"))
    return Reason.EMBEDDED if is_embedded else None


def _words_of(node: LexborNode) -> str:
    """Return the text of an element, with marks for line breaks in the source, and a line break before each block in it."""
    words: list[str] = []
    for part in node.traverse(include_text=True):
        if part.is_text_node:
            words.append((part.text_content or "").replace("\n", SOFT_BREAK))
        elif part.tag == "br":
            words.append(" ")
        elif part.tag in _BLOCKS and any(word.strip() for word in words):
            words.append("\n")
    return "".join(words)


def _lines(pieces: Iterable[Piece]) -> Iterator[tuple[bool, list[Piece]]]:
    """Split pieces at line breaks; yield each line with whether a browser shows the break before it."""
    is_broken, line = True, list[Piece]()
    for piece in pieces:
        if piece.url:
            line.append(piece)
            continue
        for part in re.split(f"([\n{SOFT_BREAK}])", piece.text):
            if part in {"\n", SOFT_BREAK}:
                if _says_anything(line):
                    yield is_broken, line
                    is_broken, line = part == "\n", []
                is_broken = is_broken or part == "\n"
            elif part:
                line.append(Piece(text=part, line=piece.line))
    if _says_anything(line):
        yield is_broken, line


def _split(pieces: Iterable[Piece]) -> tuple[list[Bullet], list[Piece]]:
    """Split a paragraph into bullets, which are lines that begin with a link and the text after them, and text before them."""
    bullets: list[Bullet] = []
    running: list[Piece] = []
    for is_broken, line in _lines(pieces):
        first = next((piece.url for piece in line if piece.url), "")
        if _ALERT.fullmatch(_text_of(line)):
            continue
        if _is_address(line) and len(bullets) == 0 and _is_title(running):
            bullets.append(Bullet(pieces=line, subject=_text_of(running)))
            running = []
        elif _defines(line) and not bullets and _is_title(running):
            bullets.append(Bullet(pieces=line[1:], subject=_text_of(running)))
            running = []
        elif _begins_with_link(line) and (is_broken or not _says_anything(running)) and not _WIKIPEDIA.match(first):
            bullets.append(Bullet(pieces=line, is_paragraph=True))
        elif bullets:
            bullets[-1].pieces += [Piece(text=" ", line=0), *line]
        else:
            running += line
    return bullets, running


def _is_address(line: Sequence[Piece]) -> bool:
    """Whether a line is an address and nothing else."""
    links = [piece for piece in line if piece.url]
    rest = "".join(piece.text for piece in line if not piece.url)
    return len(links) == 1 and links[0].text.strip() in {"", links[0].url} and not any(map(str.isalnum, rest))


def _is_title(line: Sequence[Piece]) -> bool:
    """Whether the line before an address is its title: short, without links, and no sentence."""
    read = 0
    for piece in line:
        read += len(piece.text)
        if piece.url or read > _MAX_TITLE_READ:
            return False
    text = _text_of(line)
    is_short = 0 < len(text) <= _MAX_SUMMARY_CHARS and any(map(str.isalnum, text))
    return is_short and not _SENTENCE_END.search(text)


def _defines(line: Sequence[Piece]) -> bool:
    """Whether a line is the definition of the term in the line before it, and begins with a link."""
    return bool(line) and line[0].text.strip() == ":" and not line[0].url and _begins_with_link(line)


def _begins_with_link(line: Sequence[Piece]) -> bool:
    before = ""
    for piece in line:
        if piece.url and not piece.is_image:
            return _LINE_START.fullmatch(before) is not None
        before += piece.text if not piece.url else ""
    return False


def _says_anything(pieces: Sequence[Piece]) -> bool:
    return any(piece.url or piece.text.strip() for piece in pieces)


def _without_punctuation(address: str) -> str:
    """Cut the punctuation of the sentence off a bare address; a closing bracket stays if the address opens it."""
    unopened = {last: address.count(last) - address.count(opener) for last, opener in ((")", "("), ("]", "["))}
    end = len(address)
    while end:
        last = address[end - 1]
        if last not in ".,;:!?*_~…" and unopened.get(last, 0) <= 0:
            break
        if last in unopened:
            unopened[last] -= 1
        end -= 1
    return address[:end]


def _heading_text(pieces: Sequence[Piece]) -> str:
    text, _ = take_highlight(mend("".join(piece.text for piece in pieces if not piece.is_image)))
    text = take_stars(_HEADING_ID.sub("", text))[0]
    return " ".join(_EMPTY.sub(" ", text).split()).strip(" :¶").lstrip(_SHAPES)


def _text_of(pieces: Sequence[Piece]) -> str:
    return mend("".join(piece.text for piece in pieces))


def _are_letters(names: Sequence[str]) -> bool:
    """Whether names are those of a spreadsheet's columns: nothing above the numbers of the rows, then A, B, C."""
    return len(names) > 1 and names == ["", *ascii_uppercase][: len(names)]


def _span(cell: LexborNode, name: str, most: int) -> int:
    """Return how many rows or columns a cell has; 1 unless it says so."""
    text = attribute(cell, name).strip()
    return max(1, min(int(text[:6]), most)) if text.isascii() and text.isdecimal() else 1


def _without_bold(headings: Iterable[tuple[float, str]]) -> list[tuple[float, str]]:
    """Return headings without those that are only a bold line."""
    return [(level, text) for level, text in headings if level % 0.5 == 0]


def _bold_name(paragraph: LexborNode) -> str:
    """Return the text of a paragraph that is only bold and stands before a list or a table; empty for any other."""
    following = paragraph.next
    while following is not None and following.is_text_node and not (following.text_content or "").strip():
        following = following.next
    if following is None or following.tag not in _LISTS | {"table", "dl"}:
        return ""
    inside = [
        node for node in paragraph.iter(include_text=True) if node.is_element_node or (node.text_content or "").strip()
    ]
    if len(inside) != 1 or inside[0].tag not in {"strong", "b"} or inside[0].css_first("a,img,br") is not None:
        return ""
    text = with_emoji(mend(inside[0].text()))
    return "" if len(text) > _MAX_SUMMARY_CHARS or _SENTENCE_END.search(text) else text.strip(" :")


def _rows_of(table: LexborNode) -> Iterator[LexborNode]:
    for child in table.iter():
        if child.tag == "tr":
            yield child
        elif child.tag in {"thead", "tbody", "tfoot"}:
            yield from (row for row in child.iter() if row.tag == "tr")


def _row(names: Sequence[str], cells: Sequence[Sequence[Piece]]) -> Bullet:
    """Make a bullet of a table row: its cells with links, then the texts of the other cells.

    Its subject is the first cell that is neither a number nor a description. A description comes before the other cells,
    each of which follows its column's name.
    """
    bullet = Bullet()
    is_alone = sum(bool(piece.url) for cell in cells for piece in cell) == 1
    for number, given in enumerate(cells):
        name = names[number] if number < len(names) else ""
        cell = (
            _called_by_column(given, "" if is_alone else name) if bullet.subject and _is_of_addresses(name) else given
        )
        text, more = _text_of(cell), ""
        if not bullet.subject and not any(piece.url for piece in cell):
            first, _, rest = "".join(piece.text for piece in cell).strip().partition("\n")
            text, more = mend(first), mend(rest)
        is_description = name.lower().strip(" :*") in _DESCRIPTIONS
        has_link = any(piece.url for piece in cell)
        fact = f"{name}: {text}" if name else text
        if has_link:
            if bullet.pieces:
                bullet.pieces.append(Piece(text="\n", line=bullet.pieces[-1].line))
            bullet.pieces.extend(cell)
        if not bullet.subject and not is_description and any(map(str.isalpha, text)):
            bullet.subject = text
            bullet.subject_fact = "" if has_link else fact
            bullet.description = join_texts(bullet.description, more)
        elif has_link or not text:
            continue
        elif is_description:
            bullet.description = join_texts(bullet.description, text)
        elif name in _NUMBERS or _STAR_COLUMN.fullmatch(name):
            continue
        elif any(map(str.isalnum if name else str.isalpha, text)):  # numbers without a name number the rows
            bullet.facts.append(fact)
    return bullet


def _is_of_addresses(column: str) -> bool:
    return column.lower().strip(" :*") in _ADDRESS_COLUMNS


def _called_by_column(cell: Sequence[Piece], name: str) -> Sequence[Piece]:
    """Return a cell with `name` for its only link, if the link's own name says nothing: an address, or `Go!`."""
    if sum(bool(piece.url) for piece in cell) != 1:
        return cell
    is_label = all(
        len(piece.text.split()) <= _MAX_LABEL_WORDS and not (piece.text.strip() and is_generic(piece.text))
        for piece in cell
        if piece.url
    )
    return [replace(piece, text=name) if piece.url and is_label else piece for piece in cell]


def read_markup(html: str, path: str, web: WebFile | None = None) -> Page:
    """Read a page of another markup that was turned into HTML, with the lines of its elements in the source."""
    page = PageReader(path=path, line=1, web=web)
    page.read(parse(html))
    return Page(title=page.title, entries=tuple(page.reader.entries), skipped=tuple(page.reader.skipped))


def read_html(text: str, path: str, *, name: str, web: WebFile | None = None) -> Reading:
    """Read an HTML page like a Markdown page, with the tags and dates that services add to its links.

    If the first heading is also the page's title and has everything under it, it is the list's name and not a section.
    """
    page = PageReader(path=path, line=1, web=web)
    page.read(parse(with_lines(text, 1)))
    found = _TITLE.search(text)
    title = mend(unescape(found[1])) if found else ""
    entries = page.reader.entries
    if title and title == page.title and all(entry.link.section[:1] == (title,) for entry in entries):
        entries = [replace(entry, link=replace(entry.link, section=entry.link.section[1:])) for entry in entries]
    return Reading(name=title or page.title or name, entries=tuple(entries), skipped=tuple(page.reader.skipped))
