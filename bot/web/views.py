"""What the templates show beside results: the front page, what can be browsed, and how things are said."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bot.blocks.parts import age
from bot.slack.text import one_line, safe_url
from bot.web.queries import filter_of
from bot.web.results import host_of
from index import Asks, CatalogueInfo, Link, News, NewsKind, Overview, section_names

#: Most of each on the front page and beside results; all of them are on the page to browse.
SECTIONS: Final = 12
TAGS: Final = 24
BESIDE: Final = 8
SAMPLES: Final = 5
NEWEST: Final = 6
SITES: Final = 60
#: The tag that says who may see a link says nothing of its subject.
_NO_SUBJECT: Final = frozenset({"public"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A section with those below it."""

    path: tuple[str, ...]
    """Its heading, and those above it, as the catalogue has them."""
    name: str
    count: int
    """Links in it and below."""
    own: int
    below: tuple["Room", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A piece of news as it is shown."""

    kind: NewsKind
    title: str
    href: str
    """Where it leads; empty for what is retired, whose page may belong to somebody else by now."""
    note: str
    section: tuple[str, ...]
    """As the catalogue has it."""
    host: str
    day: str
    """As ISO 8601 writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What narrows a question down, beside its results; none of it finds nothing by itself."""

    sections: tuple[Room, ...]
    tags: tuple[str, ...]
    stars: tuple[int, ...]
    """Numbers of stars that some link has, or more."""
    typed: tuple[str, ...]
    """The filters as they are written, with values of this list."""

    @classmethod
    def of(
        cls,
        overview: Overview,
        tree: Sequence[Room],
        tags: Sequence[tuple[str, int]],
        names: Mapping[tuple[str, ...], str],
    ) -> "Beside":
        """Choose the largest of each."""
        sections = tuple(sorted(tree, key=lambda room: -room.count)[:BESIDE])
        stars = tuple(number for number, count in enumerate(overview.starred, start=1) if count)
        shortest = sorted((names[room.path] for room in sections), key=len)[:1]
        written = (
            *(("section", name) for name in shortest),
            *(("-tag", tag) for tag, _ in tags[:1]),
            *(("host", host) for host, _ in overview.hosts[:1]),
            *(("stars", str(number)) for number in stars[:2][-1:]),
        )
        return cls(
            sections=sections,
            tags=tuple(tag for tag, _ in tags[:BESIDE]),
            stars=stars,
            typed=tuple(filter_of(name, value) for name, value in written),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """What is shown of a catalogue as long as its bundle is served; made once for each."""

    info: CatalogueInfo
    overview: Overview
    rooms: tuple[Room, ...]
    tags: tuple[tuple[str, int], ...]
    samples: tuple[str, ...]
    section_names: Mapping[tuple[str, ...], str]
    """What finds each section, and no other with the same heading."""
    beside: "Beside"

    @classmethod
    def of(cls, asks: Asks, *, public_only: bool) -> "Front":
        """Ask a bundle for all of it, which takes as long as some questions."""
        overview = asks.overview(public_only=public_only)
        tree = tuple(rooms(overview.sections))
        tags = tuple((tag, count) for tag, count in overview.tags if tag not in _NO_SUBJECT)
        names = section_names(path for path, _ in overview.sections)
        return cls(
            info=asks.info,
            overview=overview,
            rooms=tree,
            tags=tags,
            samples=asks.samples(count=SAMPLES, public_only=public_only) if overview.link_count else (),
            section_names=names,
            beside=Beside.of(overview, tree, tags, names),
        )

    def section_name(self, path: tuple[str, ...]) -> str:
        """Return what finds a section, as the filter `section:` takes it."""
        return self.section_names.get(path, path[-1])

    @property
    def name(self) -> str:
        """The catalogue's name."""
        return one_line(self.info.name) or "Signpost"

    @property
    def age(self) -> str:
        """How old the bundle is."""
        return age(self.info.built_at)

    @property
    def largest(self) -> tuple[Room, ...]:
        """The largest sections, in the catalogue's order."""
        chosen = sorted(self.rooms, key=lambda room: -room.count)[:SECTIONS]
        return tuple(room for room in self.rooms if room in chosen)


def rooms(sections: Iterable[tuple[tuple[str, ...], int]], above: tuple[str, ...] = ()) -> Iterator[Room]:
    """Yield the sections as a tree, in their order; links without a section are in none of its rooms."""
    depth = len(above)
    by_name: dict[str, list[tuple[tuple[str, ...], int]]] = {}
    for path, count in sections:
        if len(path) > depth:
            by_name.setdefault(path[depth], []).append((path, count))
    for name, inside in by_name.items():
        yield Room(
            path=(*above, name),
            name=one_line(name),
            count=sum(count for _, count in inside),
            own=sum(count for path, count in inside if len(path) == depth + 1),
            below=tuple(rooms(inside, (*above, name))),
        )


def items(news: Sequence[News]) -> tuple[Item, ...]:
    """Return news as they are shown."""
    return tuple(_item(one) for one in news)


def _item(one: News) -> Item:
    link = one.link
    href = safe_url(link.url) or ""
    return Item(
        kind=one.kind,
        title=one_line(link.title) or link.url,
        href="" if one.kind is NewsKind.RETIRED else href,
        note=_note(one),
        section=link.section,
        host=host_of(href),
        day=one.at.astimezone(UTC).date().isoformat(),
    )


def _note(one: News) -> str:
    match one.kind:
        case NewsKind.MOVED:
            whither = f"was {one.was}" if one.was else one.link.mark
            return one_line(whither)
        case NewsKind.RETIRED:
            return "no longer in the list"
        case NewsKind.NEW:
            return ""


def nearest_sections(links: Sequence[Link]) -> tuple[tuple[str, ...], ...]:
    """Return the sections that some links are in, by how many of them, for somebody who may browse instead."""
    paths = [link.section for link in links if link.section]
    return tuple(sorted(dict.fromkeys(paths), key=lambda path: -paths.count(path)))


def long_day(day: str) -> str:
    """Write a day as people read it: 31 May 2026."""
    moment = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)
    return f"{moment.day} {moment:%B %Y}"
