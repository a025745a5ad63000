"""Candidates from both channels, the features of each, and their order."""

from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np

from index.numeric import Bools, Float32, Int64, Integers, Vectors
from index.search.dense import DenseIndex
from index.search.fields import LinkField
from index.search.filters import MOST_STARS, Facets, Mask
from index.search.glossary import Glossary
from index.search.lexical import LexicalIndex
from index.search.query import Concept, Query
from index.search.score import Feature, ScoreModel, Signal
from index.search.small_talk import SmallTalk

#: Each channel proposes this many links; the score then orders all of them.
PROPOSED: Final = 150
#: The first hit stands out if it is far above the one of this rank.
MARGIN_TO: Final = 10
#: Weights of the fields when the lexical channel proposes links.
FIELD_WEIGHTS: Final = np.array([1.0, 0.6, 0.8, 0.4, 0.5], dtype=np.float32)
#: Upper limit of a field's share. One occurrence of the rarest word has a BM25 of about its idf, a share of 1.
LARGEST_SHARE: Final = 2.0


@dataclass(frozen=True, slots=True)
class Ranking:
    """Candidates, best first and dead links last; equal scores in the catalogue's order."""

    rows: Int64
    """Link numbers, shape (candidates,)."""
    scores: Float32
    features: Float32
    """Shape (candidates, features)."""
    by_question: Float32
    """Cosine with every curator's question, shape (questions,)."""
    signals: Float32
    confidence: float

    def without(self, gone: Mask, model: ScoreModel) -> "Ranking":
        """Return the ranking without the candidates of the mask `gone`, with the confidence in its new first one."""
        return self._taken(np.flatnonzero(~gone), self.scores, model)

    def lowered(self, amounts: Float32, dead: Mask, model: ScoreModel) -> "Ranking":
        """Return the ranking in a new order, after taking `amounts` (candidates,) from the scores."""
        scores = (self.scores - amounts).astype(np.float32)
        return self._taken(np.lexsort((self.rows, -scores, dead[self.rows])), scores, model)

    def _taken(self, places: Int64, scores: Float32, model: ScoreModel) -> "Ranking":
        """Return the candidates at some places, in their order, with new scores and the confidence in the first of them."""
        rows, scores, features = self.rows[places], scores[places], self.features[places]
        signals = order_signals(scores, features, self.signals)
        confidence = model.confidence(signals) if len(rows) else 0.0
        return Ranking(rows, scores, features, self.by_question, signals, confidence)


@dataclass(frozen=True, slots=True)
class Matches:
    """What the lexical channel found in every link."""

    shares: Float32
    """BM25 by field, divided by the question's weight, shape (links, fields)."""
    coverage: Float32
    """Share of the question's concepts that each link has, shape (links,)."""


def match(lexical: LexicalIndex, concepts: tuple[Concept, ...]) -> Matches:
    """Look up the concepts of a question in every link."""
    shares = np.zeros((lexical.links, len(LinkField)), dtype=np.float32)
    coverage = np.zeros(lexical.links, dtype=np.float32)
    total = sum(concept.weight for concept in concepts)
    if not total:
        return Matches(shares, coverage)
    for concept in concepts:
        if not concept.known:
            continue
        rows, scores, having = _concept(lexical, concept)
        shares[rows] += scores
        coverage[rows] += having * concept.weight
    shares /= total
    np.minimum(shares, LARGEST_SHARE, out=shares)
    return Matches(shares, coverage / total)


def _concept(lexical: LexicalIndex, concept: Concept) -> tuple[Integers, Float32, Float32]:
    """Return the links that have a concept, their scores by field, and the degree to which each has it, 0 to 1."""
    if len(concept.alternatives) == 1 and len(concept.alternatives[0]) == 1:
        postings = lexical.postings(concept.alternatives[0][0])
        if postings is None:
            raise AssertionError(concept)  # a known concept has postings
        return postings[0], postings[1], np.ones(len(postings[0]), dtype=np.float32)
    is_here = np.zeros(lexical.links, dtype=np.bool_)
    for token in chain.from_iterable(concept.alternatives):
        is_here[lexical.rows_of(token)] = True
    rows = np.flatnonzero(is_here)
    place_of = np.cumsum(is_here, dtype=np.int32) - 1
    best = np.zeros((len(rows), len(LinkField)), dtype=np.float32)
    having = np.zeros(len(rows), dtype=np.float32)
    for sequence in concept.alternatives:
        scores = np.zeros_like(best)
        share = np.zeros_like(having)
        for token in sequence:
            postings = lexical.postings(token)
            if postings is not None:
                places = place_of[postings[0]]
                scores[places] += postings[1]
                share[places] += 1 / len(sequence)
        # A part of a phrase counts less than its share: `load` alone is not a load balancer.
        share **= 2
        scores *= (share / len(sequence) ** 0.5)[:, None]
        np.maximum(best, scores, out=best)
        np.maximum(having, share, out=having)
    return rows, best, having


