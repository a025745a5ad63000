"""The words of every link as numbers, kept from build to build: only changed links are tokenised again."""

import hashlib
import io
import marshal
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import chain, compress, pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

import index.catalogue.urls
import index.defaults
import index.search.fields
import index.search.language
import index.search.words
from index.caches import code_version
from index.catalogue.link import Link
from index.numeric import Int32, Int64, Integers
from index.search.fields import LinkField, field_text
from index.search.language import DEFAULT, Language
from index.search.words import spellings

ANALYSIS_FILE: Final = "words.bin"

#: What a page says has the place after the fields of its link.
PAGE: Final = len(LinkField)
FIELDS: Final = len(LinkField) + 1
_DIGEST_BYTES: Final = 16
_CHECKSUM_BYTES: Final = 32
#: The source files that decide which words a link has; a change in one of them makes the kept analysis void.
_CODE: Final = (
    __file__,
    index.search.words.__file__,
    index.search.language.__file__,
    index.defaults.STOPWORDS,
    index.search.fields.__file__,
    index.catalogue.urls.__file__,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Analysis:
    """What the lexical channel must know of some links; it does not depend on the other links of the catalogue."""

    digests: tuple[str, ...]
    """A hash of each link's searched text."""
    lengths: Int32
    """Number of words in each field of each link, and last in the text of its page, shape (links, fields + 1)."""
    words: Int32
    """The words as numbers, link after link and field after field, shape (sum of lengths,)."""
    pair_counts: Int32
    """Number of pairs of each link, shape (links,)."""
    pairs: Int32
    """Pairs of neighbouring words in titles, headings and curators' questions, as numbers, link after link."""
    word_table: tuple[str, ...]
    """Words by number, as the catalogue writes them."""
    tokens: tuple[str, ...]
    """The tokens of each word, separated by spaces."""
    spellings: tuple[str, ...]
    """Each word and its parts in lower case, separated by spaces."""
    pair_table: tuple[str, ...]
    """Pairs by number, in lower case: `first second joined`, where the last is the stem of both as one word."""

    @property
    def links(self) -> int:
        """Number of links."""
        return len(self.digests)


def analyse(
    links: Sequence[Link],
    before: Analysis | None = None,
    language: Language = DEFAULT,
    *,
    pages: Sequence[str] | None = None,
) -> Analysis:
    """Tokenise the links that `before` does not have; only the numbering of the words depends on `before`.

    `before` must be of the same language. `pages` has the text of each link's page, empty without one.
    """
    pages = pages or [""] * len(links)
    before = before or _NOTHING
    known = {digest: row for row, digest in enumerate(before.digests)}
    digests = tuple(map(_digest, links, pages))
    if digests == before.digests:
        return before
    new = dict.fromkeys(number for number, digest in enumerate(digests) if digest not in known)
    known.update((digests[number], before.links + row) for row, number in enumerate(new))
    numbering = _Numbering(before, language)
    for number in new:
        numbering.add(links[number], pages[number])
    rows = np.array([known[digest] for digest in digests], dtype=np.int64)
    return numbering.of(rows, digests)


class _Numbering:
    """Gives numbers to the words of new links, continuing those of an earlier analysis."""

    def __init__(self, before: Analysis, language: Language) -> None:
        self._language = language
        self._before = before
        self._words = {word: number for number, word in enumerate(before.word_table)}
        self._pairs = {pair.rpartition(" ")[0]: number for number, pair in enumerate(before.pair_table)}
        self._tokens = list(before.tokens)
        self._spellings = list(before.spellings)
        self._pair_table = list(before.pair_table)
        self._lengths: list[list[int]] = []
        self._new_words: list[int] = []
        self._pair_counts: list[int] = []
        self._new_pairs: list[int] = []

    def add(self, link: Link, page: str) -> None:
        """Tokenise one link, and the text of its page."""
        by_field = [self._language.words(text) for text in (*(field_text(link, field) for field in LinkField), page)]
        self._lengths.append(list(map(len, by_field)))
        self._new_words.extend(map(self._word, chain.from_iterable(by_field)))
        pairs = [
            self._pair(first, second)
            for text in (link.title, *link.section, *link.questions)
            for first, second in pairwise(self._language.words(text.lower()))
            if len(first) > 1 and len(second) > 1
        ]
        self._pair_counts.append(len(pairs))
        self._new_pairs.extend(pairs)

    def of(self, rows: Int64, digests: tuple[str, ...]) -> Analysis:
        """Return the analysis of some links by row: first the rows of the earlier analysis, then those added."""
        added = np.array(self._lengths, dtype=np.int32).reshape(-1, FIELDS)
        lengths = np.concatenate([self._before.lengths, added])
        numbers = np.concatenate([self._before.words, np.array(self._new_words, dtype=np.int32)])
        pair_counts = np.concatenate([self._before.pair_counts, np.array(self._pair_counts, dtype=np.int32)])
        pairs = np.concatenate([self._before.pairs, np.array(self._new_pairs, dtype=np.int32)])
        numbers = numbers[places(lengths.sum(axis=1), rows)]
        word_is_used, numbers = _used(numbers, len(self._words))
        pair_is_used, pairs = _used(pairs[places(pair_counts, rows)], len(self._pairs))
        return Analysis(
            digests=digests,
            lengths=lengths[rows],
            words=numbers,
            pair_counts=pair_counts[rows],
            pairs=pairs,
            word_table=tuple(compress(self._words, word_is_used)),
            tokens=tuple(compress(self._tokens, word_is_used)),
            spellings=tuple(compress(self._spellings, word_is_used)),
            pair_table=tuple(compress(self._pair_table, pair_is_used)),
        )

    def _word(self, word: str) -> int:
        number = self._words.setdefault(word, len(self._words))
        if number == len(self._tokens):
            self._tokens.append(" ".join(self._language.analysed(word)))
            self._spellings.append(" ".join(spellings(word)))
        return number

    def _pair(self, first: str, second: str) -> int:
        number = self._pairs.setdefault(f"{first} {second}", len(self._pairs))
        if number == len(self._pair_table):
            self._pair_table.append(f"{first} {second} {self._language.stem(first + second)}")
        return number


def places(lengths: Integers, rows: Integers) -> Int64:
    """Return the positions of some rows' items in an array that holds `lengths[row]` items of each row in turn."""
    starts = np.concatenate([[0], np.cumsum(lengths)])
    wanted = lengths[rows]
    shifts = np.repeat(starts[rows] - (np.cumsum(wanted) - wanted), wanted)
    found: Int64 = np.arange(len(shifts)) + shifts
    return found


def _used(numbers: Int32, count: int) -> tuple[list[bool], Int32]:
    """Return which of `count` numbers occur in `numbers`, and `numbers` renumbered without the unused ones."""
    is_used = np.bincount(numbers, minlength=count) > 0
    renumbered = (np.cumsum(is_used) - 1).astype(np.int32)
    return is_used.tolist(), renumbered[numbers]


def _digest(link: Link, page: str) -> str:
    """Return a hash of everything that `Analysis` holds of a link."""
    said = (link.url, link.publisher, link.title, link.description, link.questions, link.sections, link.tags, page)
    # Version 2 of the format writes equal values as equal bytes, and any text.
    return hashlib.blake2b(marshal.dumps(said, 2), digest_size=_DIGEST_BYTES).hexdigest()


class AnalysisCache:
    """The analysis of the last build, in one file with its own SHA-256."""

    def __init__(self, folder: Path, *, fresh: bool = False, language: Language = DEFAULT) -> None:
        """`fresh` forgets what was kept; what was kept in another language counts as nothing."""
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / ANALYSIS_FILE
        self._aside = self._path.with_suffix(".new")
        self._aside.unlink(missing_ok=True)  # left by a build that was killed
        if fresh:
            self._path.unlink(missing_ok=True)
        self._version = code_version(_CODE, ("PyStemmer", "numpy")) + language.code.encode()

    def load(self) -> Analysis | None:
        """Return what was kept; None when it is missing, damaged, or from another version of the program."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return None
        digest, body = content[:_CHECKSUM_BYTES], content[_CHECKSUM_BYTES:]
        return _unpacked(body) if digest == self._checksum(body) else None

    def save(self, analysis: Analysis) -> None:
        """Keep an analysis in place of the one kept before."""
        body = _packed(analysis)
        self._aside.write_bytes(self._checksum(body) + body)
        self._aside.replace(self._path)

    def _checksum(self, body: bytes) -> bytes:
        return hashlib.sha256(self._version + body).digest()


def _packed(analysis: Analysis) -> bytes:
    file = io.BytesIO()
    for one in fields(Analysis):
        value = getattr(analysis, one.name)
        is_table = isinstance(value, tuple)
        array = np.frombuffer("\n".join(value).encode(), dtype=np.uint8) if is_table else value
        np.save(file, array, allow_pickle=False)
    return file.getvalue()


def _unpacked(body: bytes) -> Analysis:
    file = io.BytesIO(body)
    found: dict[str, Any] = {}
    for one in fields(Analysis):
        array = np.load(file, allow_pickle=False)
        is_table = array.dtype == np.uint8
        found[one.name] = tuple(array.tobytes().decode().split("\n")) if is_table else array
    return Analysis(**found)


_NO_NUMBERS: Final = np.empty(0, dtype=np.int32)
_NOTHING: Final = Analysis(
    digests=(),
    lengths=_NO_NUMBERS.reshape(0, FIELDS),
    words=_NO_NUMBERS,
    pair_counts=_NO_NUMBERS,
    pairs=_NO_NUMBERS,
    word_table=(),
    tokens=(),
    spellings=(),
    pair_table=(),
)
