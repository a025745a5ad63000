"""Reads reStructuredText: docutils parses it, and its elements become HTML, which `page` reads.

Nothing that a file refers to is read or run: files are not included, and raw parts are left out.
"""

import re
from copy import copy
from functools import cache
from html import escape
from typing import Final

from docutils import nodes
from docutils.core import publish_doctree
from docutils.frontend import Values, get_default_settings
from docutils.parsers.rst import Parser
from docutils.readers.standalone import Reader
from docutils.utils import Reporter
from docutils.writers.pseudoxml import Writer

from index.catalogue.forges import WebFile
from index.catalogue.formats.page import Page, read_markup
from index.catalogue.link import Skip, Source
from index.errors import CatalogueError

_SETTINGS: Final = {
    "doctitle_xform": False,
    "file_insertion_enabled": False,
    "halt_level": Reporter.SEVERE_LEVEL + 1,
    "line_length_limit": 1_000_000,
    "raw_enabled": False,
    "report_level": Reporter.SEVERE_LEVEL + 1,
    "smart_quotes": False,
    "traceback": True,  # errors are raised, and not printed with an exit
}
#: Element to its HTML tag.
_TAGS: Final[dict[type[nodes.Node], str]] = {
    nodes.paragraph: "p",
    nodes.bullet_list: "ul",
    nodes.enumerated_list: "ol",
    nodes.list_item: "li",
    nodes.definition_list: "dl",
    nodes.term: "dt",
    nodes.definition: "dd",
    nodes.field_list: "dl",
    nodes.field_name: "dt",
    nodes.field_body: "dd",
    nodes.line: "p",
    nodes.literal: "code",
    nodes.literal_block: "pre",
    nodes.doctest_block: "pre",
    nodes.block_quote: "blockquote",
    nodes.table: "table",
    nodes.thead: "thead",
    nodes.tbody: "tbody",
    nodes.row: "tr",
}
#: Elements that are not text of the page.
_UNSEEN: Final = (nodes.comment, nodes.substitution_definition, nodes.target, nodes.raw, nodes.colspec, nodes.topic)
_MAX_HEADING: Final = 6
#: Marks whose number in a block is limited: from each, docutils searches the rest of the block for its end. A bar before a
#: space is none, but the edge of a table's cell or of a line.
_MARKS: Final = re.compile(r"(?:[`*_\[<]|\|(?=\S))+|[(\w]+://")
_BLOCKS: Final = re.compile(r"\n[ \t]*\n")
_INDENT: Final = re.compile(r"^[ \t]*", re.MULTILINE)
_ITEMS: Final = re.compile(r"^[ \t]*[*+-][ \t]", re.MULTILINE)
_MAX_MARKS: Final = 2_000
#: docutils needs a tenth of a millisecond for each item of a list.
_MAX_ITEMS: Final = 20_000
_MAX_INDENTS: Final = 100
#: For each rule between paragraphs docutils looks at all paragraphs.
_RULE: Final = re.compile(r"\n[ \t]*\n([^\w\s])\1{3,}[ \t]*(?=\n[ \t]*(?:\n|$))")
_MAX_RULES: Final = 300
#: docutils' time for a word, such as an address, grows with the square of its length: some 30 ns for each.
_LONG_WORD: Final = 200
_MAX_SQUARES: Final = 10_000_000
_SQUARES_PER_CHAR: Final = 200
_MAX_DEPTH: Final = 100
_MAX_SHOWN: Final = 300


def read_rst(text: str, path: str, web: WebFile | None = None) -> Page:
    """Read one page; a directive that docutils does not know is left out with a reason."""
    _check(text, path)
    try:
        document = publish_doctree(text, settings=copy(_settings()))
    except RecursionError:
        raise CatalogueError("is nested too deeply to be a list", path=path) from None
    writer = _Writer(path)
    writer.write(document)
    page = read_markup("".join(writer.parts), path, web)
    return Page(title=page.title, entries=page.entries, skipped=(*writer.skipped, *page.skipped))


