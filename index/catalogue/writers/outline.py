"""A catalogue as people see it in a list: sections in sections, and in each its links."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final, Self

from index.catalogue.formats.titles import parse_title
from index.catalogue.link import Link
from index.catalogue.urls import host

STAR: Final = "\N{WHITE MEDIUM STAR}"
#: An address in a text, without the punctuation behind it.
_ADDRESS: Final = re.compile(r"(?:https?://|(?<![\w/.@:-])www\.)[^\s`]*[^\s`.,;:!?)\]]", re.IGNORECASE)
_NO_ANCHOR: Final = re.compile(r"[^\w\- ]")


@dataclass(slots=True)
class Folder:
    """A section: its links, then the sections in it, each in the order in which the catalogue first names it."""

    name: str
    links: list[Link] = field(default_factory=list)
    below: "dict[str, Folder]" = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, links: Iterable[Link]) -> Self:
        """Return the catalogue of that name as one folder."""
        root = cls(name)
        for link in in_each_section(links):
            folder: Folder = root
            for part in filter(None, link.section):
                folder = folder.below.setdefault(part, Folder(part))
            folder.links.append(link)
        return root

    def walk(self, depth: int = 1) -> "Iterator[tuple[Folder, int]]":
        """Yield every section below this one with its depth, in the order of a list."""
        for folder in self.below.values():
            yield folder, depth
            yield from folder.walk(depth + 1)


def in_each_section(links: Iterable[Link]) -> Iterator[Link]:
    """Yield a link for each section that it stands in, as formats write it where a link has one section."""
    for link in links:
        for section in link.sections:
            yield replace(link, section=section, also_in=())


def shown_title(link: Link) -> str:
    """Return a title that a reader of lists takes apart into this title and publisher, where there is one."""
    wanted = (link.title, link.publisher or host(link.url))
    for text in (link.title, f"{link.publisher}: {link.title}" if link.publisher else ""):
        title = parse_title(text, link.url)
        if (title.text, title.publisher) == wanted:
            return text
    return link.title


def one_line(text: str) -> str:
    """Return a text on one line."""
    return " ".join(text.split())


def with_addresses(text: str, plain: Callable[[str], str], address: Callable[[str], str]) -> str:
    """Write a text on one line; the addresses in it apart, since a reader of lists takes them for links."""
    text = one_line(text)
    parts: list[str] = []
    at = 0
    for found in _ADDRESS.finditer(text):
        parts += (plain(text[at : found.start()]), address(found[0]))
        at = found.end()
    return "".join((*parts, plain(text[at:])))


class Anchors:
    """The names by which a page points to its headings, as GitHub makes them."""

    def __init__(self) -> None:
        self._used: dict[str, int] = {}

    def of(self, heading: str) -> str:
        """Return the name of the next heading with this text."""
        bare = _NO_ANCHOR.sub("", heading.lower()).replace(" ", "-")
        name, number = bare, self._used.get(bare, 0)
        while name in self._used:
            number += 1
            name = f"{bare}-{number}"
        self._used[bare] = number
        self._used[name] = self._used.get(name, 0)
        return name
