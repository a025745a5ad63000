"""Golden questions: the questions that people ask most, and the links that must come first.

The file's form is described in docs/storage.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from index.catalogue.formats.plain_yaml import Fields, List, Map, Node, kind_of, load
from index.catalogue.formats.schemas import ADDRESS, TEXT, Schema, described, file_schema, of_format, optional, record
from index.catalogue.link import Source
from index.catalogue.urls import is_web_url, normalise
from index.errors import CatalogueError, SignpostError
from index.judge.evaluate import Answers
from index.types import Question

GOLDEN_FILE: Final = "golden.yaml"
FORMAT: Final = 1
#: Largest allowed value of `within`.
MOST: Final = 10
#: At least this many hits are asked for, so that a report can show what came first instead.
_SHOWN: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenQuestion:
    """A question, and the links that must be among the first `within` of its answer."""

    text: str
    links: tuple[str, ...]
    within: int
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """A file of golden questions."""

    path: Path
    catalogue: str
    """The name of the catalogue that they are for; empty: for any."""
    questions: tuple[GoldenQuestion, ...]

    def belongs_to(self, catalogue: str) -> bool:
        """Whether these questions are for the catalogue of that name."""
        return self.catalogue in {"", catalogue}


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenAnswer:
    """What a bundle answered to a golden question."""

    question: GoldenQuestion
    urls: tuple[str, ...]
    """The first links that were shown; empty when nothing was answered."""
    holds: bool
    """Whether the links that must come first came first."""


def chosen(option: str | None, catalogue: Iterable[Path]) -> Golden | None:
    """Read the golden questions that `option` names, by default those beside the catalogue; None for `none`."""
    path = None if option == "none" else Path(option) if option else beside(catalogue)
    return read_golden(path) if path else None


def beside(catalogue: Iterable[Path]) -> Path | None:
    """Return the `golden.yaml` beside one of a catalogue's files, folders or patterns; None without one."""
    places = (source.absolute().parent / GOLDEN_FILE for source in catalogue)
    return next((place for place in places if place.is_file()), None)


def ask_golden(answers: Answers, questions: Iterable[GoldenQuestion]) -> tuple[GoldenAnswer, ...]:
    """Ask golden questions."""
    return tuple(_asked(answers, question) for question in questions)


def _asked(answers: Answers, question: GoldenQuestion) -> GoldenAnswer:
    try:
        answer = answers.ask(Question(text=question.text, top_k=max(question.within, _SHOWN)))
    except SignpostError:  # a filter that this catalogue no longer knows
        return GoldenAnswer(question=question, urls=(), holds=False)
    hits = answer.offered
    first = {normalise(url) for hit in hits[: question.within] for url in (hit.link.url, *hit.also)}
    return GoldenAnswer(
        question=question,
        urls=tuple(hit.link.url for hit in hits),
        holds=all(normalise(url) in first for url in question.links),
    )


def read_golden(path: Path) -> Golden:
    """Read a file of golden questions; CatalogueError names the line and what is wrong."""
    return _Reader(path=str(path)).golden(load(path, "the golden questions"))


class _Reader(Fields):
    """Turns the nodes of a file into golden questions."""

    def golden(self, root: Node) -> Golden:
        root = self.expect(Map, root, "a file of golden questions is a mapping, and this is")
        self.only(root, tuple(_FILE_FIELDS))
        self.check_format(root, FORMAT)
        fields = root.items
        rows = fields.get("questions")
        if not isinstance(rows, List):
            self.fail(rows or root, "expected `questions:`, a list")
        questions = tuple(self._question(row) for row in rows.items)
        self._each_once(questions)
        name = self.text("`catalogue`", fields["catalogue"]) if "catalogue" in fields else ""
        return Golden(path=Path(self.path), catalogue=name, questions=questions)

    def _question(self, row: Node) -> GoldenQuestion:
        what = "a golden question has the fields `ask` and `first`, and perhaps `within`"
        row = self.expect(Map, row, f"{what}, and this is")
        fields = row.items
        self.only(row, tuple(_QUESTION_FIELDS))
        if not fields.keys() >= _NEEDED:
            self.fail(row, what)
        text = self.text("`ask`", fields["ask"]).strip()
        if not any(char.isalnum() for char in text):
            self.fail(fields["ask"], "`ask` is empty")
        links = self._links(fields["first"])
        within = self._within(fields["within"], len(links)) if "within" in fields else len(links)
        return GoldenQuestion(text=text, links=links, within=within, source=Source(path=self.path, line=row.line))

    def _links(self, node: Node) -> tuple[str, ...]:
        links = tuple(self.text("`first`", one) for one in (node.items if isinstance(node, List) else [node]))
        wrong = next((url for url in links if not is_web_url(url)), None)
        if wrong is not None or not links:
            self.fail(
                node, f"`first` is an http or https address or a list of them, and not {wrong or 'nothing'!r:.80}"
            )
        return links

    def _within(self, node: Node, least: int) -> int:
        value = self.text("`within`", node)
        if not (value.isascii() and value.isdigit() and least <= int(value) <= MOST):
            self.fail(node, f"`within` is a number from {least} (of links) to {MOST}, and not {kind_of(node)}")
        return int(value)

    def _each_once(self, questions: Sequence[GoldenQuestion]) -> None:
        first: dict[str, GoldenQuestion] = {}
        for question in questions:
            other = first.setdefault(question.text.casefold(), question)
            if other is not question:
                message = f"the question is here twice; the other is at line {other.source.line}"
                raise CatalogueError(message, path=self.path, line=question.source.line)


_NEEDED: Final = frozenset({"ask", "first"})
_QUESTION_FIELDS: Final[dict[str, Schema]] = {
    "ask": described(TEXT, "The question, as people ask it."),
    "first": described(
        {"anyOf": [ADDRESS, {"type": "array", "items": ADDRESS, "minItems": 1}]}, "What must come first in the answer."
    ),
    "within": described({"type": "integer", "minimum": 1, "maximum": MOST}, "Among how many; unless given, as many."),
}
_FILE_FIELDS: Final[dict[str, Schema]] = {
    "format": of_format(FORMAT),
    "catalogue": optional(described(TEXT, "The name of the catalogue that they are asked of; unless given, of any.")),
    "questions": {"type": "array", "items": record(_QUESTION_FIELDS, needed=_NEEDED)},
}


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a file of golden questions."""
    return file_schema("Golden questions", record(_FILE_FIELDS, needed=["questions"]))
