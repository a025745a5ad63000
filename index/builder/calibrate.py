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

from index import defaults
from index.errors import BuildError
from index.files import read_text
from index.numeric import Float64, Vectors
from index.search.dense import DenseIndex
from index.search.filters import HIGHLIGHTED
from index.search.glossary import Glossary
from index.search.lexical import LexicalIndex
from index.search.links import LinkFile, open_facets
from index.search.query import QueryReader
from index.search.ranking import rank
from index.search.score import ScoreModel, log_odds, probability
from index.search.small_talk import SmallTalk

#: At most these shares of the lines are shown a link as a perhaps, and are sure of one: they resemble it by accident.
SHARE_SHOWN: Final = 0.05
SHARE_SURE: Final = 0.006
#: Curators' questions raise questions that the list nearly answers this many times as much as they raise small talk.
NEAR_MISSES: Final = 2.7
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


def chatter_in(language: str) -> tuple[str, ...]:
    """Return further lines in the language of a catalogue, by its code; none for English and where none were written.

    An encoder that was trained on English finds any text of another language near any other, unless it is in English.
    """
    path = defaults.CHATTER_BY_LANGUAGE / f"{language}.txt"
    return read_chatter(path) if path.exists() else ()


def calibrated(
    model: ScoreModel,
    chatter: Sequence[str],
    vectors: Vectors,
    *,
    reader: QueryReader,
    dense: DenseIndex,
    lexical: LexicalIndex,
    talk: SmallTalk,
    glossary: Glossary,
    bundle: Path,
) -> ScoreModel:
    """Return `model` with the thresholds for one bundle.

    `vectors` are those of the unchanged lines, shape (len(chatter), dimensions), and so is what `talk` holds.
    """
    facets, _ = open_facets(bundle, LinkFile(bundle))
    highlights = facets.states[HIGHLIGHTED]
    lines = list(zip(map(reader.read, chatter), vectors, strict=True))

    def confidences(dense: DenseIndex, glossary: Glossary, every: int = 1) -> Float64:
        ranked = (
            rank(
                query,
                vector,
                dense=dense,
                lexical=lexical,
                facets=facets,
                highlights=highlights,
                talk=talk,
                glossary=glossary,
                model=model,
            )
            for query, vector in lines[::every]
        )
        return np.array([ranking.confidence for ranking in ranked], dtype=np.float64)

    found = confidences(dense, glossary)
    if not len(dense.question_rows):
        return with_thresholds(model, found, 0.0)
    # Without the glossary, which would hide a part of what questions raise: both find what is asked for in other words.
    none = Glossary.none(dense.vectors.shape[1])
    asked, bare = (confidences(one, none, EVERY) for one in (dense, dense.without_questions()))
    return with_thresholds(model, found, rise(asked, bare))


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
