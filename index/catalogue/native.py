"""The native form: YAML that people keep in version control.

    format: 1
    name: Kubernetes Networking
    sections:            # optional; when it is there, links must be in one of these
    - Introduction
    - Kubernetes Network Policy > Cilium
    links:
    - url: https://cilium.io/
      title: cilium.io
      section: [Kubernetes Network Policy, Cilium]

It is read from the parser's events instead of composed objects: each link knows its line, text stays text
(`title: 1.20`, `title: no`), nothing is nested deeper than the format allows, and aliases, which can blow up a small
file, are refused.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, NoReturn

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

from index.catalogue.findings import Finding, Level, Rule
from index.catalogue.link import Entry, Link, Reading, Skip, Source, Status
from index.catalogue.text import MAX_STARS
from index.catalogue.urls import is_web_url
from index.errors import CatalogueError

FORMAT: Final = 1
#: A catalogue is at most four levels deep: file, links, a link, its tags.
_MAX_DEPTH: Final = 8
_LOADER: Final[type[Any]] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS: Final = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_PATH_MARK: Final = ">"


@dataclass(frozen=True, slots=True)
class _Text:
    """A scalar of the file as written."""

    value: str
    line: int
    plain: bool

    @property
    def is_null(self) -> bool:
        return self.plain and self.value in _NULLS


@dataclass(frozen=True, slots=True)
class _List:
    items: "list[_Node]"
    line: int


@dataclass(frozen=True, slots=True)
class _Map:
    items: "dict[str, _Node]"
    lines: dict[str, int]
    line: int


_Node = _Text | _List | _Map


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeFile:
    """A native file: what was read, and what lint has to say of its form."""

    reading: Reading
    findings: tuple[Finding, ...]


def read_native(text: str, path: str, *, name: str) -> NativeFile:
    """Read the text of a native file; `name` is used where the file gives none.

    Links that lead nowhere on the web, and links without a title, are skipped with a reason, fields that the format
    does not know are passed over; both are findings. Raises CatalogueError with the line when the YAML or a value's
    type is wrong, or the file is of another format.
    """
    return _Reader(path=path, name=name).read(_tree(text, path))


def _tree(text: str, path: str) -> _Node:
    """Parse YAML into nodes; CatalogueError for anything but one plain document."""
    builder = _Builder(path, yaml.parse(text, Loader=_LOADER))
    try:
        return builder.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else None
        raise CatalogueError(_yaml_problem(error, text, line), path=path, line=line) from None
    except yaml.YAMLError as error:
        raise CatalogueError(f"this is not valid YAML: {_one_line(str(error))}", path=path) from None


def _yaml_problem(error: yaml.MarkedYAMLError, text: str, line: int | None) -> str:
    if line is not None:
        lines = text.split("\n")
        content = lines[line - 1] if line <= len(lines) else ""
        if "\t" in content[: len(content) - len(content.lstrip())] or "'\\t'" in (error.problem or ""):
            return "YAML forbids tabs for indentation; use spaces"
    problem = ", ".join(part for part in (error.context, error.problem) if part)
    return f"this is not valid YAML: {_one_line(problem)}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _line_of(event: Event) -> int:
    mark = event.start_mark
    return mark.line + 1 if mark is not None else 0


class _Builder:
    """Builds nodes from events, one level of Python calls a level of the file."""

    def __init__(self, path: str, events: Iterator[Event]) -> None:
        self._path = path
        self._events = events

    def document(self) -> _Node:
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

    def _node(self, event: Event, depth: int) -> _Node:
        line = _line_of(event)
        if type(event) is ScalarEvent:
            if event.anchor is not None or not (event.implicit[0] or event.implicit[1]):
                self._check_marks(event)
            return _Text(event.value, line, event.implicit[0])
        if isinstance(event, AliasEvent):
            raise self._error(event, f"aliases are not read; write the value of *{event.anchor} out")
        self._check_marks(event)
        if depth >= _MAX_DEPTH:
            raise self._error(event, f"nested deeper than {_MAX_DEPTH} levels; a catalogue is never that deep")
        if isinstance(event, SequenceStartEvent):
            return _List(self._items(depth), line)
        if isinstance(event, MappingStartEvent):
            return self._mapping(depth, line)
        raise self._error(event, "this is not valid YAML here")

    def _check_marks(self, event: Event) -> None:
        if isinstance(event, NodeEvent) and event.anchor is not None:
            raise self._error(event, f"anchors are not read; remove &{event.anchor}")
        tag = getattr(event, "tag", None)
        if tag is not None and tag != "!" and not tag.startswith("tag:yaml.org,2002:"):
            raise self._error(event, f"tags are not read; remove {_one_line(tag)}")

    def _items(self, depth: int) -> list[_Node]:
        items: list[_Node] = []
        for event in self._events:
            if type(event).__name__ == "SequenceEndEvent":
                break
            items.append(self._node(event, depth + 1))
        return items

    def _mapping(self, depth: int, line: int) -> _Map:
        items: dict[str, _Node] = {}
        lines: dict[str, int] = {}
        for event in self._events:
            if type(event) is MappingEndEvent:
                break
            if type(event) is not ScalarEvent:
                raise self._error(event, "the name of a field must be text")
            key = event.value
            if key in items:
                raise self._error(event, f"the field {key!r} stands here twice")
            items[key] = self._node(next(self._events), depth + 1)
            lines[key] = _line_of(event)
        return _Map(items, lines, line)


def _kind(node: _Node) -> str:
    match node:
        case _Text(is_null=True):
            return "nothing"
        case _Text(value=value):
            shown = value if len(value) <= 40 else value[:39] + "…"  # noqa: PLR2004
            return f"{shown!r}"
        case _List():
            return "a list"
        case _Map():
            return "a mapping"


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Turns nodes into links, with what is wrong on the way."""

    path: str
    name: str
    entries: list[Entry] = field(default_factory=list)
    skipped: list[Skip] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def read(self, root: _Node) -> NativeFile:
        if not isinstance(root, _Map):
            self._fail(root, f"a catalogue is a mapping with the field `links`, and not {_kind(root)}")
        self._check_format(root)
        for key, line in root.lines.items():
            if key not in _FILE_FIELDS:
                self._unknown_field(key, line, _FILE_FIELDS)
        links = root.items.get("links")
        if links is None or (isinstance(links, _Text) and links.is_null):
            links = _List([], root.line)
        if not isinstance(links, _List):
            self._fail(links, f"links must be a list, and not {_kind(links)}")
        sections = self._sections(root.items.get("sections"))
        for node in links.items:
            self._link(node)
        name = root.items.get("name")
        return NativeFile(
            reading=Reading(
                name=(self._text("name", name) if name is not None else "") or self.name,
                entries=tuple(self.entries),
                skipped=tuple(self.skipped),
                sections=sections,
            ),
            findings=tuple(self.findings),
        )

    def _check_format(self, root: _Map) -> None:
        node = root.items.get("format")
        if node is None:
            return
        if not isinstance(node, _Text) or node.value != str(FORMAT):
            self._fail(node, f"format is {_kind(node)}, this program reads format {FORMAT}")

    def _fail(self, node: _Node, message: str) -> NoReturn:
        raise CatalogueError(message, path=self.path, line=node.line)

    def _find(self, rule: Rule, line: int, message: str) -> None:
        source = Source(path=self.path, line=line)
        self.findings.append(Finding(rule=rule, level=Level.ERROR, source=source, message=message))

    def _unknown_field(self, key: str, line: int, known: Iterable[str]) -> None:
        self._find(Rule.UNKNOWN_FIELD, line, f"the field {key!r} is not one of {', '.join(known)}")

    def _sections(self, node: _Node | None) -> tuple[tuple[str, ...], ...]:
        if node is None or (isinstance(node, _Text) and node.is_null):
            return ()
        if not isinstance(node, _List):
            self._fail(node, f"sections must be a list of paths, and not {_kind(node)}")
        return tuple(dict.fromkeys(self._path("sections", item) for item in node.items))

    def _link(self, node: _Node) -> None:
        if not isinstance(node, _Map):
            self._fail(node, f"a link is a mapping with url and title, and not {_kind(node)}")
        values: dict[str, Any] = {}
        for key, value in node.items.items():
            reader = _LINK_FIELDS.get(key)
            if reader is None:
                self._unknown_field(key, node.lines[key], _LINK_FIELDS)
            elif not (isinstance(value, _Text) and value.is_null):
                values[key] = reader(self, key, value)
        source = Source(path=self.path, line=node.line)
        url, title = values.get("url", ""), values.get("title", "")
        if not is_web_url(url):
            reason = "not an http or https address" if url else "the link has no url"
            self.skipped.append(Skip(source=source, text=f"{title} ({url})" if url else title, reason=reason))
            self._find(Rule.BAD_SCHEME, node.line, f"{reason}: {url!r}" if url else reason)
        elif not title.strip():
            self.skipped.append(Skip(source=source, text=url, reason="the link has no title"))
            self._find(Rule.EMPTY_TITLE, node.line, f"the link {url} has no title")
        else:
            self.entries.append(Entry(link=Link(**values), source=source))

    def _text(self, key: str, node: _Node) -> str:
        if not isinstance(node, _Text):
            self._fail(node, f"{key} must be text, and not {_kind(node)}")
        return "" if node.is_null else node.value

    def _texts(self, key: str, node: _Node) -> tuple[str, ...]:
        if not isinstance(node, _List):
            self._fail(node, f"{key} must be a list, and not {_kind(node)}")
        return tuple(self._text(key, item) for item in node.items)

    def _path(self, key: str, node: _Node) -> tuple[str, ...]:
        if isinstance(node, _Text):
            return tuple(part.strip() for part in node.value.split(_PATH_MARK) if part.strip())
        return self._texts(key, node)

    def _stars(self, key: str, node: _Node) -> int:
        value = node.value if isinstance(node, _Text) else ""
        if value not in {str(number) for number in range(MAX_STARS + 1)}:
            self._fail(node, f"{key} must be a number from 0 to {MAX_STARS}, and not {_kind(node)}")
        return int(value)

    def _flag(self, key: str, node: _Node) -> bool:
        value = _BOOLEANS.get(node.value.lower()) if isinstance(node, _Text) and node.plain else None
        if value is None:
            self._fail(node, f"{key} must be true or false, and not {_kind(node)}")
        return value

    def _date(self, key: str, node: _Node) -> date:
        try:
            return date.fromisoformat(node.value if isinstance(node, _Text) else "")
        except ValueError:
            self._fail(node, f"{key} must be a date such as 2024-05-31, and not {_kind(node)}")

    def _status(self, key: str, node: _Node) -> Status:
        try:
            return Status(node.value if isinstance(node, _Text) else "")
        except ValueError:
            self._fail(node, f"{key} must be one of {', '.join(Status)}, and not {_kind(node)}")


