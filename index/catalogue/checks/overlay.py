"""Adds the results of the live checks to the links of a build."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from index.catalogue.checks.records import CHECKS, STATE_FILE, Record, Standing
from index.catalogue.link import Entry, Link, Reading, Skip, Status
from index.catalogue.lint import taken_over
from index.catalogue.record_files import folders_of
from index.catalogue.urls import normalise

_PRIVATE: Final = "private: --include-private builds of these too"
_STATUS: Final = {
    Standing.MOVED: Status.MOVED,
    Standing.DEAD: Status.DEAD,
    Standing.SUSPICIOUS: Status.SUSPICIOUS,
    Standing.HIJACKED: Status.HIJACKED,
}


def with_status(links: Sequence[Link], entries: Sequence[Entry]) -> tuple[Link, ...]:
    """Return the links with their status from the state files beside the catalogue.

    A status that a curator wrote takes precedence. An address that was never checked counts as hijacked if lint finds that
    it was taken over. CatalogueError when a state file cannot be read.
    """
    records = _records(entries)
    by_page = {normalise(url): record for url, record in records.items()}
    suspects = {normalise(entry.link.url) for entry in taken_over(entries)}
    return tuple(_checked(link, records, by_page, suspects) for link in links)


def mended(entries: Iterable[Entry]) -> dict[str, str]:
    """Return new to old address for the addresses that `check --links --fix` replaced; both normalised."""
    records = _records(entries).values()
    return {normalise(record.url): normalise(record.was) for record in records if record.was}


def _records(entries: Iterable[Entry]) -> dict[str, Record]:
    return CHECKS.read_all(folder / STATE_FILE for folder in folders_of(entries))


def without_hijacked(links: Iterable[Link]) -> tuple[Link, ...]:
    """Return the links without hijacked ones, which must not get into a bundle and so are never shown."""
    return tuple(link for link in links if link.status is not Status.HIJACKED)


def without_retired(links: Iterable[Link]) -> tuple[Link, ...]:
    """Return the links without retired ones, which stay in the catalogue but get into no bundle."""
    return tuple(link for link in links if link.status is not Status.RETIRED)


def without_private(reading: Reading) -> Reading:
    """Return a reading without the entries that are their owner's alone; they are counted, and not named."""
    hidden = [entry for entry in reading.entries if entry.link.private]
    skipped = [Skip(source=entry.source, text="a link", reason=_PRIVATE) for entry in hidden]
    entries = tuple(entry for entry in reading.entries if not entry.link.private)
    return replace(reading, entries=entries, skipped=(*reading.skipped, *skipped))


def _checked(link: Link, records: Mapping[str, Record], by_page: Mapping[str, Record], suspects: set[str]) -> Link:
    if link.status is not Status.ALIVE:
        return link
    page = normalise(link.url) if by_page or suspects else ""
    record = records.get(link.url) or by_page.get(page)
    if record is None or record.standing in {Standing.UNKNOWN, Standing.FAILING}:
        return replace(link, status=Status.HIJACKED) if page in suspects else link
    is_moved = record.standing is Standing.MOVED
    if record.standing not in _STATUS or (is_moved and record.to == link.url):  # the new address is there already
        return link
    moved_to = record.to if is_moved else ""
    return replace(link, status=_STATUS[record.standing], moved_to=moved_to)
