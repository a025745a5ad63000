"""Filters that people write into a question: `section:cilium stars:2 host:github.com -tag:video after:2024 is:dead`."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

import numpy as np
from rapidfuzz import fuzz, process

from index.catalogue.link import PUBLIC_TAG, Status
from index.errors import FilterError
from index.numeric import Bools, Int32, Int64
from index.search.sections import SmallSections
from index.search.words import stem, words
from index.types import Overview

#: Which rows of the catalogue pass, shape (links,).
Mask = Bools

#: Names are matched as ASCII: with Unicode's rules, a dotless i would match an i. A name and a space are words, as in `my
#: question is: how …` or a pasted `host: example.com`; at the end, a name waits for its value. Telephones and Slack write
#: curly quotation marks.
_FILTER: Final = re.compile(
    r"(?<!\S)(-?)((?ai:section|stars|host|tag|after|is)):(?:[\"“”„]([^\"“”„]*)[\"“”]|(\S+)|\s*\Z)"
)
_PHRASE: Final = re.compile(r"(?<!\S)[\"“]([^\"“”]+)[\"”](?!\S)")
_DAY: Final = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", re.ASCII)
MOST_STARS: Final = 3
#: A message names at most this many possible values.
NAMED: Final = 12
#: A value that is not known was probably meant to be one that is alike by so many percent of its letters.
_ALIKE: Final = 70
#: Stands between the headings of a section, and before the outermost: `section:"CNI > Overview"`, `section:"> Overview"`.
_BELOW: Final = ">"
#: What `is:` may name: the states of a link, and what its curators set apart.
HIGHLIGHTED: Final = "highlighted"
STATES: Final = (*(str(one) for one in (Status.ALIVE, Status.MOVED, Status.DEAD, Status.SUSPICIOUS)), HIGHLIGHTED)
_EXAMPLES: Final = {
    "section": "section:NAME",
    "stars": "stars:2",
    "host": "host:github.com",
    "tag": "tag:NAME",
    "after": "after:2024-06",
    "is": "is:dead",
}


@dataclass(frozen=True, slots=True)
class Named:
    """The filters that name values: a link must pass one of each kind that is given."""

    sections: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    states: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many values there are."""
        return len(self.sections) + len(self.hosts) + len(self.tags) + len(self.states)


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters of a question: a link must pass all of them."""

    wanted: Named = Named()
    unwanted: Named = Named()
    """A link must pass none of these."""
    stars: int | None = None
    """Least number of stars; None without a filter of stars."""
    after: date | None = None
    """A link must have been added on this day or later; one without a date does not pass."""
    phrases: tuple[str, ...] = ()
    """What was in quotation marks: where a link has it, those without it do not pass."""

    def __bool__(self) -> bool:
        return bool(self.count)

    @property
    def count(self) -> int:
        """How many of them must be passed; phrases need not."""
        return self.wanted.count + self.unwanted.count + (self.stars is not None) + (self.after is not None)


class Written(NamedTuple):
    """A filter as it stands in a question."""

    name: str
    value: str
    is_unwanted: bool
    text: str
    """What was typed."""


def written_filters(text: str) -> tuple[str, tuple[Written, ...]]:
    """Return the text without its filters, whose values need not exist, and the filters in their order."""
    found = tuple(
        Written(match[2].lower(), (match[3] or match[4] or "").strip(), bool(match[1]), match[0].rstrip())
        for match in _FILTER.finditer(text)
    )
    return " ".join(_FILTER.sub(" ", text).split()), found


def split_filters(text: str) -> tuple[str, Filters]:
    """Return the text without its filters, and the filters; FilterError for a wrong value.

    Phrases stay in the text, without their quotation marks.
    """
    rest, written = written_filters(text)
    wanted: dict[str, list[str]] = {name: [] for name in _EXAMPLES}
    unwanted: dict[str, list[str]] = {name: [] for name in _EXAMPLES}
    for one in written:
        if not one.value:
            raise FilterError(f"`{one.name}:` needs a value, such as {_EXAMPLES[one.name]}", malformed=True)
        if one.is_unwanted and one.name in {"stars", "after"}:
            raise FilterError(f"-{one.name}: is no filter; {_EXAMPLES[one.name]} is one", malformed=True)
        (unwanted if one.is_unwanted else wanted)[one.name].append(one.value)
    phrases = tuple(" ".join(match[1].split()) for match in _PHRASE.finditer(rest))
    filters = Filters(
        wanted=_named(wanted),
        unwanted=_named(unwanted),
        stars=max(map(_stars, wanted["stars"]), default=None),
        after=max(map(_day, wanted["after"]), default=None),
        phrases=phrases,
    )
    return " ".join(_PHRASE.sub(r"\1", rest).split()), filters


def _named(found: Mapping[str, Sequence[str]]) -> Named:
    states = tuple(value.lower() for value in found["is"])
    for value in states:
        if value not in STATES:
            told = f"is:{value:.20} is no state of a link"
            raise _unknown(told, value, STATES, f"there are {', '.join(STATES)}", malformed=True)
    return Named(tuple(found["section"]), tuple(found["host"]), tuple(found["tag"]), states)


def _stars(value: str) -> int:
    if value.isascii() and value.isdigit() and len(value) == 1 and int(value) <= MOST_STARS:
        return int(value)
    raise FilterError(f"stars:{value:.20} is not a number of stars; 0, 1, 2 and 3 exist", malformed=True)


def _day(value: str) -> date:
    """Return the first day of a year, a month or a day."""
    found = _DAY.fullmatch(value)
    try:
        if found is not None:
            return date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError:
        pass
    raise FilterError(f"after:{value:.20} is no date; write 2024, 2024-06 or 2024-06-30", malformed=True)


@dataclass(frozen=True, slots=True)
class Facets:
    """The values that links can be filtered by, with the rows that have each."""

    sections: tuple[tuple[str, ...], ...]
    """Distinct section paths, in the catalogue's order."""
    section_of: Int32
    """Each link's own section as a position in `sections`, shape (links,)."""
    also_in: Mapping[int, Sequence[int]]
    """Position in `sections` to the rows that are in that section besides their own."""
    hosts: tuple[str, ...]
    host_of: Int32
    stars: Int32
    tags: Mapping[str, Sequence[int]]
    """Lower-case tag to the rows that have it."""
    states: Mapping[str, Mask]
    """Each of STATES to the links that are in it, each of shape (links,)."""
    days: Int64
    """The day that each link was added, as a number such as 20240531; 0 for a link without a date. Shape (links,)."""
    small_sections: SmallSections = field(init=False, repr=False, compare=False)
    _slugs: tuple[tuple[str, ...], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "small_sections", SmallSections.of(self.section_of, self.sections))
        object.__setattr__(self, "_slugs", tuple(tuple(_slug(name) for name in path) for path in self.sections))

    @property
    def dead(self) -> Mask:
        """Which links are dead, shape (links,)."""
        return self.states[Status.DEAD]

    def mask(self, filters: Filters) -> Mask:
        """Return which links pass; FilterError when none does, or for an unknown value, with some that exist."""
        mask = self.stars >= (filters.stars or 0)
        if filters.after:
            mask &= self.days >= int(filters.after.strftime("%Y%m%d"))
        for kind in self._named(filters.wanted):
            mask &= kind
        for kind in self._named(filters.unwanted):
            mask &= ~kind
        if not mask.any():
            alone = filters.count == 1
            raise FilterError(
                f"no link passes {'this filter' if alone else 'all these filters together; leave one out'}"
            )
        return mask

    def _named(self, values: Named) -> Iterator[Mask]:
        """Yield for each kind of filter which links have one of its values."""
        if values.sections:
            yield self.in_sections(values.sections)
        if values.hosts:
            yield self._in_hosts(values.hosts)
        if values.tags:
            yield self.tagged(values.tags)
        if values.states:
            yield np.any([self.states[state] for state in values.states], axis=0)

    def section_counts(self) -> tuple[tuple[tuple[str, ...], int], ...]:
        """Return each section with its number of links, in the catalogue's order."""
        counts = np.bincount(self.section_of, minlength=len(self.sections)).tolist()
        return tuple(zip(self.sections, counts, strict=True))

    def overview(self, mask: Mask) -> Overview:
        """Return what the links that pass `mask` can be browsed by."""
        sections = np.bincount(self.section_of[mask], minlength=len(self.sections)).tolist()
        hosts = np.bincount(self.host_of[mask], minlength=len(self.hosts)).tolist()
        tags = [(tag, int(mask[np.asarray(rows, dtype=np.int64)].sum())) for tag, rows in self.tags.items()]
        return Overview(
            link_count=int(mask.sum()),
            sections=tuple(one for one in zip(self.sections, sections, strict=True) if one[1]),
            tags=_most_first(tags),
            hosts=_most_first(zip(self.hosts, hosts, strict=True)),
            starred=tuple(int((self.stars[mask] >= number).sum()) for number in range(1, MOST_STARS + 1)),
        )

    def in_sections(self, values: Sequence[str]) -> Mask:
        """Return which links are in (or below) any of the named sections.

        A part of a heading is enough. Headings above it tell equal ones apart: `CNI > Overview`.
        """
        chosen: set[int] = set()
        for value in values:
            matching = self._sections_named(value)
            if not matching:
                names = self._headings(value)
                raise _unknown(f"no section is called {value!r:.80}", value, names, f"there are {_listed(names)}")
            chosen |= matching
        mask = np.isin(self.section_of, list(chosen))
        for number in chosen & self.also_in.keys():
            mask[np.asarray(self.also_in[number], dtype=np.int64)] = True
        return mask

    def _sections_named(self, value: str) -> set[int]:
        if _BELOW in value and (found := self._sections_at(value)):
            return found
        slug = _slug(value)
        whole = {number for number, path in enumerate(self._slugs) if slug in path}
        return whole or {
            number
            for number, path in enumerate(self._slugs)
            if slug and any(f" {slug} " in f" {name} " for name in path)
        }

    def _sections_at(self, value: str) -> set[int]:
        """Return the sections in (or below) a place that headings name, one after the other."""
        wanted = tuple(slug for name in value.split(_BELOW) if (slug := _slug(name)))
        count, from_outermost = len(wanted), value.lstrip().startswith(_BELOW)
        return {
            number
            for number, path in enumerate(self._slugs)
            if wanted
            and any(
                path[place : place + count] == wanted for place in range(1 if from_outermost else len(path) - count + 1)
            )
        }

    def _headings(self, value: str) -> list[str]:
        """Return all headings, those with most words of a value first."""
        wanted = set(_slug(value).split())
        names = list(dict.fromkeys(name for path in self.sections for name in path))
        return sorted(names, key=lambda name: -len(wanted & set(_slug(name).split())))

    def _in_hosts(self, values: Sequence[str]) -> Mask:
        chosen: set[int] = set()
        for value in values:
            name = value.lower().removeprefix("https://").removeprefix("http://").strip("/").removeprefix("www.")
            matching = {n for n, host in enumerate(self.hosts) if host == name or host.endswith("." + name)}
            if not matching:
                counts = np.bincount(self.host_of, minlength=len(self.hosts))
                frequent = [self.hosts[number] for number in np.argsort(-counts, kind="stable")]
                raise _unknown(
                    f"no link is on the host {value!r:.80}", value, frequent, f"there are {_listed(frequent)}"
                )
            chosen |= matching
        return np.isin(self.host_of, list(chosen))

    def on_host(self, name: str) -> list[int]:
        """Return the links on one host, written as `index.catalogue.urls.host` returns it."""
        number = self.hosts.index(name) if name in self.hosts else -1
        return [int(row) for row in np.flatnonzero(self.host_of == number)]

    def tagged(self, values: Sequence[str]) -> Mask:
        """Return which links have any of the tags."""
        mask = np.zeros(len(self.stars), dtype=np.bool_)
        for value in values:
            rows = self.tags.get(value.lower())
            if rows is None:
                known = f"there are {_listed(list(self.tags))}" if self.tags else "this catalogue has no tags"
                raise _unknown(f"no link has the tag {value!r:.80}", value, list(self.tags), known)
            mask[np.asarray(rows, dtype=np.int64)] = True
        return mask

    def is_public(self) -> Mask:
        """Return which links their curators marked public."""
        return self.tagged([PUBLIC_TAG]) if PUBLIC_TAG in self.tags else np.zeros(len(self.stars), dtype=np.bool_)


