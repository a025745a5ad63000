"""Keeps the results of the link checks, in one file beside the catalogue with a line for each address."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TextIO

from index.catalogue.link import Entry
from index.errors import CatalogueError
from index.files import FileLock, write_atomically

STATE_FILE: Final = "link-checks.jsonl"
#: Folder for the state files of remote lists (web and git), in the working folder.
ELSEWHERE: Final = Path(".signpost")
FORMAT: Final = 1


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


def read_state(path: Path) -> dict[str, Record]:
    """Return the records of a state file by address; empty when the file does not exist. CatalogueError when damaged.

    Of several lines for one address the last counts. A last line that was cut off by a crash is ignored.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise CatalogueError(f"cannot read the link checks ({reason})", path=path) from error
    found: dict[str, Record] = {}
    for number, line in enumerate(lines, start=1):
        if not line or (number == len(lines)):  # text after the last line feed is a line that was cut off
            continue
        try:
            row = json.loads(line)
            if number == 1:
                _check_format(row, path)
                continue
            record = _from_row(row)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            message = "this is no record of a link check; delete the line, or the file to check everything again"
            raise CatalogueError(message, path=path, line=number) from error
        found[record.url] = record
    return found


def _check_format(row: dict[str, Any], path: Path) -> None:
    if (form := row.get("format")) != FORMAT:
        message = f"format is {form!r}, this program reads format {FORMAT}; delete the file to check everything again"
        raise CatalogueError(message, path=path, line=1)


def state_folder(place: str) -> Path:
    """Return the folder of the state of a file's links: that of the file, or ELSEWHERE for one not on this disk."""
    folder = Path(place).parent
    return folder if "://" not in place and folder.is_dir() else ELSEWHERE


def state_folders(entries: Iterable[Entry]) -> tuple[Path, ...]:
    """Return the folders of the state files for the files of some entries, in their order."""
    files = dict.fromkeys(entry.source.path for entry in entries)
    return tuple(dict.fromkeys(state_folder(file) for file in files))


def read_states(folders: Iterable[Path]) -> dict[str, Record]:
    """Return the records of several folders together; for each address, the one checked last."""
    found: dict[str, Record] = {}
    for folder in folders:
        for url, record in read_state(folder / STATE_FILE).items():
            if url not in found or record.checked > found[url].checked:
                found[url] = record
    return found


def write_state(path: Path, records: Mapping[str, Record]) -> None:
    """Write a state file, sorted by address. OSError."""
    rows = [{"format": FORMAT}, *(to_row(records[url]) for url in sorted(records))]
    write_atomically(path, "".join(map(_line, rows)).encode())


def _line(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=True) + "\n"


class Recorder:
    """Adds records to the state files of some folders during a run; each is written at once."""

    def __init__(self, folders_of: Mapping[str, Sequence[Path]], records: dict[str, Record]) -> None:
        """Take the folders of the state files of each address, and the records so far."""
        self.records = records
        self._before = dict(records)
        self._folders_of = dict(folders_of)
        self._files: dict[Path, TextIO] = {}

    @classmethod
    @contextmanager
    def opened(cls, folders_of: Mapping[str, Sequence[Path]]) -> Iterator["Recorder"]:
        """Read and lock the state files; at the end write each again, without addresses that left the catalogue.

        CatalogueError when a file cannot be read or written, or when another run has locked it. What was added is kept,
        even if the block ends by an error.
        """
        folders = tuple(dict.fromkeys(folder for several in folders_of.values() for folder in several))
        with _held(folders):
            recorder = cls(folders_of, read_states(folders))
            try:
                try:
                    for folder in folders:
                        recorder._write(folder)
                        recorder._files[folder] = (folder / STATE_FILE).open("a", encoding="utf-8")
                    yield recorder
                finally:
                    for folder, file in recorder._files.items():
                        file.close()
                        recorder._write(folder)
            except OSError as error:
                place = error.filename or folders[0] / STATE_FILE
                message = f"cannot write the link checks ({error.strerror or error})"
                raise CatalogueError(message, path=place) from error

    def _write(self, folder: Path) -> None:
        kept = {
            url: self.records[url] for url, where in self._folders_of.items() if folder in where and url in self.records
        }
        write_state(folder / STATE_FILE, kept)

    def add(self, record: Record) -> None:
        """Keep a record; it is written to the files at once, so it survives a kill of this process."""
        self.records[record.url] = record
        for folder in self._folders_of[record.url]:
            file = self._files[folder]
            file.write(_line(to_row(record)))
            file.flush()

    def take_back(self) -> None:
        """Return to the records of the start, without those added since."""
        self.records = dict(self._before)

    def rename(self, url: str, to: str) -> None:
        """Move the record of a moved link to its new address, which the catalogue has from now on."""
        moved = self.records.pop(url)
        folders = self._folders_of.pop(url)
        self._folders_of[to] = tuple(dict.fromkeys((*self._folders_of.get(to, ()), *folders)))
        if to not in self.records:
            self.add(replace(moved, url=to, standing=Standing.ALIVE, reason=f"was {url}", to="", was=url))


@contextmanager
def _held(folders: Sequence[Path]) -> Iterator[None]:
    """Hold a lock for each folder."""
    with ExitStack() as locks:
        for folder in sorted(folders):
            try:
                if folder == ELSEWHERE:
                    folder.mkdir(exist_ok=True)
                locks.enter_context(FileLock(folder))
            except BlockingIOError:
                raise CatalogueError("another check of its links is running; wait for it to end", path=folder) from None
            except OSError as error:
                raise CatalogueError(f"cannot be locked ({error.strerror})", path=folder) from error
        yield
