"""Reads CSV and TSV with a line of column names: written by hand, or exported by a spreadsheet or a bookmark service."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from index.catalogue.formats.cleaning import MAX_STARS, join_texts, mend, take_stars
from index.catalogue.formats.moments import day_of
from index.catalogue.formats.titles import parse_title
from index.catalogue.link import Entry, Further, Link, Reading, Reason, Skip, Source, Status
from index.catalogue.urls import is_web_url
from index.errors import CatalogueError

#: Names that people and services use for columns, in lower case, to the column.
COLUMNS: Final[dict[str, str]] = {
    "url": "url", "link": "url", "href": "url", "address": "url", "uri": "url", "website": "url", "web site": "url",
    "title": "title", "name": "title", "text": "title",
    "publisher": "publisher", "site": "publisher", "source": "publisher",
    "description": "description", "notes": "description", "note": "description", "comment": "description",
    "comments": "description", "excerpt": "description", "summary": "description", "selection": "description",
    "about": "description", "extended": "description",
    "section": "section", "category": "section", "folder": "section", "path": "section", "collection": "section",
    "tags": "tags", "tag": "tags", "document tags": "tags", "labels": "tags", "keywords": "tags",
    "stars": "stars", "rating": "stars",
    "highlight": "highlight", "favorite": "highlight", "favourite": "highlight", "important": "highlight",
    "questions": "questions", "question": "questions",
    "added": "added", "date": "added", "created": "added", "time_added": "added", "timestamp": "added",
    "date added": "added", "saved date": "added", "created at": "added", "created_at": "added", "created time": "added",
    "further": "further", "status": "status", "private": "private", "is_private": "private",
    "shared": "shared", "public": "shared", "is_public": "shared",
}  # fmt: skip
_DELIMITERS: Final = ",;\t|"
_TRUE: Final = frozenset({"1", "true", "yes", "y", "x", "✓", "✔"})
_NO: Final = frozenset({"0", "false", "no", "n"})
_FALSE: Final = _NO | {""}
#: Services' words for whether somebody has read a page; they say nothing about the link.
_READING_STATES: Final = frozenset(
    {"unread", "read", "to read", "reading", "archive", "archived", "done", "in progress", "not started", "new", "todo"}
)
#: Unambiguous forms of dates; 5/6/2024 means different days in different countries.
_DATES: Final = (
    "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d.%m.%Y", "%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y", "%d-%b-%Y",
)  # fmt: skip
_TIME_OF_DAY: Final = re.compile(
    r"[ T,]+\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?(?:\s*[AaPp]\.?[Mm]\.?)?(?:\s*(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?$"
)
#: A link written as a spreadsheet formula or as Markdown.
_WRITTEN_LINK: Final = re.compile(
    r"""=\s*HYPERLINK\(\s*"(?P<formula>[^"]+)"\s*(?:[,;]\s*"(?P<name>[^"]*)"\s*)?\)|\[(?P<text>[^\]]*)\]\((?P<address>[^()\s]+)\)""",
    re.IGNORECASE,
)
#: An address that does not say http.
_BARE_HOST: Final = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}(?:[/:?#]\S*)?$", re.IGNORECASE)
#: The day from which spreadsheets count, and the days of the years 1982 to 2064.
_FIRST_DAY: Final = date(1899, 12, 30)
_SERIAL: Final = re.compile(r"[3-5]\d{4}(?:\.\d+)?")
_DAY_AND_MONTH: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_MONTHS: Final = 12
_MAX_DATE_CHARS: Final = 60
#: The start of a cell that a spreadsheet would run as a formula; an apostrophe before it marks the cell as text.
FORMULA: Final = re.compile(r"'?[=+@\t\r-]")
#: Part of the CSV reader's message about a quotation mark in the middle of a cell.
_STRAY_MARK: Final = "expected after"
#: The line of column names is looked for in this many lines, since it may follow a title.
_HEAD_LINES: Final = 10


def read_spreadsheet(text: str, path: str, *, name: str) -> Reading:
    """Read a table of which one of the first lines names its columns, `url` among them.

    Cells are separated by commas, semicolons, tabs or bars. `section` is a path such as `Network Policy > Cilium`; tags are
    separated by commas, semicolons or bars, questions by bars or line breaks. If several columns mean the same, the first
    cell that is not empty counts; descriptions are joined. A cell that cannot be understood is left out with a reason, and
    so are columns with other names. CatalogueError when no line names the columns, and for wrong CSV.
    """
    table = Table(path=path)
    table.read(_rows(text, path))
    return Reading(name=name, entries=tuple(table.entries), skipped=tuple(table.skipped))


def empty_row() -> dict[str, list[str]]:
    """Return a row without any cell."""
    return {column: [] for column in COLUMNS.values()}


def delimiter_of(line: str) -> str:
    """Return the delimiter of a line of column names: the one that occurs most often, a comma if none does."""
    return max(_DELIMITERS, key=line.count)


def names_columns(text: str) -> bool:
    """Whether one of the first lines looks like the column names of a catalogue."""
    return any(map(_is_head, text.lstrip().split("\n", _HEAD_LINES)[:_HEAD_LINES]))


def _is_head(line: str) -> bool:
    cells = [cell.strip().strip('"').lower() for cell in line.split(delimiter_of(line))]
    return "url" in [COLUMNS.get(cell) for cell in cells]


def _rows(text: str, path: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with its first line. A quotation mark inside a cell is a character of it, as in spreadsheets."""
    head = next(filter(_is_head, text.lstrip().split("\n", _HEAD_LINES)[:_HEAD_LINES]), text.partition("\n")[0])
    delimiter = delimiter_of(head)
    try:
        yield from list(_read_rows(text, path, delimiter, strict=True))
    except CatalogueError as error:
        if _STRAY_MARK not in str(error):
            raise
        yield from _read_rows(text, path, delimiter, strict=False)


