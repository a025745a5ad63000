"""Golden questions: what people ask most, and the links that must come first.

The file's form is described in docs/storage.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn, Protocol

from index.catalogue.formats.plain_yaml import List, Map, Node, Text, kind_of, parse
from index.catalogue.link import Source
from index.catalogue.urls import is_web_url, normalise
from index.errors import CatalogueError, SignpostError
from index.files import read_text
from index.types import Answer, Question

GOLDEN_FILE: Final = "golden.yaml"
FORMAT: Final = 1
#: Largest `within`.
MOST: Final = 10
#: Hits that are asked for at least, so that a report can show what came instead.
_SHOWN: Final = 3


class Answers(Protocol):
    """Whoever answers questions; `index.search.Searcher` is the real one."""

    def ask(self, question: Question) -> Answer:
        """Answer a question."""


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
    """The name of the catalogue that they are asked of; empty: of any."""
    questions: tuple[GoldenQuestion, ...]

    def belongs_to(self, catalogue: str) -> bool:
        """Whether these questions are for the catalogue of that name."""
        return self.catalogue in {"", catalogue}


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenAnswer:
    """What a bundle answered to a golden question."""

    question: GoldenQuestion
    urls: tuple[str, ...]
    """The first links that were shown; empty when the answer was that there is nothing."""
    holds: bool
    """Whether the links that must come first did."""


def chosen(option: str | None, catalogue: Iterable[Path]) -> Golden | None:
    """Read the golden questions that a setting names, or those beside the catalogue; none where it says `none`."""
    path = None if option == "none" else Path(option) if option else beside(catalogue)
    return read_golden(path) if path else None


def beside(catalogue: Iterable[Path]) -> Path | None:
    """Return the `golden.yaml` that stands beside one of a catalogue's files, folders or patterns."""
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
    hits = answer.hits if answer.answered else ()
    first = {normalise(url) for hit in hits[: question.within] for url in (hit.link.url, *hit.also)}
    return GoldenAnswer(
        question=question,
        urls=tuple(hit.link.url for hit in hits),
        holds=all(normalise(url) in first for url in question.links),
    )


def read_golden(path: Path) -> Golden:
    """Read a file of golden questions; CatalogueError names the line of what is wrong."""
    try:
        text = read_text(path)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise CatalogueError(f"cannot read the golden questions ({reason})", path=path) from error
    return _Reader(path).golden(parse(text, str(path)))


class _Reader:
    """Turns the nodes of a file into golden questions."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def golden(self, root: Node) -> Golden:
        fields = self._fields(root, ("format", "catalogue", "questions"), "a file of golden questions is a mapping")
        if "format" in fields and self._text(fields["format"], "format") != str(FORMAT):
            self._fail(fields["format"], f"format is {kind_of(fields['format'])}, this program reads format {FORMAT}")
        rows = fields.get("questions")
        if not isinstance(rows, List):
            self._fail(rows or root, "expected `questions:`, a list")
        questions = tuple(self._question(row) for row in rows.items)
        self._each_once(questions)
        name = self._text(fields["catalogue"], "catalogue") if "catalogue" in fields else ""
        return Golden(path=self._path, catalogue=name, questions=questions)

    def _question(self, row: Node) -> GoldenQuestion:
        what = "a golden question has the fields `ask` and `first`, and perhaps `within`"
        fields = self._fields(row, ("ask", "first", "within"), what)
        if not {"ask", "first"} <= fields.keys():
            self._fail(row, what)
        text = self._text(fields["ask"], "ask").strip()
        if not any(char.isalnum() for char in text):
            self._fail(fields["ask"], "`ask` is empty")
        links = self._links(fields["first"])
        within = self._within(fields["within"], len(links)) if "within" in fields else len(links)
        return GoldenQuestion(text=text, links=links, within=within, source=Source(path=str(self._path), line=row.line))

    def _links(self, node: Node) -> tuple[str, ...]:
        links = tuple(self._text(one, "first") for one in (node.items if isinstance(node, List) else [node]))
        wrong = next((url for url in links if not is_web_url(url)), None)
        if wrong is not None or not links:
            self._fail(
                node, f"`first` is an http or https address or a list of them, and not {wrong or 'nothing'!r:.80}"
            )
        return links

    def _within(self, node: Node, least: int) -> int:
        value = self._text(node, "within")
        if not (value.isascii() and value.isdigit() and least <= int(value) <= MOST):
            self._fail(node, f"`within` is a number from {least} (of links) to {MOST}, and not {kind_of(node)}")
        return int(value)

    def _fields(self, node: Node, known: tuple[str, ...], what: str) -> dict[str, Node]:
        if not isinstance(node, Map):
            self._fail(node, f"{what}, and this is {kind_of(node)}")
        for key, line in node.lines.items():
            if key not in known:
                message = f"the field {key!r:.40} is not one of {', '.join(known)}"
                raise CatalogueError(message, path=self._path, line=line)
        return node.items

    def _text(self, node: Node, field: str) -> str:
        if not isinstance(node, Text):
            self._fail(node, f"`{field}` must be text, and not {kind_of(node)}")
        return node.value

    def _each_once(self, questions: Sequence[GoldenQuestion]) -> None:
        first: dict[str, GoldenQuestion] = {}
        for question in questions:
            other = first.setdefault(question.text.casefold(), question)
            if other is not question:
                message = f"the question stands here twice; the other is at line {other.source.line}"
                raise CatalogueError(message, path=self._path, line=question.source.line)

    def _fail(self, node: Node, message: str) -> NoReturn:
        raise CatalogueError(message, path=self._path, line=node.line)
