"""Writes marked-up lines as HTML, one line for each, so that `page` reports the line numbers of the file.

Used for AsciiDoc and org-mode, whose lists and paragraphs are read line by line.
"""

from dataclasses import dataclass, field
from html import escape

#: Limit of nested lists; deeper items are put into the last one.
MAX_DEPTH = 50


@dataclass(slots=True)
class LinesAsHtml:
    """One pass over the lines of a file; each call writes one."""

    lines: list[str] = field(default_factory=list)
    lists: list[object] = field(default_factory=list)
    """The open lists, from the outermost, each by its mark or its indentation."""
    in_paragraph: bool = False

    def heading(self, level: int, html: str) -> None:
        """Write a heading; it ends all open lists and paragraphs."""
        self.lines.append(f"{self._closed()}<h{level}>{html}</h{level}>")

    def item(self, mark: object, html: str) -> None:
        """Write an item of the open list with this mark, or of a new list inside the innermost one."""
        self.in_paragraph = True
        if mark in self.lists:
            closed = "</li></ul>" * (len(self.lists) - 1 - self.lists.index(mark))
            del self.lists[self.lists.index(mark) + 1 :]
            self.lines.append(f"{closed}</li><li>{html}")
        elif len(self.lists) < MAX_DEPTH:
            self.lists.append(mark)
            self.lines.append(f"<ul><li>{html}")
        else:
            self.lines.append(f"</li><li>{html}")

    def text(self, html: str) -> None:
        """Write a line of running text: it continues the open item or paragraph, or begins a paragraph after the lists."""
        start = "" if self.in_paragraph else f"{self._closed()}<p>"
        self.in_paragraph = True
        self.lines.append(start + html)

    def blank(self) -> None:
        """Write a line that ends a paragraph; a list continues if its next item follows."""
        self.in_paragraph = False
        self.lines.append("")

    def attach(self) -> None:
        """Write a line after which a paragraph belongs to the item before it."""
        self.in_paragraph = True
        self.lines.append("<br>" if self.lists else "")

    def code(self, text: str) -> None:
        """Write a line of code."""
        self.lines.append(f"<code>{escape(text)}</code>")

    def raw(self, html: str) -> None:
        """Write a line of HTML; it ends all open lists and paragraphs."""
        self.lines.append(self._closed() + html)

    def nothing(self) -> None:
        """Write an empty line that ends nothing."""
        self.lines.append("")

    def html(self) -> str:
        """Return everything that was written."""
        return "\n".join(self.lines)

    def _closed(self) -> str:
        closed = "</li></ul>" * len(self.lists)
        self.lists.clear()
        self.in_paragraph = False
        return closed


def anchor(url: str, html: str, attributes: str = "") -> str:
    """Return a link."""
    return f'<a href="{escape(url)}"{attributes}>{html}</a>'
