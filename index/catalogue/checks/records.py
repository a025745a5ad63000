"""The results of the link checks: what one check found, and what is known of a link after all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from index.catalogue.record_files import RecordForm, RecordWriter

STATE_FILE: Final = "link-checks.jsonl"


class Outcome(StrEnum):
    """The outcome of one check."""

    ALIVE = "alive"
    MOVED = "moved"
    """It redirects permanently, to a page of the same owner."""
    GONE = "gone"
    """Status 404 or 410, or the host does not exist."""
    SUSPICIOUS = "suspicious"
    """Probably another page than the one meant: a site's root, another owner's, an error page with status 200."""
    HIJACKED = "hijacked"
    """The domain is parked or was taken over."""
    UNKNOWN = "unknown"
    """Not known: refused, too slow, a captcha."""


class Standing(StrEnum):
    """What is known of a link after all its checks."""

    ALIVE = "alive"
    MOVED = "moved"
    FAILING = "failing"
    """Gone at its last check, but not yet on enough days to call it dead."""
    DEAD = "dead"
    SUSPICIOUS = "suspicious"
    HIJACKED = "hijacked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one check found."""

    outcome: Outcome
    reason: str
    """The reason in plain words: `404 Not Found`."""
    to: str = ""
    """Where a moved, suspicious or hijacked link leads."""
    page: str = ""
    """The address that answered after all redirects; `etag` and `modified` belong to it."""
    etag: str = ""
    modified: str = ""
    unchanged: bool = False
    """Whether the page has not changed since it was judged (304)."""
    answer: str = field(default="", compare=False)
    """The response without the parts that differ from site to site, to detect one page that answers for many sites."""
    read: object = field(default=None, compare=False)
    """What the run's reader made of the page; None without a reader, or when there is no good HTML page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The state of one address."""

    url: str
    standing: Standing
    reason: str
    """The reason for its standing."""
    checked: datetime
    """When it was last checked, with or without a result."""
    to: str = ""
    failed_on: tuple[date, ...] = ()
    """The days (UTC) on which it was found gone since it last answered, oldest first."""
    unclear: str = ""
    """Why the last check had no result; empty if it had one."""
    page: str = ""
    etag: str = ""
    modified: str = ""
    was: str = ""
    """The address that `--fix` replaced by this one; empty without one."""


def advance(before: Record | None, url: str, verdict: Verdict, *, now: datetime, dead_after: int) -> Record:
    """Return the record of a link after one more check.

    A link is dead when it was gone on `dead_after` different days without another answer in between. Until then a hijacked
    link stays hijacked, since such sites come and go. A check without a result does not change the standing.
    """
    was = before.was if before is not None else ""
    if verdict.outcome is Outcome.UNKNOWN:
        if before is None or before.standing is Standing.UNKNOWN:
            return Record(url=url, standing=Standing.UNKNOWN, reason=verdict.reason, checked=now, was=was)
        return replace(before, checked=now, unclear=verdict.reason)
    if verdict.unchanged and before is not None:
        return replace(before, checked=now, unclear="", failed_on=())
    if verdict.outcome is Outcome.GONE:
        earlier = before.failed_on if before is not None else ()
        failed_on = tuple(sorted({*earlier, now.date()}))
        if len(failed_on) < dead_after and before is not None and before.standing is Standing.HIJACKED:
            return replace(before, checked=now, failed_on=failed_on, unclear="")
        standing = Standing.DEAD if len(failed_on) >= dead_after else Standing.FAILING
        return Record(url=url, standing=standing, reason=verdict.reason, checked=now, failed_on=failed_on, was=was)
    return Record(
        url=url,
        standing=Standing(verdict.outcome),
        reason=verdict.reason,
        checked=now,
        to=verdict.to,
        page=verdict.page,
        etag=verdict.etag,
        modified=verdict.modified,
        was=was,
    )


def to_row(record: Record) -> dict[str, Any]:
    """Return a record as plain data, without empty fields."""
    row = {
        "url": record.url,
        "standing": record.standing.value,
        "reason": record.reason,
        "to": record.to,
        "checked": record.checked.astimezone(UTC).isoformat(timespec="seconds"),
        "failed_on": [day.isoformat() for day in record.failed_on],
        "unclear": record.unclear,
        "page": record.page,
        "etag": record.etag,
        "modified": record.modified,
        "was": record.was,
    }
    return {key: value for key, value in row.items() if value}


def _from_row(row: dict[str, Any]) -> Record:
    texts = {name: str(row.get(name, "")) for name in ("reason", "to", "unclear", "page", "etag", "modified", "was")}
    return Record(
        url=str(row["url"]),
        standing=Standing(row["standing"]),
        checked=datetime.fromisoformat(row["checked"]).astimezone(UTC),
        failed_on=tuple(date.fromisoformat(day) for day in row.get("failed_on", ())),
        **texts,
    )


#: The file of the link checks.
CHECKS: Final = RecordForm(
    name=STATE_FILE,
    all_of_them="the link checks",
    one_of_them="record of a link check",
    anew="check everything again",
    to_row=to_row,
    from_row=_from_row,
    age=lambda record: record.checked,
)


class Recorder(RecordWriter[Record]):
    """Adds records to the state files of some folders during a run; each is written at once."""

    def __init__(self, folders_of: Mapping[str, Sequence[Path]]) -> None:
        """Take the folders of the state files of each address."""
        super().__init__(CHECKS, {url: [place / STATE_FILE for place in places] for url, places in folders_of.items()})

    def rename(self, url: str, to: str) -> None:
        """Move the record of a moved link to its new address, which the catalogue has from now on."""
        moved = self.records.pop(url)
        files = self._files_of.pop(url)
        self._files_of[to] = tuple(dict.fromkeys((*self._files_of.get(to, ()), *files)))
        if to not in self.records:
            self.add(replace(moved, url=to, standing=Standing.ALIVE, reason=f"was {url}", to="", was=url))
