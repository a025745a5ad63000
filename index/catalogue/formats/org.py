"""Reads org-mode line by line: headings with their tags and properties, lists, tables, links.

A heading that is a link (or has the property `URL`) with nothing below it is an entry, the form in which org-mode captures
bookmarks; any other heading is a section.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import pairwise
from typing import Final

from index.catalogue.forges import WebFile
from index.catalogue.formats.html import with_lines
from index.catalogue.formats.lines import LinesAsHtml, anchor
from index.catalogue.formats.page import Page, read_markup
from index.catalogue.urls import is_web_url

_TITLE: Final = re.compile(r"^#\+title:[ \t]*(.+)$", re.IGNORECASE | re.MULTILINE)
_HEADING: Final = re.compile(r"(\*+) +(.*)")
#: The words for the state of a task, each perhaps with the key that sets it: `#+TODO: READ(r) | DONE`.
_STATES: Final = re.compile(r"^[ \t]*#\+(?:seq_|typ_)?todo:(.*)$", re.IGNORECASE | re.MULTILINE)
_FILE_TAGS: Final = re.compile(r"^[ \t]*#\+filetags:(.*)$", re.IGNORECASE | re.MULTILINE)
_PRIORITY: Final = re.compile(r"\[#[A-Z0-9]\] ?")
_TAGS: Final = re.compile(r":(?:[\w@#%]+:)+")
_PROPERTY: Final = re.compile(r"[ \t]*:([^:\s]+):[ \t]*(.*)")
_LINK: Final = re.compile(
    r"\[\[([^\[\]]+)\](?:\[([^\[\]]+)\])?\]|(?<!\w)[=~](?=\S)([^=~\n]+)(?<=\S)[=~](?!\w)|\+(?=\[\[)([^+\n]+\]\])\+|https?://[^\s<>\[\]]+"
)
_IN_LINK: Final = re.compile(r"\[\[[^\[\]]*\](?:\[[^\[\]]*\])?\]")
_ITEM: Final = re.compile(r"([ \t]*)(?:[-+]|\d+[.)]|(?<=[ \t])\*)[ \t]+(?:\[[ xX-]\][ \t]+)?(.*)")
_TABLE_RULE: Final = re.compile(r"[ \t]*\|[-+|]+[ \t]*")
_BLOCK: Final = re.compile(r"[ \t]*#\+(begin|end)_(src|example|export|comment)\b", re.IGNORECASE)
_DRAWER: Final = re.compile(r"[ \t]*:[\w-]+:")
_UNSEEN: Final = re.compile(r"[ \t]*(?:#(?:[ \t+]|$)|(?:SCHEDULED|DEADLINE|CLOSED|CLOCK):)")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_EMPHASIS: Final = re.compile(r"(?<![^\W])([*/_])(?=\S)([^*/_\n]+)(?<=\S)\1(?!\w)")
_RELATIVE_FILE: Final = re.compile(r"file:(?![/~])")
#: How much of a heading's tasks is done: `[1/3]`, `[33%]`.
_COOKIE: Final = re.compile(r"[ \t]?\[\d*(?:/\d*|%)\]")
_BAR: Final = re.compile(r"\\vert(?:\{\}|\b) ?")
_MAX_COLUMNS: Final = 200
_MAX_HEADING: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heading:
    level: int
    text: str
    """Without the state of its task, its priority and its tags."""
    tags: frozenset[str]
    """Also those of the headings above it, and of the file."""
    properties: Mapping[str, str]
    """Values by name in capitals."""
    is_last: bool
    """Whether no heading is below it."""


def read_org(text: str, path: str, web: WebFile | None = None) -> Page:
    """Read one page; line numbers are those of the file."""
    title = _TITLE.search(text)
    html = LinesAsHtml()
    for heading, lines in _parts(text):
        if heading is not None:
            _head(html, heading, has_title=title is not None)
        _body(html, lines)
    page = read_markup(with_lines(html.html(), 1), path, web)
    return Page(title=title[1].strip() if title else page.title, entries=page.entries, skipped=page.skipped)


def _parts(text: str) -> Iterator[tuple[_Heading | None, Sequence[str]]]:
    """Yield the lines before the first heading, then each heading with the lines below it."""
    lines = text.split("\n")
    found = [(at, len(stars[1]), stars[2]) for at, line in enumerate(lines) if (stars := _HEADING.fullmatch(line))]
    yield None, lines[: found[0][0] if found else None]
    words = (word.partition("(")[0] for line in _STATES.findall(text) for word in line.split())
    states = {"TODO", "DONE", *words}
    above = [(0, frozenset(tag for line in _FILE_TAGS.findall(text) for tag in line.strip().split(":") if tag))]
    for (at, level, rest), (end, next_level, _) in pairwise([*found, (len(lines), 0, "")]):
        while above[-1][0] >= level:
            above.pop()
        name, tags = _name_and_tags(rest, states)
        above.append((level, above[-1][1] | tags))
        below = lines[at + 1 : end]
        properties = dict(_properties(below))
        is_last = next_level <= level
        yield _Heading(level=level, text=name, tags=above[-1][1], properties=properties, is_last=is_last), below


def _name_and_tags(text: str, states: Iterable[str]) -> tuple[str, frozenset[str]]:
    """Split what stands after the stars of a heading: `TODO [#A] name :tag:other:`."""
    text, _, last = text.strip().rpartition(" ")
    tags = frozenset(last.split(":")) - {""} if _TAGS.fullmatch(last) else frozenset()
    text = text.strip() if tags else f"{text} {last}".strip()
    state, _, rest = text.partition(" ")
    text = rest.lstrip() if state in states else text
    return _PRIORITY.sub("", text, count=1) if _PRIORITY.match(text) else text, tags


def _properties(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the names and values of the first drawer of properties."""
    rest = iter(lines)
    for line in rest:
        if line.strip().upper() == ":PROPERTIES:":
            break
    for line in rest:
        if line.strip().upper() == ":END:":
            break
        if found := _PROPERTY.fullmatch(line):
            yield found[1].upper(), found[2].strip()