_FILE_FIELDS: Final = ("format", "name", "sections", "links")
_LINK_FIELDS: Final[dict[str, Callable[[_Reader, str, _Node], Any]]] = {
    "url": _Reader._text,  # noqa: SLF001
    "title": _Reader._text,  # noqa: SLF001
    "publisher": _Reader._text,  # noqa: SLF001
    "description": _Reader._text,  # noqa: SLF001
    "section": _Reader._path,  # noqa: SLF001
    "tags": _Reader._texts,  # noqa: SLF001
    "stars": _Reader._stars,  # noqa: SLF001
    "highlight": _Reader._flag,  # noqa: SLF001
    "questions": _Reader._texts,  # noqa: SLF001
    "added": _Reader._date,  # noqa: SLF001
    "status": _Reader._status,  # noqa: SLF001
}

#: Text that any YAML reader takes as the same text without quotes, also inside `[…]`.
_PLAIN: Final = re.compile(r"[^\W\d_](?:[^\W_]|[ _./()+%=~$^;?!&*@|<>'-]|:(?! |$)|(?<! )#|\N{EM DASH}|\N{EN DASH})*")
_PLAIN_BLOCK_ONLY: Final = re.compile(r"[^\W\d_](?:[^\W_]|[ _./()+%=~$^;?!&*@|<>',\"{}\[\]`-]|:(?! |$)|(?<! )#)*")
_NOT_TEXT: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})
_ESCAPED: Final = re.compile(
    '["\\\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\u200e\u200f\u202a-\u202e\u2066-\u2069]'
)
_SHORT_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def _escape(found: re.Match[str]) -> str:
    return _SHORT_ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04x}"


