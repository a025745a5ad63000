"""Measures the answers with judged questions.

A judged question (qrel) has grades for URLs: 2 for a very good answer, 1 for a good one. Without any grade, the right answer
is that the catalogue has nothing. nDCG: gain 2^grade - 1, discount log2(rank + 1) (https://doi.org/10.1145/582415.582418).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log2
from typing import Any, Final, Protocol

import numpy as np

from index.catalogue.urls import normalise
from index.errors import SignpostError
from index.types import Answer, Question, Turn

METRICS: Final = ("ndcg@5", "ndcg@10", "hit@3", "p@1", "mrr")
DEPTH: Final = 10
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
    need: str = ""
    """The need that this question shares with others; those were graded together over the whole catalogue. May be empty."""

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Judged":
        """Read a row of a file of judged questions."""
        grades: dict[str, int] = {}
        for url, grade in row.get("relevant", {}).items():
            if grade:
                key = normalise(url)
                grades[key] = max(int(grade), grades.get(key, 0))
        return cls(
            id=str(row.get("id", "")),
            style=str(row.get("style", "")),
            query=row["query"],
            thread=tuple(map(Turn.of, row.get("thread") or ())),
            grades=grades,
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
    """Return every metric of one question that has good links."""
    grades = ranked_grades(judged, results)
    first = next((rank for rank, grade in enumerate(grades, start=1) if grade), 0)
    return {
        "ndcg@5": ndcg(grades, judged.grades.values(), 5),
        "ndcg@10": ndcg(grades, judged.grades.values(), 10),
        "hit@3": float(any(grades[:3])),
        "p@1": float(any(grades[:1])),
        "mrr": 1 / first if first else 0.0,
    }


def ndcg(grades: Sequence[float], good: Iterable[float], depth: int) -> float:
    """Return the nDCG of the grades of a ranking, best rank first; `good` holds the grades of all good links."""
    return _gain(grades[:depth]) / _gain(sorted(good, reverse=True)[:depth])


def _gain(grades: Sequence[float]) -> float:
    return float(sum((2**grade - 1) / log2(rank + 1) for rank, grade in enumerate(grades, start=1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedAnswer:
    """One judged question and what was answered."""

    judged: Judged
    answered: bool
    confidence: float
    metrics: Mapping[str, float]
    """Empty when no link answers the question."""


def judge(judged: Judged, row: Mapping[str, Any]) -> JudgedAnswer:
    """Judge one row of `ask --batch`."""
    metrics = measure(judged, row["results"]) if judged.grades else {}
    return JudgedAnswer(judged=judged, answered=row["answered"], confidence=row["confidence"], metrics=metrics)


def summarise(answers: Iterable[JudgedAnswer]) -> dict[str, float]:
    """Return the mean of each metric over the questions with good links, and how often an answer was given.

    `answered` is the share of questions with good links that were answered; `false_answers` is the share of questions
    without good links that were answered. A figure that no question counts for is left out.
    """
    found = list(answers)
    real = [one for one in found if one.judged.grades]
    empty = [one for one in found if not one.judged.grades]
    summary: dict[str, float] = {"questions": len(found)}
    if real:
        for metric in METRICS:
            summary[metric] = float(np.mean([one.metrics[metric] for one in real]))
        summary["answered"] = float(np.mean([one.answered for one in real]))
    if empty:
        summary["false_answers"] = float(np.mean([one.answered for one in empty]))
    return summary


def by_style(answers: Iterable[JudgedAnswer]) -> dict[str, dict[str, float]]:
    """Return the summary of each style, in order of first appearance, and of all questions."""
    found = list(answers)
    styles = dict.fromkeys(one.judged.style for one in found)
    groups = {style: [one for one in found if one.judged.style == style] for style in styles}
    return {**{style: summarise(group) for style, group in groups.items()}, "all": summarise(found)}


def brier(answers: Iterable[JudgedAnswer]) -> float:
    """Return the mean squared difference of the confidence and whether the first hit is good (Brier, 1950)."""
    return float(np.mean([(one.confidence - _good(one)) ** 2 for one in answers]))


def reliability(answers: Iterable[JudgedAnswer], bins: int = 5) -> list[tuple[float, float, int]]:
    """Return mean confidence, share of good first hits and number of questions, for `bins` equal ranges of confidence."""
    found = list(answers)
    rows = []
    for step in range(bins):
        low, high = step / bins, (step + 1) / bins
        group = [one for one in found if low <= one.confidence < high or (step == bins - 1 and one.confidence >= high)]
        if group:
            means = float(np.mean([one.confidence for one in group])), float(np.mean([_good(one) for one in group]))
            rows.append((*means, len(group)))
    return rows


def _good(one: JudgedAnswer) -> float:
    return one.metrics.get("p@1", 0.0)
