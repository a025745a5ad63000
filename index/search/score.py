"""One score for every candidate, and the probability that the best one is a good answer.

The score is a weighted sum of named features, so that each hit can be taken apart; the confidence is a logistic function of
a few figures of the ranking. Weights are fitted by `index.fit` on judged questions and stored in the bundle.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

from index.errors import BuildError, BundleDamagedError
from index.numeric import Float32

#: Nearer to 0 or 1 no probability is told apart from it.
_LEAST: Final = 1e-12
#: The weights that a build uses unless it is given others.
SHIPPED_WEIGHTS: Final = Path(__file__).with_name("weights.json")


class Feature(IntEnum):
    """What is known of a candidate, in the order of the feature columns."""

    DENSE = 0
    """Cosine of question and link."""
    QUESTION = 1
    """How much nearer the nearest of the curators' questions is than the link's own text, 0 or more."""
    ADDRESS = 2
    """BM25 of publisher, host and path: the post that somebody remembers by who wrote it."""
    COVERAGE = 3
    """Share of the question's words that the link has anywhere, weighted by rarity, 0 to 1."""
    STARS = 4
    """Stars / 3, half a star more for a highlight; its weight is kept to a tie-break."""


class Signal(IntEnum):
    """What decides whether to answer at all."""

    TOP_DENSE = 0
    """Best cosine of the first hit, curators' questions included."""
    MEAN_DENSE = 1
    """Mean cosine over the whole catalogue: how near its field the question is."""
    TOP_SCORE = 2
    TOP_COVERAGE = 3
    """Share of the question's words that the first hit has, weighted by rarity."""
    UNKNOWN = 4
    """Share of the question's words that are ordinary language and not in the catalogue, weighted by rarity."""
    FOREIGN = 5
    """Share of the question's words that are somebody else's jargon: neither ordinary nor in the catalogue."""
    LENGTH = 6
    """Logarithm of the number of words searched for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreModel:
    """The weights of one bundle."""

    weights: Float32
    """By Feature."""
    signals: Float32
    """By Signal."""
    bias: float
    threshold: float
    """Lowest confidence that is answered."""

    def scores(self, features: Float32) -> Float32:
        """Return one score for each row of `features`, shape (candidates, features)."""
        # Not a matrix product: its last bits depend on which kernels a process was started with.
        scores: Float32 = (features.astype(np.float64) * self.weights).sum(axis=1).astype(np.float32)
        return scores

    def confidence(self, signals: Float32) -> float:
        """Return the probability that the first hit is a good answer."""
        logit = float((signals.astype(np.float64) * self.signals).sum()) + self.bias
        return probability(logit)

    def as_json(self) -> str:
        """Return the weights by name, the same text for the same weights."""
        return json.dumps(
            {
                "features": {feature.name.lower(): round(float(self.weights[feature]), 6) for feature in Feature},
                "signals": {signal.name.lower(): round(float(self.signals[signal]), 6) for signal in Signal},
                "bias": round(self.bias, 6),
                "threshold": round(self.threshold, 6),
            },
            indent=1,
        )

    @classmethod
    def read(cls, path: Path = SHIPPED_WEIGHTS) -> Self:
        """Read what `as_json` gave. BuildError where it cannot be read, BundleDamagedError where it is something else."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                weights=_by_name(content["features"], Feature),
                signals=_by_name(content["signals"], Signal),
                bias=float(content["bias"]),
                threshold=float(content["threshold"]),
            )
        except OSError as error:
            raise BuildError(f"{path}: cannot read the weights ({error.strerror}); install Signpost again") from error
        except (ValueError, KeyError, TypeError) as error:
            raise BundleDamagedError(f"{path}: not a score model ({error}); build the index again") from error


def probability(logit: float) -> float:
    """Return the probability of log-odds."""
    return float(1.0 / (1.0 + np.exp(-logit)))


def log_odds(chance: float) -> float:
    """Return the log-odds of a probability, which stay finite at 0 and 1."""
    inner = min(max(chance, _LEAST), 1 - _LEAST)
    return float(np.log(inner) - np.log1p(-inner))


def _by_name(values: Mapping[str, Any], names: type[IntEnum]) -> Float32:
    return np.array([float(values[name.name.lower()]) for name in names], dtype=np.float32)
