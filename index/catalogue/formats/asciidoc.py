"""Reads AsciiDoc: sections, lists, tables and links. Written by hand, since Python has no maintained parser for it."""

import re
from dataclasses import dataclass, field
from html import escape
from typing import Final

from index.catalogue.forges import WebFile
from index.catalogue.formats.html import with_lines
from index.catalogue.formats.lines import LinesAsHtml, anchor
from index.catalogue.formats.page import Page, read_markup

_HEADING: Final = re.compile(r"(={1,6}|#{1,6})[ \t]+(\S.*)")
_ITEM: Final = re.compile(r"[ \t]*([*]{1,8}|-|[.]{1,8}|\d+\.)[ \t]+(?:\[[ xX*]\][ \t]+)?(\S.*)")
_TERM: Final = re.compile(r"[ \t]*(\S.*?)(:{2,4}|;;)(?:[ \t]+(.*))?")
_ATTRIBUTE: Final = re.compile(r":(!?[\w-]+!?):(?:[ \t]+(.*))?")
_REFERENCE: Final = re.compile(r"\{([\w-]+)\}")
_FENCE: Final = re.compile(r"(-{4,}|\.{4,}|/{4,}|\+{4,}|`{3,}).*")
#: Delimiter lines of blocks whose content is read.
_AROUND: Final = re.compile(r"={4,}|\*{4,}|_{4,}|--|'{3}|<<<")
_BLOCK_LINE: Final = re.compile(r"\[.*\]|\w+::[^\s\[]*\[.*\]|\.[^\s.].*")
_PICTURE: Final = re.compile(r"^image::?(?=[^\s\[]*\[.*\blink=)")
#: The end of one cell and the start of the next, with the number of its columns or repetitions.
_CELL: Final = re.compile(r"(?:(?<=\s)|^)(?:(\d*)(?:\.\d+)?([+*]?)[<^>]?(?:\.[<^>])?[adehlmsv]?)(?<!\\)\|")
_INDEX_TERM: Final = re.compile(r"\s?\(\(\(.{0,200}?\)\)\)")
_BLOCK_MACRO: Final = re.compile(r"(?:toc|include|image|video|audio|ifdef|ifndef|endif|ifeval)::[^\s\[]*\[.*\][ \t]*")
_COLUMNS: Final = re.compile(r"""cols=(?:"([^"]*)"|'([^']*)'|(\d+))""")
_REPEATED: Final = re.compile(r"(\d+)\*")
_LINK: Final = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|<(?P<angle>https?://[^\s<>\[\]]+)>"
    r"|(?:link:|mailto:)(?:\+\+(?P<passed>(?:[^\s+]|\+(?!\+)){1,2000})\+\+|(?P<linked>[^\s\[\]]{1,2000}))\[(?P<linked_text>(?:\\\]|[^\]\n]){0,1000})\]"
    r"|(?P<url>(?:https?|ftp)://[^\s\[\]<>]{1,2000})\[(?P<text>(?:\\\]|[^\]\n]){0,1000})\]"
    r"|image:(?P<image>[^\s\[\]:][^\s\[\]]{0,2000})\[(?P<alt>[^\]\n]{0,1000})\]"
    r"|\[\.line-through\]#(?P<struck>[^#\n]+)#"
    r"|(?:<<|xref:)(?P<cross>[^\s<>,\[\]]{1,300})(?:,(?P<cross_text>[^<>\n]{1,300}))?(?:>>|\[(?P<xref_text>[^\]\n]{0,1000})\])"
)
#: HTML that is passed on as it is written.
_PASSED: Final = re.compile(r"\+\+\+.*?\+\+\+")
_IN_IMAGE: Final = re.compile(r"\blink=\"?([^\s,\"\]]+)")
_NAMED: Final = re.compile(r",\s*[\w-]+=.*$")
#: Limit of a text with attributes filled in: attributes that use attributes can make a small file huge.
_MAX_FILLED_CHARS: Final = 10_000
_EMPHASIS: Final = re.compile(r"(?<!\w)(\*{1,2}|_{1,2}|#{1,2})(?=\S)([^*_#\n]+)(?<=\S)\1(?!\w)")


def read_asciidoc(text: str, path: str, web: WebFile | None = None) -> Page:
    """Read one page; line numbers are those of the file."""
    reader = _Reader()
    for line in text.split("\n"):
        reader.line(line.rstrip())
    return read_markup(with_lines(reader.html.html(), 1), path, web)


