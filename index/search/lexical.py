"""The lexical channel: BM25 over the fields of a link, one score per field.

BM25 is computed when the index is built, so that a question only adds up stored numbers.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from index.builder.analysis import Analysis, AnalysisCache, analyse, places
from index.catalogue.link import Link
from index.search.fields import Field
from index.search.words import stem

TOKENS_FILE: Final = "tokens.json"
POSTINGS_FILES: Final = ("starts.npy", "rows.npy", "scores.npy", "idf.npy")
#: How soon more of the same word stops counting, and how much a long field's length counts against it.
K1: Final = 1.2
B: Final = 0.6

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class LexicalIndex:
    """Postings of every token with one BM25 score per field. Immutable; safe to read from several threads."""

    ids: Mapping[str, int]
    """Token to its number."""
    surface: Mapping[str, int]
    """Lower-case word as the catalogue writes it, to the number of links that have it."""
    compounds: Mapping[str, tuple[str, ...]]
    """A joined token to its parts, and parts (with a space between) to the joined token: `loadbalanc`, `load balanc`."""
    starts: npt.NDArray[np.int64]
    """Where each token's postings begin, shape (tokens + 1,)."""
    rows: Rows
    """Link numbers, ascending within a token, shape (postings,)."""
    scores: Floats
    """BM25 by field, shape (postings, fields)."""
    idf: Floats
    """Inverse document frequency over whole links, shape (tokens,)."""
    links: int

    @property
    def unknown_idf(self) -> float:
        """The weight of a word that no link has: as rare as a word can be."""
        return float(np.log(1 + (self.links + 0.5) / 0.5))

    def postings(self, token: str) -> tuple[Rows, Floats] | None:
        """Return link numbers (k,) and their scores (k, fields) for a token, or None where no link has it."""
        number = self.ids.get(token)
        if number is None:
            return None
        start, end = int(self.starts[number]), int(self.starts[number + 1])
        return self.rows[start:end], self.scores[start:end]

    def rows_of(self, token: str) -> Rows:
        """Return the numbers of the links that have a token, ascending."""
        postings = self.postings(token)
        return postings[0] if postings is not None else np.empty(0, dtype=np.int32)

    def weight(self, token: str) -> float:
        """Return the token's inverse document frequency."""
        number = self.ids.get(token)
        return self.unknown_idf if number is None else float(self.idf[number])

    def save(self, folder: Path) -> None:
        """Write the files of the index into `folder`, which exists; equal indexes give equal bytes."""
        arrays: tuple[npt.NDArray[Any], ...] = (self.starts, self.rows, self.scores, self.idf)
        for name, array in zip(POSTINGS_FILES, arrays, strict=True):
            np.save(folder / name, array, allow_pickle=False)
        content = {
            "links": self.links,
            "tokens": list(self.ids),
            "surface": dict(self.surface),
            "compounds": {key: list(value) for key, value in self.compounds.items()},
        }
        (folder / TOKENS_FILE).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path) -> "LexicalIndex":
        """Open what `save` wrote; the postings stay on disk until they are read."""
        content = json.loads((folder / TOKENS_FILE).read_text(encoding="utf-8"))
        starts, rows, scores, idf = (np.load(folder / name, mmap_mode="r") for name in POSTINGS_FILES)
        return cls(
            ids={token: number for number, token in enumerate(content["tokens"])},
            surface=content["surface"],
            compounds={key: tuple(value) for key, value in content["compounds"].items()},
            starts=np.asarray(starts),
            rows=np.asarray(rows),
            scores=np.asarray(scores),
            idf=np.asarray(idf),
            links=content["links"],
        )


def build_lexical(links: Sequence[Link], kept: AnalysisCache | None = None) -> LexicalIndex:
    """Index the fields of `links`, at least one; the same links give the same index, whatever was `kept`."""
    before = kept.load() if kept else None
    analysis = analyse(links, before)
    if kept and analysis is not before:
        kept.save(analysis)
    return _indexed(analysis)


