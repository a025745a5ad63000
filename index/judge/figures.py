"""Makes figures of judged answers: means over questions, by style and over lists, with intervals.

An interval is a 95% percentile bootstrap (Efron, 1979): the forms of one need are drawn together, for an answer that suits
one of them suits the others too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from index.judge.evaluate import JudgedAnswer
from index.numeric import Float64

#: The figures, in the order in which they are shown. The first three verdicts are those of questions with good links,
#: the others of questions that nothing answers.
FIGURES: Final = (
    "ndcg@5",
    "ndcg@10",
    "hit@3",
    "hit@3 any",
    "p@1",
    "p@1 any",
    "mrr",
    "answered",
    "doubtful",
    "unanswered",
    "false_answers",
    "false_doubts",
    "rejected",
    "brier",
    "judged@5",
)
ALL: Final = "all"
DRAWS: Final = 2_000
_LOW, _HIGH = 0.025, 0.975


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A mean over questions or over lists."""

    value: float
    count: int
    """Of how many questions it is."""
    draws: Float64
    """Its values in the draws of the bootstrap, shape (DRAWS,); NaN where a draw has no question that counts."""

    @property
    def interval(self) -> tuple[float, float]:
        """The 95% interval."""
        low, high = np.nanquantile(self.draws, [_LOW, _HIGH])
        return float(low), float(high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The figures of some questions."""

    questions: int
    figures: Mapping[str, Figure]
    """In the order of FIGURES; one that no question counts for is left out."""


def summarise(answers: Iterable[JudgedAnswer]) -> dict[str, float]:
    """Return the number of questions and the mean of each figure; one that no question counts for is left out."""
    found = list(answers)
    summary: dict[str, float] = {"questions": len(found)}
    for name in _shown(found):
        summary[name] = float(np.mean([one.figures[name] for one in found if name in one.figures]))
    return summary


def by_style(answers: Iterable[JudgedAnswer]) -> dict[str, Summary]:
    """Return the summary of each style, in order of first appearance, and of all questions."""
    found = list(answers)
    styles = dict.fromkeys(one.judged.style for one in found)
    groups = {style: [one for one in found if one.judged.style == style] for style in styles}
    return {style: _summary(group) for style, group in [*groups.items(), (ALL, found)]}


def over_lists(lists: Sequence[Mapping[str, Summary]]) -> dict[str, Summary]:
    """Return by style the mean over those lists that have it: each counts alike, however many questions it has."""
    # Lists are independent: equal draws of two are not of the same questions, so they are shuffled apart.
    return _means(lists, np.random.default_rng(1))


def over_seeds(runs: Sequence[Mapping[str, Summary]]) -> dict[str, Summary]:
    """Return by style the mean over runs of the same questions with models of several seeds, which are drawn together."""
    return _means(runs, None)


def _means(lists: Sequence[Mapping[str, Summary]], shuffled: np.random.Generator | None) -> dict[str, Summary]:
    styles = dict.fromkeys(style for one in lists for style in one if style != ALL)
    return {style: _mean([one[style] for one in lists if style in one], shuffled) for style in [*styles, ALL]}


def reliability(answers: Iterable[JudgedAnswer], bins: int = 5) -> list[tuple[float, float, int]]:
    """Return mean confidence, share of good first hits and number of questions, for `bins` equal ranges of confidence."""
    found = list(answers)
    rows = []
    for step in range(bins):
        low, high = step / bins, (step + 1) / bins
        group = [one for one in found if low <= one.confidence < high or (step == bins - 1 and one.confidence >= high)]
        if group:
            means = float(np.mean([one.confidence for one in group])), float(np.mean([one.good for one in group]))
            rows.append((*means, len(group)))
    return rows


def _shown(answers: Sequence[JudgedAnswer]) -> list[str]:
    """Return the figures to show. Which share was judged is known only where poor links were judged too."""
    counted = {name for one in answers for name in one.figures}
    if not any(one.judged.poor for one in answers):
        counted.discard("judged@5")
    return [name for name in FIGURES if name in counted]


def _summary(answers: Sequence[JudgedAnswer]) -> Summary:
    clusters: dict[str, int] = {}
    of = np.array([clusters.setdefault(_cluster(place, one), len(clusters)) for place, one in enumerate(answers)])
    times = _times_drawn(len(clusters))
    figures = {}
    for name in _shown(answers):
        counts = np.array([name in one.figures for one in answers], dtype=np.float64)
        values = np.array([one.figures.get(name, 0.0) for one in answers])
        sums, sizes = (times @ np.bincount(of, weights=column, minlength=len(clusters)) for column in (values, counts))
        draws = np.divide(sums, sizes, out=np.full(DRAWS, np.nan), where=sizes > 0)
        figures[name] = Figure(value=float(values.sum() / counts.sum()), count=int(counts.sum()), draws=draws)
    return Summary(questions=len(answers), figures=figures)


def _cluster(place: int, one: JudgedAnswer) -> str:
    """Return what a question is drawn with: its need, or itself alone."""
    return f"need {one.judged.need}" if one.judged.need else f"question {place}"


def _times_drawn(clusters: int) -> Float64:
    """Return how often each cluster is in each draw, shape (DRAWS, clusters); the same for equal numbers."""
    chance = np.random.default_rng(0)
    return chance.multinomial(clusters, np.full(clusters, 1 / clusters), size=DRAWS).astype(np.float64)


def _mean(lists: Sequence[Summary], shuffled: np.random.Generator | None) -> Summary:
    figures = {}
    for name in FIGURES:
        found = [one.figures[name] for one in lists if name in one.figures]
        if found:
            draws = np.mean([shuffled.permutation(one.draws) if shuffled else one.draws for one in found], axis=0)
            value, count = float(np.mean([one.value for one in found])), sum(one.count for one in found)
            figures[name] = Figure(value=value, count=count, draws=draws)
    return Summary(questions=sum(one.questions for one in lists), figures=figures)
