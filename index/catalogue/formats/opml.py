"""Reads OPML, the lists of outliners, feed readers and podcast players, and names the attributes that we add to it."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Final
from xml.parsers import expat

from index.catalogue.formats.spreadsheet import Table, empty_row
from index.catalogue.link import Reading, Reason, Skip, Source
from index.errors import CatalogueError

#: The namespace of our attributes, for fields without an OPML attribute.
NAMESPACE: Final = "urn:signpost:catalogue:1"
OWN_ATTRIBUTES: Final = ("publisher", "stars", "highlight", "questions", "further", "status", "private")
#: Attributes with an entry's address; that of a page comes before that of a feed.
_ADDRESSES: Final = ("url", "htmlurl", "href", "xmlurl")
#: Attribute of an outline to the column that it is read as.
_COLUMNS: Final = {
    "description": "description",
    "_note": "description",
    "created": "added",
    "category": "tags",
    "tags": "tags",
    **{name: name for name in OWN_ATTRIBUTES},
}
#: The type of an outline that is a section, whatever its name holds.
FOLDER: Final = "folder"
_ANCHOR: Final = re.compile(r"<a\s[^<>]{0,300}?href=[\"']([^\"'<>]+)[\"'][^<>]{0,300}>([^<>]*)</a>", re.IGNORECASE)
_TAG: Final = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)
_WRITTEN: Final = re.compile(
    r"\[(?P<text>[^\[\]]*)\]\((?P<address>https?://[^\s()]+)\)|(?P<bare>https?://[^\s<>\"']+)", re.IGNORECASE
)
#: Attribute of a post to the column that it is read as.
_POST: Final = {
    "href": "url", "description": "title", "extended": "description", "time": "added", "shared": "shared",
    "private": "private",
}  # fmt: skip
_MAX_DEPTH: Final = 100
_MAX_TITLE_CHARS: Final = 1_000


def read_opml(text: str, path: str, *, name: str) -> Reading:
    """Read the outlines of OPML: an outline with an address is a link, one without is a section."""
    walk = _Walk(path)
    parser = expat.ParserCreate("utf-8")  # as it is given here, whatever it says of itself
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
    """Names of the outlines around this place; empty for those that are links."""

    def __post_init__(self) -> None:
        self.table = Table(path=self.path)

    def refuse(self, *_: object) -> None:
        """Refuse a file that declares entities, which can make a small file huge."""
        raise CatalogueError("declares entities of its own, which are not read", path=self.path)

    def start(self, tag: str, attributes: Mapping[str, str], line: int) -> None:
        """Enter an element."""
        self.is_title = tag.lower() == "title"
        if tag.lower() == "post":
            self._post(attributes, line)
        if tag.lower() != "outline":
            return
        if len(self.sections) >= _MAX_DEPTH:
            raise CatalogueError("is nested too deeply to be a list", path=self.path, line=line)
        values = {key.lower().rpartition(":")[2]: value for key, value in attributes.items()}
        text = values.get("text", "").strip() or values.get("title", "").strip()
        url = next((values[key] for key in _ADDRESSES if values.get(key, "").strip()), "").strip()
        if not url and "://" in text and values.get("type") != FOLDER:
            url, text = self._inside(text, line)
        if url:
            self._link(url, text, values, line)
        self.sections.append("" if url else text)

    def end(self, tag: str) -> None:
        """Leave an element."""
        self.is_title = False
        if tag.lower() == "outline":
            self.sections.pop()

    def text(self, data: str) -> None:
        """Collect the text of the list's title."""
        if self.is_title and len(self.title) < _MAX_TITLE_CHARS:
            self.title += data[:_MAX_TITLE_CHARS]

    def _post(self, post: Mapping[str, str], line: int) -> None:
        """Read a bookmark of Delicious or Pinboard, whose title is called `description` and whose tags have no spaces."""
        row = empty_row() | {
            "tags": post.get("tag", "").split(),
            **{column: [post[key]] for key, column in _POST.items() if post.get(key, "").strip()},
        }
        self.table.add(row, line)

    def _inside(self, text: str, line: int) -> tuple[str, str]:
        """Return the first address in an outline's text, which may be HTML or Markdown, and the text; report others."""
        bare = _TAG.sub(" ", _ANCHOR.sub(r" [\2](\1) ", text))
        found = list(_WRITTEN.finditer(bare))
        if not found:
            return "", text
        first, *others = found
        for other in others:
            skip = Skip(source=Source(path=self.path, line=line), text=other[0], reason=Reason.DESCRIPTION)
            self.table.skipped.append(skip)
        url = first["address"] or first["bare"]
        words = " ".join(filter(None, (first["text"], f"{bare[: first.start()]} {bare[first.end() :]}".strip())))
        return url, unescape(words)

    def _link(self, url: str, text: str, values: Mapping[str, str], line: int) -> None:
        row = empty_row() | {"url": [url], "title": [text] if text else []}
        for key, value in values.items():
            column = _COLUMNS.get(key, "")
            if column and value.strip():
                row[column].append(_day(value) if column == "added" else value)
        self.table.add(row, line, folders=tuple(filter(None, self.sections)))


def _day(moment: str) -> str:
    """Return the day of a date in the form of e-mail, which OPML prescribes; any other text is returned unchanged."""
    try:
        return parsedate_to_datetime(moment).date().isoformat()
    except ValueError:
        return moment
