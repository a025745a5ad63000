"""The file of proposed questions, in which a curator accepts, changes or drops them line by line.

New proposals are added at its end, a link at a time, so that a run that is stopped loses nothing. Its form is described in
docs/storage.md.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self

import yaml
from yaml.nodes import MappingNode, Node, SequenceNode

from index.catalogue.formats.edit import end_of
from index.catalogue.formats.native import scalar
from index.catalogue.formats.plain_yaml import Fields, List, Map, Text, kind_of, load
from index.catalogue.formats.plain_yaml import Node as PlainNode
from index.catalogue.urls import is_web_url, normalise
from index.errors import CatalogueError
from index.files import FileLock, read_text, write_atomically

DRAFT_FILE: Final = "questions-draft.yaml"
FORMAT: Final = 1
_LOADER: Final[type[Any]] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_HEADER: Final = f"""\
# Proposed questions: `rules` stands before those that rules made, `model` before what a language model wrote.
# Write `accept` in its place where people would ask that and the link answers it, and change the words as you like;
# write `drop`, or delete the line, where not. Lines that you leave alone wait. Then: signpost draft-questions --accept
format: {FORMAT}
drafts:
"""


class Mark(StrEnum):
    """What became of a proposal, or who made it while nobody has decided."""

    RULES = "rules"
    MODEL = "model"
    """A language model wrote it: it is in no index and shown to nobody until a curator accepts it."""
    ACCEPT = "accept"
    DROP = "drop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One question of the file."""

    mark: Mark
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The proposals for one link."""

    url: str
    title: str
    proposals: tuple[Proposal, ...]
    line: int = 0
    """1-based; 0 for one that was not read from a file."""

    def accepted(self, *, all_by_rules: bool = False) -> tuple[str, ...]:
        """Return the questions that a curator accepted; with `all_by_rules` also undecided ones that rules made."""
        marks = {Mark.ACCEPT, Mark.RULES} if all_by_rules else {Mark.ACCEPT}
        return tuple(dict.fromkeys(one.text for one in self.proposals if one.mark in marks and one.text))


def read_drafts(path: Path) -> tuple[Draft, ...]:
    """Read a file of proposals; CatalogueError names the line and what is wrong."""
    return tuple(_Reader(path=str(path)).drafts(load(path, "the proposed questions")))


class DraftFile:
    """Adds drafts to a file, each at once and whole; no two programs write one file at a time. CatalogueError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._lock = FileLock(path, create=True)
            before = read_text(path)
            self._file = path.open("a", encoding="utf-8")
            self._file.write("" if before.endswith("\n") else "\n" if before else _HEADER)
            self._file.flush()
        except BlockingIOError:
            raise CatalogueError("another program is writing it; wait for it to end", path=path) from None
        except (OSError, UnicodeDecodeError) as error:
            raise CatalogueError(f"cannot be written ({getattr(error, 'strerror', '') or error})", path=path) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._lock.release()

    def add(self, draft: Draft) -> None:
        """Write one more draft."""
        try:
            self._file.write("".join(line + "\n" for line in _lines(draft)))
            self._file.flush()
        except OSError as error:
            raise CatalogueError(f"cannot be written ({error.strerror or error})", path=self._path) from error


def _lines(draft: Draft) -> Iterator[str]:
    yield f"- link: {scalar(draft.url)}"
    yield f"  title: {scalar(draft.title)}"
    yield "  ask:"
    yield from (f"  - {one.mark}: {scalar(one.text)}" for one in draft.proposals)


