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
    "status",
)  # fmt: skip
#: What YAML, which reads JSON too, would not take as it is, or take for a line's end.
_ESCAPED: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def write_spreadsheet(reading: Reading) -> str:
    """Return a reading as CSV with a line of names; a cell that a spreadsheet would take for a formula is quoted."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(map(_cells, in_each_section(reading.links)))
    return file.getvalue()


def _cells(link: Link) -> list[str]:
    cells = [cell_of(column, link) for column in COLUMNS]
    return [f"'{cell}" if FORMULA.match(cell) else cell for cell in cells]


def cell_of(column: str, link: Link) -> str:
    """Return what a table's cell says of a link; empty for what says nothing."""
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
        case "highlight":
            return "true" if link.highlight else ""
        case _:
            return str(link_to_row(link).get(column, ""))


def _joined(texts: Iterable[str], mark: str, marks: str) -> str:
    """Put texts into one cell; as a list in JSON where one of them holds what would part it."""
    texts = list(texts)
    if any(text.startswith(("[", "#")) or any(one in text for one in marks) for text in texts):
        return json.dumps(texts, ensure_ascii=False)
    return mark.join(texts)


def write_objects(reading: Reading) -> str:
    """Return a reading as JSON: the native form, which is read back as such, since JSON is YAML."""
    content: dict[str, Any] = {"format": FORMAT, "name": reading.name}
    if reading.sections:
        content["sections"] = [list(section) for section in reading.sections]
    content["links"] = list(map(_native_row, reading.links))
    written = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


def _native_row(link: Link) -> dict[str, Any]:
    """Return a link's fields as the native form has them."""
    row = link_to_row(link)
    row.pop("moved_to", None)
    return row | ({"further": dict(by_kind(link.further))} if link.further else {})
