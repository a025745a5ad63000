"""Fits the score and the confidence to judged questions. Needs scipy, which comes with the build dependencies."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from index.catalogue.urls import normalise
from index.judge.evaluate import VERY_GOOD, Judged, ndcg
from index.numeric import Float32, Float64
from index.search.ranking import order_signals
from index.search.score import Feature, ScoreModel, Signal
from index.search.searcher import Searcher

#: Stars only break ties: three stars add no more to a score than this much cosine.
LARGEST_STARS: Final = 0.02
#: Ridge penalty that keeps the weights near those that the fit starts from, so that a few questions cannot move them far.
RIDGE: Final = 0.003
SIGNAL_RIDGE: Final = 0.002
#: The style of lines that no list answers.
TALK: Final = "chatter"
#: They weigh as much as questions where the fit learns what tells the two apart, but this much of it where it learns how
#: likely a good answer is: people ask a bot for links seldom for lunch.
TALK_ASKED: Final = 0.1
_MORE: Final = (0.0, None)
_LESS: Final = (None, 0.0)
#: What a signal may say, in the order of Signal: a nearer link is never a worse one, nearer small talk never a better sign.
SIGNS: Final[list[tuple[float | None, float | None]]] = [
    {
        Signal.MEAN_DENSE: (None, None),
        Signal.LENGTH: (None, None),
        Signal.SMALL_TALK: _LESS,
    }.get(signal, _MORE)
    for signal in Signal
]


@dataclass(frozen=True, slots=True)
class Case:
    """A judged question with the features of its candidates."""

    judged: Judged
    features: Float32
    """Shape (candidates, features)."""
    grades: Float32
    """Shape (candidates,)."""
    signals: Float32
    """Signals under the weights that the case was made with; only those that do not depend on the order are used."""
    weight: float = 1.0

    def ndcg(self, model: ScoreModel, depth: int = 5) -> float:
        """Return nDCG of the candidates under `model`."""
        order = np.argsort(-model.scores(self.features), kind="stable")[:depth]
        return ndcg(self.grades[order].tolist(), self.judged.grades.values(), depth)


@dataclass(frozen=True, slots=True)
class FirstHit:
    """The signals of one question, and whether an answer would be right."""

    signals: Float32
    answerable: bool
    """Whether any link answers the question."""
    good: bool
    """Whether the first hit is a very good answer."""
    weight: float = 1.0
    is_talk: bool = False
    """Whether it is a line of small talk, which is asked less often than it weighs."""


def case(searcher: Searcher, judged: Judged, keys: Sequence[str], weight: float = 1.0) -> Case:
    """Rank one judged question; `keys` are the normalised URLs of the searcher's links."""
    _, ranking = searcher.explain(judged.query, judged.thread)
    grades = np.array([judged.grades.get(keys[row], 0) for row in ranking.rows], dtype=np.float32)
    return Case(judged, ranking.features, grades, ranking.signals, weight)


def first_hit(one: Case, model: ScoreModel) -> FirstHit:
    """Order the candidates of a case by `model` and look at the first."""
    scores = model.scores(one.features)
    order = np.argsort(-scores, kind="stable")
    signals = order_signals(scores[order], one.features[order], one.signals)
    good = bool(len(order) and one.grades[order[0]] >= VERY_GOOD)
    return FirstHit(signals, bool(one.judged.grades), good, one.weight, one.judged.style == TALK)


def cross_validate(cases: Sequence[Case], start: ScoreModel, count: int) -> float:
    """Return the mean nDCG@5 of questions, each with weights that were fitted without it, in `count` folds."""
    useful = [one for one in cases if one.grades.any()]
    values = []
    for fold in range(count):
        model = fit_weights([one for at, one in enumerate(useful) if at % count != fold], start)
        values += [one.ndcg(model) for at, one in enumerate(useful) if at % count == fold]
    return float(np.mean(values))


def url_keys(searcher: Searcher) -> list[str]:
    """Return the normalised URL of every link of a searcher."""
    return [normalise(link.url) for link in searcher.links]


