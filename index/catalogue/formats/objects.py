"""Reads JSON: the backups of browsers and bookmark services, and any list of objects that have an address.

Objects below one with a name are in a folder of that name, as in browsers' backups; lists below a key are in a section
of that name, as in files that people write.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from index.catalogue.formats.plain_yaml import List, Map, Node, Text, parse
from index.catalogue.formats.spreadsheet import COLUMNS, Table, empty_row
from index.catalogue.link import Reading
from index.catalogue.urls import is_web_url
from index.errors import CatalogueError

#: Keys that only say that links follow; they are not names of sections.
_CONTAINERS: Final = frozenset(
    {
        "articles", "bookmarks", "children", "data", "entries", "hits", "items", "links", "list", "nodes", "records",
        "resources", "results", "roots", "rows", "urls", "values",
    }
)  # fmt: skip
_NAMES: Final = ("title", "name", "label", "heading")
#: Services' names for the fields of an entry, in addition to the names of columns.
_KEYS: Final = {
    **COLUMNS,
    "description": "description", "desc": "description", "extended": "description", "dateadded": "added",
    "date_added": "added", "savedat": "added", "time": "added", "originalarticleurl": "url", "homepage": "url",
    "given_url": "url", "given_title": "title", "website_url": "url",
    "long_description": "description", "short_description": "description", "tag_names": "tags", "tagnames": "tags",
    "createdat": "added", "datecreated": "added", "date_created": "added", "saved_at": "added", "resolved_url": "url",
    "resolved_title": "title", "annos": "description", "pageurl": "url", "isprivate": "private", "isfavorite": "highlight",
    "is_starred": "highlight", "starred": "highlight",
}  # fmt: skip
#: Keys of a Pinboard export, which calls a title `description`.
_PINBOARD: Final = frozenset({"href", "extended"})
_ADDRESS_KEY: Final = re.compile(r"(?P<kind>[a-z]\w*?)(?:[_-]?ur[li]|[_-]link)?", re.IGNORECASE)
#: What people and services call the other addresses of a thing.
_FURTHER: Final = {
    "source_code": "Source Code", "sourcecode": "Source Code", "source": "Source Code", "code": "Source Code",
    "repo": "Source Code", "repository": "Source Code", "github": "Source Code", "git": "Source Code", "demo": "Demo",
    "docs": "Docs", "documentation": "Docs", "paper": "Paper", "clients": "Clients", "related_software": "Clients",
    "website": "Website", "homepage": "Website",
}  # fmt: skip
#: Keys of addresses that are no links of a list, where a key names each.
_NO_TITLES: Final = frozenset(
    {
        "$schema", "schema", "self", "next", "previous", "prev", "first", "last", "license", "icon", "favicon", "logo",
        "image", "thumbnail", "cover", "avatar", "feed", "rss",
    }
)  # fmt: skip
#: The folder of a Firefox backup with a folder for each tag.
_TAGS_FOLDER: Final = "tagsFolder"
#: YAML that is one thing with an address, and nothing of what settings of a site or a chart have.
_ENTRY_NAME: Final = re.compile(r"^(?:- )?(?:name|title)[ \t]*:[ \t]*\S", re.MULTILINE)
_ITEM_NAME: Final = re.compile(r"^(?:- |  )(?:name|title)[ \t]*:[ \t]*\S", re.MULTILINE)
_ENTRY_ADDRESS: Final = re.compile(
    r"^(?:- |  )?(?:url|uri|link|href|website|website_url|homepage|address)[ \t]*:[ \t]*[\"']?https?://", re.MULTILINE
)
_SETTINGS: Final = re.compile(
    r"^(?:apiVersion|baseurl|collections|dependencies|exclude|kind|markdown|nav|on|permalink|plugins|remote_theme|services"
    r"|site_name|theme|version)[ \t]*:",
    re.MULTILINE,
)
_MAX_DEPTH: Final = 100
#: After this many addresses that were not found in the text, no more lines are counted: each costs the length of the text.
_MOST_MISSED: Final = 100

Folders = tuple[str, ...]
#: Column to its non-empty cells.
Row = dict[str, list[str]]


def read_objects(text: str, path: str, *, name: str) -> Reading:
    """Read JSON, or one JSON value on each line; CatalogueError when it is neither."""
    return _reading(_parsed(text, path), text, path, name)


def _reading(value: Any, text: str, path: str, name: str) -> Reading:
    table = Table(path=path)
    at = 0
    line = 1
    missed = 0
    tags = _tags_of(value)
    for row, folders in _objects(value):
        row["tags"] = [*row["tags"], *tags.get(row["url"][0], ())]
        found = _place(row["url"][0], text, at) if missed < _MOST_MISSED else -1
        if found == -1:
            missed += 1
        else:
            line += text.count("\n", at, found)
            at = found
        table.add(row, line, folders=folders)
    return Reading(name=name, entries=tuple(table.entries), skipped=tuple(table.skipped))


def _place(url: str, text: str, after: int) -> int:
    """Return where an address stands in a text, as written by one program or another; -1 if it does not."""
    plain, escaped = (json.dumps(url, ensure_ascii=is_ascii).strip('"') for is_ascii in (False, True))
    for written in dict.fromkeys((plain, plain.replace("/", "\\/"), escaped)):
        found = text.find(written, after)
        if found != -1:
            return found
    return -1


def read_entries(text: str, path: str, *, name: str) -> Reading:
    """Read YAML that is an entry, or a list of such, with the names that people and services give the fields."""
    return _reading(_plain(parse(text, path)), text, path, name)


def _plain(node: Node) -> Any:
    """Return a node of YAML as JSON would have it."""
    match node:
        case Text():
            return None if node.is_null else node.value
        case List():
            return list(map(_plain, node.items))
        case Map():
            return {key: _plain(value) for key, value in node.items.items()}


def _parsed(text: str, path: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise CatalogueError("is nested too deeply to be a list", path=path) from None
    except ValueError as error:
        problem = error
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    values: list[Any] = []
    for number, line in lines if len(lines) > 1 else ():
        try:
            values.append(json.loads(line))
        except (ValueError, RecursionError) as error:
            # After whole values it is the line that is wrong; before, one value was meant.
            is_line = isinstance(error, json.JSONDecodeError) and values
            raise _invalid(error if is_line else problem, path, number if is_line else 0) from None
    if not values:
        raise _invalid(problem, path)
    return values


def _invalid(error: Exception, path: str, line: int = 0) -> CatalogueError:
    at = error.lineno if isinstance(error, json.JSONDecodeError) else None
    what = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
    return CatalogueError(f"this is not valid JSON: {what}", path=path, line=line or at)


def _objects(value: Any, folders: Folders = (), depth: int = 0) -> Iterator[tuple[Row, Folders]]:
    """Yield every object that has an address, as cells by column, with the names of the folders around it."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, list):
        yield from _listed(value, folders, depth)
    elif isinstance(value, dict):
        row = _row(value)
        if row["url"]:
            yield row, folders
        name = "" if row["url"] else next((str(value[key]) for key in _NAMES if isinstance(value.get(key), str)), "")
        inside = (*folders, *filter(None, (name,)))
        if value.get("root") == _TAGS_FOLDER:
            return
        if not row["url"]:
            yield from ((row, inside) for row in _named_addresses(value))
        for key, inner in value.items():
            column = _KEYS.get(key.lower())
            if not isinstance(inner, dict | list) or column == "tags" or (column == "url" and row["url"]):
                continue
            label = "" if key.lower() in _CONTAINERS else key
            for found, where in _objects(inner, (*inside, *filter(None, (label,))), depth + 1):
                is_own = isinstance(inner, dict) and label and where == (*inside, label) and not found["title"]
                yield ({**found, "title": [label]}, inside) if is_own else (found, where)


