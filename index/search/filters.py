"""Filters that people write into a question: `section:cilium stars:2 host:github.com tag:video`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from index.catalogue.link import PUBLIC_TAG
from index.errors import FilterError
from index.numeric import Bools, Int32
from index.search.words import stem, words

#: Which rows of the catalogue pass, shape (links,).
Mask = Bools

#: Names are matched as ASCII: with Unicode's rules, a dotless i would match an i.
_FILTER: Final = re.compile(r"(?<!\S)((?ai:section|stars|host|tag)):(?:\"([^\"]*)\"|(\S*))")
MOST_STARS: Final = 3
#: A message names at most this many possible values.
NAMED: Final = 12


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters of a question: a link must pass one of each kind that is given."""

    sections: tuple[str, ...] = ()
    stars: int | None = None
    """Least number of stars; None without a filter of stars."""
    hosts: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.sections or self.stars is not None or self.hosts or self.tags)


def split_filters(text: str) -> tuple[str, Filters]:
    """Return the text without its filters, and the filters; FilterError for a wrong value."""
    found: dict[str, list[str]] = {"section": [], "stars": [], "host": [], "tag": []}
    for match in _FILTER.finditer(text):
        name, value = match[1].lower(), (match[2] if match[2] is not None else match[3]).strip()
        if not value:
            raise FilterError(f"`{name}:` needs a value, such as {_example(name)}")
        found[name].append(value)
    stars = [_stars(value) for value in found["stars"]]
    rest = " ".join(_FILTER.sub(" ", text).split())
    return rest, Filters(tuple(found["section"]), max(stars, default=None), tuple(found["host"]), tuple(found["tag"]))


def _example(name: str) -> str:
    return {"section": "section:cilium", "stars": "stars:2", "host": "host:github.com", "tag": "tag:video"}[name]


def _stars(value: str) -> int:
    if value.isascii() and value.isdigit() and len(value) == 1 and int(value) <= MOST_STARS:
        return int(value)
    raise FilterError(f"stars:{value:.20} is not a number of stars; 0, 1, 2 and 3 exist")


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
    dead: Mask
    """Which links are dead, shape (links,)."""
    _slugs: tuple[tuple[str, ...], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_slugs", tuple(tuple(_slug(name) for name in path) for path in self.sections))

    def mask(self, filters: Filters) -> Mask:
        """Return which links pass; FilterError when none does, or for an unknown value, with some that exist."""
        mask = self.stars >= (filters.stars or 0)
        if filters.sections:
            mask &= self.in_sections(filters.sections)
        if filters.hosts:
            mask &= self._in_hosts(filters.hosts)
        if filters.tags:
            mask &= self.tagged(filters.tags)
        if not mask.any():
            raise FilterError("no link passes all these filters together; leave one out")
        return mask

    def section_counts(self) -> tuple[tuple[tuple[str, ...], int], ...]:
        """Return each section with its number of links, in the catalogue's order."""
        counts = np.bincount(self.section_of, minlength=len(self.sections)).tolist()
        return tuple(zip(self.sections, counts, strict=True))

    def in_sections(self, values: Sequence[str]) -> Mask:
        """Return which links are in (or below) any of the named sections; a part of a heading is enough."""
        chosen: set[int] = set()
        for value in values:
            matching = self._sections_named(value)
            if not matching:
                raise FilterError(f"no section is called {value!r:.80}; {self._offer(value)}")
            chosen |= matching
        mask = np.isin(self.section_of, list(chosen))
        for number in chosen & self.also_in.keys():
            mask[np.asarray(self.also_in[number], dtype=np.int64)] = True
        return mask

    def _sections_named(self, value: str) -> set[int]:
        slug = _slug(value)
        whole = {number for number, path in enumerate(self._slugs) if slug in path}
        return whole or {
            number
            for number, path in enumerate(self._slugs)
            if slug and any(f" {slug} " in f" {name} " for name in path)
        }

    def _offer(self, value: str) -> str:
        wanted = set(_slug(value).split())
        names = list(dict.fromkeys(name for path in self.sections for name in path))
        names.sort(key=lambda name: -len(wanted & set(_slug(name).split())))
        return "there are " + _listed(names)

    def _in_hosts(self, values: Sequence[str]) -> Mask:
        chosen: set[int] = set()
        for value in values:
            name = value.lower().removeprefix("https://").removeprefix("http://").strip("/").removeprefix("www.")
            matching = {n for n, host in enumerate(self.hosts) if host == name or host.endswith("." + name)}
            if not matching:
                counts = np.bincount(self.host_of, minlength=len(self.hosts))
                frequent = [self.hosts[number] for number in np.argsort(-counts, kind="stable")]
                raise FilterError(f"no link is on the host {value!r:.80}; there are {_listed(frequent)}")
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
                raise FilterError(f"no link has the tag {value!r:.80}; {known}")
            mask[np.asarray(rows, dtype=np.int64)] = True
        return mask

    def is_public(self) -> Mask:
        """Return which links their curators marked public."""
        return self.tagged([PUBLIC_TAG]) if PUBLIC_TAG in self.tags else np.zeros(len(self.stars), dtype=np.bool_)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:NAMED])
    return f"{shown} and {len(names) - NAMED} more" if len(names) > NAMED else shown


def _slug(text: str) -> str:
    return " ".join(stem(word.lower()) for word in words(text.replace("-", " ").replace("_", " ")))
