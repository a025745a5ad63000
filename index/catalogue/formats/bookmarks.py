"""Reads Netscape bookmark files, which every browser and most services for bookmarks export.

Programs often write these files without proper escaping: a description may contain an open `<script>` or `<!--`, and an
address an open quotation mark. So a file is first cut at its `<DT>` and `<DL>` tags, and each bookmark is parsed alone: an
error in one does not affect the others.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html import unescape
from typing import Final

from selectolax.lexbor import LexborNode

from index.catalogue.formats.cleaning import join_texts, mend, take_stars
from index.catalogue.formats.html import attribute, line_of, parse, text_of, with_lines, without_comments
from index.catalogue.formats.moments import day_of
from index.catalogue.formats.titles import parse_title
from index.catalogue.link import Entry, Link, Reading, Skip, Source
from index.catalogue.urls import is_web_url

#: Tags that begin a bookmark or folder, or begin or end the list of a folder.
_MARK: Final = re.compile(r"<(/?dl|dt)\b[^<>]*>", re.IGNORECASE)
#: A `<` in a bookmark that begins none of its usual tags: text that was not escaped.
_OTHER_TAG: Final = re.compile(
    r"<(?!/?(?:a|h[1-6]|dd|p|hr|br|b|i|em|strong|code|li|ul|ol|body|html|head|title|meta|link)\b|!doctype)",
    re.IGNORECASE,
)
_NAME: Final = re.compile(r"<h1\b[^<>]*>([^<]*)", re.IGNORECASE)
#: The marks that linkding writes around a bookmark's notes.
_NOTES_MARK: Final = re.compile(r"\[/?linkding-notes\]")
#: The start of tags that linkding writes for its own marks, such as that of archived bookmarks.
_SERVICE_TAG: Final = "linkding:"
_ANCHOR: Final = re.compile(r"<a\s", re.IGNORECASE)
_MAX_SHOWN: Final = 300
_YES: Final = frozenset({"1", "true", "yes"})


def read_bookmarks(text: str, path: str, *, name: str) -> Reading:
    """Read a bookmark file: folders are sections, `ADD_DATE` the date, `TAGS` the tags, `<DD>` the description.

    `PRIVATE` marks a bookmark that only its owner may see. The names of browsers' own top folders ("Bookmarks bar") are
    kept, because people remember them.
    """
    walk = _Walk(path=path)
    for mark, content, line in _marks(text):
        walk.visit(mark, content, line)
    title = _NAME.search(text)
    return Reading(
        name=(mend(unescape(title[1])) if title else "") or name,
        entries=tuple(walk.entries),
        skipped=tuple(walk.skipped),
    )


def _marks(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield each mark (`dt`, `dl`, `/dl`) with the text after it and the line where that text begins."""
    first = _MARK.search(text)
    head = first.start() if first else len(text)
    yield "", without_comments(text[:head]), 1
    mark, start, line = "", head, text.count("\n", 0, head) + 1
    for found in _MARK.finditer(text, head):
        if mark:
            yield mark, text[start : found.start()], line
        line += text.count("\n", start, found.end())
        mark, start = found[1].lower(), found.end()
    if mark:
        yield mark, text[start:], line


@dataclass(slots=True, kw_only=True)
class _Walk:
    """One pass over the bookmarks and folders of a file."""

    path: str
    folders: list[str] = field(default_factory=list)
    heading: str = ""
    """The folder whose list is expected next."""
    entries: list[Entry] = field(default_factory=list)
    skipped: list[Skip] = field(default_factory=list)

    def visit(self, mark: str, content: str, line: int) -> None:
        if mark == "dl":
            self.folders.append(self.heading)
            self.heading = ""
        elif mark == "/dl" and self.folders:
            self.folders.pop()
        if content.isspace() or not content:
            return
        body = parse(with_lines(_OTHER_TAG.sub("&lt;", content), line))
        for heading in body.css("h3"):
            self.heading, _ = take_stars(mend(text_of(heading)))
        descriptions = body.css("dd")
        inside = {anchor.mem_id for description in descriptions for anchor in description.css("a")}
        anchors = body.css("a")
        is_read = False
        for anchor in anchors:
            if anchor.mem_id in inside:
                self._skip(anchor, "inside the description of another link")
            else:
                is_read = self._link(anchor)
        if is_read:
            for description in descriptions:
                self._describe(mend(_NOTES_MARK.sub(" ", text_of(description))))
        if not anchors and _ANCHOR.search(content):
            self._skip_text(content.strip(), line, "the address of this link is broken: it is not closed")

    def _skip(self, anchor: LexborNode, reason: str) -> None:
        self._skip_text(f"{mend(text_of(anchor))} ({attribute(anchor, 'href')})", line_of(anchor), reason)

    def _skip_text(self, text: str, line: int, reason: str) -> None:
        self.skipped.append(Skip(source=Source(path=self.path, line=line), text=text[:_MAX_SHOWN], reason=reason))

    def _link(self, anchor: LexborNode) -> bool:
        """Read a bookmark; return whether it was one."""
        url = attribute(anchor, "href").strip()
        if not is_web_url(url):
            self._skip(anchor, "not an http or https address")
            return False
        title = parse_title(text_of(anchor), url)
        tags = (tag for tag in map(mend, attribute(anchor, "tags").split(",")) if not tag.startswith(_SERVICE_TAG))
        link = Link(
            url=url,
            title=title.text,
            publisher=title.publisher,
            section=tuple(filter(None, self.folders)),
            tags=tuple(dict.fromkeys(filter(None, tags))),
            stars=title.stars,
            highlight=title.highlight or attribute(anchor, "data-important").lower() in _YES,
            added=day_of(attribute(anchor, "add_date")),
            private=attribute(anchor, "private").lower() in _YES,
        )
        self.entries.append(Entry(link=link, source=Source(path=self.path, line=line_of(anchor))))
        return True

    def _describe(self, text: str) -> None:
        entry = self.entries[-1]
        bare, stars = take_stars(text)
        description = join_texts(entry.link.description, bare)
        link = replace(entry.link, description=description, stars=entry.link.stars or stars)
        self.entries[-1] = replace(entry, link=link)
