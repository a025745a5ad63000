"""The links of a catalogue that a curator should look at, with what the checks have seen of each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from index.catalogue.checks.evidence import DEAD_AFTER, explained
from index.catalogue.checks.records import CHECKS, PROBLEMS, STATE_FILE, Standing
from index.catalogue.link import Link, Status
from index.catalogue.read import read
from index.catalogue.record_files import folder_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A link that is dead, moved, suspicious or hijacked."""

    link: Link
    standing: Status
    why: str
    """The reason for the standing, and whether it is left out of answers."""
    days: tuple[str, ...] = ()
    """What was seen on each day, the newest last."""
    change: str = ""
    """What would change the standing."""


def doubts(files: Sequence[Path], *, dead_after: int = DEAD_AFTER) -> tuple[Doubt, ...] | None:
    """Return the links of catalogue files that the checks have something against, the worst first; None if never checked.

    Retired links are left out. CatalogueError when a file cannot be read.
    """
    records = CHECKS.read_all(dict.fromkeys(folder_of(str(file)) / STATE_FILE for file in files))
    if not records:
        return None
    if not any(record.standing in PROBLEMS for record in records.values()):
        return ()
    found: dict[str, Doubt] = {}
    for link in read(files).links:
        record = records.get(link.url)
        if record is None or record.standing not in PROBLEMS or link.status is Status.RETIRED:
            continue
        standing = Status(record.standing.value)
        first, *days, change = explained(record, dead_after)
        found[link.url] = Doubt(
            link=replace(link, status=standing, moved_to=record.to if standing is Status.MOVED else ""),
            standing=standing,
            why=first.removeprefix(f"{link.url}: {record.standing}").lstrip(",: "),
            days=tuple(day.strip() for day in days),
            change=change.partition(": ")[2],
        )
    return tuple(sorted(found.values(), key=lambda doubt: PROBLEMS.index(Standing(doubt.standing.value))))