def section_names(sections: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], str]:
    """Return what finds each section, and each heading above one, and no other: `section:` and as few headings as possible."""
    places = list(dict.fromkeys(path[:depth] for path in sections for depth in range(1, len(path) + 1)))
    slugs = {place: tuple(map(_slug, place)) for place in places}
    ending: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for place, path in slugs.items():
        for depth in range(len(path)):
            ending.setdefault(path[depth:], []).append(place)

    def named(place: tuple[str, ...]) -> str:
        headings = [" ".join(heading.replace(_BELOW, " ").split()) for heading in place]
        for depth in reversed(range(len(place))):
            alike = (slugs[other] for other in ending[slugs[place][depth:]])
            if all(other[: len(place)] == slugs[place] for other in alike):
                return f" {_BELOW} ".join(headings[depth:])
        return f"{_BELOW} " + f" {_BELOW} ".join(headings)

    return {place: named(place) for place in places}


def _unknown(problem: str, value: str, known: Sequence[str], there_are: str, *, malformed: bool = False) -> FilterError:
    """Return the error about a value that no link has, with the one that was probably meant."""
    near = process.extractOne(value, known, scorer=fuzz.ratio, processor=str.lower, score_cutoff=_ALIKE)
    meant = near[0] if near else ""
    hint = f" (did you mean {meant!r:.80}?)" if meant else ""
    return FilterError(f"{problem}{hint}; {there_are}", wrong=value, meant=meant, malformed=malformed)


def _most_first(counts: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((one for one in counts if one[0] and one[1]), key=lambda one: (-one[1], one[0])))


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:NAMED])
    return f"{shown} and {len(names) - NAMED} more" if len(names) > NAMED else shown


def _slug(text: str) -> str:
    return " ".join(stem(word.lower()) for word in words(text.replace("-", " ").replace("_", " ")))
