"""Finds questions that a catalogue can answer, for people who do not know it yet."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final

from index.catalogue.link import Link
from index.errors import UsageError
from index.types import Question

if TYPE_CHECKING:  # a searcher gives its samples
    from index.search.searcher import Searcher

#: Number of links that are looked at, and number of questions of each kind that are tried.
LOOKED_AT: Final = 2_000
ASKED_AT_MOST: Final = 20
MAX_CHARS: Final = 90

#: A question, and the link or section that it was made from.
_Candidate = tuple[str, Link | tuple[str, ...]]


def samples(searcher: "Searcher", count: int = 3, *, public_only: bool = False) -> tuple[str, ...]:
    """Return up to `count` questions on different subjects that the catalogue answers; each was asked to find out.

    Curators' questions come first, then sections, then titles; a section has a second question only if there are too few
    others. A question counts as answered if the first link is the one, or is in the section, that it was made from.
    """
    found: list[str] = []
    spare: list[str] = []
    sections: set[tuple[str, ...]] = set()
    shown = (link for link in searcher.links if link.is_public or not public_only)
    links = sorted(islice(shown, LOOKED_AT), key=lambda link: -link.stars)
    sizes = searcher.overview(public_only=public_only).sections
    for kind in (_curators_questions(links), _sections_of(sizes), _titles(links)):
        for text, section in _answered(searcher, islice(kind, ASKED_AT_MOST), public_only=public_only):
            (spare if section in sections else found).append(text)
            sections.add(section)
            if len(found) == count:
                return tuple(found)
    return tuple((*found, *spare)[:count])


def _answered(
    searcher: "Searcher", candidates: Iterable[_Candidate], *, public_only: bool
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the answered candidates with their section; those made from sections in order of confidence."""
    sure: list[tuple[float, str, tuple[str, ...]]] = []
    for text, made_of in candidates:
        confidence = _confidence(searcher, text, made_of, public_only=public_only)
        if confidence and isinstance(made_of, Link):
            yield text, made_of.section
        elif confidence and not isinstance(made_of, Link):
            sure.append((confidence, text, made_of))
    yield from ((text, section) for _, text, section in sorted(sure, key=lambda one: -one[0]))


def _confidence(searcher: "Searcher", text: str, made_of: Link | tuple[str, ...], *, public_only: bool) -> float:
    """Return the confidence of the answer to a question; 0 if it is not what the question was made from."""
    try:
        answer = searcher.ask(Question(text=text, top_k=1, public_only=public_only))
    except UsageError:  # a title may contain text that is a filter in a question
        return 0.0
    if not answer.answered:
        return 0.0
    first = answer.hits[0]
    right = made_of.url in (first.link.url, *first.also) if isinstance(made_of, Link) else first.link.section == made_of
    return answer.confidence if right else 0.0


def _curators_questions(links: Sequence[Link]) -> Iterator[_Candidate]:
    for link in _by_turns([link for link in links if link.questions]):
        if _fits(link.questions[0]):
            yield _tidy(link.questions[0]), link


def _sections_of(sizes: Iterable[tuple[tuple[str, ...], int]]) -> Iterator[_Candidate]:
    """Yield a question for each section, the largest first."""
    for path, _ in sorted(sizes, key=lambda section: -section[1]):
        if path and _fits(path[-1]):
            yield f"links about {_tidy(path[-1])}", path


def _titles(links: Sequence[Link]) -> Iterator[_Candidate]:
    for link in _by_turns(links):
        if _fits(link.title):
            yield _tidy(link.title), link


def _by_turns(links: Sequence[Link]) -> Iterator[Link]:
    """Yield the first link of each section, then the second of each, and so on."""
    turns: dict[tuple[str, ...], int] = {}
    numbered = []
    for link in links:
        turns[link.section] = turns.get(link.section, -1) + 1
        numbered.append((turns[link.section], link))
    return (link for _, link in sorted(numbered, key=lambda one: one[0]))


def _fits(text: str) -> bool:
    return 0 < len(_tidy(text)) <= MAX_CHARS and _tidy(text).isprintable()


def _tidy(text: str) -> str:
    return " ".join(text.split())
