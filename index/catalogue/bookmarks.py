"""Reads Netscape bookmark files, which every browser exports."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Final

from bs4 import BeautifulSoup, Comment
from bs4.element import PageElement, Tag

from index.catalogue.link import Entry, Link, Reading, Skip, Source
from index.catalogue.text import join_texts, mend, take_stars
from index.catalogue.titles import parse_title
from index.catalogue.urls import is_web_url

#: Tags that browsers never close: a parser would nest each bookmark in the one before.
_NEVER_CLOSED: Final = re.compile(r"</?(dt|p|dd)\b[^>]*>", re.IGNORECASE)


def read_bookmarks(text: str, path: str, *, name: str) -> Reading:
    """Read a bookmark file: folders are sections, `ADD_DATE` the date, `TAGS` the tags, `<DD>` the description.

    The names of browsers' own top folders ("Bookmarks bar") stay: people remember where a link is by them.
    """
    soup = BeautifulSoup(_NEVER_CLOSED.sub(_closed, text), "html.parser")
    walk = _Walk(path=path)
    for element, folders in _elements(soup):
        walk.visit(element, folders)
    title = soup.find("h1")
    return Reading(
        name=(mend(title.get_text()) if isinstance(title, Tag) else "") or name,
        entries=tuple(walk.entries),
        skipped=tuple(walk.skipped),
    )


def _closed(tag: re.Match[str]) -> str:
    """Replace a description's start with an empty element and drop the rest; line breaks inside a tag stay."""
    start = "<wbr>" if tag[0][:3].lower() == "<dd" else ""
    return start + "\n" * tag[0].count("\n")


def _elements(soup: BeautifulSoup) -> Iterator[tuple[PageElement, tuple[str, ...]]]:
    """Yield links, marks of descriptions and texts in the order of the file, with the folders around them.

    Keeps its own stack: a file may nest folders deeper than Python nests calls.
    """
    stack: list[tuple[Iterator[PageElement], tuple[str, ...]]] = [(iter(soup.children), ())]
    heading = ""
    while stack:
        children, folders = stack[-1]
        child = next(children, None)
        if child is None:
            stack.pop()
        elif not isinstance(child, Tag) or child.name in {"a", "wbr"}:
            yield child, folders
        elif child.name == "h3":
            heading, _ = take_stars(mend(child.get_text()))
            yield child, folders
        elif child.name == "dl":
            stack.append((iter(child.children), (*folders, heading) if heading else folders))
            heading = ""
        elif child.name not in {"h1", "title", "style", "script"}:
            stack.append((iter(child.children), folders))


@dataclass(slots=True, kw_only=True)
class _Walk:
    """One pass over the elements of a file."""

    path: str
    entries: list[Entry] = field(default_factory=list)
    skipped: list[Skip] = field(default_factory=list)
    last_is_link: bool = False
    in_description: bool = False

    def visit(self, element: PageElement, folders: tuple[str, ...]) -> None:
        if not isinstance(element, Tag):
            if self.in_description and not isinstance(element, Comment):
                self._describe(mend(str(element)))
        elif element.name == "wbr":
            self.in_description = self.last_is_link
        else:
            self.in_description = self.last_is_link = False
            if element.name == "a":
                self._link(element, folders)

    def _link(self, tag: Tag, folders: tuple[str, ...]) -> None:
        url = str(tag.get("href") or "").strip()
        source = Source(path=self.path, line=tag.sourceline or 0)
        text = mend(tag.get_text())
        if not is_web_url(url):
            reason = "not an http or https address"
            self.skipped.append(Skip(source=source, text=f"{text} ({url})", reason=reason))
            return
        title = parse_title(text, url)
        link = Link(
            url=url,
            title=title.text,
            publisher=title.publisher,
            section=folders,
            tags=tuple(dict.fromkeys(part for part in map(mend, str(tag.get("tags") or "").split(",")) if part)),
            stars=title.stars,
            highlight=title.highlight,
            added=_date(str(tag.get("add_date") or "")),
        )
        self.entries.append(Entry(link=link, source=source))
        self.last_is_link = True

    def _describe(self, text: str) -> None:
        entry = self.entries[-1]
        bare, stars = take_stars(text)
        description = join_texts(entry.link.description, bare)
        link = replace(entry.link, description=description, stars=entry.link.stars or stars)
        self.entries[-1] = replace(entry, link=link)


def _date(seconds: str) -> date | None:
    """Return the day of a Unix time in UTC; None for none, or for one that no browser writes."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC).date() if int(seconds) > 0 else None
    except (ValueError, OverflowError, OSError):
        return None
