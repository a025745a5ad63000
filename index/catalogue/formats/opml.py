"""OPML, in which outliners, readers of feeds and podcast players keep lists: read, and the names of what we add to it."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Final
from xml.parsers import expat

from index.catalogue.formats.spreadsheet import Table, empty_row
from index.catalogue.link import Reading
from index.errors import CatalogueError

#: What OPML has no attribute for stands in this namespace.
NAMESPACE: Final = "urn:signpost:catalogue:1"
OWN_ATTRIBUTES: Final = ("publisher", "stars", "highlight", "questions", "further", "status", "private")
#: Attributes that hold an entry's address: a page first, then a feed.
_ADDRESSES: Final = ("url", "htmlurl", "href", "xmlurl")
#: Attributes of an entry by what they are here.
_COLUMNS: Final = {
    "description": "description",
    "_note": "description",
    "created": "added",
    "category": "tags",
    "tags": "tags",
    **{name: name for name in OWN_ATTRIBUTES},
}
_MAX_DEPTH: Final = 100


def read_opml(text: str, path: str, *, name: str) -> Reading:
    """Read the outlines of OPML: one with an address is a link, one without is the section of those below it."""
    walk = _Walk(path)
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda tag, attributes: walk.start(tag, attributes, parser.CurrentLineNumber)
    parser.EndElementHandler = walk.end
    parser.CharacterDataHandler = walk.text
    parser.EntityDeclHandler = walk.refuse
    try:
        parser.ParseFile(io.BytesIO(text.lstrip().encode("utf-8", "replace")))
    except expat.ExpatError as error:
        message = f"this is not valid XML: {expat.ErrorString(error.code)}"
        raise CatalogueError(message, path=path, line=error.lineno) from None
    return Reading(
        name=" ".join(walk.title.split()) or name,
        entries=tuple(walk.table.entries),
        skipped=tuple(walk.table.skipped),
    )


@dataclass(slots=True)
class _Walk:
    """One pass over the elements of a file."""

    path: str
    table: Table = field(init=False)
    title: str = ""
    is_title: bool = False
    sections: list[str] = field(default_factory=list)
    """What the outlines around this place are called; empty for those that are links."""

    def __post_init__(self) -> None:
        self.table = Table(path=self.path)

    def refuse(self, *_: object) -> None:
        """Refuse a file that declares entities: they can blow up a small one."""
        raise CatalogueError("declares entities of its own, which are not read", path=self.path)

    def start(self, tag: str, attributes: Mapping[str, str], line: int) -> None:
        """Enter an element."""
        self.is_title = tag.lower() == "title"
        if tag.lower() != "outline":
            return
        if len(self.sections) >= _MAX_DEPTH:
            raise CatalogueError("is nested deeper than anybody writes", path=self.path, line=line)
        values = {key.lower().rpartition(":")[2]: value for key, value in attributes.items()}
        text = values.get("text", "").strip() or values.get("title", "").strip()
        url = next((values[key] for key in _ADDRESSES if values.get(key, "").strip()), "").strip()
        if url:
            self._link(url, text, values, line)
        self.sections.append("" if url else text)

    def end(self, tag: str) -> None:
        """Leave an element."""
        self.is_title = False
        if tag.lower() == "outline":
            self.sections.pop()

    def text(self, data: str) -> None:
        """Take the text of the list's title."""
        if self.is_title:
            self.title += data

    def _link(self, url: str, text: str, values: Mapping[str, str], line: int) -> None:
        row = empty_row() | {"url": [url], "title": [text] if text else []}
        for key, value in values.items():
            column = _COLUMNS.get(key, "")
            if column and value.strip():
                row[column].append(_day(value) if column == "added" else value)
        self.table.add(row, line, folders=tuple(filter(None, self.sections)))


def _day(moment: str) -> str:
    """Return the day of a moment as e-mail writes it, which OPML prescribes; any other form as it is."""
    try:
        return parsedate_to_datetime(moment).date().isoformat()
    except ValueError:
        return moment