def _listed(values: Sequence[Any], folders: Folders, depth: int) -> Iterator[tuple[Row, Folders]]:
    """Yield what is in a list: objects, bare addresses, and pairs of a title and an address."""
    addresses = [one for one in values if isinstance(one, str) and is_web_url(one)]
    others = [one for one in values if isinstance(one, str) and one not in addresses]
    if len(values) == len(addresses) + len(others) == 2 and len(addresses) == 1:  # noqa: PLR2004
        yield {**empty_row(), "url": addresses, "title": others}, folders
        return
    for item in values:
        if isinstance(item, str) and is_web_url(item):
            yield {**empty_row(), "url": [item]}, folders
        else:
            yield from _objects(item, folders, depth + 1)


def _named_addresses(value: Mapping[str, Any]) -> Iterator[Row]:
    """Yield the addresses of a mapping from title to address, in which all texts are addresses."""
    texts = {key: cell for key, cell in value.items() if isinstance(cell, str)}
    if all(map(is_web_url, texts.values())):
        for key, cell in texts.items():
            if key.lower() not in _NO_TITLES:
                yield {**empty_row(), "url": [cell], "title": [key]}


def _tags_of(backup: Any) -> dict[str, list[str]]:
    """Return the tags of each address in a Firefox backup, in which each tag is a folder with copies of its bookmarks."""
    tags: dict[str, list[str]] = {}
    for folder in _children(backup):
        if folder.get("root") == _TAGS_FOLDER:
            for tag in _children(folder):
                for bookmark in _children(tag):
                    tags.setdefault(str(bookmark.get("uri", "")), []).append(str(tag.get("title", "")))
    return tags


