"""The languages of catalogues: how the words of each become tokens.

English has its own rules in `index.search.words`. The others have these: accents are folded before stemming, so that askers
without them find the same words; an apostrophe parts words (l'ordinateur); Chinese, Japanese, Korean and Thai, which put no
spaces between words, become pairs of neighbouring characters.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from itertools import chain, pairwise
from typing import Final

import Stemmer

from index import defaults
from index.errors import BundleError, UsageError
from index.search import words as english

ENGLISH: Final = "en"
#: Languages that have a Snowball stemmer (https://snowballstem.org), by ISO 639 code. Older versions lack some of them.
STEMMERS: Final = {
    "ar": "arabic",
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "eo": "esperanto",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fa": "persian",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "ne": "nepali",
    "nl": "dutch",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "st": "sesotho",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}
#: Languages that are written without spaces, or whose words carry their particles.
UNSPACED: Final = ("ja", "ko", "th", "zh")
#: Languages in another script than the Latin one.
OTHER_SCRIPTS: Final = frozenset({"ar", "el", "fa", "hi", "hy", "ne", "ru", "ta", "yi"})
CODES: Final = tuple(sorted((*STEMMERS, *UNSPACED)))

#: Vowel signs and accents that are no letters to `\w` but belong to words: of Arabic, Hebrew, Indic and Thai script.
_MARKS: Final = (
    "\u0300-\u036f\u0591-\u05bd\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0bbe-\u0bcd"
    "\u0bd7\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
)
WORD: Final = re.compile(rf"(?:[^\W_]|[{_MARKS}])+(?:[.+#]+(?:[^\W_]|[{_MARKS}])+)*[+#]*")
KANJI, HIRAGANA, KATAKANA = (
    "\u3005\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
    "\u3041-\u309f",
    "\u30a0-\u30ff",
)
HANGUL, THAI = "\u1100-\u11ff\uac00-\ud7a3", "\u0e01-\u0e4e"
_SPACED: Final = rf"(?:(?![{KANJI}{HIRAGANA}{KATAKANA}{HANGUL}{THAI}])(?:[^\W_]|[{_MARKS}]))+"
#: Runs of one script: a pair across two of them would be of two words.
_RUN: Final = re.compile(
    rf"([{KANJI}]+|[{HIRAGANA}]+|[{KATAKANA}]+|[{HANGUL}]+|[{THAI}]+)|[^{KANJI}{HIRAGANA}{KATAKANA}{HANGUL}{THAI}]+"
)
_RUN_OR_WORD: Final = re.compile(
    rf"[{KANJI}]+|[{HIRAGANA}]+|[{KATAKANA}]+|[{HANGUL}]+|[{THAI}]+|{_SPACED}(?:[.+#]+{_SPACED})*[+#]*"
)
_IS_HIRAGANA: Final = re.compile(f"[{HIRAGANA}]+")
#: Letters whose form without accent Unicode does not know.
_FOLDED: Final = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ё": "е"}
)
_ACCENT: Final = re.compile(r"(?<=[a-zα-ω])[\u0300-\u036f]+")
#: Umlauts as they are written on other keyboards; not after a vowel or q, where the two belong to two sounds (neue, Quelle).
_GERMAN_UMLAUT: Final = re.compile(r"(?<![aeiouyq])(a|o|u)e")


class Language:
    """The words and tokens of one language; texts of a catalogue and questions about it must be read by the same."""

    def __init__(self, code: str) -> None:
        """`code` is one of CODES."""
        self.code = code
        self.is_unspaced = code in UNSPACED
        self._word = _RUN_OR_WORD if self.is_unspaced else WORD
        self.stopwords = _stopwords(code)
        self._stemmer = _stemmer(code)
        #: Return the stem of a lower-case word.
        self.stem = lru_cache(maxsize=65_536)(self._stem)
        #: Return the tokens of one word: none for a stop word; for a compound, the whole and its parts.
        self.analysed = lru_cache(maxsize=65_536)(self._analysed)

    def __repr__(self) -> str:
        return f"<Language {self.code}>"

    @property
    def is_english(self) -> bool:
        """Whether the shipped vocabulary and the words of general English apply."""
        return self.code == ENGLISH

    def words(self, text: str) -> list[str]:
        """Return the words of a text as written; without spaces, its runs of one script."""
        return self._word.findall(text)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return start and end in the text of each of `words(text)`."""
        return [match.span() for match in self._word.finditer(text)]

    def tokens(self, text: str) -> list[str]:
        """Return the tokens of a text in order, without stop words."""
        return [token for word in self.words(text) for token in self.analysed(word)]

    def stems_of(self, words_of: Iterable[str]) -> tuple[str, ...]:
        """Return the stems of words, without stop words; unlike in `tokens`, a compound stays one word.

        What is written without spaces is taken apart all the same.
        """
        return tuple(token for word in words_of for token in self._runs(word.lower()))

    def is_stopword(self, word: str) -> bool:
        """Return whether a word says nothing of the topic."""
        return self.fold(word.lower()) in self.stopwords

    def fold(self, word: str) -> str:
        """Return a lower-case word without accents; what is no accent but a letter of its own, such as й, stays."""
        return fold(word, self.code)

    def _stem(self, word: str) -> str:
        folded = self.fold(word)
        # Stemmers of other scripts leave Latin words as they are; those are mostly English.
        stemmer = self._stemmer if self._stemmer and not (folded.isascii() and self.code in OTHER_SCRIPTS) else None
        if stemmer is None:
            return english.stem(folded) if folded.isascii() else folded
        return self.fold(str(stemmer.stemWord(folded)))

    def _analysed(self, word: str) -> tuple[str, ...]:
        word = word if word.isascii() else unicodedata.normalize("NFKC", word)
        pieces = english.parts(word)
        if len(pieces) == 1:
            return tuple(self._runs(word.lower()))
        whole = self.stem("".join(pieces).lower())
        return (whole, *chain.from_iterable(self._runs(piece.lower()) for piece in pieces))

    def _runs(self, word: str) -> list[str]:
        """Return the tokens of a lower-case word without inner capitals."""
        found: list[str] = []
        for run in _RUN.finditer(word) if not word.isascii() else ():
            text = run[0]
            if run[1] is None:
                found += self._whole(text)
            elif len(text) > 1:
                pairs = (first + second for first, second in pairwise(text))
                found += (pair for pair in pairs if pair not in self.stopwords)
            elif text not in self.stopwords and not _IS_HIRAGANA.fullmatch(text):
                found.append(text)
        return found if not word.isascii() else self._whole(word)

    def _whole(self, word: str) -> list[str]:
        return [] if self.fold(word) in self.stopwords else [self.stem(word)]