def fit_weights(cases: Sequence[Case], start: ScoreModel) -> ScoreModel:
    """Return `start` with weights that rank the good links of `cases` first.

    Minimises the listwise cross-entropy of ListNet (https://doi.org/10.1145/1273496.1273513) over the gains 2^grade - 1.
    All weights are 0 or more, that of the stars is limited to breaking ties, and that of the dense cosine is 1.
    """
    from scipy.optimize import minimize

    useful = [one for one in cases if one.grades.any()]
    gains = [(2**one.grades - 1) / (2**one.grades - 1).sum() for one in useful]
    total = sum(one.weight for one in useful)

    def loss(weights: Float64) -> tuple[float, Float64]:
        value, gradient = 0.0, np.zeros_like(weights)
        for one, gain in zip(useful, gains, strict=True):
            logits = one.features @ weights
            logits -= logits.max()
            exponents = np.exp(logits)
            normaliser = exponents.sum()
            value -= one.weight * float(gain @ (logits - np.log(normaliser)))
            gradient -= one.weight * (one.features.T @ (gain - exponents / normaliser))
        ridge = RIDGE * (weights - origin)
        return value / total + float(ridge @ (weights - origin)) / 2, gradient / total + ridge

    origin = start.weights.astype(np.float64) * 20
    bounds: list[tuple[float, float | None]] = [(0.0, None)] * len(Feature)
    bounds[Feature.DENSE] = (1.0, None)
    found = minimize(loss, origin, jac=True, method="L-BFGS-B", bounds=bounds).x
    weights = found / found[Feature.DENSE]
    weights[Feature.STARS] = min(weights[Feature.STARS], LARGEST_STARS)
    return replace(start, weights=weights.astype(np.float32))


def fit_confidence(
    hits: Sequence[FirstHit], start: ScoreModel, *, sure: float = 0.83, shown: float = 0.92
) -> ScoreModel:
    """Return `start` with a logistic confidence that the first hit is good, fitted to `hits`.

    Of the questions whose first hit is good, `sure` get that verdict and `shown` at least a perhaps; a build raises both.
    """
    signals = np.array([one.signals for one in hits], dtype=np.float64)
    good = np.array([one.good for one in hits], dtype=np.float64)
    weight = np.array([one.weight for one in hits], dtype=np.float64)
    spread = signals.std(axis=0)
    spread[spread == 0] = 1.0  # what is the same in every ranking says nothing
    found = _logistic(signals / spread, good, weight, ridge=SIGNAL_RIDGE, bounds=SIGNS)
    logits = signals / spread @ found[:-1] + found[-1]
    asked = weight * np.where([one.is_talk for one in hits], TALK_ASKED, 1.0)
    steepness, shift = _logistic(logits[:, None], good, asked, ridge=0.0, bounds=[_MORE])
    chances = 1 / (1 + np.exp(-(logits * steepness + shift)))
    threshold, perhaps = (float(np.quantile(chances[good > 0], 1 - share)) for share in (sure, shown))
    return replace(
        start,
        signals=(steepness * found[:-1] / spread).astype(np.float32),
        bias=float(steepness * found[-1] + shift),
        threshold=threshold,
        perhaps=perhaps,
    )


def _logistic(
    signals: Float64,
    good: Float64,
    weight: Float64,
    *,
    ridge: float,
    bounds: Sequence[tuple[float | None, float | None]],
) -> Float64:
    """Return the coefficients of a logistic regression within `bounds`, and its constant as the last one."""
    from scipy.optimize import minimize

    design = np.hstack([signals, np.ones((len(signals), 1))])

    def loss(parameters: Float64) -> tuple[float, Float64]:
        logits = design @ parameters
        chance = 1 / (1 + np.exp(-logits))
        value = float((weight * (np.logaddexp(0, logits) - good * logits)).sum() / weight.sum())
        gradient = design.T @ (weight * (chance - good)) / weight.sum()
        pull = ridge * np.append(parameters[:-1], 0.0)
        return value + float(pull @ parameters) / 2, gradient + pull

    start = np.zeros(design.shape[1])
    found: Float64 = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[*bounds, (None, None)]).x
    return found
