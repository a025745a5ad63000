"""What the curators' page shows, read from the store and from the index that is served."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Final
from unicodedata import east_asian_width

from bot.asking.answering import Answering
from bot.slack.text import one_line, safe_url
from bot.store import Change, ChangeState, Gap, Store, Suggestion
from bot.store.gaps import GapGroup, grouped, single
from bot.store.use import Use
from index import Asks, Atlas, CatalogueError, Doubt, Link, Question, SignpostError, Status, doubts

#: Days that are looked back.
DAYS: Final = 30
#: Most of each that is shown.
SHOWN: Final = 50
_READ: Final = 300
_EVERY: Final = 1_000_000
#: The map's size, in its own units, and the room around the points.
WIDTH: Final = 900
HEIGHT: Final = 560
_ROOM: Final = 24
#: Sections that have a name and a colour on the map, how many letters of a name are shown, and the room of a letter and a line.
_NAMED: Final = 6
_NAME_CHARS: Final = 36
_CHAR_WIDTH: Final = 8.5
_LINE: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A point of the map."""

    x: float
    y: float
    text: str
    href: str = ""
    weight: int = 1
    colour: int = 0
    """The number of its section among those that have a name on the map, from 1; 0 for the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A section's name on the map."""

    x: float
    y: float
    text: str
    count: int
    colour: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Everything on the page. No person is in it, and no question whose text is not kept."""

    catalogue: str
    version: str
    gaps: tuple[GapGroup, ...]
    waiting: tuple[Suggestion, ...]
    changes: tuple[Change, ...]
    reports: tuple[Suggestion, ...]
    """What people found wrong with links, and nobody has looked after."""
    trouble: tuple[Doubt, ...]
    """Links that are dead, moved, suspicious or hijacked, the worst first."""
    unread: str
    """Why the catalogue's files cannot be read now, so that `trouble` is what the index knows; empty when they can."""
    unseen: tuple[Link, ...]
    """Links that were in no answer."""
    unseen_count: int
    unopened: tuple[tuple[Link, int], ...]
    """Links that were shown and never opened, with how often they were shown."""
    use: Use
    names: tuple[Name, ...]
    """The largest sections, where their links are on the map."""
    dots: tuple[Dot, ...]
    gap_dots: tuple[Dot, ...]

    @property
    def asked(self) -> int:
        """How many questions there were."""
        return sum(day.sure + day.perhaps + day.nothing for day in self.use.days)

    @property
    def busiest(self) -> int:
        """The most questions of a day."""
        return max((day.sure + day.perhaps + day.nothing for day in self.use.days), default=1)


async def figures(answering: Answering, store: Store, files: Sequence[Path] = ()) -> Figures:
    """Read all of it; SignpostError when there is no index or the store fails."""
    asks = answering.asks
    since = datetime.now(UTC) - timedelta(days=DAYS)
    gaps, waiting, reports, changes, use = await asyncio.gather(
        store.gaps(since, _READ),
        store.waiting(SHOWN),
        store.reported(SHOWN),
        store.changes(ChangeState.WAITING, ChangeState.STUCK, ChangeState.PATCHED),
        store.use(since),
    )
    groups = await answering.run(_grouped, gaps, asks)
    try:
        wrong, unread = await trouble(answering, files), ""
    except CatalogueError as error:  # half an edit, perhaps: all else on the page is well
        wrong, unread = await trouble(answering, ()), one_line(str(error))
    links = await answering.run(_links, asks, "stars:0", _EVERY)
    worded = [group for group in groups if group.text][:SHOWN]
    atlas = await answering.run(asks.atlas, [group.text or "" for group in worded])
    dots, gap_dots, names = _drawn(atlas, worded)
    unseen = [link for link in links if link.url not in use.shown]
    unopened = [(link, use.shown[link.url]) for link in links if link.url in use.shown and link.url not in use.clicked]
    return Figures(
        catalogue=one_line(asks.info.name),
        version=asks.info.version,
        gaps=tuple(groups[:SHOWN]),
        waiting=tuple(waiting),
        changes=tuple(changes),
        reports=tuple(reports),
        trouble=wrong,
        unread=unread,
        unseen=tuple(unseen[:SHOWN]),
        unseen_count=len(unseen),
        unopened=tuple(sorted(unopened, key=lambda one: -one[1])[:SHOWN]),
        use=use,
        names=names,
        dots=dots,
        gap_dots=gap_dots,
    )


