"""Edits native files and keeps every other byte: comments, blank lines, quotes and order.

The parser says where each value is, and new lines are inserted there. The result is read again before it is returned: it
must have the same links as before, and the change.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NoReturn, Self

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from index.catalogue.formats.native import link_lines, read_native, scalar
from index.catalogue.link import Link, Status
from index.catalogue.urls import normalise
from index.errors import CatalogueError
from index.files import write_atomically

_LOADER: Final[type[Any]] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: The fields that are written before a link's questions.
_BEFORE_QUESTIONS: Final = frozenset(
    {"url", "title", "publisher", "description", "section", "tags", "stars", "highlight"}
)
_BOM: Final = "\ufeff"
#: An address with one of these needs quotes in YAML.
_NOT_PLAIN: Final = (": ", " #", "\t", "[", "]", "{", "}", ",")


def add_entry(text: str, link: Link, path: str) -> str:
    """Return the file's text with one more link, after the last one of its section; `path` is for error messages.

    The first link of a section is put after the links of the sections declared before it. CatalogueError when the file has
    the address already, or is written in a form to which nothing can be added.
    """
    file = _File.of(text, path)
    if file.place_of(link.url) is not None:
        file.fail(f"has {link.url} already")
    lines = list(link_lines(link))
    if not isinstance(file.list_node, SequenceNode) or not file.list_node.value:
        edited = file.with_first_entry(lines)
        expected = [link]
    else:
        place = _place_for(link.section, file)
        before = file.nodes[place - 1]
        dash = file.list_node.start_mark.column
        edited = file.with_lines_after(before, _indented(lines, dash, before.start_mark.column))
        expected = [*file.links[:place], link, *file.links[place:]]
    return file.proved(edited, expected)


def add_question(text: str, url: str, question: str, path: str) -> str:
    """Return the file's text with one more question for the link at `url`.

    If the link has that question already, the text is unchanged. CatalogueError when the file has no such link.
    """
    return add_questions(text, {url: [question]}, path)[0]


def add_questions(text: str, questions: Mapping[str, Sequence[str]], path: str) -> tuple[str, int]:
    """Return the file's text with more questions for the links at some addresses, and how many it did not have.

    CatalogueError when the file lacks one of the links, or is written in a form to which nothing can be added.
    """
    file = _File.of(text, path)
    place_of = {normalise(link.url): place for place, link in reversed(list(enumerate(file.links)))}
    new: dict[int, list[str]] = {}
    for url, asked in questions.items():
        place = place_of.get(normalise(url))
        if place is None:
            file.fail(f"has no link {url}")
        known = (*file.links[place].questions, *new.get(place, ()))
        new.setdefault(place, []).extend(question for question in dict.fromkeys(asked) if question not in known)
    edited, expected = file, list(file.links)
    for place in sorted((place for place in new if new[place]), reverse=True):  # earlier positions stay what they are
        edited = replace(edited, text=_with_questions(edited, file.nodes[place], new[place]))
        expected[place] = replace(expected[place], questions=(*expected[place].questions, *new[place]))
    added = sum(map(len, new.values()))
    return (file.proved(edited.text, expected) if added else text), added


def change_entry(
    text: str,
    url: str,
    path: str,
    *,
    title: str,
    section: Sequence[str],
    questions: Sequence[str],
    retired: bool = False,
) -> str:
    """Return the file's text with another title, section and questions for the link at `url`, and retired if that is said.

    Only the lines of fields that change are written anew; the entry stays where it is. CatalogueError when the file has no
    such link, or writes it in a form that cannot be changed.
    """
    file = _File.of(text, path)
    place = file.place_of(url)
    if place is None:
        file.fail(f"has no link {url}")
    old = file.links[place]
    new = replace(old, title=title, section=tuple(section), questions=tuple(questions))
    new = replace(new, status=Status.RETIRED) if retired else new
    if new == old:
        return text
    entry = file.nodes[place]
    if entry.flow_style or (isinstance(file.list_node, SequenceNode) and file.list_node.flow_style):
        file.fail(f"writes {url} in braces; write its fields one below the other")
    before, after = _fields(old), _fields(new)
    edited = file
    appended = [line for name, lines in after.items() if name not in before for line in lines]
    if appended:
        column = entry.start_mark.column
        edited = replace(file, text=file.with_lines_after(entry, [" " * column + line for line in appended]))
    spans = {name.value: (name.start_mark.index, end_of(value, text)) for name, value in entry.value}
    changed = [name for name in before if before[name] != after.get(name)]
    for name in sorted(changed, key=lambda name: spans[name][0], reverse=True):  # earlier positions stay what they are
        edited = replace(
            edited, text=_with_field(edited.text, spans[name], after.get(name, []), entry.start_mark.column)
        )
    return file.proved(edited.text, [*file.links[:place], new, *file.links[place + 1 :]])


def _fields(link: Link) -> dict[str, list[str]]:
    """Return the lines of each field of an entry, without the entry's indentation."""
    fields: dict[str, list[str]] = {}
    for line in link_lines(link):
        if line[2] not in "- ":
            fields[line[2:].partition(":")[0]] = []
        fields[list(fields)[-1]].append(line[2:])
    return fields