def _children(folder: Any) -> list[Mapping[str, Any]]:
    children = folder.get("children") if isinstance(folder, dict) else None
    return [child for child in children if isinstance(child, dict)] if isinstance(children, list) else []


def _row(value: Mapping[str, Any]) -> Row:
    row: Row = {column: [] for column in COLUMNS.values()}
    is_pinboard = value.keys() >= _PINBOARD
    for key, cell in value.items():
        column = _KEYS.get(key.lower(), "")
        if is_pinboard and key == "description":
            column = "title"
        texts = [text for text in _texts(cell, column) if text.strip()] if column else []
        if column == "publisher":  # `source` is where something is from, or its code
            texts = [text for text in texts if not is_web_url(text)]
        if column == "url":
            texts = [text for text in texts if is_web_url(text)]
        row.setdefault(column, []).extend(texts)
    row["further"] = [" | ".join((*row["further"], *_further(value, row["url"])))]
    if is_pinboard:  # whose tags have no spaces
        row["tags"] = [tag for cell in row["tags"] for tag in cell.split()]
    return row


def _further(value: Mapping[str, Any], urls: Sequence[str]) -> Iterator[str]:
    """Yield the other addresses of a thing that its fields name, each behind its kind."""
    known = set(urls[:1])
    for key, cell in value.items():
        named = _ADDRESS_KEY.fullmatch(key)
        kind = _FURTHER.get(named["kind"].lower().replace("-", "_")) if named else None
        if kind and isinstance(cell, str) and is_web_url(cell) and cell not in known:
            known.add(cell)
            yield f"{kind}: {cell}"


def is_native(text: str) -> bool:
    """Whether JSON is the native form, which has `links` at its top: with a format, or with entries as we write them."""
    try:
        value = json.loads(text)
    except RecursionError:
        return False
    except ValueError:  # may be YAML all the same, unless it is one value on each line
        return not _is_json(text.lstrip().partition("\n")[0])
    links = value.get("links") if isinstance(value, dict) else None
    if not isinstance(links, list):
        return False
    ours = (isinstance(one, dict) and one.keys() >= {"url", "title"} for one in links)
    return not links or "format" in value or any(ours)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def holds_entries(text: str) -> bool:
    """Whether YAML without the field `links` is an entry, or a list of such, and no settings of something."""
    name = _ITEM_NAME if text.lstrip().startswith("- ") else _ENTRY_NAME
    return bool(name.search(text) and _ENTRY_ADDRESS.search(text) and not _SETTINGS.search(text))


def _texts(cell: Any, column: str) -> Iterator[str]:
    """Yield the texts of a value: of a text, a number, a list of these, or objects with a name, an address, a value."""
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
                    yield from _texts(item, column)
        case dict():
            keys = {"url": ("url", "href"), "description": ("value", "text")}.get(column, _NAMES)
            yield from (str(cell[key]) for key in keys if isinstance(cell.get(key), str))