def _quoted(text: str) -> str:
    return f'"{_ESCAPED.sub(_escape, text)}"'


def scalar(text: str, *, flow: bool = False) -> str:
    """Write text plain where every YAML reader reads it back as that text, else in double quotes."""
    pattern = _PLAIN if flow else _PLAIN_BLOCK_ONLY
    if pattern.fullmatch(text) and text[-1] not in " :" and text.lower() not in _NOT_TEXT and not _ESCAPED.search(text):
        return text
    return _quoted(text)


def _flow(texts: Sequence[str]) -> str:
    return "[" + ", ".join(scalar(text, flow=True) for text in texts) + "]"


def write_native(reading: Reading) -> str:
    """Return a reading as native YAML, the same text for equal readings; `read_native` gives the same links back.

    Raises CatalogueError for text that no file can hold (a lone surrogate).
    """
    lines = [f"format: {FORMAT}", f"name: {scalar(reading.name)}"]
    if reading.sections:
        lines.append("sections:")
        lines.extend(f"- {_flow(section)}" for section in reading.sections)
    lines.append("links:" if reading.entries else "links: []")
    for entry in reading.entries:
        lines.extend(link_lines(entry.link))
    text = "\n".join(lines) + "\n"
    if not text.isascii() and re.search("[\ud800-\udfff]", text):
        raise CatalogueError("a link holds half a character (a lone surrogate), which no file can hold")
    return text


def link_lines(link: Link) -> Iterator[str]:
    """Yield a link's lines as an item of the list `links`, without line ends."""
    yield f"- url: {scalar(link.url)}"
    yield f"  title: {scalar(link.title)}"
    if link.publisher:
        yield f"  publisher: {scalar(link.publisher)}"
    if link.description:
        yield f"  description: {scalar(link.description)}"
    if link.section:
        yield f"  section: {_flow(link.section)}"
    if link.tags:
        yield f"  tags: {_flow(link.tags)}"
    if link.stars:
        yield f"  stars: {link.stars}"
    if link.highlight:
        yield "  highlight: true"
    if link.questions:
        yield "  questions:"
        yield from (f"  - {scalar(question)}" for question in link.questions)
    if link.added is not None:
        yield f"  added: {link.added.isoformat()}"
    if link.status is not Status.ALIVE:
        yield f"  status: {link.status}"
