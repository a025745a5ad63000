"""Reads JSON: what browsers and bookmark services back up, and any list of objects with an address each.

Objects below one with a name are in that folder, as in the backups of browsers; lists below a key are in a section of
that name, as in files that people write.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from index.catalogue.formats.spreadsheet import COLUMNS, Table
from index.catalogue.link import Reading
from index.catalogue.urls import is_web_url
from index.errors import CatalogueError

#: Keys that say that links follow, and not what they are about.
_CONTAINERS: Final = frozenset(
    {
        "articles", "bookmarks", "children", "data", "entries", "hits", "items", "links", "list", "nodes", "records",
        "resources", "results", "roots", "rows", "urls", "values",
    }
)  # fmt: skip
_NAMES: Final = ("title", "name", "label", "heading")
#: What services call the fields of an entry, beside what people call columns.
_KEYS: Final = {
    **COLUMNS,
    "description": "description", "desc": "description", "extended": "description", "dateadded": "added",
    "date_added": "added", "savedat": "added", "time": "added", "originalarticleurl": "url", "homepage": "url",
    "given_url": "url", "given_title": "title", "long_description": "description", "short_description": "description",
}  # fmt: skip
#: Of two names of one thing the first counts that is there: Pinboard calls a title `description`.
_PINBOARD: Final = frozenset({"href", "extended"})
_MAX_DEPTH: Final = 100

Folders = tuple[str, ...]
#: The cells of each column that say something.
Row = dict[str, list[str]]


def read_objects(text: str, path: str, *, name: str) -> Reading:
    """Read JSON, or one JSON value a line; CatalogueError where it is neither."""
    table = Table(path=path)
    at = 0
    line = 1
    for row, folders in _objects(_parsed(text, path)):
        found = text.find(json.dumps(row["url"][0], ensure_ascii=False).strip('"'), at)
        if found == -1:
            found = text.find(json.dumps(row["url"][0]).strip('"'), at)
        if found != -1:
            line += text.count("\n", at, found)
            at = found
        table.add(row, line, folders=folders)
    return Reading(name=name, entries=tuple(table.entries), skipped=tuple(table.skipped))


def _parsed(text: str, path: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise CatalogueError("is nested deeper than anybody writes", path=path) from None
    except ValueError as error:
        problem = error
    lines = [line for line in text.split("\n") if line.strip()]
    try:
        return [json.loads(line) for line in lines] if len(lines) > 1 else _fail(problem, path)
    except (ValueError, RecursionError):
        return _fail(problem, path)


def _fail(error: ValueError, path: str) -> Any:
    line = error.lineno if isinstance(error, json.JSONDecodeError) else None
    what = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
    raise CatalogueError(f"this is not valid JSON: {what}", path=path, line=line)


def _objects(value: Any, folders: Folders = (), depth: int = 0) -> Iterator[tuple[Row, Folders]]:
    """Yield every object that has an address, as cells by column, with the names of what it stands in."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, list):
        for item in value:
            yield from _objects(item, folders, depth + 1)
    elif isinstance(value, dict):
        row = _row(value)
        if row["url"]:
            yield row, folders
        name = "" if row["url"] else next((str(value[key]) for key in _NAMES if isinstance(value.get(key), str)), "")
        for key, inner in value.items():
            if isinstance(inner, dict | list) and _KEYS.get(key.lower()) != "tags":
                label = "" if key.lower() in _CONTAINERS else key
                yield from _objects(inner, (*folders, *filter(None, (name, label))), depth + 1)


def _row(value: Mapping[str, Any]) -> Row:
    row: Row = {column: [] for column in COLUMNS.values()}
    is_pinboard = value.keys() >= _PINBOARD
    for key, cell in value.items():
        column = _KEYS.get(key.lower(), "")
        if is_pinboard and key == "description":
            column = "title"
        texts = [text for text in _texts(cell) if text.strip()] if column else []
        if column == "url":
            texts = [text for text in texts if is_web_url(text)]
        row.setdefault(column, []).extend(texts)
    return row


def _texts(cell: Any) -> Iterator[str]:
    """Yield what a value says: a text, a number, a list of those, or of objects with a name."""
    match cell:
        case str():
            yield cell
        case bool():
            yield str(cell).lower()
        case int() | float():
            yield str(cell)
        case list():
            for item in cell:
                if not isinstance(item, list):
                    yield from _texts(item)
        case dict():
            yield from (str(cell[key]) for key in _NAMES if isinstance(cell.get(key), str))