def _with_field(text: str, span: tuple[int, int], lines: Sequence[str], column: int) -> str:
    """Return a text with other lines for a field; without the field's own lines for none."""
    start, end = span
    break_ = "\r\n" if "\r\n" in text else "\n"
    if lines:
        return text[:start] + (break_ + " " * column).join(lines) + text[end:]
    line_start, line_end = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    return text[:line_start] + (text[line_end + 1 :] if line_end >= 0 else "")


def moved(text: str, moves: Mapping[str, str], path: str) -> tuple[str, int]:
    """Return the file's text with the new address of each link that has moved, and how many were changed.

    CatalogueError when the result would not read back as the same links with these addresses.
    """
    mark, body = (_BOM, text[1:]) if text.startswith(_BOM) else ("", text)
    file = _File.of(body, path)
    changed, edited = 0, body
    for item in reversed(file.items):
        node = _value(item, "url") if isinstance(item, MappingNode) else None
        if isinstance(node, ScalarNode) and node.value in moves:
            start, end = node.start_mark.index, node.end_mark.index
            edited = edited[:start] + _address(moves[node.value], node, body[start:end]) + edited[end:]
            changed += 1
    expected = [replace(link, url=moves.get(link.url, link.url)) for link in file.links]
    return mark + (file.proved(edited, expected) if changed else body), changed


def fix_file(path: Path, moves: Mapping[str, str]) -> int:
    """Change the moved addresses of a file; return how many. CatalogueError."""
    try:
        edited, changed = moved(path.read_bytes().decode(), moves, str(path))
        if changed:
            write_atomically(path, edited.encode())
    except OSError as error:
        raise CatalogueError(f"cannot be written ({error.strerror or error})", path=path) from error
    return changed


