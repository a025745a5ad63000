"""Reads CSV and TSV with a line of column names."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from typing import Final, NoReturn

from index.catalogue.formats.cleaning import MAX_STARS, mend, take_stars
from index.catalogue.formats.titles import parse_title
from index.catalogue.link import Entry, Link, Reading, Skip, Source, Status
from index.catalogue.urls import is_web_url
from index.errors import CatalogueError

#: What people call each column, in lower case.
COLUMNS: Final[dict[str, str]] = {
    "url": "url", "link": "url", "href": "url", "address": "url", "uri": "url",
    "title": "title", "name": "title", "text": "title",
    "publisher": "publisher", "site": "publisher", "source": "publisher",
    "description": "description", "notes": "description", "note": "description", "comment": "description",
    "excerpt": "description", "summary": "description",
    "section": "section", "category": "section", "folder": "section", "path": "section",
    "tags": "tags", "labels": "tags", "keywords": "tags",
    "stars": "stars", "rating": "stars",
    "highlight": "highlight", "favorite": "highlight", "favourite": "highlight",
    "questions": "questions", "question": "questions",
    "added": "added", "date": "added", "created": "added",
    "status": "status",
}  # fmt: skip
_DELIMITERS: Final = ",;\t|"
_TRUE: Final = frozenset({"1", "true", "yes", "y", "x"})
_FALSE: Final = frozenset({"", "0", "false", "no", "n"})


def read_spreadsheet(text: str, path: str, *, name: str) -> Reading:
    """Read a table whose first line names its columns, `url` among them.

    Commas, semicolons, tabs or bars part the cells. `section` is a path such as `Network Policy > Cilium`; tags are
    parted by commas or semicolons, questions by bars or line breaks. Columns with other names are passed over. Raises
    CatalogueError with the line for a wrong value.
    """
    rows = _rows(text, path)
    first = next(rows, None)
    if first is None:
        raise CatalogueError("the file holds no lines", path=path)
    columns = [COLUMNS.get(cell.strip().lower(), "") for cell in first[1]]
    if "url" not in columns:
        raise CatalogueError("the first line must name the columns, among them url", path=path, line=first[0])
    entries: list[Entry] = []
    skipped: list[Skip] = []
    for line, cells in rows:
        row = dict.fromkeys(COLUMNS.values(), "")
        row.update((column, cell.strip()) for column, cell in zip(columns, cells, strict=False) if column)
        source = Source(path=path, line=line)
        if is_web_url(row["url"]):
            entries.append(Entry(link=_link(row, source), source=source))
        elif any(cell.strip() for cell in cells):
            reason = "not an http or https address" if row["url"] else "the line has no address"
            skipped.append(Skip(source=source, text=f"{mend(row['title'])} ({row['url']})", reason=reason))
    return Reading(name=name, entries=tuple(entries), skipped=tuple(skipped))


def delimiter_of(line: str) -> str:
    """Return what parts the cells of a line of column names: the delimiter that occurs most, a comma if none does."""
    return max(_DELIMITERS, key=line.count)


def names_columns(line: str) -> bool:
    """Whether a line looks like the column names of a catalogue."""
    cells = [cell.strip().strip('"').lower() for cell in line.split(delimiter_of(line))]
    return "url" in [COLUMNS.get(cell) for cell in cells]


def _rows(text: str, path: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the line that it begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text.partition("\n")[0]), strict=True)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise CatalogueError(f"this is not valid CSV: {error}", path=path, line=line) from None
        if cells:
            yield line, cells
        line = reader.line_num + 1


def _link(row: dict[str, str], source: Source) -> Link:
    title = parse_title(row["title"], row["url"])
    description, stars = take_stars(mend(row["description"]))
    return Link(
        url=row["url"],
        title=title.text,
        publisher=mend(row["publisher"]) or title.publisher,
        description=description,
        section=tuple(part.strip() for part in mend(row["section"]).split(">") if part.strip()),
        tags=_several(row["tags"], ",;"),
        stars=_stars(row["stars"], source) or title.stars or stars,
        highlight=_flag(row["highlight"], source) or title.highlight,
        questions=_several(row["questions"], "|\n"),
        added=_date(row["added"], source),
        status=_status(row["status"], source),
    )


def _several(cell: str, marks: str) -> tuple[str, ...]:
    for mark in marks[1:]:
        cell = cell.replace(mark, marks[0])
    return tuple(dict.fromkeys(part for part in map(mend, cell.split(marks[0])) if part))


def _stars(cell: str, source: Source) -> int:
    bare, count = take_stars(cell)
    if not bare:
        return count
    if bare not in {str(number) for number in range(MAX_STARS + 1)}:
        _fail(f"stars must be a number from 0 to {MAX_STARS}, and not {bare!r}", source)
    return int(bare)


def _flag(cell: str, source: Source) -> bool:
    if cell.lower() not in _TRUE | _FALSE:
        _fail(f"highlight must be true or false, and not {cell!r}", source)
    return cell.lower() in _TRUE


def _date(cell: str, source: Source) -> date | None:
    try:
        return date.fromisoformat(cell[:10]) if cell else None
    except ValueError:
        _fail(f"added must be a date such as 2024-05-31, and not {cell!r}", source)


def _status(cell: str, source: Source) -> Status:
    try:
        return Status(cell.lower()) if cell else Status.ALIVE
    except ValueError:
        _fail(f"status must be one of {', '.join(Status)}, and not {cell!r}", source)


def _fail(message: str, source: Source) -> NoReturn:
    raise CatalogueError(message, path=source.path, line=source.line)
