"""Reads plain YAML into nodes that know their lines.

It is built from the parser's events, so that text stays text (`title: 1.20`, `title: no`), nesting is limited to what a
catalogue needs, and aliases, which can make a small file huge, are refused.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

import yaml
from yaml.events import (
    AliasEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from index.catalogue.formats.hints import CONFLICT, CONFLICT_MARK, TABS, hint, meant
from index.errors import CatalogueError
from index.files import read_text

#: A catalogue is at most four levels deep: file, links, a link, its tags.
_MAX_DEPTH: Final = 8
_LOADER: Final[type[Any]] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: What the parser says of what begins at one line and goes wrong at another.
_NEVER_CLOSED: Final = ("flow sequence", "flow mapping", "quoted scalar")
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar of the file as written."""

    value: str
    line: int
    plain: bool

    @property
    def is_null(self) -> bool:
        """Whether it means no value: `title:`, `title: ~`."""
        return self.plain and self.value in _NULLS


@dataclass(frozen=True, slots=True)
class List:
    """A list of the file."""

    items: "list[Node]"
    line: int


@dataclass(frozen=True, slots=True)
class Map:
    """A mapping of the file; `lines` has the line of each value."""

    items: "dict[str, Node]"
    lines: dict[str, int]
    line: int


Node = Text | List | Map
_Kind = TypeVar("_Kind", Text, List, Map)


@dataclass(slots=True, kw_only=True)
class Fields:
    """Reads values from a file's nodes; errors are CatalogueErrors with file and line."""

    path: str

    def fail(self, node: Node, message: str) -> NoReturn:
        """Raise a CatalogueError at a node."""
        raise CatalogueError(message, path=self.path, line=node.line)

    def expect(self, kind: type[_Kind], node: Node, what: str) -> _Kind:
        """Return a node if it is of a kind; else the message is `what` followed by what the node is."""
        if not isinstance(node, kind):
            self.fail(node, f"{what} {kind_of(node)}")
        return node

    def text(self, field: str, node: Node) -> str:
        """Return a field's text; empty when the field has no value."""
        if not isinstance(node, Text):
            self.fail(node, f"{field} must be text, and not {kind_of(node)}")
        return "" if node.is_null else node.value

    def only(self, node: Map, known: Sequence[str]) -> None:
        """Refuse fields other than those `known`."""
        for field, line in node.lines.items():
            if field not in known:
                message = f"the field {field!r:.40} is not one of {', '.join(known)}{meant(field, known)}"
                raise CatalogueError(message, path=self.path, line=line)

    def check_format(self, root: Map, known: int) -> None:
        """Refuse a file with another format than `known`; a file that names no format is accepted."""
        node = root.items.get("format")
        if node is not None and not (isinstance(node, Text) and node.value == str(known)):
            self.fail(node, f"format is {kind_of(node)}, this program reads format {known}")


def load(path: Path, what: str) -> Node:
    """Read and parse one of our files; a CatalogueError calls it `what`."""
    try:
        text = read_text(path)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise CatalogueError(f"cannot read {what} ({reason})", path=path) from error
    return parse(text, str(path))


def parse(text: str, path: str) -> Node:
    """Parse YAML into nodes; CatalogueError for anything but one plain document."""
    try:
        return _Builder(path, yaml.parse(text, Loader=_LOADER)).document()
    except yaml.MarkedYAMLError as error:
        problem, line = _yaml_problem(error, text.split("\n"))
        raise CatalogueError(problem, path=path, line=line) from None
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        raise CatalogueError(f"this is not valid YAML: {_one_line(str(error))}", path=path) from None


