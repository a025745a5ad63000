"""Questions for links of a list that has no place for them: `questions.yaml`, beside the list.

A list in Markdown, on the web or in a git remote gains from questions as the native form does. The file is only ever added
to at its end, so that what people wrote in it stays. Its form is described in docs/storage.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from index.catalogue.formats.native import scalar
from index.catalogue.formats.plain_yaml import Fields, List, Map, Node, Text, load
from index.catalogue.formats.schemas import (
    ADDRESS,
    TEXTS,
    Schema,
    described,
    file_schema,
    of_format,
    optional,
    record,
)
from index.catalogue.link import Entry, Link
from index.catalogue.record_files import folders_of
from index.catalogue.urls import is_web_url, normalise
from index.errors import CatalogueError
from index.files import read_bounded, write_atomically

QUESTIONS_FILE: Final = "questions.yaml"
FORMAT: Final = 1
#: The value of the setting that names no file.
NONE: Final = "none"


def chosen(option: str | None, entries: Iterable[Entry]) -> tuple[Path, ...]:
    """Return the file that `option` names, by default each `questions.yaml` beside the entries' files; none for `none`.

    For lists that are not on this disk it is the one in `.signpost/` of the working folder.
    """
    if option:
        return () if option == NONE else (Path(option),)
    places = (folder / QUESTIONS_FILE for folder in folders_of(entries))
    return tuple(place for place in places if place.is_file())


def with_questions(links: Sequence[Link], files: Iterable[Path]) -> tuple[tuple[Link, ...], tuple[str, ...]]:
    """Return the links with the questions of these files after their own, and a note for each file with unknown addresses.

    Addresses are compared after `normalise`. CatalogueError when a file cannot be read.
    """
    asked: dict[str, list[str]] = {}
    notes = []
    known = {normalise(link.url) for link in links}
    for file in files:
        read = read_questions(file)
        missing = [url for url in read if normalise(url) not in known]
        if missing:
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            notes.append(f"{file}: has questions for {missing[0]}{more}, which the catalogue does not have")
        for url, questions in read.items():
            asked.setdefault(normalise(url), []).extend(questions)
    if not asked:
        return tuple(links), tuple(notes)
    return tuple(_asked(link, asked.get(normalise(link.url), ())) for link in links), tuple(notes)


def _asked(link: Link, questions: Sequence[str]) -> Link:
    return replace(link, questions=tuple(dict.fromkeys((*link.questions, *questions)))) if questions else link


def read_questions(path: Path) -> dict[str, tuple[str, ...]]:
    """Return questions by the address of their link; CatalogueError names the line and what is wrong."""
    return _Reader(path=str(path)).questions(load(path, "the questions"))


def add_questions(path: Path, questions: Mapping[str, Sequence[str]]) -> int:
    """Add questions, by address, to a file that need not exist; return how many it did not have. CatalogueError."""
    known = read_questions(path) if path.exists() else {}
    new = {
        url: [one for one in dict.fromkeys(asked) if one not in known.get(url, ())] for url, asked in questions.items()
    }
    lines = [line for url, asked in new.items() if asked for line in _lines(url, asked)]
    if not lines:
        return 0
    try:
        if path.exists():
            before = read_bounded(path).decode().rstrip()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            before = f"format: {FORMAT}\nquestions:"
        write_atomically(path, "\n".join([before, *lines, ""]).encode())
    except OSError as error:
        raise CatalogueError(f"cannot be written ({error.strerror or error})", path=path) from error
    return sum(map(len, new.values()))


def _lines(url: str, questions: Iterable[str]) -> Iterable[str]:
    yield f"- link: {scalar(url)}"
    yield "  ask:"
    yield from (f"  - {scalar(question)}" for question in questions)


@dataclass(slots=True, kw_only=True)
class _Reader(Fields):
    """Turns the nodes of a file into questions."""

    def questions(self, root: Node) -> dict[str, tuple[str, ...]]:
        root = self.expect(Map, root, "a file of questions is a mapping, and this is")
        self.only(root, tuple(_FILE_FIELDS))
        self.check_format(root, FORMAT)
        rows = root.items.get("questions")
        if isinstance(rows, Text) and rows.is_null:
            return {}
        if not isinstance(rows, List):
            self.fail(rows or root, "expected `questions:`, a list")
        found: dict[str, tuple[str, ...]] = {}
        for row in rows.items:
            url, asked = self._row(row)
            found[url] = (*found.get(url, ()), *asked)
        return found

    def _row(self, row: Node) -> tuple[str, tuple[str, ...]]:
        what = "an entry has the fields `link` and `ask`"
        row = self.expect(Map, row, f"{what}, and this is")
        self.only(row, tuple(_ENTRY_FIELDS))
        if row.items.keys() != _ENTRY_FIELDS.keys():
            self.fail(row, what)
        url = self.text("`link`", row.items["link"])
        if not is_web_url(url):
            self.fail(row.items["link"], f"`link` is an http or https address, and not {url!r:.80}")
        asked = row.items["ask"]
        if isinstance(asked, Text) and asked.is_null:
            return url, ()
        texts = (
            self.text("`ask`", one).strip() for one in self.expect(List, asked, "`ask` is a list, and this is").items
        )
        return url, tuple(text for text in texts if text)


_ENTRY_FIELDS: Final[dict[str, Schema]] = {
    "link": described(ADDRESS, "The address of a link of the list."),
    "ask": optional(described(TEXTS, "What people ask when this link is the answer.")),
}
_FILE_FIELDS: Final[dict[str, Schema]] = {
    "format": of_format(FORMAT),
    "questions": optional({"type": "array", "items": record(_ENTRY_FIELDS, needed=_ENTRY_FIELDS)}),
}


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a file of questions."""
    return file_schema("Questions for the links of a list", record(_FILE_FIELDS, needed=["questions"]))
