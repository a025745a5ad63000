"""The training steps: questions, the links to rank for them, and the loss of the model's ranking.

The loss is the listwise cross-entropy of ListNet (https://doi.org/10.1145/1273496.1273513) over gains 2^grade - 1; with one
good link for each question it is InfoNCE (https://arxiv.org/abs/1807.03748). In a small catalogue all links are candidates;
in a large one, the good links of the step's questions and hard negatives. A link that has no grade but resembles a good one
is not a negative: it is masked.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from index.catalogue.link import Link
from index.numeric import Bools, Float32, Vectors
from index.search.fields import link_text
from index.tuning.corpus import SMALL, Corpus, Example
from index.tuning.model import TunedModel

#: Longest description of a shortened link, in characters.
TRAINED_DESCRIPTION: Final = 110
#: Shares of the ways to show a link in training: by one of its questions (if it has any), its title, its title and section,
#: shortened, and for the rest as the index encodes it. Many links of real lists have only a title.
QUESTION, TITLE, SECTION, SHORTENED = 0.15, 0.15, 0.3, 0.15
#: A link with at least this cosine to a good one may be good too, so it is not a negative.
SAME_TOPIC: Final = 0.8
_NEVER: Final = -1e4


@dataclass(frozen=True, slots=True)
class Step:
    """The questions and candidates of one step."""

    queries: list[str]
    documents: list[str]
    gains: Float32
    """Shape (queries, documents), each row adding up to 1."""
    masked: Bools
    """Masked candidates, neither right nor wrong, shape (queries, documents)."""

    def loss(self, model: TunedModel, temperature: float) -> Any:
        """Return the listwise cross-entropy, with gradients."""
        import torch

        logits = model.vectors(self.queries) @ model.vectors(self.documents).T / temperature
        logits = logits.masked_fill(torch.from_numpy(self.masked), _NEVER)
        return -(torch.from_numpy(self.gains) * logits.log_softmax(dim=1)).sum(dim=1).mean()


class Lesson:
    """One catalogue in training: draws batches; every example comes once before any comes again."""

    def __init__(self, corpus: Corpus, base: Vectors, hard: Sequence[Sequence[int]], generator: random.Random) -> None:
        """Take the links' vectors before training (`base`) and the hard negatives of each example, if any (`hard`)."""
        self._corpus = corpus
        self._base = base
        self._hard = hard
        self._generator = generator
        self._order: list[int] = []

    def batch(self, size: int, hard_negatives: int) -> Step:
        """Draw some examples and the links to rank for them."""
        if len(self._order) < size:
            everyone = range(len(self._corpus.examples))
            self._order = self._generator.sample(everyone, len(everyone)) + self._order
        chosen = [self._order.pop() for _ in range(min(size, len(self._order)))]
        examples = [self._corpus.examples[at] for at in chosen]
        rows = self._candidates(chosen, hard_negatives)
        gains = np.array([[2.0 ** one.grades.get(row, 0) - 1 for row in rows] for one in examples], dtype=np.float32)
        return Step(
            queries=[one.query for one in examples],
            documents=[self._shown(self._corpus.links[row]) for row in rows],
            gains=gains / gains.sum(axis=1, keepdims=True),
            masked=np.array([self._alike(one, rows) for one in examples]) & (gains == 0),
        )

    def _candidates(self, chosen: Sequence[int], hard_negatives: int) -> list[int]:
        if len(self._corpus.links) <= SMALL:
            return list(range(len(self._corpus.links)))
        right = []
        for at in chosen:
            rows, grades = zip(*self._corpus.examples[at].grades.items(), strict=True)
            right.append(self._generator.choices(rows, [2**grade - 1 for grade in grades])[0])
        hard = [self._generator.choice(self._hard[at]) for at in chosen[:hard_negatives] if self._hard[at]]
        return list(dict.fromkeys([*right, *hard]))

    def _shown(self, link: Link) -> str:
        """Return the text of a link in one of the ways, drawn at random."""
        draw = self._generator.random()
        if (draw := draw - QUESTION) < 0 and link.questions:
            return self._generator.choice(link.questions)
        if (draw := draw - TITLE) < 0:
            return link.title
        if (draw := draw - SECTION) < 0:
            return link_text(replace(link, description=""))
        if draw - SHORTENED < 0:
            return link_text(replace(link, description=link.description[:TRAINED_DESCRIPTION]))
        return link_text(link)

    def _alike(self, example: Example, rows: Sequence[int]) -> Bools:
        """Return which candidates are so similar to a good link that they may be good too."""
        if example.need:
            return np.zeros(len(rows), dtype=np.bool_)
        likeness = self._base[rows] @ self._base[list(example.grades)].T
        return np.asarray(likeness.max(axis=1) > SAME_TOPIC)
