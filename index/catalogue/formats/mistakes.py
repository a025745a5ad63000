"""What people get wrong in YAML: named at its line with what to do, and, for a check, all of it at once."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from index.catalogue.formats.hints import CONFLICT, CONFLICT_MARK, hint
from index.catalogue.formats.plain_yaml import List, Node, parse
from index.errors import CatalogueError

_ENTRY: Final = re.compile(r"( *)-(?: |$|[a-z_]+:(?: |$))")
_LINKS: Final = re.compile(r"links[ \t]*:[ \t]*(?:#.*)?$")
_FIELD_OF_FILE: Final = re.compile(r"(?:format|name|sections|links)[ \t]*:")


def parse_by_entry(text: str, path: str) -> tuple[Node | None, list[CatalogueError]]:
    """Parse a native file; where it is not valid, leave out each entry that is not, and name what is wrong in it.

    None where something else than entries is wrong. Lines keep their numbers.
    """
    try:
        return parse(text, path), []
    except CatalogueError as error:
        whole = error
    lines = text.split("\n")
    errors = list(_take_conflicts(lines, path))
    for start, end in list(_entries(lines)):
        mistake = _mistake_in(lines[start:end], path)
        if mistake is not None:
            errors.append(CatalogueError(mistake.problem, path=path, line=start + (mistake.line or 1)))
            lines[start:end] = [""] * (end - start)
    try:
        return parse("\n".join(lines), path), errors or [whole]
    except CatalogueError as error:
        return None, [*errors, error]


def _mistake_in(entry: Sequence[str], path: str) -> CatalogueError | None:
    """Return what is wrong with the lines of an entry; its line counts from the first of them."""
    try:
        node = parse("\n".join(entry), path)
    except CatalogueError as error:
        return error
    if isinstance(node, List):
        return None
    return CatalogueError(hint(entry, 1) or "an entry begins with a dash and a space", path=path, line=1)


def _take_conflicts(lines: list[str], path: str) -> Iterator[CatalogueError]:
    """Blank the marks that git leaves where two edits met; name the first of each conflict."""
    for at, line in enumerate(lines):
        if CONFLICT_MARK.match(line):
            lines[at] = ""
            if line.startswith("<"):
                yield CatalogueError(CONFLICT, path=path, line=at + 1)


def _entries(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield from which line to which each entry of `links` stands, from 0; comments between two are the first one's."""
    at = next((number for number, line in enumerate(lines) if _LINKS.match(line)), len(lines)) + 1
    first = next((found for line in lines[at:] if (found := _ENTRY.match(line))), None)
    if first is None:
        return
    start = None
    for number in range(at, len(lines) + 1):
        is_end = number == len(lines) or (first[1] == "" and bool(_FIELD_OF_FILE.match(lines[number])))
        found = None if is_end else _ENTRY.match(lines[number])
        if is_end or (found and found[1] == first[1]):
            if start is not None:
                yield start, number
            start = number
        if is_end:
            return
