"""Sets the confidences from which an index is sure, and says perhaps: measured at build time with lines that no list answers.

With one threshold for all lists, some lists answer too much: curators' questions raise the confidence of every line, also
of those that the list cannot answer, and a list about many things resembles small talk. The confidence that an index has in
small talk shows by how much its thresholds must rise.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import floor
from pathlib import Path
from typing import Final

import numpy as np

from index.errors import BuildError
from index.files import read_text
from index.numeric import Float64, Vectors
from index.search.dense import DenseIndex
from index.search.lexical import LexicalIndex
from index.search.links import open_facets
from index.search.query import QueryReader
from index.search.ranking import rank
from index.search.score import ScoreModel, log_odds, probability

#: At most these shares of the lines are shown a link as a perhaps, and are sure of one: they resemble it by accident.
SHARE_SHOWN: Final = 0.05
SHARE_SURE: Final = 0.005
#: Curators' questions raise questions that the list nearly answers this many times as much as they raise small talk.
NEAR_MISSES: Final = 1.4
#: One line in this many is used to measure how far curators' questions raise the lines: enough for a mean.
EVERY: Final = 4
#: On account of curators' questions, what is more likely good than not is never less than a perhaps, and what is three times
#: as likely good as not never less than sure.
EVEN: Final = 0.5
LIKELY: Final = 0.75
#: Thresholds are hundredths, so that the last bits of a confidence do not matter.
STEPS: Final = 100


def read_chatter(path: Path) -> tuple[str, ...]:
    """Return the lines of a file of lines that no list answers; BuildError when it has none or cannot be read."""
    try:
        lines = [line.strip() for line in read_text(path).splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise BuildError(f"{path}: cannot read the lines that no list answers ({reason}); install it anew") from error
    found = tuple(dict.fromkeys(line for line in lines if line and not line.startswith("#")))
    if not found:
        raise BuildError(f"{path}: holds no lines that no list answers; install it anew")
    return found


def calibrated(
    model: ScoreModel,
    chatter: Sequence[str],
    vectors: Vectors,
    *,
    reader: QueryReader,
    dense: DenseIndex,
    lexical: LexicalIndex,
    bundle: Path,
) -> ScoreModel:
    """Return `model` with the thresholds for one bundle.

    `vectors` are those of the unchanged lines, shape (len(chatter), dimensions): the same for every catalogue, so they are
    encoded once.
    """
    facets, highlights, _ = open_facets(bundle)
    lines = list(zip(map(reader.read, chatter), vectors, strict=True))

    def confidences(dense: DenseIndex, every: int = 1) -> Float64:
        ranked = (
            rank(query, vector, dense=dense, lexical=lexical, facets=facets, highlights=highlights, model=model)
            for query, vector in lines[::every]
        )
        return np.array([ranking.confidence for ranking in ranked], dtype=np.float64)

    found = confidences(dense)
    bare = confidences(dense.without_questions(), EVERY) if len(dense.question_rows) else found[::EVERY]
    return with_thresholds(model, found, rise(found[::EVERY], bare))


def rise(confidences: Float64, bare: Float64) -> float:
    """Return the mean rise of lines by curators' questions, in log-odds; `bare`: their confidences without these questions."""
    return float(np.mean([log_odds(one) - log_odds(other) for one, other in zip(confidences, bare, strict=True)]))


def with_thresholds(model: ScoreModel, confidences: Float64, risen: float) -> ScoreModel:
    """Return `model` with thresholds that are at least its own, for an index with these `confidences` in small talk.

    At most SHARE_SHOWN of the lines are a perhaps and SHARE_SURE of them sure, in steps of a hundredth. Both also begin
    higher as curators' questions raise near misses.
    """
    lines = np.sort(confidences)[::-1]

    def begins(fitted: float, share: float, highest: float) -> float:
        raised = min(probability(log_odds(fitted) + NEAR_MISSES * risen), highest)
        return max(fitted, floor(raised * STEPS) / STEPS, _above(lines[floor(len(lines) * share)]))

    perhaps = begins(model.perhaps, SHARE_SHOWN, EVEN)
    return replace(model, perhaps=perhaps, threshold=max(perhaps, begins(model.threshold, SHARE_SURE, LIKELY)))


def _above(confidence: float) -> float:
    """Return the next hundredth above a confidence; 1 for what is as good as certain."""
    return min(floor(confidence * STEPS) + 1, STEPS) / STEPS