@cache
def _settings() -> Values:
    """Return the settings of docutils, which take as long to put together as a short page to be read."""
    settings = get_default_settings(Parser, Reader, Writer)
    for name, value in _SETTINGS.items():
        setattr(settings, name, value)
    return settings


def _check(text: str, path: str) -> None:
    """Refuse text that nobody writes and for which docutils would need minutes."""
    items = sum(1 for _ in _ITEMS.finditer(text))
    if items > _MAX_ITEMS:
        message = f"holds {items:,} items of lists; {_MAX_ITEMS:,} are read at most: split it, or keep it as Markdown"
        raise CatalogueError(message, path=path)
    rules = sum(1 for _ in _RULE.finditer(text))
    if rules > _MAX_RULES:
        raise CatalogueError(f"holds {rules:,} rules (----); {_MAX_RULES:,} are read at most", path=path)
    squares = sum(len(word) ** 2 for word in text.split() if len(word) > _LONG_WORD)
    if squares > _MAX_SQUARES + len(text) * _SQUARES_PER_CHAR:
        longest = max(map(len, text.split()))
        raise CatalogueError(f"holds words of up to {longest:,} characters, more and longer than are read", path=path)
    if len(set(_INDENT.findall(text))) > _MAX_INDENTS:
        raise CatalogueError(f"is indented in more than {_MAX_INDENTS} ways", path=path)
    for block in _BLOCKS.split(text):
        # Inside a list, each item is a block.
        marks = max((len(_MARKS.findall(item)) for item in _ITEMS.split(block)), default=0)
        if marks > _MAX_MARKS:
            raise CatalogueError(f"a paragraph holds {marks:,} marks; {_MAX_MARKS:,} are read at most", path=path)


class _Writer:
    """Writes a document's elements as HTML, each block with its line."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.parts: list[str] = []
        self.skipped: list[Skip] = []

    def write(self, node: nodes.Node, level: int = 0, depth: int = 0) -> None:
        """Write an element; `level` is that of the section around it."""
        if isinstance(node, nodes.Text):
            self.parts.append(escape(str(node)))
        elif isinstance(node, nodes.system_message):
            self._skip(node)
        elif isinstance(node, nodes.image):
            address = escape(str(node.get("uri", "")))
            self.parts.append(f'<img src="{address}" alt="{escape(str(node.get("alt", "")))}">')
        elif not isinstance(node, _UNSEEN) and depth <= _MAX_DEPTH:
            opening, closing = self._tags(node, level)
            self.parts.append(opening)
            for child in node.children:
                self.write(child, level + isinstance(node, nodes.section), depth + 1)
            self.parts.append(closing)

    def _tags(self, node: nodes.Node, level: int) -> tuple[str, str]:
        line = f' data-line="{node.line}"' if node.line else ""
        if isinstance(node, nodes.reference) and node.get("refuri"):
            return f'<a href="{escape(str(node["refuri"]))}"{line}>', "</a>"
        if isinstance(node, nodes.title | nodes.rubric):
            tag = f"h{min(max(level, 1), _MAX_HEADING)}"
        elif isinstance(node, nodes.entry):
            tag = "th" if isinstance(node.parent.parent, nodes.thead) else "td"
        else:
            tag = _TAGS.get(type(node), "")
        return (f"<{tag}{line}>", f"</{tag}>") if tag else ("", "")

    def _skip(self, message: nodes.system_message) -> None:
        """Report a part that docutils could not read, if it contains an address."""
        text = " ".join(block.astext() for block in message.findall(nodes.literal_block))
        if "://" in text:
            source = Source(path=self.path, line=int(message.get("line", 0)))
            reason = "stands in a part that is not read: an unknown or forbidden directive"
            self.skipped.append(Skip(source=source, text=" ".join(text.split())[:_MAX_SHOWN], reason=reason))