def _address(url: str, node: ScalarNode, before: str) -> str:
    """Return an address as YAML with the quotes of the old one, or in double quotes if it needs some and had none."""
    if node.style == "'":
        return "'" + url.replace("'", "''") + "'"
    plain = url.isprintable() and not any(part in url for part in _NOT_PLAIN) and not url.endswith(":")
    if not node.style and plain:
        return url
    # The white space after a block scalar (`url: >-`) may include the start of the next line.
    after = before[len(before.rstrip()) :] if node.style in {"|", ">"} else ""
    return '"' + url.replace("\\", "\\\\").replace('"', '\\"') + '"' + after


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A native file: its text, its links, and their positions."""

    text: str
    path: str
    root: MappingNode
    links: tuple[Link, ...]
    nodes: tuple[MappingNode, ...]
    """The node of each of `links`."""
    sections: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, text: str, path: str) -> Self:
        """Read a file; CatalogueError when it is not a native file."""
        reading = read_native(text.replace("\r\n", "\n"), path, name="").reading
        root = yaml.compose(text, Loader=_LOADER)
        if not isinstance(root, MappingNode):
            raise CatalogueError("holds no mapping", path=path)
        file = cls(text=text, path=path, root=root, links=reading.links, nodes=(), sections=reading.sections)
        by_line = {item.start_mark.line + 1: item for item in file.items}
        return replace(file, nodes=tuple(by_line[entry.source.line] for entry in reading.entries))

    @property
    def list_node(self) -> Node | None:
        """The value of the field `links`."""
        return _value(self.root, "links")

    @property
    def items(self) -> Sequence[Any]:
        """The nodes of that list, including those that are not links."""
        return self.list_node.value if isinstance(self.list_node, SequenceNode) else ()

    def place_of(self, url: str) -> int | None:
        """Return the position of the link with an address, compared after normalisation, or None."""
        wanted = normalise(url)
        return next((place for place, link in enumerate(self.links) if normalise(link.url) == wanted), None)

    def fail(self, problem: str) -> NoReturn:
        """Raise a CatalogueError about the file."""
        raise CatalogueError(problem, path=self.path)

    def with_first_entry(self, lines: Iterable[str]) -> str:
        """Return the text with a first entry in the empty list."""
        node = self.list_node
        if node is None:
            return self._inserted(len(self.text), ["links:", *lines])
        rest = self.text[: node.start_mark.index].rstrip() + self.text[node.end_mark.index :]
        shorter = replace(self, text=rest)
        return shorter._inserted(len(self.text[: node.start_mark.index].rstrip()), lines)  # noqa: SLF001

    def with_lines_after(self, node: Node, lines: Iterable[str]) -> str:
        """Return the text with lines inserted below a value."""
        if isinstance(self.list_node, SequenceNode) and self.list_node.flow_style:
            self.fail("writes its links in brackets; write them as a list with dashes, one link below the other")
        return self._inserted(end_of(node, self.text), lines)

    def _inserted(self, after: int, lines: Iterable[str]) -> str:
        """Insert lines below the line with the character before position `after`."""
        break_ = "\r\n" if "\r\n" in self.text else "\n"
        at = after if self.text[after - 1 : after] == "\n" else self.text.find("\n", after) + 1
        head, tail = (self.text[:at], self.text[at:]) if at else (self.text, "")
        if head and not head.endswith("\n"):
            head += break_
        return head + "".join(line + break_ for line in lines) + tail

    def proved(self, edited: str, expected: Sequence[Link]) -> str:
        """Return the edited text if it reads back as expected; CatalogueError otherwise."""
        again = read_native(edited.replace("\r\n", "\n"), self.path, name="").reading
        if again.links != tuple(expected):
            self.fail("is written in a form that cannot be edited safely; nothing was changed, edit it by hand")
        return edited


def _value(mapping: MappingNode, key: str) -> Node | None:
    return next((value for name, value in mapping.value if name.value == key), None)


def _place_for(section: tuple[str, ...], file: _File) -> int:
    """Return the position among the links at which a new one of `section` belongs; by default the end."""
    before = [section]
    if section in file.sections:
        before += reversed(file.sections[: file.sections.index(section)])
    for candidate in before:
        places = [place for place, link in enumerate(file.links) if link.section == candidate]
        if places:
            return places[-1] + 1
    return len(file.links)


def _indented(lines: Iterable[str], dash: int, key: int) -> list[str]:
    """Indent an entry's lines so that its dash and its keys are in these columns."""
    return [
        " " * dash + "-" + " " * (key - dash - 1) + line[2:] if line.startswith("- ") else " " * key + line[2:]
        for line in lines
    ]


def _with_questions(file: _File, entry: MappingNode, questions: Sequence[str]) -> str:
    known = _value(entry, "questions")
    if entry.flow_style or (isinstance(known, SequenceNode) and known.flow_style and known.value):
        return _with_questions_in_brackets(file, entry, known, ", ".join(scalar(one, flow=True) for one in questions))
    if isinstance(known, SequenceNode) and not known.flow_style:
        lines = [" " * known.start_mark.column + f"- {scalar(question)}" for question in questions]
        return file.with_lines_after(known, lines)
    column = entry.start_mark.column
    items = [" " * column + f"- {scalar(question)}" for question in questions]
    if known is not None:  # `questions:` without a value, or `questions: []`
        start = len(file.text[: known.start_mark.index].rstrip())
        emptied = replace(file, text=file.text[:start] + file.text[known.end_mark.index :])
        return emptied._inserted(start, items)  # noqa: SLF001 - the same file, a value shorter
    before = [value for name, value in entry.value if name.value in _BEFORE_QUESTIONS][-1]
    return file.with_lines_after(before, [" " * column + "questions:", *items])


def _with_questions_in_brackets(file: _File, entry: MappingNode, known: Node | None, written: str) -> str:
    if isinstance(known, SequenceNode):
        if known.value:
            at, added = known.value[-1].end_mark.index, f", {written}"
        else:
            at, added = known.end_mark.index - 1, written
    elif known is None:
        at, added = entry.value[-1][1].end_mark.index, f", questions: [{written}]"
    else:
        file.fail("has a link whose questions are no list; edit it by hand")
    return file.text[:at] + added + file.text[at:]


def end_of(node: Node, text: str) -> int:
    """Return the end of a value, without the comments and blank lines that the parser counts as part of it."""
    if isinstance(node, MappingNode | SequenceNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return end_of(last[1] if isinstance(last, tuple) else last, text)
    end: int = node.end_mark.index
    if isinstance(node, ScalarNode) and node.style in {"|", ">"}:
        header = text[node.start_mark.index : end].partition("\n")[0]
        if "+" not in header:
            return len(text[:end].rstrip()) or end
    return end
