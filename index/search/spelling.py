"""Corrects typing errors with the catalogue's own words."""

import re
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from index import defaults
from index.errors import BundleError
from index.search.lexical import LexicalIndex
from index.search.vocabulary import Vocabulary
from index.search.words import STOPWORDS, stem, words

#: Shorter words have too many similar words to be corrected safely.
SHORTEST_REPAIRED: Final = 4
#: In words of this length or more two errors are corrected, in shorter ones one.
TWO_ERRORS_FROM: Final = 7


@lru_cache(maxsize=1)
def ordinary_words() -> frozenset[str]:
    """Return 82,834 words of general English; data/words/LICENSE names their origin."""
    try:
        return frozenset(defaults.WORDS.read_text(encoding="utf-8").split())
    except OSError as error:
        message = f"{defaults.WORDS}: cannot read the words ({error.strerror}); install Signpost again"
        raise BundleError(message) from error


class Speller:
    """Corrects words that are neither in the catalogue nor ordinary words. Immutable; safe for several threads."""

    def __init__(self, lexical: LexicalIndex, common_words: AbstractSet[str], vocabulary: Vocabulary) -> None:
        """`common_words`: lower-case words of the encoder's vocabulary, which are never corrected either."""
        self._lexical = lexical
        self._common = common_words
        self._vocabulary = vocabulary
        self._by_length: dict[int, list[str]] = {}
        for word in lexical.surface:
            if len(word) >= SHORTEST_REPAIRED and word.isalpha():
                self._by_length.setdefault(len(word), []).append(word)

    def mend(self, text: str) -> str:
        """Return `text` with its typing errors corrected; a word that the catalogue has is never changed."""
        for word in dict.fromkeys(words(text)):
            better = self._better(word.lower())
            if better is not None:
                text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", better, text)
        return text

    def _better(self, word: str) -> str | None:
        """Return the nearest word of the catalogue, or None to keep `word`; same first letter, then frequency break ties."""
        if self._is_known(word):
            return None
        reach = 2 if len(word) >= TWO_ERRORS_FROM else 1
        near = [
            (distance, found[0] != word[0], -self._lexical.surface[found], found)
            for length in range(len(word) - reach, len(word) + reach + 1)
            for found, distance, _ in process.extract(
                word, self._by_length.get(length, ()), scorer=OSA.distance, score_cutoff=reach, limit=None
            )
        ]
        return min(near)[-1] if near else None

    def is_ordinary(self, word: str) -> bool:
        """Return whether a lower-case word is ordinary: general English, and no form of the vocabulary."""
        return word not in self._vocabulary and (word in self._common or word in ordinary_words())

    def is_everyday(self, word: str) -> bool:
        """Return whether a lower-case word is general English and so common that it is one token of the encoder."""
        return word in self._common and word in ordinary_words()

    def _is_known(self, word: str) -> bool:
        return (
            len(word) < SHORTEST_REPAIRED
            or not word.isalpha()
            or word in self._lexical.surface
            or stem(word) in self._lexical.ids
            or word in STOPWORDS
            or word in self._vocabulary
            or word in self._common
            or word in ordinary_words()
        )
