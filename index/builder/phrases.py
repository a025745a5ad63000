"""Tells whether a catalogue contains a term, with its words in this order."""

from collections.abc import Sequence
from functools import cache, reduce
from itertools import islice
from math import ceil
from typing import Final

import numpy as np

from index.catalogue.link import Link
from index.search.fields import LinkField, field_text
from index.search.lexical import LexicalIndex

#: Where a link writes what it is about.
TEXTS: Final = (LinkField.TITLE, LinkField.DESCRIPTION, LinkField.SECTION)
#: This many links write a term that is of the catalogue's field.
SEVERAL: Final = 3


class Phrases:
    """Looks terms up in the links of a catalogue; a term is the stems of its words, without stop words."""

    def __init__(self, links: Sequence[Link], lexical: LexicalIndex) -> None:
        self._links = links
        self._lexical = lexical
        self._text = cache(lambda row, field: _joined(lexical.language.tokens(field_text(links[row], field))))

    @property
    def links(self) -> int:
        """Number of links of the catalogue."""
        return len(self._links)

    def has_words(self, term: tuple[str, ...]) -> bool:
        """Return whether the catalogue has every word of a term, anywhere."""
        return all(token in self._lexical.ids for token in term)

    def has(self, term: tuple[str, ...], links: int = 1) -> bool:
        """Return whether this many links have the words of a term in a field, one directly after the other."""
        if not self.has_words(term):
            return False
        rows = self._with_words(term)
        if len(term) == 1 or len(rows) < links:
            return len(rows) >= links
        phrase = _joined(term)
        found = (row for row in rows if any(phrase in self._text(row, field) for field in LinkField))
        return len(list(islice(found, links))) == links

    def writers(self, term: tuple[str, ...], written: str = "") -> list[int]:
        """Return the links that have the words of a term in title, description or section, one directly after the other.

        `written`: a word that they must have as it is written, or none.
        """
        if not term or not self.has_words(term):
            return []
        phrase = _joined(term)
        return [
            row for row in self._with_words(term) if any(self._writes(row, field, phrase, written) for field in TEXTS)
        ]

    def _writes(self, row: int, field: LinkField, phrase: str, written: str) -> bool:
        if written and written not in self._lexical.language.words(field_text(self._links[row], field)):
            return False
        return phrase in self._text(row, field)

    def _with_words(self, term: tuple[str, ...]) -> list[int]:
        having = sorted(map(self._lexical.rows_of, term), key=len)
        rows: list[int] = reduce(lambda some, more: np.intersect1d(some, more, assume_unique=True), having).tolist()
        return rows

    def has_often(self, term: tuple[str, ...]) -> bool:
        """Return whether a term is one of the catalogue's own: several links write it, and one of 200 at least."""
        return self.has(term, max(SEVERAL, ceil(self._lexical.links / 200)))


def _joined(stems: Sequence[str]) -> str:
    return f" {' '.join(stems)} "