def _indexed(analysis: Analysis) -> LexicalIndex:
    """Index links that were taken apart; how their words are numbered leaves no trace."""
    tokens_of = _Pieces.of(analysis.tokens)
    links_of = np.repeat(np.arange(analysis.links), analysis.lengths.sum(axis=1))
    field_of = np.repeat(np.tile(np.arange(len(Field), dtype=np.int8), analysis.links), analysis.lengths.reshape(-1))
    columns = []
    for field in Field:
        is_here = field_of == field
        tokens, links = tokens_of.expand(analysis.words[is_here], links_of[is_here])
        columns.append(_bm25(tokens, links, analysis.links))
    postings = _distinct(np.concatenate([keys for keys, _ in columns]))
    token_of, row_of = np.divmod(postings, analysis.links)
    counts = np.bincount(token_of, minlength=len(tokens_of.names))
    scores = np.zeros((len(postings), len(Field)), dtype=np.float32)
    for column, (keys, values) in enumerate(columns):
        scores[np.searchsorted(postings, keys), column] = values
    ids = {token: number for number, token in enumerate(tokens_of.names)}
    return LexicalIndex(
        ids=ids,
        surface=_surface(analysis, links_of),
        compounds=_compounds(ids, analysis.pair_table),
        starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        rows=row_of.astype(np.int32),
        scores=scores,
        idf=np.log(1 + (analysis.links - counts + 0.5) / (counts + 0.5)).astype(np.float32),
        links=analysis.links,
    )


@dataclass(frozen=True, slots=True)
class _Pieces:
    """What words consist of: tokens, or spellings."""

    names: list[str]
    """Distinct pieces, sorted."""
    lengths: npt.NDArray[np.int64]
    """How many each word has, shape (words,)."""
    numbers: npt.NDArray[np.int64]
    """Their places in `names`, word after word."""

    @classmethod
    def of(cls, entries: Iterable[str]) -> "_Pieces":
        """Take apart an entry a word, pieces with spaces between."""
        pieces = [entry.split() for entry in entries]
        flat = list(chain.from_iterable(pieces))
        names = sorted(set(flat))
        number_of = {name: number for number, name in enumerate(names)}
        numbers = np.fromiter(map(number_of.__getitem__, flat), dtype=np.int64, count=len(flat))
        return cls(names, np.fromiter(map(len, pieces), dtype=np.int64, count=len(pieces)), numbers)

    def expand(
        self, words: npt.NDArray[np.integer[Any]], links: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the pieces of words, and the link of each piece where `links` has that of each word."""
        return self.numbers[places(self.lengths, words)], np.repeat(links, self.lengths[words])


def _bm25(
    tokens: npt.NDArray[np.int64], links: npt.NDArray[np.int64], count: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return keys (token * count + link), ascending, and BM25 scores of one field from every token's link.

    Lucene's variant as in https://arxiv.org/abs/2407.03618, to the last bit what bm25s gives.
    """
    keys, frequencies = np.unique(tokens * count + links, return_counts=True)
    token_of, link_of = np.divmod(keys, count)
    lengths = np.bincount(links, minlength=count)
    document_frequencies = np.bincount(token_of)
    distinct, kind = np.unique(document_frequencies, return_inverse=True)
    rarity = np.array([math.log(1 + (count - number + 0.5) / (number + 0.5)) for number in distinct.tolist()])
    idf = rarity.astype(np.float32)[kind]
    saturation = K1 * ((1 - B) + B * lengths / lengths.mean()) if len(keys) else lengths
    return keys, idf[token_of] * (frequencies / (saturation[link_of] + frequencies))


def _distinct(keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return each key once, ascending; numpy's own `unique` takes three times as long."""
    ascending = np.sort(keys)
    return ascending[np.diff(ascending, prepend=-1) > 0]


def _surface(analysis: Analysis, links_of: npt.NDArray[np.int64]) -> dict[str, int]:
    """Count the links that have each lower-case word, pieces of compounds included."""
    spellings_of = _Pieces.of(analysis.spellings)
    pieces, links = spellings_of.expand(analysis.words, links_of)
    having = _distinct(pieces * analysis.links + links) // analysis.links
    counts = np.bincount(having, minlength=len(spellings_of.names))
    return dict(zip(spellings_of.names, counts.tolist(), strict=True))


def _compounds(ids: Mapping[str, int], pairs: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Find neighbours that the catalogue also writes as one word, in titles, sections and curators' questions."""
    found = {}
    for pair in sorted(pair for pair in pairs if pair.rpartition(" ")[2] in ids):
        first, second, joined = pair.split(" ")
        found[joined] = (stem(first), stem(second))
    return {
        key: value
        for joined, pieces in sorted(found.items())
        for key, value in ((joined, pieces), (" ".join(pieces), (joined,)))
    }
