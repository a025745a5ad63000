"""Reads and writes the native form: YAML that people keep in version control.

format: 1
name: Kubernetes Networking
sections:            # optional; when it is there, links must be in one of these
- Introduction
- Kubernetes Network Policy > Cilium
links:
- url: https://cilium.io/
  title: cilium.io
  section: [Kubernetes Network Policy, Cilium]
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

from index.catalogue.formats.cleaning import MAX_STARS
from index.catalogue.formats.hints import meant
from index.catalogue.formats.mistakes import parse_by_entry
from index.catalogue.formats.plain_yaml import Fields, List, Map, Node, Text, kind_of, parse
from index.catalogue.formats.schemas import (
    ADDRESS,
    DAY,
    FLAG,
    SECTION,
    TEXT,
    TEXTS,
    Kind,
    Schema,
    described,
    file_schema,
    of_format,
    optional,
    record,
)
from index.catalogue.link import Entry, Finding, Further, Level, Link, Reading, Rule, Skip, Source, Status
from index.catalogue.urls import is_web_url
from index.errors import CatalogueError

FORMAT: Final = 1
_BOOLEANS: Final = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_PATH_MARK: Final = ">"


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeFile:
    """A native file: the reading, and lint's findings about its form."""

    reading: Reading
    findings: tuple[Finding, ...]


def read_native(text: str, path: str, *, name: str, tolerant: bool = False) -> NativeFile:
    """Read the text of a native file; `name` is used if the file has none.

    Links without a web address or without a title are skipped with a reason, and unknown fields are ignored; both are
    findings. Raises CatalogueError with the line when the YAML or the type of a value is wrong, or the file has another
    format.

    Where `tolerant`, whatever is wrong with an entry or a value is a finding too, and the rest is read.
    """
    reader = _Reader(path=path, name=name)
    if tolerant:
        root, errors = parse_by_entry(text, path)
        found = reader.read(root if root is not None else Map({}, {}, 1))
        findings = [*(reader.finding(Rule.UNREADABLE, error) for error in errors), *found.findings]
        findings += [reader.finding(Rule.WRONG_VALUE, error) for error in reader.problems]
        return replace(found, findings=tuple(findings))
    found = reader.read(parse(text, path))
    if reader.problems:
        first, more = reader.problems[0], len(reader.problems) - 1
        others = f" ({more} more mistakes in this file; `signpost check` names all)" if more else ""
        raise CatalogueError(f"{first.problem}{others}", path=path, line=first.line)
    return found


