"""One score for every candidate, and the probability that the best one is a good answer.

The score is a weighted sum of named features, so that each hit can be explained; the confidence is a logistic function of a
few signals of the ranking. `index.judge.fit` fits the weights to judged questions; each bundle has a copy of them.
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
from index.types import Verdict

#: A probability nearer to 0 or 1 than this is moved to this distance, so that its log-odds stay finite.
_LEAST: Final = 1e-12
#: The weights that a build uses unless it is given others.
SHIPPED_WEIGHTS: Final = Path(__file__).with_name("weights.json")


class Feature(IntEnum):
    """What the score knows of a candidate, in the order of the feature columns."""

    DENSE = 0
    """Cosine of question and link."""
    QUESTION = 1
    """Cosine of the nearest curator's question minus that of the link's own text, 0 or more."""
    ADDRESS = 2
    """BM25 of publisher, host and path: finds a post that somebody remembers by who published it."""
    COVERAGE = 3
    """Share of the question's words that the link has anywhere, weighted by rarity, 0 to 1."""
    SECTION = 4
    """By how much the best cosine of its section is above its own, 0 or more; 0 where the section is not a small one."""
    STARS = 5
    """Stars / 3, half a star more for a highlight; its weight is so small that it only breaks ties."""
    GLOSSARY = 6
    """By how much the question is nearer to what a term of the link is in plain words than to the link and its questions."""


class Signal(IntEnum):
    """What the confidence is computed from, in the order of the signal columns."""

    TOP_DENSE = 0
    """Best cosine of the first hit, curators' questions included."""
    MEAN_DENSE = 1
    """Mean cosine over the whole catalogue: how near the question is to the catalogue's subject."""
    LENGTH = 2
    """Logarithm of the number of words searched for."""
    MARGIN = 3
    """How far the score of the first hit is above that of the tenth: whether it stands out."""
    SMALL_TALK = 4
    """Mean cosine of the nearest lines that no list answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreModel:
    """The weights of one bundle."""

    weights: Float32
    """One weight for each Feature."""
    signals: Float32
    """By Signal."""
    bias: float
    threshold: float
    """Lowest confidence of the verdict sure."""
    perhaps: float
    """Lowest confidence of the verdict perhaps, at most `threshold`; below it nothing answers."""

    def scores(self, features: Float32) -> Float32:
        """Return one score for each row of `features`, shape (candidates, features)."""
        # No matrix product: its last bits depend on which BLAS kernels the process uses.
        scores: Float32 = (features.astype(np.float64) * self.weights).sum(axis=1).astype(np.float32)
        return scores

    def confidence(self, signals: Float32) -> float:
        """Return the probability that the first hit is a good answer."""
        logit = float((signals.astype(np.float64) * self.signals).sum()) + self.bias
        return probability(logit)

    def verdict(self, confidence: float) -> Verdict:
        """Return what a confidence means in this bundle."""
        if confidence >= self.threshold:
            return Verdict.SURE
        return Verdict.PERHAPS if confidence >= self.perhaps else Verdict.NOTHING

    def as_json(self) -> str:
        """Return the weights by name; equal weights are written as equal text."""
        return json.dumps(
            {
                "features": {feature.name.lower(): round(float(self.weights[feature]), 6) for feature in Feature},
                "signals": {signal.name.lower(): round(float(self.signals[signal]), 6) for signal in Signal},
                "bias": round(self.bias, 6),
                "threshold": round(self.threshold, 6),
                "perhaps": round(self.perhaps, 6),
            },
            indent=1,
        )

    @classmethod
    def read(cls, path: Path = SHIPPED_WEIGHTS) -> Self:
        """Read what `as_json` returned; BuildError when the file cannot be read, BundleDamagedError for other content.

        A file without `perhaps` was written when there were two verdicts: nothing is perhaps.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            model = cls(
                weights=_by_name(content["features"], Feature),
                signals=_by_name(content["signals"], Signal),
                bias=float(content["bias"]),
                threshold=float(content["threshold"]),
                perhaps=float(content.get("perhaps", content["threshold"])),
            )
        except OSError as error:
            raise BuildError(f"{path}: cannot read the weights ({error.strerror}); install Signpost again") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BundleDamagedError(f"{path}: not a score model ({error}); run `signpost build --full`") from error
        if not np.isfinite([*model.weights, *model.signals, model.bias, model.threshold, model.perhaps]).all():
            raise BundleDamagedError(f"{path}: holds a number that is none; run `signpost build --full`")
        return model


def probability(logit: float) -> float:
    """Return the probability of log-odds."""
    return float(1.0 / (1.0 + np.exp(-logit)))


def log_odds(chance: float) -> float:
    """Return the log-odds of a probability; they stay finite at 0 and 1."""
    inner = min(max(chance, _LEAST), 1 - _LEAST)
    return float(np.log(inner) - np.log1p(-inner))


def _by_name(values: Mapping[str, Any], names: type[IntEnum]) -> Float32:
    # A file from before something was known of a candidate or a ranking gives it no weight.
    return np.array([float(values.get(name.name.lower(), 0.0)) for name in names], dtype=np.float32)