def rank(
    query: Query,
    vector: Vectors,
    *,
    dense: DenseIndex,
    lexical: LexicalIndex,
    facets: Facets,
    highlights: Bools,
    talk: SmallTalk,
    glossary: Glossary,
    model: ScoreModel,
    mask: Mask | None = None,
) -> Ranking:
    """Propose links from both channels and order them by score; `mask` says which links may be proposed."""
    text_cosines, by_question = dense.similarities(vector)
    question_cosines = dense.best_question(by_question)
    matches = match(lexical, query.concepts)
    rows = _propose(np.maximum(text_cosines, question_cosines), matches.shares @ FIELD_WEIGHTS, mask)
    glossed = glossary.nearest(vector, dense.links)
    features = _features(rows, text_cosines, question_cosines, matches=matches, facets=facets, glossed=glossed)
    features[:, Feature.STARS] = (facets.stars[rows] + highlights[rows] / 2) / MOST_STARS
    scores = model.scores(features)
    order = np.lexsort((rows, -scores, facets.dead[rows]))
    rows, scores, features = rows[order], scores[order], features[order]
    signals = np.zeros(len(Signal), dtype=np.float32)
    signals[Signal.MEAN_DENSE] = text_cosines.mean()
    signals[Signal.LENGTH] = np.log1p(len(query.concepts))
    signals[Signal.SMALL_TALK] = talk.nearness(vector)
    signals = order_signals(scores, features, signals)
    return Ranking(rows, scores, features, by_question, signals, model.confidence(signals) if len(rows) else 0.0)


def scores_of(
    rows: Int64,
    query: Query,
    vector: Vectors,
    *,
    dense: DenseIndex,
    lexical: LexicalIndex,
    facets: Facets,
    glossary: Glossary,
    model: ScoreModel,
) -> Float32:
    """Return the scores of some links for a query, without their stars, shape (rows,)."""
    text_cosines, by_question = dense.similarities(vector)
    matches, glossed = match(lexical, query.concepts), glossary.nearest(vector, dense.links)
    features = _features(
        rows, text_cosines, dense.best_question(by_question), matches=matches, facets=facets, glossed=glossed
    )
    features[:, Feature.STARS] = 0
    return model.scores(features)


def _propose(cosines: Float32, lexical: Float32, mask: Mask | None) -> Int64:
    """Return in ascending order the links with the highest cosines and those with the highest lexical scores."""
    nearest = np.arange(len(cosines)) if mask is None else np.flatnonzero(mask)
    having = np.flatnonzero(lexical if mask is None else lexical * mask)
    is_proposed = np.zeros(len(cosines), dtype=np.bool_)
    is_proposed[_best(cosines, nearest)] = True
    is_proposed[_best(lexical, having)] = True
    return np.flatnonzero(is_proposed)


def _best(channel: Float32, rows: Int64) -> Int64:
    """Return the PROPOSED rows with a channel's highest values; of equal ones, the first in the catalogue."""
    if len(rows) <= PROPOSED:
        return rows
    values = channel[rows]
    least = np.partition(values, -PROPOSED)[-PROPOSED]
    above = np.flatnonzero(values > least)
    equal = np.flatnonzero(values == least)[: PROPOSED - len(above)]
    best: Int64 = rows[np.concatenate([above, equal])]
    return best


def _features(
    rows: Int64, text_cosines: Float32, question_cosines: Float32, *, matches: Matches, facets: Facets, glossed: Float32
) -> Float32:
    features = np.empty((len(rows), len(Feature)), dtype=np.float32)
    features[:, Feature.DENSE] = text_cosines[rows]
    features[:, Feature.QUESTION] = np.maximum(question_cosines[rows] - text_cosines[rows], 0)
    features[:, Feature.ADDRESS] = matches.shares[rows, LinkField.ADDRESS]
    features[:, Feature.COVERAGE] = matches.coverage[rows]
    features[:, Feature.SECTION] = facets.small_sections.lead(text_cosines)[rows]
    features[:, Feature.GLOSSARY] = np.maximum(glossed - np.maximum(text_cosines, question_cosines), 0)[rows]
    return features


def order_signals(scores: Float32, features: Float32, others: Float32) -> Float32:
    """Return `others` with the signals filled in that depend on the order of the candidates (best first)."""
    signals = others.copy()
    if len(scores):
        signals[Signal.TOP_DENSE] = features[0, [Feature.DENSE, Feature.QUESTION, Feature.GLOSSARY]].sum()
        below = np.sort(scores[scores <= scores[0]])[::-1]  # not the dead ones, which come last whatever their score
        signals[Signal.MARGIN] = scores[0] - below[min(MARGIN_TO, len(below)) - 1]
    return signals
