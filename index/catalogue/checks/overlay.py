"""Adds the results of the live checks to the links of a build."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from index.catalogue.checks.evidence import is_left_out
from index.catalogue.checks.records import CHECKS, STATE_FILE, Record, Standing
from index.catalogue.link import Entry, HijackedLinks, Link, Reading, Skip, Status
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


#: With these a page that lint suspects is not cleared.
_NOT_CLEARED: Final = frozenset({Standing.UNKNOWN, Standing.FAILING, Standing.SUSPICIOUS})


def with_status(
    links: Sequence[Link], entries: Sequence[Entry], hijacked: HijackedLinks = HijackedLinks.HIDE
) -> tuple[Link, ...]:
    """Return the links with their status from the state files beside the catalogue, without those that must not be shown.

    A status that a curator wrote takes precedence. An address that was never checked counts as hijacked if lint finds that
    it was taken over. CatalogueError when a state file cannot be read.
    """
    records = _records(entries)
    by_page = {normalise(url): record for url, record in records.items()}
    suspects = {normalise(entry.link.url) for entry in taken_over(entries)}
    checked = [_checked(link, records, by_page, suspects) for link in links]
    return tuple(link for link, is_wrong in checked if not is_wrong or hijacked is HijackedLinks.MARK)


def mended(entries: Iterable[Entry]) -> dict[str, str]:
    """Return new to old address for the addresses that `check --links --fix` replaced; both normalised."""
    records = _records(entries).values()
    return {normalise(record.url): normalise(record.was) for record in records if record.was}


def _records(entries: Iterable[Entry]) -> dict[str, Record]:
    return CHECKS.read_all(folder / STATE_FILE for folder in folders_of(entries))


def without_retired(links: Iterable[Link]) -> tuple[Link, ...]:
    """Return the links without retired ones, which stay in the catalogue but get into no bundle."""
    return tuple(link for link in links if link.status is not Status.RETIRED)


def without_private(reading: Reading) -> Reading:
    """Return a reading without the entries that are their owner's alone; they are counted, and not named."""
    hidden = [entry for entry in reading.entries if entry.link.private]
    skipped = [Skip(source=entry.source, text="a link", reason=_PRIVATE) for entry in hidden]
    entries = tuple(entry for entry in reading.entries if not entry.link.private)
    return replace(reading, entries=entries, skipped=(*reading.skipped, *skipped))


def _checked(
    link: Link, records: Mapping[str, Record], by_page: Mapping[str, Record], suspects: set[str]
) -> tuple[Link, bool]:
    """Return a link with its status, and whether another page is at its address."""
    if link.status is not Status.ALIVE:
        return link, link.status is Status.HIJACKED
    page = normalise(link.url) if by_page or suspects else ""
    record = records.get(link.url) or by_page.get(page)
    if page in suspects and (record is None or record.standing in _NOT_CLEARED):
        return replace(link, status=Status.HIJACKED), True
    if record is None:
        return link, False
    is_moved = record.standing is Standing.MOVED
    if record.standing not in _STATUS or (is_moved and record.to == link.url):  # the new address is there already
        return link, False
    moved_to = record.to if is_moved else ""
    return replace(link, status=_STATUS[record.standing], moved_to=moved_to), is_left_out(record)