@dataclass(slots=True)
class _Reader:
    """One pass over the lines."""

    html: LinesAsHtml = field(default_factory=LinesAsHtml)
    attributes: dict[str, str] = field(default_factory=dict)
    fence: str = ""
    """The line that ends the open block of code or comment."""
    columns: int = 0
    """Number of columns of the open table; 0 while it is not known."""
    cells: int = 0
    in_table: bool = False

    def line(self, line: str) -> None:
        """Read one line."""
        if self.fence:
            self.fence = "" if line == self.fence else self.fence
            self.html.nothing()
        elif found := _FENCE.fullmatch(line):
            self.fence = found[1]
            self.html.nothing()
        elif line.startswith(("|===", "!===")):
            self._table()
        elif self.in_table:
            self._cells(line)
        elif line.startswith("//"):
            self.html.nothing()
        elif found := _ATTRIBUTE.fullmatch(line):
            self.attributes[found[1].strip("!").lower()] = self._filled(found[2] or "")
            self.html.nothing()
        else:
            self._text(line)

    def _text(self, line: str) -> None:
        line = _PICTURE.sub("image:", line) if line.startswith("image::") else line
        heading, item, term = _HEADING.fullmatch(line), _ITEM.fullmatch(line), _TERM.fullmatch(line)
        if not line.strip():
            self.html.blank()
        elif heading:
            self.html.heading(len(heading[1]), self._inline(_INDEX_TERM.sub("", _bare_heading(heading[2]))))
        elif item:
            self.html.item(item[1] if not item[1][0].isdigit() else "1.", self._inline(item[2]))
        elif _BLOCK_MACRO.fullmatch(line) or _AROUND.fullmatch(line):
            self._unseen(line)
        elif line == "+":
            self.html.attach()
        elif _BLOCK_LINE.fullmatch(line) and not self.html.in_paragraph:
            self._unseen(line)
        elif term and "://" not in term[2]:
            self.html.item(term[2], f"{self._inline(term[1])} - {self._inline(term[3] or '')}")
        else:
            if self.html.lists and self.html.lists[-1] in {"::", ":::", "::::", ";;"}:
                self.html.in_paragraph = True
            self.html.text(self._inline(line.strip()))

    def _unseen(self, line: str) -> None:
        if found := _COLUMNS.search(line):
            self.columns = _count_of(found[1] or found[2] or found[3])
        self.html.nothing()

    def _table(self) -> None:
        if self.in_table:
            self.html.lines.append("</tr></table>")
            self.columns = 0
        else:
            self.html.raw("<table>")
        self.in_table = not self.in_table
        self.cells = 0

    def _cells(self, line: str) -> None:
        """Read a line of a table: new cells, or more text of the last cell."""
        before, *parts = _CELL.split(line)
        written = [self._inline(before)]
        cells = list(zip(parts[::3], parts[1::3], parts[2::3], strict=True))
        self.columns = self.columns or sum(_width(size) for size, _, _ in cells)
        for size, mark, cell in cells:
            for _ in range(_width(size) if mark == "*" else 1):
                starts_row = self.columns and self.cells % self.columns == 0
                span = f' colspan="{_width(size)}"' if mark == "+" else ""
                written.append(f"{'<tr>' if starts_row else ''}<td{span}>{self._inline(cell.strip())}")
                self.cells += _width(size) if mark == "+" else 1
        self.html.lines.append(" ".join(written))

    def _filled(self, text: str) -> str:
        """Return a text with attributes replaced by their values; unknown ones stay."""
        filled = _REFERENCE.sub(lambda found: self.attributes.get(found[1].lower(), found[0]), text)
        return filled if len(filled) <= len(text) + _MAX_FILLED_CHARS else text

    def _inline(self, text: str) -> str:
        """Return a text as HTML, with its links."""
        text = self._filled(text) if "{" in text else text
        struck = "+++<del>+++" in text or "+++<s>+++" in text
        text = _PASSED.sub("", text) if "+++" in text else text
        parts: list[str] = []
        at = 0
        for found in _LINK.finditer(text):
            parts += (_plain(text[at : found.start()]), self._linked(found))
            at = found.end()
        parts.append(_plain(text[at:]))
        return f"<s>{''.join(parts)}</s>" if struck else "".join(parts)

    def _linked(self, found: re.Match[str]) -> str:
        if found["code"]:
            code = escape(found["code"], quote=False)
            return f"<code>{code}</code>" if "://" in code else code
        if found["struck"]:
            return f"<s>{self._inline(found['struck'])}</s>"
        if found["image"]:
            link = _IN_IMAGE.search(found["alt"])
            picture = f'<img src="{escape(found["image"])}" alt="{escape(found["alt"].partition(",")[0])}">'
            return anchor(link[1], picture) if link else picture
        if found["cross"]:
            page = found["cross"].partition("#")[0].endswith((".adoc", ".asciidoc"))
            return anchor(
                found["cross"] if page else f"#{found['cross']}",
                _plain(found["cross_text"] or found["xref_text"] or found["cross"]),
            )
        url = found["angle"] or found["passed"] or found["linked"] or found["url"]
        return anchor(url, _plain(_link_text(found["linked_text"] or found["text"] or "")))


def _bare_heading(text: str) -> str:
    """Return the text of a heading without the marks that repeat its level after it."""
    bare = text.rstrip().rstrip("=")
    return bare.rstrip() if bare[-1:] in {" ", "\t"} else text.rstrip()


def _link_text(text: str) -> str:
    """Return the text of a link without the attributes that say how it opens."""
    text = text.replace("\\]", "]")
    if text.startswith('"'):
        return text[1:].partition('"')[0]
    return _NAMED.sub("", text).removesuffix("^")


def _plain(text: str) -> str:
    """Return text as HTML; entities stay, since AsciiDoc has them too."""
    bare = text if "://" in text else _EMPHASIS.sub(r"\2", text)
    return bare.replace("<", "&lt;").replace(">", "&gt;")


def _width(size: str) -> int:
    return max(1, min(int(size[:3] or 1), 100))


def _count_of(columns: str) -> int:
    """Return the number of columns in a table's attribute: `1,2,3`, `3*` or `3`."""
    if repeated := _REPEATED.match(columns):
        return min(int(repeated[1][:3]), 100)
    return int(columns[:3]) if columns.isdecimal() else columns.count(",") + 1
