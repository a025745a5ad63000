"""Corrects typing errors with the catalogue's own words."""

import re
from collections.abc import Set as AbstractSet
from functools import lru_cache
from itertools import pairwise
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
#: Shorter words than this are corrected only where letters are missing, doubled or swapped, or where a key was missed.
LONG: Final = 8
#: A missed key is corrected in words of this length or more.
MISSED_KEY_FROM: Final = 5
#: Keys at this distance in columns are no neighbours.
LEAST_APART: Final = 1.2
_VOWELS: Final = frozenset("aeiouy")
#: Each letter's place on the keyboard; each row is shifted against the one above.
_KEYS: Final = {
    letter: (row, column + 0.4 * row)
    for row, letters in enumerate(("qwertyuiop", "asdfghjkl", "zxcvbnm"))
    for column, letter in enumerate(letters)
}


@lru_cache(maxsize=1)
def ordinary_words() -> frozenset[str]:
    """Return 82,834 words of general English; data/words/LICENSE names their origin."""
    try:
        return frozenset(defaults.WORDS.read_text(encoding="utf-8").split())
    except OSError as error:
        message = f"{defaults.WORDS}: cannot read the words ({error.strerror}); install Signpost again"
        raise BundleError(message) from error


def is_plain(form: str) -> bool:
    """Return whether a form of the vocabulary is written in words of general English alone: no name, no abbreviation."""
    return form == form.lower() and all(word in ordinary_words() for word in words(form))


class Speller:
    """Corrects words that are neither in the catalogue nor ordinary words. Immutable; safe for several threads."""

    def __init__(self, lexical: LexicalIndex, common_words: AbstractSet[str], vocabulary: Vocabulary) -> None:
        """`common_words`: lower-case words of the encoder's vocabulary, which are never corrected either."""
        self._lexical = lexical
        self._common = common_words
        self._vocabulary = vocabulary
        self._by_length: dict[int, list[str]] = {}
        for word in lexical.surface if lexical.language.is_english else ():
            if len(word) >= SHORTEST_REPAIRED and word.isalpha():
                self._by_length.setdefault(len(word), []).append(word)

    def mend(self, text: str) -> str:
        """Return `text` with its typing errors corrected; a word that the catalogue has is never changed.

        Only English: of other languages there is no list of words that are right.
        """
        if not self._lexical.language.is_english:
            return text
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
            if is_slip(word, found, int(distance))
        ]
        return min(near)[-1] if near else None

    def is_everyday(self, word: str) -> bool:
        """Return whether a lower-case word is general English and so common that it is one token of the encoder."""
        return self._lexical.language.is_english and word in self._common and word in ordinary_words()

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


def is_slip(written: str, meant: str, errors: int) -> bool:
    """Return whether somebody who meant one word may well have typed the other, `errors` edits away.

    Rare words are near others too: a name (`saml`, `postgis`) must not become the catalogue's nearest word. So an error at
    the start counts only where letters are swapped, a wrong letter in a short word only if its key is beside the right
    one or both are vowels, a letter too many in a short word only if it is doubled. Of 3,900 corrections of written
    questions to 15 lists, these rules refuse 8 in 10 wrong ones, and 3 in 100 right ones.
    """
    is_long = len(written) >= LONG
    if sorted(written) == sorted(meant):
        return errors == 1 or len(written) >= TWO_ERRORS_FROM
    if written[0] != meant[0]:
        return False
    if len(meant) > len(written):
        return True
    if len(meant) < len(written):
        return errors == 1 and (is_long or _is_doubled(written, meant))
    if errors > 1:
        return is_long
    wrong, right = next(pair for pair in zip(written, meant, strict=True) if pair[0] != pair[1])
    return is_long or (len(written) >= MISSED_KEY_FROM and _are_near(wrong, right))


def _is_doubled(written: str, meant: str) -> bool:
    """Return whether the letter that is too many stands beside the same letter."""
    return any(
        one == other and written[:place] + written[place + 1 :] == meant
        for place, (one, other) in enumerate(pairwise(written))
    )


def _are_near(one: str, other: str) -> bool:
    """Return whether letters are easily taken for each other: both vowels, or on neighbouring keys."""
    if one in _VOWELS and other in _VOWELS:
        return True
    if one not in _KEYS or other not in _KEYS:
        return False
    (row, column), (other_row, other_column) = _KEYS[one], _KEYS[other]
    return abs(row - other_row) <= 1 and abs(column - other_column) < LEAST_APART
