"""Splits text into words and tokens, in the same way for the catalogue, the vocabulary and the question."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

import Stemmer

_STOPWORDS: Final = """
a about all already also am an and any anybody anyone anything are as at be because been being both but by can
cannot could did do does doing done else ever every for from get gets getting give go goes going good got guys
had has have having he hello help her here hey hi his how i if im in into is isn it its ive just know let lets
like link links look looking lot made make makes many may maybe me might more most much must my need needs no
nor not now of off ok on one only or other our out over people please pls plz point put really same say see
seen she should show so some somebody someone something somewhere still stuff such sure take tell than thank
thanks that the their them then there these they thing things think this those through to too try trying u up
us use used uses using very via want wants was way we well were what whats when where whether which while who
whom why will with within without won work works would yes yet you your
"""
#: Words that say nothing of the topic, among them question words. The lexical channel ignores them; the encoder sees them.
STOPWORDS: Final = frozenset(_STOPWORDS.split())

_WORD: Final = re.compile(r"[^\W_]+(?:[.'’+#]+[^\W_]+)*[+#]*")
_POSSESSIVES: Final = ("'s", "’s", "'S", "’S")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SHORTEST_PIECE: Final = 3
_UNWANTED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_STEMMER: Final = Stemmer.Stemmer("english")


def tidy(text: str) -> str:
    """Return a clean text: in NFKC, without control and format characters and lone surrogates, with single spaces."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    kept = "".join(" " if unicodedata.category(char) in _UNWANTED else char for char in text)
    return " ".join(unicodedata.normalize("NFKC", kept).split())


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return the stem of a lower-case word (Snowball English, https://snowballstem.org)."""
    return str(_STEMMER.stemWord(word))


def words(text: str) -> list[str]:
    """Return the words of a text as written, without a possessive's end: `externalTrafficPolicy=Local` is two words."""
    return [word[:-2] if word.endswith(_POSSESSIVES) else word for word in _WORD.findall(text)]


def spans(text: str) -> list[tuple[int, int]]:
    """Return start and end in the text of each of `words(text)`."""
    found = []
    for match in _WORD.finditer(text):
        end = match.end() - 2 if match[0].endswith(_POSSESSIVES) else match.end()
        found.append((match.start(), end))
    return found


@lru_cache(maxsize=65_536)
def parts(word: str) -> tuple[str, ...]:
    """Split a compound at its inner capitals and dots: `NetworkPolicy` into Network and Policy.

    A word with a short part is not split: gRPC, mTLS and 1.18 are one word each.
    """
    pieces = tuple(piece for chunk in word.split(".") for piece in _CAMEL.split(chunk))
    return pieces if len(pieces) > 1 and min(map(len, pieces)) >= _SHORTEST_PIECE else (word,)


@lru_cache(maxsize=65_536)
def spellings(word: str) -> frozenset[str]:
    """Return a word and its parts in lower case."""
    return frozenset(piece.lower() for piece in (word, *parts(word)))


@lru_cache(maxsize=65_536)
def analysed(word: str) -> tuple[str, ...]:
    """Return the tokens of one word: none for a stop word; for a compound, the whole and its parts."""
    pieces = parts(word)
    if len(pieces) > 1:
        own = (piece.lower() for piece in pieces)
        return (stem("".join(pieces).lower()), *(stem(piece) for piece in own if piece not in STOPWORDS))
    whole = word.lower()
    return () if whole in STOPWORDS else (stem(whole),)


def tokens(text: str) -> list[str]:
    """Return the stems of a text in order, without stop words; a compound becomes the whole and its parts.

    `NetworkPolicy` becomes networkpolici, network and polici, so that it matches both ways of writing.
    """
    return [token for word in words(text) for token in analysed(word)]
