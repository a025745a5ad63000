"""Writes a catalogue as CSV, for spreadsheets, and as JSON, for programs."""

import csv
import io
import json
import re
from collections.abc import Iterable
from typing import Any, Final

from index.catalogue.formats.native import FORMAT, by_kind
from index.catalogue.formats.spreadsheet import FORMULA
from index.catalogue.link import Link, Reading, link_to_row
from index.catalogue.writers.outline import in_each_section, shown_title

COLUMNS: Final = (
    "url", "title", "publisher", "description", "section", "tags", "stars", "highlight", "questions", "added", "further",
    "status", "private",
)  # fmt: skip
#: Characters that YAML, which reads this JSON too, does not allow unescaped or takes for a line's end.
_ESCAPED: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def write_spreadsheet(reading: Reading) -> str:
    """Return a reading as CSV with a line of column names; an apostrophe keeps cells from being taken for formulas."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(map(_cells, in_each_section(reading.links)))
    return file.getvalue()


def _cells(link: Link) -> list[str]:
    cells = [cell_of(column, link) for column in COLUMNS]
    return [f"'{cell}" if FORMULA.match(cell) else cell for cell in cells]


def cell_of(column: str, link: Link) -> str:
    """Return the text of a link's cell in a column; empty when the field has no value."""
    match column:
        case "title":
            return shown_title(link)
        case "section":
            return _joined(link.section, " > ", ">")
        case "tags":
            return _joined(link.tags, ", ", ",;|")
        case "questions":
            return _joined(link.questions, " | ", "|\n")
        case "further":
            return _joined((f"{one.kind}: {one.url}" for one in link.further), " | ", "|\n")
        case "highlight" | "private":
            return "true" if getattr(link, column) else ""
        case _:
            return str(link_to_row(link).get(column, ""))


def _joined(texts: Iterable[str], mark: str, marks: str) -> str:
    """Join texts into one cell; as a JSON list if one of them contains a separator."""
    texts = list(texts)
    if any(text.startswith(("[", "#")) or any(one in text for one in marks) for text in texts):
        return json.dumps(texts, ensure_ascii=False)
    return mark.join(texts)


def write_objects(reading: Reading) -> str:
    """Return a reading as JSON in the native form; it is read back as native YAML, since JSON is YAML."""
    content: dict[str, Any] = {"format": FORMAT, "name": reading.name}
    if reading.sections:
        content["sections"] = [list(section) for section in reading.sections]
    content["links"] = list(map(_native_row, reading.links))
    written = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


def _native_row(link: Link) -> dict[str, Any]:
    """Return a link's fields in the native form."""
    row = link_to_row(link)
    row.pop("moved_to", None)
    return row | ({"further": dict(by_kind(link.further))} if link.further else {})
