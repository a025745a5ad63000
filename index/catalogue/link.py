"""Links and what belongs to them: where they were read, what was skipped, what lint found."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """Whether a link still leads to what its curator meant."""

    ALIVE = "alive"
    MOVED = "moved"
    DEAD = "dead"
    HIJACKED = "hijacked"
    """The address has another owner now; such a link is not shown."""
    RETIRED = "retired"
    """The curator struck it through: it stays in the catalogue but is in no answer."""
    SUSPICIOUS = "suspicious"
    """It may lead to something else than before; a person should look."""


class DeadLinks(StrEnum):
    """What to do with dead links."""

    LAST = "last"
    """They come after all others, and are marked."""
    HIDE = "hide"
    """They are not shown."""


class HijackedLinks(StrEnum):
    """What a build does with links at whose own address another page is now: hijacked, or wrong on two days."""

    HIDE = "hide"
    """They get into no bundle, and so into no answer."""
    MARK = "mark"
    """They stay, and are marked."""


#: A link with this tag may be shown to people of other organisations (Slack Connect).
PUBLIC_TAG = "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class Further:
    """Another address of a link's subject: its source code, its demo."""

    kind: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link as its curator wrote it; `url` is unchanged, byte for byte."""

    url: str
    title: str
    publisher: str = ""
    description: str = ""
    section: tuple[str, ...] = ()
    """Headings from the outermost to the innermost."""
    also_in: tuple[tuple[str, ...], ...] = ()
    """Other sections that it is in."""
    tags: tuple[str, ...] = ()
    stars: int = 0
    """0 to 3."""
    highlight: bool = False
    questions: tuple[str, ...] = ()
    """Questions that this link answers."""
    added: date | None = None
    status: Status = Status.ALIVE
    moved_to: str = ""
    """The permanent new address of a moved link; set only by live checks."""
    further: tuple[Further, ...] = ()
    private: bool = False
    """Whether its owner keeps it from others: it is in no index unless somebody asks for it."""

    @property
    def mark(self) -> str:
        """What a person should know before opening it, in plain text; empty for a link without problems."""
        match self.status:
            case Status.MOVED:
                return f"moved to {self.moved_to.partition('://')[2]}" if self.moved_to else "has moved"
            case Status.DEAD:
                return "no longer there when it was last checked"
            case Status.SUSPICIOUS:
                return "may lead elsewhere now"
            case Status.HIJACKED:
                return "probably somebody else's page now"
            case _:
                return ""

    @property
    def section_path(self) -> str:
        """The section as one text: `Network Policy > Cilium`."""
        return " > ".join(self.section)

    @property
    def sections(self) -> tuple[tuple[str, ...], ...]:
        """Every section that it is in; its own is the first."""
        return (self.section, *self.also_in)

    @property
    def is_public(self) -> bool:
        """Whether people of other organisations may see it."""
        return PUBLIC_TAG in self.tags


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file and a line in it; `line` is 1-based, 0 when the format has no lines."""

    path: str
    line: int = 0

    def __str__(self) -> str:
        """`file:line`, as editors and compilers write it."""
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A link with the place that it was read from."""

    link: Link
    source: Source
    item: str = ""
    """Address of the item that it belongs to (its own, if it is the item's main link); empty without further addresses."""
    kind: str = ""
    """The kind of further address that it is: Source Code, Demo."""
    is_mention: bool = False
    """Whether it is only mentioned in a sentence about something else; that sentence is then its description."""


class Reason(StrEnum):
    """Why something that looks like a link is not a link of the list."""

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
    FOOTER = "in the footer of the page"
    CODE = "inside a block of code"
    EMPTY = "the link has no address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """Something in a source that looks like a link but was left out, with the reason."""

    source: Source
    text: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a reader found in the sources, in their order; a URL may occur more than once."""

    name: str
    """The catalogue's name: the one in the file, else the file's name."""
    entries: tuple[Entry, ...]
    skipped: tuple[Skip, ...] = ()
    sections: tuple[tuple[str, ...], ...] = ()
    """The section paths that the file declares; empty when it declares none (any section is then allowed)."""

    @property
    def links(self) -> tuple[Link, ...]:
        """The links without their places."""
        return tuple(entry.link for entry in self.entries)


def link_to_row(link: Link) -> dict[str, Any]:
    """Return a link as plain data, without empty fields."""
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
        "private": link.private,
    }
    return {key: value for key, value in row.items() if value}


def link_from_row(row: dict[str, Any]) -> Link:
    """Read what `link_to_row` returned."""
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
        private=row.get("private", False),
    )


class Level(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """An error: the link is left out, or it leads people to the wrong page."""
    WARNING = "warning"
    """Worth a look."""
    HINT = "hint"
    """May be meant so."""


class Rule(StrEnum):
    """The rules of lint; the value is the id that people see."""

    BAD_SCHEME = "bad-scheme"
    BROKEN_ADDRESS = "broken-address"
    DUPLICATE_URL = "duplicate-url"
    EMPTY_TITLE = "empty-title"
    LONG_TITLE = "long-title"
    PUBLISHER_MISMATCH = "publisher-mismatch"
    SIMILAR_NAME = "similar-name"
    SAME_ARTICLE = "same-article"
    SHARED_ADDRESS = "shared-address"
    SITE_ROOT = "site-root"
    UNKNOWN_FIELD = "unknown-field"
    UNKNOWN_SECTION = "unknown-section"
    UNREADABLE = "unreadable"
    USER_IN_ADDRESS = "user-in-address"
    WRONG_VALUE = "wrong-value"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that lint found, at one place."""

    rule: Rule
    level: Level
    source: Source
    message: str

    def __str__(self) -> str:
        """`file:line: level: rule: message`."""
        return f"{self.source}: {self.level}: {self.rule}: {self.message}"
