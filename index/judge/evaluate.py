"""Judges single answers; `index.judge.figures` makes figures of many.

A judged question (qrel) has grades for URLs: 2 for a very good answer, 1 for a good one, 0 for none. Without a good one, the
right answer is that the catalogue has nothing. nDCG: gain 2^grade - 1, discount log2(rank + 1) (https://doi.org/10.1145/582415.582418).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log2
from typing import Any, Final, Protocol

from index.catalogue.urls import normalise
from index.errors import SignpostError
from index.types import Answer, Question, Turn

DEPTH: Final = 10
#: The grade of a very good link.
VERY_GOOD: Final = 2
#: As many of the first links are looked at for the share that was judged.
_JUDGED_DEPTH: Final = 5
_UNANSWERED: Final[Mapping[str, Any]] = {"answered": False, "doubtful": False, "confidence": 0.0, "results": []}


class Answers(Protocol):
    """Something that answers questions; `index.search.searcher.Searcher` is the real one."""

    def ask(self, question: Question) -> Answer:
        """Answer a question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A question with the grades of its good links, keyed by normalised URL; no grades: nothing answers it."""

    id: str
    style: str
    query: str
    thread: tuple[Turn, ...] = ()
    grades: Mapping[str, int] = field(default_factory=dict)
    poor: frozenset[str] = frozenset()
    """The links that were judged and are no answer, as normalised URLs."""
    need: str = ""
    """The need that this question shares with others; those were graded together over the whole catalogue. May be empty."""

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Judged":
        """Read a row of a file of judged questions."""
        given: dict[str, int] = {}
        for url, grade in row.get("relevant", {}).items():
            key = normalise(url)
            given[key] = max(int(grade), given.get(key, 0))
        return cls(
            id=str(row.get("id", "")),
            style=str(row.get("style", "")),
            query=row["query"],
            thread=tuple(map(Turn.of, row.get("thread") or ())),
            grades={url: grade for url, grade in given.items() if grade},
            poor=frozenset(url for url, grade in given.items() if not grade),
            need=str(row.get("need", "")),
        )


def answer_row(answers: Answers, row: Mapping[str, Any], top: int = DEPTH) -> dict[str, Any]:
    """Answer one row of a file of questions; a question that cannot be answered gets no results and an `error`."""
    try:
        answer = answers.ask(Question(text=row["query"], thread=tuple(map(Turn.of, row["thread"])), top_k=top))
    except SignpostError as error:
        return {"id": row.get("id", ""), **_UNANSWERED, "error": str(error)}
    return {
        "id": row.get("id", ""),
        "answered": answer.answered,
        "doubtful": answer.doubtful,
        "confidence": round(answer.confidence, 4),
        "results": [hit.as_row() for hit in answer.hits],
    }


def ranked_grades(judged: Judged, results: Sequence[Mapping[str, Any]]) -> list[int]:
    """Return the grade of each result, in order; an article counts once, with the grade of any of its addresses."""
    counted: set[str] = set()
    grades = []
    for result in results[:DEPTH]:
        keys = {normalise(url) for url in (result["url"], *result.get("also", ()))} - counted
        grades.append(max((judged.grades.get(key, 0) for key in keys), default=0))
        counted |= keys
    return grades


def measure(judged: Judged, results: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return every metric of the ranking for one question that has good links.

    `hit@3` and `p@1` ask for a very good link, those with `any` for a good one. `hit@3` is left out where no link is very
    good; `p@1` is then 0, as the confidence should be.
    """
    grades = ranked_grades(judged, results)
    first = next((rank for rank, grade in enumerate(grades, start=1) if grade), 0)
    metrics = {
        "ndcg@5": ndcg(grades, judged.grades.values(), 5),
        "ndcg@10": ndcg(grades, judged.grades.values(), 10),
        "hit@3 any": float(any(grades[:3])),
        "p@1": float(max(grades[:1], default=0) >= VERY_GOOD),
        "p@1 any": float(any(grades[:1])),
        "mrr": 1 / first if first else 0.0,
    }
    if max(judged.grades.values()) >= VERY_GOOD:
        metrics["hit@3"] = float(max(grades[:3], default=0) >= VERY_GOOD)
    return metrics


def ndcg(grades: Sequence[float], good: Iterable[float], depth: int) -> float:
    """Return the nDCG of the grades of a ranking, best rank first; `good` holds the grades of all good links."""
    return _gain(grades[:depth]) / _gain(sorted(good, reverse=True)[:depth])


def _gain(grades: Sequence[float]) -> float:
    return float(sum((2**grade - 1) / log2(rank + 1) for rank, grade in enumerate(grades, start=1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedAnswer:
    """One judged question and what was answered."""

    judged: Judged
    confidence: float
    good: bool
    """Whether a very good link stands first: what the confidence foretells."""
    figures: Mapping[str, float]
    """By name, 0 to 1; only those that this question counts for."""


def judge(judged: Judged, row: Mapping[str, Any]) -> JudgedAnswer:
    """Judge one row of `ask --batch`."""
    metrics = measure(judged, row["results"]) if judged.grades else {}
    good = bool(metrics.get("p@1"))
    names = ("answered", "doubtful", "unanswered") if judged.grades else ("false_answers", "false_doubts", "rejected")
    said = (row["answered"], row["doubtful"], not (row["answered"] or row["doubtful"]))
    figures = {**metrics, **dict(zip(names, map(float, said), strict=True)), "brier": (row["confidence"] - good) ** 2}
    if (share := _judged_share(judged, row["results"])) is not None:
        figures["judged@5"] = share
    return JudgedAnswer(judged=judged, confidence=row["confidence"], good=good, figures=figures)


def _judged_share(judged: Judged, results: Sequence[Mapping[str, Any]]) -> float | None:
    """Return the share of the first links that were judged; None for a question without judgements or without results."""
    known = judged.poor | judged.grades.keys()
    first = results[:_JUDGED_DEPTH]
    if not known or not first:
        return None
    urls = ([normalise(url) for url in (result["url"], *result.get("also", ()))] for result in first)
    return sum(not known.isdisjoint(one) for one in urls) / len(first)