def _grouped(gaps: Sequence[Gap], asks: Asks) -> list[GapGroup]:
    try:
        return grouped(gaps, asks)
    except SignpostError:
        return single(gaps)


def _links(asks: Asks, filters: str, most: int) -> list[Link]:
    """Return the links that pass filters; none where no link does."""
    try:
        return [hit.link for hit in asks.ask(Question(text=filters, top_k=most)).hits]
    except SignpostError:
        return []


async def trouble(answering: Answering, files: Sequence[Path]) -> tuple[Doubt, ...]:
    """Return links that the checks have something against; without files of the catalogue, as the index knows them.

    CatalogueError when a file cannot be read.
    """
    found = await answering.run(doubts, files) if files else None
    if found is not None:
        return found
    links = await answering.run(_links, answering.asks, "is:moved is:dead is:suspicious", SHOWN)
    return tuple(
        Doubt(link=link, standing=link.status, why=link.mark) for link in links if link.status is not Status.ALIVE
    )


def _drawn(atlas: Atlas, groups: Sequence[GapGroup]) -> tuple[tuple[Dot, ...], tuple[Dot, ...], tuple[Name, ...]]:
    """Return the points of links and of gaps, and the names of sections, inside the map."""
    places = [(x, y) for _, x, y in atlas.links] + list(atlas.questions)
    if not places:
        return (), (), ()
    across = _scale([x for x, _ in places], _ROOM, WIDTH - _ROOM)
    down = _scale([y for _, y in places], HEIGHT - _ROOM, _ROOM)
    names = _named([(link.section[0], across(x), down(y)) for link, x, y in atlas.links if link.section])
    colours = {name.text: name.colour for name in names}
    links = tuple(
        Dot(
            x=across(x), y=down(y), text=one_line(link.title) or link.url, href=safe_url(link.url) or "",
            colour=colours.get(one_line(link.section[0]), 0) if link.section else 0,
        )
        for link, x, y in atlas.links
    )  # fmt: skip
    gaps = tuple(
        Dot(x=across(x), y=down(y), text=one_line(group.text or ""), weight=group.count)
        for group, (x, y) in zip(groups, atlas.questions, strict=True)
    )
    return links, gaps, names


def _scale(values: Sequence[float], first: float, last: float) -> Callable[[float], float]:
    """Return a function that lays values evenly between two ends; all but the outermost hundredth decide the ends."""
    kept = sorted(values)
    spare = len(kept) // 100
    low, high = kept[spare], kept[-1 - spare]

    def place(value: float) -> float:
        share = (min(max(value, low), high) - low) / ((high - low) or 1)
        return round(first + share * (last - first), 1)

    return place


def _width(name: str) -> float:
    """Return how wide a name is on the map, in its units; Chinese, Japanese and Korean letters are twice as wide."""
    return _CHAR_WIDTH * sum(2 if east_asian_width(letter) in "WF" else 1 for letter in name[:_NAME_CHARS])


def _named(places: Sequence[tuple[str, float, float]]) -> tuple[Name, ...]:
    """Return the names of the largest sections, each amid its links, as near to that as no other name stands."""
    groups: dict[str, list[tuple[float, float]]] = {}
    for section, x, y in places:
        groups.setdefault(one_line(section), []).append((x, y))
    names: list[Name] = []
    for colour, (text, spots) in enumerate(sorted(groups.items(), key=lambda one: -len(one[1]))[:_NAMED], start=1):
        half = _width(text) / 2
        x = min(max(median(x for x, _ in spots), half + _ROOM), WIDTH - half - _ROOM)
        middle = median(y for _, y in spots)
        wide = [name for name in names if abs(name.x - x) < half + _width(name.text) / 2]
        steps = sorted(range(-12, 13), key=abs)
        tried = [middle + step * _LINE / 2 for step in steps]
        inside = [y for y in tried if _ROOM < y < HEIGHT - _ROOM] or [middle]
        y = next((y for y in inside if all(abs(name.y - y) >= _LINE for name in wide)), inside[0])
        names.append(Name(x=round(x, 1), y=round(y, 1), text=text, count=len(spots), colour=colour))
    return tuple(names)