def _yaml_problem(error: yaml.MarkedYAMLError, lines: Sequence[str]) -> tuple[str, int | None]:
    """Return what is wrong with a file and at which line: what to do, or what the parser says."""
    conflict = next((number for number, line in enumerate(lines, start=1) if CONFLICT_MARK.match(line)), None)
    if conflict is not None:
        return CONFLICT, conflict
    said = ", ".join(part for part in (error.context, error.problem) if part)
    mark = error.problem_mark or error.context_mark
    if error.context_mark is not None and any(what in said for what in _NEVER_CLOSED):
        mark = error.context_mark
    if mark is None:
        return f"this is not valid YAML: {_one_line(said)}", None
    line = mark.line + 1
    what = TABS if "'\\t'" in said else hint(lines, line)
    return (what if what == TABS else f"this is not valid YAML: {what or _one_line(said)}"), line


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _line_of(event: Event) -> int:
    mark = event.start_mark
    return mark.line + 1 if mark is not None else 0


class _Builder:
    """Builds nodes from events, with one level of Python calls for each level of the file."""

    def __init__(self, path: str, events: Iterator[Event]) -> None:
        self._path = path
        self._events = events

    def document(self) -> Node:
        next(self._events)  # the stream starts
        start = next(self._events)
        if type(start).__name__ != "DocumentStartEvent":
            raise CatalogueError("the file holds no YAML, only comments or nothing", path=self._path)
        root = self._node(next(self._events), 1)
        next(self._events)  # the document ends
        after = next(self._events)
        if type(after).__name__ == "DocumentStartEvent":
            raise self._error(after, "a catalogue is one YAML document; this starts a second one")
        return root

    def _error(self, event: Event, message: str) -> CatalogueError:
        return CatalogueError(message, path=self._path, line=_line_of(event))

    def _node(self, event: Event, depth: int) -> Node:
        line = _line_of(event)
        if type(event) is ScalarEvent:
            if event.anchor is not None or not (event.implicit[0] or event.implicit[1]):
                self._check_marks(event)
            return Text(event.value, line, event.implicit[0])
        if isinstance(event, AliasEvent):
            raise self._error(
                event, f"aliases are not read; write the value of *{event.anchor} out, or put quotes around a text"
            )
        self._check_marks(event)
        if depth >= _MAX_DEPTH:
            raise self._error(event, f"nested deeper than {_MAX_DEPTH} levels; a catalogue is never that deep")
        if isinstance(event, SequenceStartEvent):
            return List(self._items(depth), line)
        if isinstance(event, MappingStartEvent):
            return self._mapping(depth, line)
        raise self._error(event, "this is not valid YAML here")

    def _check_marks(self, event: Event) -> None:
        if isinstance(event, NodeEvent) and event.anchor is not None:
            raise self._error(event, f"anchors are not read; remove &{event.anchor}, or put quotes around a text")
        tag = getattr(event, "tag", None)
        if tag is not None and tag != "!" and not tag.startswith("tag:yaml.org,2002:"):
            raise self._error(event, f"tags are not read; remove {_one_line(tag)}, or put quotes around a text")

    def _items(self, depth: int) -> list[Node]:
        items: list[Node] = []
        for event in self._events:
            if type(event).__name__ == "SequenceEndEvent":
                break
            items.append(self._node(event, depth + 1))
        return items

    def _mapping(self, depth: int, line: int) -> Map:
        items: dict[str, Node] = {}
        lines: dict[str, int] = {}
        for event in self._events:
            if type(event) is MappingEndEvent:
                break
            if type(event) is not ScalarEvent:
                raise self._error(event, "the name of a field must be text")
            key = event.value
            if key in items:
                raise self._error(event, f"the field {key!r} is here twice")
            items[key] = self._node(next(self._events), depth + 1)
            lines[key] = _line_of(event)
        return Map(items, lines, line)


def kind_of(node: Node) -> str:
    """Return a short description of a node for messages: `'no'`, nothing, a list, a mapping."""
    match node:
        case Text(is_null=True):
            return "nothing"
        case Text(value=value):
            shown = value if len(value) <= 40 else value[:39] + "…"  # noqa: PLR2004
            return f"{shown!r}"
        case List():
            return "a list"
        case Map():
            return "a mapping"