def _head(html: LinesAsHtml, heading: _Heading, *, has_title: bool) -> None:
    """Write a heading: as an entry if it is a link with nothing below it, else as a section."""
    text = _COOKIE.sub("", heading.text)
    link = _LINK.fullmatch(text.strip())
    address = link[1] if link and link[1] else heading.properties.get("URL", "").strip("<> ")
    address = address if is_web_url(address) else text.strip() if is_web_url(text.strip()) else ""
    if address and heading.is_last:
        name = (link[2] or "") if link and link[1] else "" if text.strip() == address else text
        tags = ",".join(sorted(heading.tags))
        day = _DAY.search(heading.properties.get("CREATED", "") or heading.properties.get("ADDED", ""))
        attributes = f' tags="{escape(tags)}"' if tags else ""
        attributes += f' add_date="{_moment(day[0])}"' if day else ""
        html.item("heading", anchor(address, escape(name), attributes) + " ")
    else:
        html.heading(min(heading.level + has_title, _MAX_HEADING), _inline(text))


def _moment(day: str) -> int:
    """Return the Unix time of the start of a day; 0 for a day that does not exist."""
    try:
        return int(datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp())
    except ValueError:
        return 0


def _body(html: LinesAsHtml, lines: Iterable[str]) -> None:
    """Write the text below a heading."""
    block = ""
    in_drawer = in_table = False
    for line in lines:
        found = _BLOCK.match(line)
        is_table = line.lstrip().startswith("|") and not block
        if in_table and not is_table:
            html.lines[-1] += "</table>"
        if found:
            block = found[2].lower() if found[1].lower() == "begin" else ""
            html.nothing()
        elif block or in_drawer or _DRAWER.fullmatch(line.rstrip()):
            in_drawer = not block and line.strip().upper() != ":END:"
            html.nothing()
        elif _UNSEEN.match(line) or (is_table and _TABLE_RULE.fullmatch(line)):
            html.nothing()
        elif is_table:
            cells = "".join(f"<td>{_inline(cell)}</td>" for cell in _cells(line))
            html.raw(f"<table><tr>{cells}</tr>") if not in_table else html.lines.append(f"<tr>{cells}</tr>")
        else:
            _line(html, line)
        in_table = is_table
    if in_table:
        html.lines[-1] += "</table>"


def _cells(line: str) -> list[str]:
    """Return the cells of a table's line; a bar inside a link does not separate cells."""
    kept = _IN_LINK.sub(lambda link: link[0].replace("|", "\0"), line.strip().strip("|"))
    return [_BAR.sub("|", cell.replace("\0", "|")) for cell in kept.split("|", _MAX_COLUMNS)]


def _line(html: LinesAsHtml, line: str) -> None:
    item = _ITEM.fullmatch(line)
    if item:
        depth = len(item[1].expandtabs())
        while html.lists and isinstance(html.lists[-1], int) and html.lists[-1] > depth and depth not in html.lists:
            html.lists[-1] = depth  # the item continues the list with less indentation
        html.item(depth, _inline(item[2].replace(" :: ", " - ", 1)))
    elif not line.strip():
        html.blank()
    else:
        if html.lists and html.lists[-1] == "heading":
            html.in_paragraph = True
        html.text(_inline(line))


def _inline(text: str) -> str:
    """Return a text as HTML, with its links."""
    parts: list[str] = []
    at = 0
    for found in _LINK.finditer(text):
        parts.append(_plain(text[at : found.start()]))
        url, name, code, struck = found.groups()
        if code is not None:
            parts.append(f"<code>{escape(code)}</code>")
        elif struck is not None:
            parts.append(f"<s>{_inline(struck)}</s>")
        elif url is not None:
            parts.append(anchor(_RELATIVE_FILE.sub("", url), _plain(name or "")))
        else:
            parts.append(escape(found[0], quote=False))
        at = found.end()
    parts.append(_plain(text[at:]))
    return "".join(parts)


def _plain(text: str) -> str:
    """Return a text without links as HTML; emphasis marks are removed, except inside an address."""
    return escape(text if "://" in text else _EMPHASIS.sub(r"\2", text), quote=False)
