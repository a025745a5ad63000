"""The results of the link checks: what one check found, and what is known of a link after all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import takewhile
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
    """It shows an owner's change: the page itself is that of a parked domain, or of one that was taken over."""
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


#: The results that a curator should act on, the worst first.
PROBLEMS: Final = (Standing.HIJACKED, Standing.DEAD, Standing.SUSPICIOUS, Standing.MOVED)


class Sign(StrEnum):
    """What a check saw, as far as it counts for a verdict; `evidence` has the rule."""

    AWAY = "away"
    """It redirects to another registered name, where nothing tells of the link or of its old owner."""
    RENAMED = "renamed"
    """It redirects to another registered name, to a page that tells of the link or of its old owner."""
    HEADINGS = "headings"
    """The title, the headings, or the whole of a page with few words say that the domain is parked or taken over."""
    STRUCTURE = "structure"
    """The page is built as parked domains are: by the scripts of a company that parks them, or at its market."""
    TEXT = "text"
    """The running text says so."""
    STRANGER = "stranger"
    """Titles of several publishers lead to the page, and it names none of them."""
    ONE_PAGE = "one-page"
    """The sites of several owners redirect to this one page."""
    MISSING = "missing"
    """It answers 200 and says that there is no such page."""
    ANYWHERE = "anywhere"
    """The site shows the page for any address."""
    NOTICE = "notice"
    """Nothing in the page tells whether it is a notice that goes again."""
    START = "start"
    """It leads to the site's start page, or to the one page with a text of its own that the site has."""
    CERTIFICATE = "certificate"
    """The certificate is another host's."""
    GUARDED = "guarded"
    """401 or 403: something is there, and not for everybody."""
    EARLIER = "earlier"
    """Judged before evidence was kept by day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What the last telling check of a day saw."""

    on: date
    outcome: Outcome
    reason: str
    signs: tuple[Sign, ...] = ()
    to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one check found."""

    outcome: Outcome
    reason: str
    """The reason in plain words: `404 Not Found`."""
    signs: tuple[Sign, ...] = ()
    to: str = ""
    """Where a moved, suspicious or hijacked link leads."""
    page: str = ""
    """The address that answered after all redirects; `etag` and `modified` belong to it."""
    etag: str = ""
    modified: str = ""
    unchanged: bool = False
    """Whether the page has not changed since it was judged (304)."""
    at: str = ""
    """The IP address that the link's host had."""
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
    days: tuple[Day, ...] = ()
    """The evidence, a day (UTC) each, oldest first; of a link that was fine whenever it was checked, the last day alone."""
    unclear: str = ""
    """Why the last check had no result; empty if it had one."""
    page: str = ""
    etag: str = ""
    modified: str = ""
    at: str = ""
    """The IP address that its host had when it was last looked up."""
    was: str = ""
    """The address that `--fix` replaced by this one; empty without one."""

    @property
    def failed_on(self) -> tuple[date, ...]:
        """The days on which it was found gone since it last answered, oldest first."""
        return tuple(
            reversed([day.on for day in takewhile(lambda one: one.outcome is Outcome.GONE, reversed(self.days))])
        )


_TEXTS: Final = ("reason", "to", "unclear", "page", "etag", "modified", "at", "was")
_GOOD: Final = frozenset({Standing.ALIVE, Standing.MOVED})


def to_row(record: Record) -> dict[str, Any]:
    """Return a record as plain data, without empty fields, and without days that the rest of it tells."""
    row: dict[str, Any] = {
        "url": record.url,
        "standing": record.standing.value,
        "reason": record.reason,
        "to": record.to,
        "checked": record.checked.astimezone(UTC).isoformat(timespec="seconds"),
        "failed_on": [day.isoformat() for day in record.failed_on],
        **{name: getattr(record, name) for name in _TEXTS[2:]},
    }
    row = {key: value for key, value in row.items() if value}
    if record.days != _days_told(row):
        row["days"] = [day_to_row(day) for day in record.days]
    return row


def day_to_row(day: Day) -> dict[str, Any]:
    """Return the evidence of a day as plain data, without empty fields."""
    row = {
        "on": day.on.isoformat(),
        "outcome": day.outcome.value,
        "reason": day.reason,
        "signs": [sign.value for sign in day.signs],
        "to": day.to,
    }
    return {key: value for key, value in row.items() if value}


def _day_from_row(row: dict[str, Any]) -> Day:
    return Day(
        on=date.fromisoformat(row["on"]),
        outcome=Outcome(row["outcome"]),
        reason=str(row.get("reason", "")),
        signs=tuple(Sign(sign) for sign in row.get("signs", ())),
        to=str(row.get("to", "")),
    )


def _days_told(row: dict[str, Any]) -> tuple[Day, ...]:
    """Return the evidence of a row without days: that of a good link, or one from before evidence was kept by day."""
    reason, standing = str(row.get("reason", "")), row["standing"]
    gone = [Day(on=date.fromisoformat(day), outcome=Outcome.GONE, reason=reason) for day in row.get("failed_on", ())]
    if standing in {Standing.UNKNOWN, Standing.FAILING, Standing.DEAD}:
        return tuple(gone)
    first = Day(
        on=gone[0].on - timedelta(days=1) if gone else datetime.fromisoformat(row["checked"]).astimezone(UTC).date(),
        outcome=Outcome(standing),
        reason=reason,
        signs=() if standing in _GOOD else (Sign.EARLIER,),
        to=str(row.get("to", "")),
    )
    return (first, *gone)


def _from_row(row: dict[str, Any]) -> Record:
    return Record(
        url=str(row["url"]),
        standing=Standing(row["standing"]),
        # To the second, as it is written: what was read and is written again is the same.
        checked=datetime.fromisoformat(row["checked"]).astimezone(UTC).replace(microsecond=0),
        days=tuple(map(_day_from_row, row["days"])) if "days" in row else _days_told(row),
        **{name: str(row.get(name, "")) for name in _TEXTS},
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
            day = Day(on=moved.checked.date(), outcome=Outcome.ALIVE, reason=f"was {url}")
            self.add(replace(moved, url=to, standing=Standing.ALIVE, reason=day.reason, to="", days=(day,), was=url))
