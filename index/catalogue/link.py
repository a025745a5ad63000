"""The catalogue's one value: a link that a curator chose."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """What is known about where a link leads."""

    ALIVE = "alive"
    MOVED = "moved"
    DEAD = "dead"
    HIJACKED = "hijacked"
    """Its address has another owner now; such a link is never shown."""
    RETIRED = "retired"
    """Its curator struck it through: it stays in the catalogue and is in no answer."""
    SUSPICIOUS = "suspicious"
    """It leads somewhere else than it did, perhaps; a person should look."""


class DeadLinks(StrEnum):
    """What becomes of links that lead nowhere any more."""

    LAST = "last"
    """They stand after all others, and are marked."""
    HIDE = "hide"
    """They are not shown."""


#: A link with this tag may be shown to people of other organisations (Slack Connect).
PUBLIC_TAG = "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class Further:
    """Another address of what a link is about: its source code, its demo."""

    kind: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link as its curator wrote it; `url` is kept byte for byte."""

    url: str
    title: str
    publisher: str = ""
    description: str = ""
    section: tuple[str, ...] = ()
    """Headings from the outermost to the innermost."""
    also_in: tuple[tuple[str, ...], ...] = ()
    """Other sections that it stands in."""
    tags: tuple[str, ...] = ()
    stars: int = 0
    """0 to 3."""
    highlight: bool = False
    questions: tuple[str, ...] = ()
    """What people ask when this link is the answer."""
    added: date | None = None
    status: Status = Status.ALIVE
    moved_to: str = ""
    """Where a moved link leads for good; known from live checks alone."""
    further: tuple[Further, ...] = ()

    @property
    def mark(self) -> str:
        """What a person should know before opening it, in plain text; empty for a link that is fine."""
        match self.status:
            case Status.MOVED:
                return f"moved to {self.moved_to.partition('://')[2]}" if self.moved_to else "has moved"
            case Status.DEAD:
                return "no longer there when it was last checked"
            case Status.SUSPICIOUS:
                return "may lead elsewhere now"
            case _:
                return ""

    @property
    def section_path(self) -> str:
        """The section as people read it: `Network Policy > Cilium`."""
        return " > ".join(self.section)

    @property
    def sections(self) -> tuple[tuple[str, ...], ...]:
        """Every section that it stands in, the first being its own."""
        return (self.section, *self.also_in)

    @property
    def is_public(self) -> bool:
        """Whether people of other organisations may see it."""
        return PUBLIC_TAG in self.tags


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where in which file something stands; `line` is 1-based, 0 where the format has no lines."""

    path: str
    line: int = 0

    def __str__(self) -> str:
        """`file:line`, as editors and compilers write it."""
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A link together with the place that it was read from."""

    link: Link
    source: Source
    item: str = ""
    """The address of what it is a further address of, or its own where it has such; empty where it stands alone."""
    kind: str = ""
    """What it is of that item: Source Code, Demo."""
    is_mention: bool = False
    """Whether it is a word of a sentence about something else, which then describes it."""


class Reason(StrEnum):
    """Why something that looks like a link is none of a page's list."""

    SAME_PAGE = "points into this page (table of contents)"
    OTHER_PAGE = "points to another page of this catalogue"
    NO_SCHEME = "the address does not say https:// or http://"
    NOT_WEB = "not an http or https address"
    BROKEN = "the address of this link is broken: it holds white space or is not closed"
    PICTURE = "a link around an image"
    RUNNING_TEXT = "stands in running text, not in a list or table"
    DESCRIPTION = "inside the description of another link"
    AUTHOR = "names who made it"
    EMBEDDED = "inside an embedded post"
    CODE = "inside a block of code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """Something in a source that looks like a link and was left out, and why."""

    source: Source
    text: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a reader found in its sources, in their order; the same URL may appear more than once."""

    name: str
    """The catalogue's name: from the file when it says so, else from the file's name."""
    entries: tuple[Entry, ...]
    skipped: tuple[Skip, ...] = ()
    sections: tuple[tuple[str, ...], ...] = ()
    """The section paths that the file declares; empty when it declares none (any is then fine)."""

    @property
    def links(self) -> tuple[Link, ...]:
        """The links without their places."""
        return tuple(entry.link for entry in self.entries)


def link_to_row(link: Link) -> dict[str, Any]:
    """Return a link as plain data, without what is empty."""
    row = {
        "url": link.url,
        "title": link.title,
        "publisher": link.publisher,
        "description": link.description,
        "section": list(link.section),
        "also_in": [list(section) for section in link.also_in],
        "tags": list(link.tags),
        "stars": link.stars,
        "highlight": link.highlight,
        "questions": list(link.questions),
        "added": link.added.isoformat() if link.added else "",
        "status": "" if link.status is Status.ALIVE else link.status.value,
        "moved_to": link.moved_to,
        "further": [[one.kind, one.url] for one in link.further],
    }
    return {key: value for key, value in row.items() if value}


def link_from_row(row: dict[str, Any]) -> Link:
    """Read what `link_to_row` gave."""
    return Link(
        url=row["url"],
        title=row["title"],
        publisher=row.get("publisher", ""),
        description=row.get("description", ""),
        section=tuple(row.get("section", ())),
        also_in=tuple(tuple(section) for section in row.get("also_in", ())),
        tags=tuple(row.get("tags", ())),
        stars=row.get("stars", 0),
        highlight=row.get("highlight", False),
        questions=tuple(row.get("questions", ())),
        added=date.fromisoformat(row["added"]) if "added" in row else None,
        status=Status(row.get("status", Status.ALIVE)),
        moved_to=row.get("moved_to", ""),
        further=tuple(Further(kind=kind, url=url) for kind, url in row.get("further", ())),
    )


class Level(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """Wrong: the link is left out, or people would be led astray."""
    WARNING = "warning"
    """Worth a look."""


class Rule(StrEnum):
    """What lint looks for; the value is the id that people see."""

    BAD_SCHEME = "bad-scheme"
    BROKEN_ADDRESS = "broken-address"
    DUPLICATE_URL = "duplicate-url"
    EMPTY_TITLE = "empty-title"
    LONG_TITLE = "long-title"
    PUBLISHER_MISMATCH = "publisher-mismatch"
    SAME_ARTICLE = "same-article"
    SHARED_ADDRESS = "shared-address"
    SITE_ROOT = "site-root"
    UNKNOWN_FIELD = "unknown-field"
    UNKNOWN_SECTION = "unknown-section"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that lint found, at one place."""

    rule: Rule
    level: Level
    source: Source
    message: str

    def __str__(self) -> str:
        """`file:line: rule: message`."""
        return f"{self.source}: {self.rule}: {self.message}"
