"""The training data: catalogues with questions whose good links are known."""

import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from index.catalogue.link import Link
from index.catalogue.urls import normalise
from index.judge.evaluate import Judged
from index.search.thread import plain

#: Up to this number of links, every training step ranks the whole catalogue.
SMALL: Final = 250


@dataclass(frozen=True, slots=True)
class Example:
    """A question and the grades of its good links, by link number."""

    query: str
    grades: Mapping[int, int]
    need: str = ""
    """Questions with one need were graded together over the whole catalogue; without a need, some good links are unknown."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """A catalogue with questions to learn from."""

    links: Sequence[Link]
    examples: Sequence[Example]

    def without(self, positions: Collection[int]) -> "Corpus":
        """Return the corpus without some examples; if they are a link's own questions, the link no longer shows them."""
        gone = {self.examples[at].query for at in positions}
        links = [
            replace(link, questions=tuple(one for one in link.questions if one not in gone)) for link in self.links
        ]
        return Corpus(links, [one for at, one in enumerate(self.examples) if at not in positions])

    def only(self, positions: Collection[int]) -> "Corpus":
        """Return the corpus with only some of its examples."""
        return Corpus(self.links, [self.examples[at] for at in sorted(positions)])


def curated(links: Sequence[Link]) -> list[Example]:
    """Return the curators' questions as examples, each with its own link."""
    return [Example(question, {row: 2}) for row, link in enumerate(links) for question in link.questions]


def judged_examples(links: Sequence[Link], judged: Iterable[Judged]) -> list[Example]:
    """Return the judged questions that have good links in the catalogue.

    What people said in a thread is put in front of its question.
    """
    rows = {normalise(link.url): row for row, link in enumerate(links)}
    found = []
    for one in judged:
        grades = {rows[key]: grade for key, grade in one.grades.items() if key in rows}
        if grades:
            said = [plain(turn.text) for turn in one.thread if not turn.ours]
            found.append(Example(" ".join([*said, plain(one.query)]).strip(), grades, one.need))
    return found


def folds(corpora: Sequence[Corpus], count: int, seed: int) -> list[list[set[int]]]:
    """Split the examples of each corpus into `count` folds; return for each fold one set of positions for each corpus.

    Examples with the same `fold_key` are in the same fold, in all corpora.
    """
    keys = [[fold_key(corpus, example) for example in corpus.examples] for corpus in corpora]
    kinds = sorted({key for of_corpus in keys for key in of_corpus})
    random.Random(seed).shuffle(kinds)
    fold_of = {key: number % count for number, key in enumerate(kinds)}
    return [
        [{at for at, key in enumerate(of_corpus) if fold_of[key] == fold} for of_corpus in keys]
        for fold in range(count)
    ]


def fold_key(corpus: Corpus, example: Example) -> tuple[str, ...]:
    """Return the key of examples that belong together: the need, else the section (in a small catalogue: the link)."""
    if example.need:
        return ("need", example.need)
    best = max(example.grades, key=lambda row: example.grades[row])
    link = corpus.links[best]
    return ("section", *link.section) if len(corpus.links) > SMALL else ("link", normalise(link.url))