def _read_rows(text: str, path: str, delimiter: str, *, strict: bool) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise CatalogueError(f"this is not valid CSV: {error}", path=path, line=line) from None
        if any(cell.strip() for cell in cells):
            yield line, cells
        line = reader.line_num + 1


@dataclass(slots=True, kw_only=True)
class Table:
    """One pass over the rows of a table."""

    path: str
    entries: list[Entry] = field(default_factory=list)
    skipped: list[Skip] = field(default_factory=list)
    source: Source = field(init=False)
    """The line of the current row."""

    def read(self, rows: Iterator[tuple[int, list[str]]]) -> None:
        """Read the line of column names and the rows after it."""
        columns = self._columns(rows)
        for line, cells in rows:
            row = empty_row()
            for column, cell in zip(columns, cells, strict=False):
                if column and cell.strip():
                    row[column].append(_without_apostrophe(cell.strip()))
            self.add(row, line)

    def add(self, row: Mapping[str, Sequence[str]], line: int, folders: tuple[str, ...] = ()) -> None:
        """Read one row, given as column to non-empty cells; it may be inside folders."""
        self.source = Source(path=self.path, line=line)
        url, *others = _addresses(next(iter(row["url"]), ""))
        if others:
            row = {
                **row,
                "further": [*row["further"], *(f"Link {at}: {one}" for at, one in enumerate(others, start=2))],
            }
        if found := _WRITTEN_LINK.fullmatch(url):
            url = found["formula"] or found["address"]
            row = {**row, "title": [*row["title"], found["name"] or found["text"] or ""]}
        if is_web_url(url):
            link = self._link(url, row)
            link = replace(link, section=(*map(mend, folders), *link.section)) if folders else link
            self.entries.append(Entry(link=link, source=self.source))
        else:
            is_bare = url.lower().startswith(("www.", "//")) or _BARE_HOST.match(url) is not None
            reason = Reason.NO_SCHEME if is_bare else Reason.NOT_WEB if url else "the line has no address"
            self._skip(f"{mend(next(iter(row['title']), ''))} ({url})", reason)

    def _columns(self, rows: Iterator[tuple[int, list[str]]]) -> Sequence[str]:
        """Read up to the line of column names; return the meaning of each column, empty for one that is not read."""
        first = 0
        for number, (line, cells) in enumerate(rows):
            first = first or line
            columns = [COLUMNS.get(cell.strip().lower(), "") for cell in cells]
            if "url" in columns:
                self.source = Source(path=self.path, line=line)
                unknown = [
                    mend(cell) for cell, column in zip(cells, columns, strict=True) if cell.strip() and not column
                ]
                if unknown:
                    self._skip(", ".join(unknown), "columns that are not read")
                return columns
            if number >= _HEAD_LINES:
                break
        if not first:
            raise CatalogueError("the file holds no lines", path=self.path)
        raise CatalogueError("the first line must name the columns, among them url", path=self.path, line=first)

    def _link(self, url: str, row: Mapping[str, Sequence[str]]) -> Link:
        first = {column: next(iter(cells), "") for column, cells in row.items()}
        title = parse_title(first["title"], url)
        description, stars = take_stars(join_texts(*dict.fromkeys(map(mend, row["description"]))))
        return Link(
            url=url,
            title=title.text,
            publisher=mend(first["publisher"]) or title.publisher,
            description=description,
            section=_several(first["section"], ">"),
            tags=tuple(dict.fromkeys(tag for cell in row["tags"] for tag in _tags(cell))),
            stars=self._stars(first["stars"]) or title.stars or stars,
            highlight=self._flag(first["highlight"]) or title.highlight,
            questions=tuple(dict.fromkeys(one for cell in row["questions"] for one in _several(cell, "|\n"))),
            added=self._date(first["added"]),
            further=tuple(filter(None, map(_further, _several(first["further"], "|\n")))),
            status=self._status(first["status"]),
            # A word that is not known, such as `ja`, hides a link rather than show it to everybody.
            private=first["private"].lower() not in _FALSE or first["shared"].lower() in _NO,
        )

    def _skip(self, text: str, reason: str) -> None:
        self.skipped.append(Skip(source=self.source, text=text, reason=reason))

    def _left_out(self, cell: str, expected: str) -> None:
        self._skip(repr(mend(cell)), f"this cell is left out: {expected}")

    def _stars(self, cell: str) -> int:
        bare, count = take_stars(cell)
        if not bare:
            return count
        if bare in {str(number) for number in range(MAX_STARS + 1)}:
            return int(bare)
        self._left_out(cell, f"stars must be a number from 0 to {MAX_STARS}")
        return 0

    def _flag(self, cell: str) -> bool:
        if cell.lower() not in _TRUE | _FALSE:
            self._left_out(cell, "highlight must be true or false")
        return cell.lower() in _TRUE

    def _date(self, cell: str) -> date | None:
        if not cell:
            return None
        found = _date_of(cell)
        if found is None:
            self._left_out(cell, "added must be a date such as 2024-05-31")
        return found

    def _status(self, cell: str) -> Status:
        try:
            return Status(cell.lower()) if cell else Status.ALIVE
        except ValueError:
            if cell.lower() not in _READING_STATES:
                self._left_out(cell, f"status must be one of {', '.join(Status)}")
            return Status.ALIVE


