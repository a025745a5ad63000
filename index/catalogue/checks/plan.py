"""Decides which links are due for a check, and finds sites that all redirect to one page."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from index.catalogue.checks.checker import Target
from index.catalogue.checks.evidence import bad_days
from index.catalogue.checks.records import Record, Standing
from index.catalogue.link import Entry
from index.catalogue.lint import taken_over
from index.catalogue.publishers import named_hosts, registered, squash
from index.catalogue.record_files import folder_of
from index.catalogue.urls import host, path_of

_MIN_NAME: Final = 3
#: A wrong page is looked at every day until it was seen on this many, so that a wrong verdict does not last.
_DAYS_OF_DOUBT: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How old the result of a check may be before the link is checked again."""

    max_age: timedelta = timedelta(days=6)
    """Age up to which a result is fresh."""
    max_unknown_age: timedelta = timedelta(hours=20)
    """The same for a check without a result."""
    again: bool = False
    """Check everything, even if fresh."""

    def is_due(self, record: Record | None, now: datetime) -> bool:
        """Whether a link must be checked now; a failing one, and one whose page became a wrong one, once a day."""
        if record is None or self.again:
            return True
        age = now - record.checked
        in_doubt = record.standing is Standing.FAILING or 0 < len(bad_days(record.days)) < _DAYS_OF_DOUBT
        if in_doubt and not record.unclear:
            return not record.days or now.date() > record.days[-1].on
        if record.unclear or record.standing is Standing.UNKNOWN:
            return age >= min(self.max_age, self.max_unknown_age)
        return age >= self.max_age


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The addresses of a catalogue, each once."""

    entries_of: Mapping[str, Sequence[Entry]]
    """The entries of each address, in the catalogue's order."""
    publishers_of: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Names of which the page should mention one, for addresses to which titles of several publishers lead."""

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "Catalogue":
        """Group entries by address."""
        entries_of: dict[str, list[Entry]] = {}
        for entry in entries:
            entries_of.setdefault(entry.link.url, []).append(entry)
        names: dict[tuple[str, str], set[str]] = {}
        suspects = taken_over([entry for several in entries_of.values() for entry in several])
        for entry in suspects:
            labels = {squash(registered(name).partition(".")[0]) for name in named_hosts(entry.link.publisher)}
            names.setdefault(_page(entry), set()).update(label for label in labels if len(label) >= _MIN_NAME)
        publishers_of = {entry.link.url: frozenset(names[_page(entry)]) for entry in suspects}
        return cls(entries_of=entries_of, publishers_of=publishers_of)

    def without(self, patterns: Iterable[re.Pattern[str]]) -> "Catalogue":
        """Return the catalogue without the addresses in which any of the patterns is found."""
        patterns = tuple(patterns)
        kept = {
            url: several
            for url, several in self.entries_of.items()
            if not any(pattern.search(url) for pattern in patterns)
        }
        return replace(self, entries_of=kept)

    @property
    def folders_of(self) -> dict[str, tuple[Path, ...]]:
        """Address to the folders of the state files in which its results are kept."""
        return {
            url: tuple(dict.fromkeys(folder_of(entry.source.path) for entry in several))
            for url, several in self.entries_of.items()
        }

    def due(self, records: Mapping[str, Record], terms: Terms, now: datetime) -> list[Target]:
        """Return the links to check now."""
        return [target for target in self.targets(records) if terms.is_due(target.before, now)]

    def targets(self, records: Mapping[str, Record]) -> list[Target]:
        """Return all links as targets of a check, in the catalogue's order."""
        return [self.target(url, records.get(url)) for url in self.entries_of]

    def good(self, records: Mapping[str, Record], *, but: Iterable[Target]) -> tuple[Target, ...]:
        """Return the links that were fine at their last check, without those of `but`, as targets that nothing is known of."""
        now = {target.url for target in but}
        fine = {Standing.ALIVE, Standing.MOVED}
        return tuple(
            self.target(url)
            for url in self.entries_of
            if url not in now and (record := records.get(url)) and record.standing in fine and not record.unclear
        )

    def target(self, url: str, before: Record | None = None) -> Target:
        """Return a link as the target of a check, with what its entries say of it."""
        several = self.entries_of[url]
        about = " ".join(f"{entry.link.title} {entry.link.description} {entry.link.section_path}" for entry in several)
        return Target(
            url=url,
            title=about,
            titles=tuple(dict.fromkeys(entry.link.title for entry in several)),
            before=before,
            publishers=self.publishers_of.get(url, frozenset()),
        )


def _page(entry: Entry) -> tuple[str, str]:
    return host(entry.link.url), path_of(entry.link.url)
