"""Finds out which language a catalogue is written in: by its scripts, then by the stop words in its titles and descriptions."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from index.search.language import (
    ENGLISH,
    HANGUL,
    HIRAGANA,
    KANJI,
    KATAKANA,
    OTHER_SCRIPTS,
    THAI,
    UNSPACED,
    WORD,
    stopwords_by_language,
)
from index.search.words import STOPWORDS

#: Detection looks at about this many links, evenly spread over the catalogue.
LOOKED_AT: Final = 1_000
#: A catalogue is of another language than English if this share of its letters is of that script,
SHARE_OF_LETTERS: Final = 0.3
#: or if that language has this share of its words as stop words, and this many times as many as English.
SHARE_OF_WORDS: Final = 0.08
TIMES_ENGLISH: Final = 1.5
_SCRIPTS: Final = {
    "ja": re.compile(f"[{HIRAGANA}{KATAKANA}]"),
    "zh": re.compile(f"[{KANJI}]"),
    "ko": re.compile(f"[{HANGUL}]"),
    "th": re.compile(f"[{THAI}]"),
    "el": re.compile("[\u0370-\u03ff\u1f00-\u1fff]"),
    "ru": re.compile("[\u0400-\u04ff]"),
    "hy": re.compile("[\u0530-\u058f]"),
    "yi": re.compile("[\u0590-\u05ff]"),
    "ar": re.compile("[\u0600-\u06ff]"),
    "hi": re.compile("[\u0900-\u097f]"),
    "ta": re.compile("[\u0b80-\u0bff]"),
}
#: Languages that share a script with the one named there: their own stop words decide.
_SAME_SCRIPT: Final = {"ru": ("ru", "sr"), "ar": ("ar", "fa"), "hi": ("hi", "ne")}


def detected(texts: Sequence[str]) -> str:
    """Return the code of the language that most texts are in, the texts being titles with descriptions.

    English unless another language is clear: what is no word of any language, such as names, counts for none.
    """
    step = max(1, len(texts) // LOOKED_AT)
    text = " ".join(texts[::step]).lower()
    letters = sum(map(str.isalpha, text)) or 1
    shares = {code: len(script.findall(text)) / letters for code, script in _SCRIPTS.items()}
    # Japanese is written with Chinese characters too, Chinese never with kana.
    if shares["ja"] + shares["zh"] >= SHARE_OF_LETTERS:
        return "ja" if shares["ja"] > shares["zh"] / 10 else "zh"
    script = max(shares, key=lambda code: shares[code])
    counts = Counter(WORD.findall(text))
    if shares[script] >= SHARE_OF_LETTERS:
        return max(_SAME_SCRIPT.get(script, (script,)), key=lambda code: _stopwords_in(counts, code))
    found = {
        code: _stopwords_in(counts, code) for code in stopwords_by_language() if code not in (*OTHER_SCRIPTS, *UNSPACED)
    }
    best = max(sorted(found), key=lambda code: found[code])
    is_clear = found[best] >= max(SHARE_OF_WORDS * counts.total(), TIMES_ENGLISH * _stopwords_in(counts, ENGLISH), 1)
    return best if is_clear else ENGLISH


def _stopwords_in(counts: Counter[str], code: str) -> int:
    words = STOPWORDS if code == ENGLISH else stopwords_by_language().get(code, frozenset())
    return sum(counts[word] for word in words)