@dataclass(slots=True, kw_only=True)
class _Reader(Fields):
    """Turns nodes into links, and collects findings."""

    name: str
    entries: list[Entry] = field(default_factory=list)
    skipped: list[Skip] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    problems: list[CatalogueError] = field(default_factory=list)
    """Values of a wrong kind."""
    unread: set[str] = field(default_factory=set)
    """Fields that are not known; each is told once."""

    def finding(self, rule: Rule, error: CatalogueError) -> Finding:
        """Return what is wrong as a finding."""
        source = Source(path=self.path, line=error.line or 0)
        return Finding(rule=rule, level=Level.ERROR, source=source, message=error.problem)

    def read(self, root: Node) -> NativeFile:
        root = self.expect(Map, root, "a catalogue is a mapping with the field `links`, and not")
        self.check_format(root, FORMAT)
        for key, line in root.lines.items():
            if key not in _FILE_FIELDS:
                self._unknown_field(key, line, _FILE_FIELDS)
        links = root.items.get("links")
        if links is None or (isinstance(links, Text) and links.is_null):
            links = List([], root.line)
        sections = self._declared(root.items.get("sections"))
        for node in self.expect(List, links, "links must be a list, and not").items:
            try:
                self._link(self.expect(Map, node, "a link is a mapping with url and title, and not"))
            except CatalogueError as error:
                self.problems.append(error)
        name = root.items.get("name")
        return NativeFile(
            reading=Reading(
                name=(self.text("name", name) if name is not None else "") or self.name,
                entries=tuple(self.entries),
                skipped=tuple(self.skipped),
                sections=sections,
            ),
            findings=tuple(self.findings),
        )

    def _find(self, rule: Rule, line: int, message: str) -> None:
        source = Source(path=self.path, line=line)
        self.findings.append(Finding(rule=rule, level=Level.ERROR, source=source, message=message))

    def _unknown_field(self, key: str, line: int, known: Sequence[str]) -> None:
        self._find(Rule.UNKNOWN_FIELD, line, f"the field {key!r} is not one of {', '.join(known)}{meant(key, known)}")
        if key not in self.unread:
            self.unread.add(key)
            self.skipped.append(
                Skip(source=Source(path=self.path, line=line), text=key, reason="a field that is not read")
            )

    def _declared(self, node: Node | None) -> tuple[tuple[str, ...], ...]:
        if node is None or (isinstance(node, Text) and node.is_null):
            return ()
        paths = self.expect(List, node, "sections must be a list of paths, and not").items
        return tuple(dict.fromkeys(self.section("sections", item) for item in paths))

    def _link(self, link: Map) -> None:
        values: dict[str, Any] = {}
        for key, value in link.items.items():
            kind = _LINK_FIELDS.get(key)
            if kind is None:
                self._unknown_field(key, link.lines[key], tuple(_LINK_FIELDS))
            elif not (isinstance(value, Text) and value.is_null):
                try:
                    values[key] = kind.read(self, key, value)
                except CatalogueError as error:
                    self.problems.append(error)
                    if key in _NEEDED:
                        return
        source = Source(path=self.path, line=link.line)
        url, title = values.get("url", ""), values.get("title", "")
        if not is_web_url(url):
            reason = "not an http or https address" if url else "the link has no url"
            self.skipped.append(Skip(source=source, text=f"{title} ({url})" if url else title, reason=reason))
            self._find(Rule.BAD_SCHEME, link.line, f"{reason}: {url!r}" if url else reason)
        elif not title.strip():
            self.skipped.append(Skip(source=source, text=url, reason="the link has no title"))
            self._find(Rule.EMPTY_TITLE, link.line, f"the link {url} has no title")
        else:
            self.entries.append(Entry(link=Link(**values), source=source))

    def tags(self, key: str, node: Node) -> tuple[str, ...]:
        if isinstance(node, Text) and not node.is_null:
            return tuple(dict.fromkeys(tag.strip() for tag in node.value.split(",") if tag.strip()))
        return self.texts(key, node)

    def texts(self, key: str, node: Node) -> tuple[str, ...]:
        return tuple(self.text(key, item) for item in self.expect(List, node, f"{key} must be a list, and not").items)

    def section(self, key: str, node: Node) -> tuple[str, ...]:
        if isinstance(node, Text):
            return tuple(part.strip() for part in node.value.split(_PATH_MARK) if part.strip())
        return self.texts(key, node)

    def sections(self, key: str, node: Node) -> tuple[tuple[str, ...], ...]:
        paths = self.expect(List, node, f"{key} must be a list of section paths, and not").items
        return tuple(self.section(key, item) for item in paths)

    def further(self, key: str, node: Node) -> tuple[Further, ...]:
        named = self.expect(Map, node, f"{key} must name addresses, such as `Source Code: https://…`, and not")
        return tuple(Further(kind=kind, url=self.text(kind, url)) for kind, url in named.items.items())

    def stars(self, key: str, node: Node) -> int:
        value = node.value if isinstance(node, Text) else ""
        if value not in {str(number) for number in range(MAX_STARS + 1)}:
            self.fail(node, f"{key} must be a number from 0 to {MAX_STARS}, and not {kind_of(node)}")
        return int(value)

    def flag(self, key: str, node: Node) -> bool:
        value = _BOOLEANS.get(node.value.lower()) if isinstance(node, Text) and node.plain else None
        if value is None:
            self.fail(node, f"{key} must be true or false, and not {kind_of(node)}")
        return value

    def date_(self, key: str, node: Node) -> date:
        try:
            return date.fromisoformat(node.value if isinstance(node, Text) else "")
        except ValueError:
            self.fail(node, f"{key} must be a date such as 2024-05-31, and not {kind_of(node)}")

    def status(self, key: str, node: Node) -> Status:
        try:
            return Status(node.value if isinstance(node, Text) else "")
        except ValueError:
            near = meant(node.value, [status.value for status in Status]) if isinstance(node, Text) else ""
            self.fail(node, f"{key} must be one of {', '.join(Status)}, and not {kind_of(node)}{near}")


