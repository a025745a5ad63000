"""Reads Netscape bookmark files, which every browser exports."""

from datetime import UTC, datetime
from datetime import date as Date  # noqa: N812
from typing import Final

from bs4 import BeautifulSoup
from bs4.element import Tag

from index.catalogue.link import Entry, Link, Reading, Skip, Source
from index.catalogue.text import mend, take_stars
from index.catalogue.titles import parse_title
from index.catalogue.urls import is_web_url
from index.errors import CatalogueError

MARK: Final = "netscape-bookmark"
_MAX_NESTING: Final = 100
"""Folders within folders; BeautifulSoup itself goes deeper."""


def read_bookmarks(text: str, path: str, *, name: str) -> Reading:
    """Read a bookmark file: folders are sections, `ADD_DATE` the date, `TAGS` the tags, `<DD>` the description.

    Browsers leave `<DT>`, `<DD>` and `<p>` open, so what is nested in the tree says little: the file is read as a
    sequence of headings, list starts and list ends, as browsers themselves do. The names of browsers' own top folders
    ("Bookmarks bar") stay: they are how people remember where a link is.
    """
    soup = BeautifulSoup(text, "html.parser")
    walk = _Walk(path)
    try:
        walk.read(soup)
    except RecursionError:
        raise CatalogueError(f"folders are nested deeper than {_MAX_NESTING} levels", path=path) from None
    title = soup.find("h1")
    return Reading(
        name=(mend(title.get_text()) if isinstance(title, Tag) else "") or name,
        entries=tuple(walk.entries),
        skipped=tuple(walk.skipped),
    )


class _Walk:
    """One pass over the tags in the order of the file."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._depth_of: list[str] = []
        self._folder = ""
        self.entries: list[Entry] = []
        self.skipped: list[Skip] = []

    def read(self, soup: BeautifulSoup) -> None:
        for tag in soup.find_all(["a", "h3", "dd"]):
            if tag.name == "a":
                self._link(tag)
            elif tag.name == "dd":
                self._describe(tag)

    def _link(self, tag: Tag) -> None:
        url = str(tag.get("href") or "").strip()
        source = Source(path=self._path, line=tag.sourceline or 0)
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
            section=_folders(tag),
            tags=tuple(dict.fromkeys(part for part in map(str.strip, str(tag.get("tags") or "").split(",")) if part)),
            stars=title.stars,
            highlight=title.highlight,
            added=_date(str(tag.get("add_date") or "")),
        )
        self.entries.append(Entry(link=link, source=source))

    def _describe(self, tag: Tag) -> None:
        """Give the text of `<DD>` to the link before it; a folder may have one too, which is passed over."""
        before = tag.find_previous(["a", "h3"])
        if not isinstance(before, Tag) or before.name != "a" or not self.entries:
            return
        last = self.entries[-1]
        if last.link.url != str(before.get("href") or "").strip():
            return
        own = "".join(str(part) for part in tag.find_all(string=True, recursive=False))
        text, stars = take_stars(mend(own))
        from dataclasses import replace  # noqa: PLC0415

        link = replace(last.link, description=text, stars=last.link.stars or stars)
        self.entries[-1] = Entry(link=link, source=last.source)


def _folders(tag: Tag) -> tuple[str, ...]:
    """Return the headings of the lists that a link is in, outermost first."""
    names: list[str] = []
    for outer in tag.find_parents("dl"):
        heading = outer.find_previous(["h3", "h1", "dl"])
        while isinstance(heading, Tag) and heading.name == "dl":
            heading = heading.find_previous(["h3", "h1", "dl"])
        if isinstance(heading, Tag) and heading.name == "h3":
            name, _ = take_stars(mend(heading.get_text()))
            names.append(name)
    return tuple(name for name in reversed(names) if name)


def _date(seconds: str) -> Date | None:
    try:
        return datetime.fromtimestamp(int(seconds), UTC).date() if int(seconds) > 0 else None
    except (ValueError, OverflowError, OSError):
        return None
