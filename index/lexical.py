"""The lexical channel: BM25 over the fields of a link, one score per field.

BM25 is computed when the index is built, by bm25s (https://arxiv.org/abs/2407.03618, Lucene's variant), so that a
question only adds up stored numbers.
"""

import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from index.catalogue.link import Link
from index.catalogue.urls import host
from index.text import analysed, spellings, stem, words

TOKENS_FILE: Final = "tokens.json"
POSTINGS_FILES: Final = ("starts.npy", "rows.npy", "scores.npy", "idf.npy")

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int32]


class Field(IntEnum):
    """The fields of a link that are searched, in the order of the score columns."""

    TITLE = 0
    DESCRIPTION = 1
    QUESTIONS = 2
    SECTION = 3
    ADDRESS = 4
    """Publisher, host and the words of the URL's path."""


def address_words(link: Link) -> str:
    """Return publisher, host and path of a link as words; numbers and hashes in the path are left out."""
    _, _, path = link.url.partition("://")
    _, _, path = path.partition("/")
    path_words = [word for word in words(path.split("?")[0].replace("-", " ").replace("_", " ")) if word.isalpha()]
    name = host(link.url).removeprefix("www.")
    labels = [label for label in name.split(".")[:-1] if label not in {"blog", "docs", "medium", "github"}]
    return " ".join([link.publisher, name, *labels, *path_words])


def field_text(link: Link, field: Field) -> str:
    """Return what one field of a link says."""
    match field:
        case Field.TITLE:
            return link.title
        case Field.DESCRIPTION:
            return link.description
        case Field.QUESTIONS:
            return " ".join(link.questions)
        case Field.SECTION:
            return " ".join((*link.section, *link.tags))
        case Field.ADDRESS:
            return address_words(link)


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


def build_lexical(links: Sequence[Link]) -> LexicalIndex:
    """Index the fields of `links`, at least one; the same links give the same index."""
    written = [[words(field_text(link, field)) for link in links] for field in Field]
    by_field = [[[token for word in link for token in analysed(word)] for link in field] for field in written]
    ids = {
        token: number for number, token in enumerate(sorted({t for field in by_field for link in field for t in link}))
    }
    numbered = [[[ids[token] for token in link] for link in field] for field in by_field]
    columns = [_bm25(field, ids) for field in numbered]
    postings = np.unique(np.concatenate([keys for keys, _ in columns]))
    token_of, row_of = np.divmod(postings, len(links))
    counts = np.bincount(token_of, minlength=len(ids))
    scores = np.zeros((len(postings), len(Field)), dtype=np.float32)
    for column, (keys, values) in enumerate(columns):
        scores[np.searchsorted(postings, keys), column] = values
    return LexicalIndex(
        ids=ids,
        surface=_surface(written),
        compounds=_compounds(ids, links),
        starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        rows=row_of.astype(np.int32),
        scores=scores,
        idf=np.log(1 + (len(links) - counts + 0.5) / (counts + 0.5)).astype(np.float32),
        links=len(links),
    )


def _bm25(field: list[list[int]], ids: Mapping[str, int]) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return keys (token number * links + row) and BM25 scores of one field."""
    if not any(field):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
    import bm25s  # noqa: PLC0415 - only a build needs it, and it takes scipy along where that is installed

    logging.getLogger("bm25s").setLevel(logging.WARNING)  # it reports every step as DEBUG
    model = bm25s.BM25(method="lucene", k1=1.2, b=0.6)
    model.index(bm25s.tokenization.Tokenized(ids=field, vocab=dict(ids)), show_progress=False, leave_progress=False)
    starts = np.asarray(model.scores["indptr"], dtype=np.int64)
    token_of = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    keys = token_of * len(field) + np.asarray(model.scores["indices"], dtype=np.int64)
    return keys, np.asarray(model.scores["data"], dtype=np.float32)


def _surface(written: Sequence[Sequence[Sequence[str]]]) -> dict[str, int]:
    """Count the links that have each lower-case word, pieces of compounds included."""
    counts: Counter[str] = Counter()
    for link in zip(*written, strict=True):
        counts.update({piece for word in set().union(*link) for piece in spellings(word)})
    return dict(sorted(counts.items()))


def _compounds(ids: Mapping[str, int], links: Sequence[Link]) -> dict[str, tuple[str, ...]]:
    """Find neighbours that the catalogue also writes as one word, in titles, sections and curators' questions."""
    pairs: set[tuple[str, str]] = set()
    for text in {text for link in links for text in (link.title, *link.section, *link.questions)}:
        pairs.update(pairwise(words(text.lower())))
    found = {
        joined: (stem(first), stem(second))
        for first, second in sorted(pairs)
        if len(first) > 1 and len(second) > 1 and (joined := stem(first + second)) in ids
    }
    return {
        key: value
        for joined, pieces in sorted(found.items())
        for key, value in ((joined, pieces), (" ".join(pieces), (joined,)))
    }