#: Without these a link is none.
_NEEDED: Final = frozenset({"url", "title"})
_FILE_FIELDS: Final = ("format", "name", "sections", "links")
#: YAML 1.2 takes yes and on for texts, we and YAML 1.1 do not.
_FLAG: Final[Schema] = {"anyOf": [FLAG, {"enum": list(_BOOLEANS)}]}
_LINK_FIELDS: Final[dict[str, Kind]] = {
    "url": Kind(_Reader.text, ADDRESS, "An http or https address, kept byte for byte."),
    "title": Kind(_Reader.text, TEXT),
    "publisher": Kind(_Reader.text, TEXT, "Who published it, mostly a host."),
    "description": Kind(_Reader.text, TEXT),
    "section": Kind(_Reader.section, SECTION, "Headings, the outermost first; or one text: Tools > Editors."),
    "also_in": Kind(_Reader.sections, {"type": "array", "items": SECTION}, "Other sections that it is in."),
    "tags": Kind(_Reader.tags, SECTION, "A list, or one text with commas; `public`: other organisations may see it."),
    "stars": Kind(_Reader.stars, {"enum": list(range(MAX_STARS + 1))}, "How good the curator finds it."),
    "highlight": Kind(_Reader.flag, _FLAG),
    "questions": Kind(_Reader.texts, TEXTS, "What people ask when this link is the answer."),
    "added": Kind(_Reader.date_, DAY, "Since when it is in the list: 2024-05-31."),
    "further": Kind(
        _Reader.further,
        {"type": "object", "additionalProperties": TEXT},
        "Other addresses of the same thing by what they are: `Source Code: https://…`.",
    ),
    "status": Kind(_Reader.status, {"enum": list(Status)}, "Unless given: alive, or what the link checks found."),
    "private": Kind(_Reader.flag, _FLAG, "Left out of the index unless it is asked for."),
}


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the native form."""
    fields = {
        name: described(kind.schema if name in _NEEDED else optional(kind.schema), kind.help)
        for name, kind in _LINK_FIELDS.items()
    }
    links = {"type": "array", "items": record(fields, needed=_NEEDED)}
    sections = described({"type": "array", "items": SECTION}, "Where given, links are in one of these.")
    of_file = {
        "format": of_format(FORMAT),
        "name": optional(TEXT),
        "sections": optional(sections),
        "links": optional(links),
    }
    return file_schema("A catalogue of links", record({name: of_file[name] for name in _FILE_FIELDS}, needed=["links"]))


#: Text that every YAML reader reads back as the same text without quotes, also inside `[…]`.
_PLAIN: Final = re.compile(r"[^\W\d_](?:[^\W_]|[ _./()+%=~$^;!&*@|<>'-]|:(?! |$)|(?<! )#|\N{EM DASH}|\N{EN DASH})*")
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
    """Return text as YAML: plain if every YAML reader reads it back as that text, else in double quotes."""
    pattern = _PLAIN if flow else _PLAIN_BLOCK_ONLY
    if pattern.fullmatch(text) and text[-1] not in " :" and text.lower() not in _NOT_TEXT and not _ESCAPED.search(text):
        return text
    return _quoted(text)


def _flow(texts: Sequence[str]) -> str:
    return "[" + ", ".join(scalar(text, flow=True) for text in texts) + "]"


def write_native(reading: Reading) -> str:
    """Return a reading as native YAML; equal readings are written as equal text, and `read_native` reads the same links.

    Raises CatalogueError for text that cannot be encoded (a lone surrogate).
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


def by_kind(further: Iterable[Further]) -> Iterator[tuple[str, str]]:
    """Yield kinds and further addresses; kinds are made unique, as the keys of a mapping must be: Demo, Demo 2."""
    seen: dict[str, int] = {}
    for one in further:
        seen[one.kind] = seen.get(one.kind, 0) + 1
        yield (one.kind if seen[one.kind] == 1 else f"{one.kind} {seen[one.kind]}"), one.url


def link_lines(link: Link) -> Iterator[str]:
    """Yield a link's lines as an item of the list `links`, without line ends."""
    yield f"- url: {scalar(link.url)}"
    yield f"  title: {scalar(link.title)}"
    for name, text in (("publisher", link.publisher), ("description", link.description)):
        if text:
            yield f"  {name}: {scalar(text)}"
    if link.section:
        yield f"  section: {_flow(link.section)}"
    yield from _lines_below("also_in", (f"- {_flow(section)}" for section in link.also_in))
    if link.tags:
        yield f"  tags: {_flow(link.tags)}"
    if link.stars:
        yield f"  stars: {link.stars}"
    if link.highlight:
        yield "  highlight: true"
    yield from _lines_below("questions", (f"- {scalar(question)}" for question in link.questions))
    if link.added is not None:
        yield f"  added: {link.added.isoformat()}"
    yield from _lines_below("further", (f"  {scalar(kind)}: {scalar(url)}" for kind, url in by_kind(link.further)))
    if link.status is not Status.ALIVE:
        yield f"  status: {link.status}"
    if link.private:
        yield "  private: true"


def _lines_below(name: str, lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a field with a nested value, or nothing if the value is empty."""
    for number, line in enumerate(lines):
        if not number:
            yield f"  {name}:"
        yield f"  {line}"
