"""A catalogue as a tree of nested sections with their links."""

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
    """A section: its links and its subsections, in the order in which the catalogue first names them."""

    name: str
    links: list[Link] = field(default_factory=list)
    below: "dict[str, Folder]" = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, links: Iterable[Link]) -> Self:
        """Return a catalogue with this name as one folder."""
        root = cls(name)
        for link in in_each_section(links):
            folder: Folder = root
            for part in filter(None, link.section):
                folder = folder.below.setdefault(part, Folder(part))
            folder.links.append(link)
        return root

    def walk(self, depth: int = 1) -> "Iterator[tuple[Folder, int]]":
        """Yield every section below this one with its depth, parents first."""
        for folder in self.below.values():
            yield folder, depth
            yield from folder.walk(depth + 1)


def in_each_section(links: Iterable[Link]) -> Iterator[Link]:
    """Yield each link once for each of its sections, for formats in which a link has only one."""
    for link in links:
        for section in dict.fromkeys(link.sections):
            yield replace(link, section=section, also_in=())


def shown_title(link: Link) -> str:
    """Return a link's title with its publisher, if any, in the form that readers of lists split again."""
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
    """Return a text on one line: `address` writes the addresses, which readers would take for links, `plain` the rest."""
    text = one_line(text)
    parts: list[str] = []
    at = 0
    for found in _ADDRESS.finditer(text):
        parts += (plain(text[at : found.start()]), address(found[0]))
        at = found.end()
    return "".join((*parts, plain(text[at:])))


class Anchors:
    """The anchors of a page's headings, as GitHub makes them."""

    def __init__(self) -> None:
        self._used: dict[str, int] = {}

    def of(self, heading: str) -> str:
        """Return the anchor of the next heading with this text."""
        bare = _NO_ANCHOR.sub("", heading.lower()).replace(" ", "-")
        name, number = bare, self._used.get(bare, 0)
        while name in self._used:
            number += 1
            name = f"{bare}-{number}"
        self._used[bare] = number
        self._used[name] = self._used.get(name, 0)
        return name