def take_out(path: Path, accepted: Iterable[str], *, all_by_rules: bool) -> None:
    """Take the accepted questions of some links out of the file, and links without further lines; the rest stays as it is.

    `accepted` has the links' addresses. CatalogueError when the file cannot be written.
    """
    links = {normalise(url) for url in accepted}
    marks = {Mark.ACCEPT, Mark.RULES} if all_by_rules else {Mark.ACCEPT}
    try:
        with FileLock(path):
            text = _without(read_text(path), links, marks)
            write_atomically(path, text.encode())
    except BlockingIOError:
        raise CatalogueError("another program is writing it; wait for it to end", path=path) from None
    except OSError as error:
        raise CatalogueError(f"cannot be written ({error.strerror or error})", path=path) from error


def _without(text: str, links: set[str], marks: set[Mark]) -> str:
    """Return the file's text without the questions of these links that have one of the marks."""
    root = yaml.compose(text, Loader=_LOADER)
    entries = _value(root, "drafts").value if isinstance(root, MappingNode) else []
    gone: list[tuple[int, int]] = []
    for entry in entries:
        if normalise(_value(entry, "link").value) not in links:
            continue
        asked = _value(entry, "ask")
        items = asked.value if isinstance(asked, SequenceNode) else []
        settled = [item for item in items if _mark_of(item) in marks]
        gone += [_whole_lines(text, one) for one in ([entry] if len(settled) == len(items) else settled)]
    for start, end in sorted(gone, reverse=True):
        text = text[:start] + text[end:]
    return text


def _value(mapping: Node, key: str) -> Any:
    return next(value for name, value in mapping.value if name.value == key)


def _mark_of(item: Node) -> str:
    """Return the mark of an item; a question without one was written by a person, who accepts it."""
    return str(item.value[0][0].value) if isinstance(item, MappingNode) else Mark.ACCEPT


def _whole_lines(text: str, node: Node) -> tuple[int, int]:
    """Return the positions of the first character of an item's first line, and of that after its last line."""
    start = text.rfind("\n", 0, node.start_mark.index) + 1
    end = text.find("\n", max(end_of(node, text) - 1, start))
    return start, len(text) if end < 0 else end + 1


class _Reader(Fields):
    """Turns the nodes of a file into drafts."""

    def drafts(self, root: PlainNode) -> Iterator[Draft]:
        root = self.expect(Map, root, "a file of proposed questions is a mapping, and this is")
        self.only(root, ("format", "drafts"))
        self.check_format(root, FORMAT)
        rows = root.items.get("drafts")
        if isinstance(rows, Text) and rows.is_null:
            return
        if not isinstance(rows, List):
            self.fail(rows or root, "expected `drafts:`, a list")
        yield from (self._draft(row) for row in rows.items)

    def _draft(self, row: PlainNode) -> Draft:
        what = "a draft has the fields `link`, `title` and `ask`"
        row = self.expect(Map, row, f"{what}, and this is")
        self.only(row, ("link", "title", "ask"))
        if not row.items.keys() >= {"link", "ask"}:
            self.fail(row, what)
        url = self.text("`link`", row.items["link"])
        if not is_web_url(url):
            self.fail(row.items["link"], f"`link` is an http or https address, and not {url!r:.80}")
        title = self.text("`title`", row.items["title"]) if "title" in row.items else ""
        return Draft(url=url, title=title, proposals=tuple(self._proposals(row.items["ask"])), line=row.line)

    def _proposals(self, node: PlainNode) -> Iterator[Proposal]:
        if isinstance(node, Text) and node.is_null:
            return
        for item in self.expect(List, node, "`ask` is a list, and this is").items:
            if isinstance(item, Text):
                yield Proposal(mark=Mark.ACCEPT, text=item.value.strip())
                continue
            marks: Sequence[str] = list(Mark)
            if not isinstance(item, Map) or len(item.items) != 1 or next(iter(item.items)) not in marks:
                got = next(iter(item.items), "nothing") if isinstance(item, Map) else kind_of(item)
                self.fail(item, f"a question has one of {', '.join(marks)} before it, and not {got!r:.40}")
            ((mark, value),) = item.items.items()
            yield Proposal(mark=Mark(mark), text=self.text(f"`{mark}`", value).strip())