class English(Language):
    """English, with the rules of `index.search.words`."""

    def __init__(self) -> None:
        super().__init__(ENGLISH)
        self.stem = english.stem
        self.analysed = english.analysed

    words = staticmethod(english.words)
    spans = staticmethod(english.spans)
    tokens = staticmethod(english.tokens)

    def stems_of(self, words_of: Iterable[str]) -> tuple[str, ...]:
        """Return the stems of words, without stop words."""
        return tuple(english.stem(word.lower()) for word in words_of if word.lower() not in english.STOPWORDS)

    def is_stopword(self, word: str) -> bool:
        """Return whether a word says nothing of the topic."""
        return word.lower() in english.STOPWORDS


@cache
def stopwords_by_language() -> Mapping[str, frozenset[str]]:
    """Return the stop words of all languages but English, as they are written; BundleError when they are not there."""
    try:
        lines = defaults.STOPWORDS.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        message = f"{defaults.STOPWORDS}: cannot read the words ({error.strerror}); install Signpost again"
        raise BundleError(message) from error
    found: dict[str, set[str]] = {}
    for line in lines:
        code, _, words = line.partition(" ")
        if code and code != "#":
            found.setdefault(code, set()).update(words.split())
    return {code: frozenset(words) for code, words in found.items()}


@cache
def language(code: str) -> Language:
    """Return the language with an ISO 639 code; UsageError for another code."""
    if code not in CODES:
        raise UsageError(f"language {code!r:.40} is not known; one of {', '.join(CODES)}")
    return English() if code == ENGLISH else Language(code)


def _stemmer(code: str) -> Stemmer.Stemmer | None:
    name = STEMMERS.get(code)
    return Stemmer.Stemmer(name) if name in Stemmer.algorithms() else None


def _stopwords(code: str) -> frozenset[str]:
    """Return the stop words of a language with and without accents; in another script, the English ones too."""
    if code == ENGLISH:
        return english.STOPWORDS
    own = stopwords_by_language().get(code, ())
    others = english.STOPWORDS if code in OTHER_SCRIPTS or code in UNSPACED else frozenset()
    return frozenset((*own, *(fold(word, code) for word in own), *others))


def fold(word: str, code: str) -> str:
    """Return a lower-case word of a language without accents."""
    if not word.isascii():
        decomposed = unicodedata.normalize("NFD", word.translate(_FOLDED))
        word = unicodedata.normalize("NFC", _ACCENT.sub("", decomposed))
    return _GERMAN_UMLAUT.sub(r"\1", word) if code == "de" else word


#: The language of an index that names none.
DEFAULT: Final = language(ENGLISH)
