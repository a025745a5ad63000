"""Reads plain text with one address on each line, as in OneTab exports and people's notes: `address | title`.

Lines without an empty line between them are a block, and so is each heading (`# Tools`). A block of one line without an
address is the section of the following blocks. So is the first line of a block without an address, unless the block has one
bare address: then it is that address's title.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from index.catalogue.formats.spreadsheet import Table, empty_row
from index.catalogue.link import Reading

_ADDRESS: Final = re.compile(
    r"<?((?:https?://|(?<![\w/.@-])www\.(?=[\w-]+\.\w))(?:(?![,;]https?://)[^\s<>\"|]|\|(?=[^\s|]+ \| ))+)>?",
    re.IGNORECASE,
)
_AROUND: Final = " \t-–—:|*•·>#=~+\N{BYTE ORDER MARK}"
_NUMBER: Final = re.compile(r"^\s*\(?\d{1,4}[.)]\s+")
_IN_BRACKETS: Final = re.compile(r"\(([^()]*)\)\.?|\[([^\[\]]*)\]|\"([^\"]*)\"|“([^“”]*)”")
_ENDS: Final = ".,;!?)"
#: A heading, as in Markdown; it needs no empty lines around it.
_HASHED: Final = re.compile(r"\s*#+\s+\S")
_MAX_HEADING_CHARS: Final = 100
#: A text file in a folder is a list when at least this share of its lines has an address.
_LEAST_SHARE: Final = 0.4

Lines = Sequence[tuple[int, str]]


def holds_list(text: str) -> bool:
    """Whether a text consists mostly of addresses, and does not only mention some."""
    lines = [line for line in text.split("\n") if line.strip()]
    return sum(_ADDRESS.search(line) is not None for line in lines) >= max(len(lines) * _LEAST_SHARE, 1)


def read_plain(text: str, path: str, *, name: str) -> Reading:
    """Read a text; the rest of an address's line is the title, the lines below it are the description."""
    table = Table(path=path)
    section = ""
    for block in _blocks(text):
        addresses = [_ADDRESS.search(line) for _, line in block]
        if not any(addresses):
            section = _heading(block[0][1]) if len(block) == 1 else section
            continue
        first = block[0][1] if addresses[0] is None else ""
        names_one = (
            first and sum(map(bool, addresses)) == 1 and not _title(block[addresses.index(_first(addresses))][1])
        )
        folders = tuple(filter(None, (section, "" if names_one else _heading(first))))
        _read_block(table, block, folders, title=first.strip(_AROUND) if names_one else "")
    return Reading(name=name, entries=tuple(table.entries), skipped=tuple(table.skipped))


def _first(addresses: Sequence[re.Match[str] | None]) -> re.Match[str] | None:
    return next((found for found in addresses if found), None)


def _read_block(table: Table, block: Lines, folders: tuple[str, ...], *, title: str) -> None:
    row, at = empty_row(), 0
    for number, line in block:
        parts = _by_address(line)
        for part, found in parts:
            if at:
                table.add(row, at, folders=folders)
            address = found[1].rstrip(_ENDS) if found[1].count("(") < found[1].count(")") else found[1].rstrip(".,;!?")
            row, at = empty_row(), number
            row["url"].append(f"http://{address}" if address.lower().startswith("www.") else address)
            row["title"] += filter(None, (title, _title(part)))
        if at and not parts:
            row["description"].append(line.strip(_AROUND))
    table.add(row, at, folders=folders)


def _by_address(line: str) -> list[tuple[str, re.Match[str]]]:
    """Split a line with several addresses, each with its text: that before it, if the line begins with text."""
    found = list(_ADDRESS.finditer(line))
    if not found:
        return []
    is_before = any(map(str.isalnum, _NUMBER.sub("", line[: found[0].start()])))
    ends = [one.end() for one in found] if is_before else [one.start() for one in found[1:]] + [len(line)]
    ends[-1] = len(line)
    starts = [0, *ends[:-1]]
    return [(line[start:end], one) for start, end, one in zip(starts, ends, found, strict=True)]


def _title(line: str) -> str:
    """Return a line's text without its address, and without marks around all of it."""
    parts = (_unwrapped(part.strip(_AROUND)) for part in _beside(line))
    return " ".join(part for part in parts if any(map(str.isalnum, part)))


def _unwrapped(text: str) -> str:
    """Return a text without the brackets or quotation marks around all of it."""
    found = _IN_BRACKETS.fullmatch(text)
    return next(filter(None, found.groups()), "") if found else text


def _beside(line: str) -> Iterator[str]:
    found = _ADDRESS.search(line)
    if found:
        yield _NUMBER.sub("", line[: found.start()])
        yield line[found.end() :]


def _heading(line: str) -> str:
    text = line.strip(_AROUND)
    return text if len(text) <= _MAX_HEADING_CHARS else ""


def _blocks(text: str) -> Iterator[Lines]:
    block: list[tuple[int, str]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        is_heading = _HASHED.match(line) is not None and not _ADDRESS.search(line)
        if line.strip(_AROUND) and not is_heading:
            block.append((number, line))
            continue
        if block:
            yield block
            block = []
        if is_heading:
            yield [(number, line)]
    if block:
        yield block