def _without_apostrophe(cell: str) -> str:
    """Return a cell without the apostrophe that keeps a spreadsheet from taking it for a formula."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell[1:]) else cell


def _several(cell: str, marks: str) -> tuple[str, ...]:
    """Return the texts of a cell, which are separated by one of `marks` or are a JSON list."""
    if cell.startswith("["):
        try:
            listed = json.loads(cell)
        except (ValueError, RecursionError):
            cell = ",".join(part.strip().strip("'") for part in cell.strip("[]").split(","))
        else:
            return tuple(filter(None, (mend(str(one)) for one in listed)))
    for mark in marks[1:]:
        cell = cell.replace(mark, marks[0])
    return tuple(filter(None, map(mend, cell.split(marks[0]))))


def _further(text: str) -> Further | None:
    """Read a further address from a cell: `Demo: https://…`; None for other text."""
    kind, _, url = text.rpartition(" ")
    return Further(kind=kind.removesuffix(":"), url=url) if is_web_url(url) else None


def _addresses(cell: str) -> list[str]:
    """Return the addresses of a cell, one unless white space separates several; angle brackets around one are removed."""
    parts = [part[1:-1] if part.startswith("<") and part.endswith(">") else part for part in cell.split()]
    return parts if parts and all(map(is_web_url, parts)) else [cell]


def _tags(cell: str) -> tuple[str, ...]:
    """Return the tags of a cell; a `#` before a tag is removed, except in a JSON list."""
    if cell.startswith("["):
        return _several(cell, ",;|")
    if cell.startswith("#") and all(part.startswith("#") for part in cell.split()):
        cell = ",".join(cell.split())
    return tuple(tag.removeprefix("#") for tag in _several(cell, ",;|"))


def _unambiguous(first: int, second: int, year: int) -> date | None:
    """Return the day of 31/12/2023 or 12/31/2023; None where both numbers may be the month, unless they are equal."""
    day, month = max(first, second), min(first, second)
    if day <= _MONTHS and day != month:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _date_of(cell: str) -> date | None:
    if len(cell) > _MAX_DATE_CHARS:
        return None
    try:
        return date.fromisoformat(cell[:10])
    except ValueError:
        pass
    bare = _TIME_OF_DAY.sub("", cell)
    if found := _DAY_AND_MONTH.fullmatch(bare):
        return _unambiguous(*map(int, found.groups()))
    if _SERIAL.fullmatch(bare):
        return _FIRST_DAY + timedelta(days=int(float(bare)))
    for form in _DATES:
        try:
            return datetime.strptime(bare, form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    return day_of(cell)
