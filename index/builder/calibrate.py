"""From which confidence on an index has an answer: found out at build time, with lines that no list answers.

One threshold for all lists answers too much where curators' questions bring every line nearer to the list, also those that
it cannot answer, and where a list is about so much that talk resembles it. How confident talk makes an index says how far.
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

#: The share of the lines that must be left below; the rest may well resemble a link by accident.
SHARE_BELOW: Final = 0.95
#: Curators' questions raise questions that the list nearly answers by so many times what they raise talk by.
NEAR_MISSES: Final = 1.4
#: One line of so many tells how far curators' questions raise it: the mean needs no more.
EVERY: Final = 4
#: No index wants more than this: what is more likely good than not is an answer.
HIGHEST: Final = 0.5
#: Thresholds go up in steps of a hundredth, so that the last bits of a confidence do not matter.
STEPS: Final = 100


def read_chatter(path: Path) -> tuple[str, ...]:
    """Return the lines of a file that no list answers; BuildError where there are none."""
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
    """Return `model` with the threshold that a bundle wants.

    `vectors` are those of the lines as they are written, shape (len(chatter), dimensions): they are the same for every
    catalogue, and encoded once.
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
    return replace(model, threshold=threshold(found, rise(found[::EVERY], bare), fitted=model.threshold))


def rise(confidences: Float64, bare: Float64) -> float:
    """Return by how much of log-odds curators' questions raise lines on average; `bare`: the same lines without them."""
    return float(np.mean([log_odds(one) - log_odds(other) for one, other in zip(confidences, bare, strict=True)]))


def threshold(confidences: Float64, risen: float, *, fitted: float) -> float:
    """Return the threshold of an index: the `fitted` one, as far up as the questions raise, and above nearly all talk."""
    wanted = max(probability(log_odds(fitted) + NEAR_MISSES * risen), float(np.quantile(confidences, SHARE_BELOW)))
    return max(floor(min(wanted, HIGHEST) * STEPS) / STEPS, fitted)
