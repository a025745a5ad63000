"""Tells whether a catalogue contains a term, with its words in this order."""

from collections.abc import Sequence
from functools import cache, reduce

import numpy as np

from index.catalogue.link import Link
from index.search.fields import LinkField, field_text
from index.search.lexical import LexicalIndex
from index.search.words import tokens


class Phrases:
    """Looks terms up in the links of a catalogue; a term is the stems of its words, without stop words."""

    def __init__(self, links: Sequence[Link], lexical: LexicalIndex) -> None:
        self._lexical = lexical
        self._text = cache(lambda row, field: _joined(tokens(field_text(links[row], field))))

    def has_words(self, term: tuple[str, ...]) -> bool:
        """Return whether the catalogue has every word of a term, anywhere."""
        return all(token in self._lexical.ids for token in term)

    def has(self, term: tuple[str, ...]) -> bool:
        """Return whether a field of some link has the words of a term one directly after the other."""
        if not self.has_words(term):
            return False
        having = [self._lexical.rows_of(token) for token in term]
        phrase = _joined(term)
        return len(term) == 1 or any(
            phrase in self._text(row, field)
            for row in reduce(lambda some, more: np.intersect1d(some, more, assume_unique=True), having).tolist()
            for field in LinkField
        )


def _joined(stems: Sequence[str]) -> str:
    return f" {' '.join(stems)} "
