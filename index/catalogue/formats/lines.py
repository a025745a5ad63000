"""Writes marked-up lines as HTML, each line as one line, so that what `page` finds in it stands where it stood.

For AsciiDoc and org-mode, whose lists and paragraphs are lines.
"""

from dataclasses import dataclass, field
from html import escape

#: Lists in lists; what is deeper stands in the last.
MAX_DEPTH = 50


@dataclass(slots=True)
class LinesAsHtml:
    """One pass over the lines of a file; each call writes one."""

    lines: list[str] = field(default_factory=list)
    lists: list[object] = field(default_factory=list)
    """What tells the lists apart that are open here: their marks or how far they are indented."""
    in_paragraph: bool = False

    def heading(self, level: int, html: str) -> None:
        """Write a heading, which ends whatever is open."""
        self.lines.append(f"{self._closed()}<h{level}>{html}</h{level}>")

    def item(self, mark: object, html: str) -> None:
        """Write an item of the list that has this mark: one that is open already, or a new one in the innermost."""
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
        """Write a line of running text: of what is open, or of a new paragraph behind the lists."""
        start = "" if self.in_paragraph else f"{self._closed()}<p>"
        self.in_paragraph = True
        self.lines.append(start + html)

    def blank(self) -> None:
        """Write a line that ends a paragraph; a list goes on where its next item follows."""
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
        """Write a line of HTML that ends whatever is open."""
        self.lines.append(self._closed() + html)

    def nothing(self) -> None:
        """Write a line that says nothing and ends nothing."""
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
