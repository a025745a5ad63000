"""The lexical channel: BM25 over the fields of a link, one score per field, computed when the index is built."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from index.numeric import Float32, Int32, Int64
from index.search.fields import LinkField
from index.search.language import DEFAULT, ENGLISH, Language, language
from index.search.stored import expect, read_array, read_object, within

TOKENS_FILE: Final = "tokens.json"
POSTINGS_FILES: Final = ("starts.npy", "rows.npy", "scores.npy", "idf.npy")


@dataclass(frozen=True, slots=True)
class LexicalIndex:
    """Postings of every token with one BM25 score per field. Immutable; safe to read from several threads."""

    ids: Mapping[str, int]
    """Token to its number."""
    surface: Mapping[str, int]
    """Lower-case word of the catalogue, to the number of links that have it."""
    compounds: Mapping[str, tuple[str, ...]]
    """Joined token to its parts, and parts (joined by a space) to the joined token: `loadbalanc`, `load balanc`."""
    starts: Int64
    """Start of each token's postings, then the end of the last, shape (tokens + 1,)."""
    rows: Int32
    """Link numbers, ascending within a token, shape (postings,)."""
    scores: Float32
    """BM25 by field, shape (postings, fields)."""
    idf: Float32
    """Inverse document frequency over whole links, shape (tokens,)."""
    links: int
    language: Language = DEFAULT
    """By which the catalogue was read, and questions must be."""

    @property
    def unknown_idf(self) -> float:
        """The weight of a word that no link has: the highest possible idf."""
        return float(np.log(1 + (self.links + 0.5) / 0.5))

    def postings(self, token: str) -> tuple[Int32, Float32] | None:
        """Return link numbers (k,) and their scores (k, fields) for a token, or None when no link has it."""
        number = self.ids.get(token)
        if number is None:
            return None
        start, end = int(self.starts[number]), int(self.starts[number + 1])
        return self.rows[start:end], self.scores[start:end]

    def rows_of(self, token: str) -> Int32:
        """Return the numbers of the links that have a token, ascending."""
        postings = self.postings(token)
        return postings[0] if postings is not None else np.empty(0, dtype=np.int32)

    def rows_of_all(self, tokens: Sequence[str]) -> Int32:
        """Return the numbers of the links that have every one of some tokens, ascending; without tokens, all links."""
        rows = np.arange(self.links, dtype=np.int32)
        for token in tokens:
            rows = np.intersect1d(rows, self.rows_of(token), assume_unique=True)
        return rows

    def weight(self, token: str) -> float:
        """Return the token's inverse document frequency."""
        number = self.ids.get(token)
        return self.unknown_idf if number is None else float(self.idf[number])

    def save(self, folder: Path) -> None:
        """Write the files of the index into `folder`, which must exist; equal indexes are written as equal bytes."""
        arrays: tuple[npt.NDArray[Any], ...] = (self.starts, self.rows, self.scores, self.idf)
        for name, array in zip(POSTINGS_FILES, arrays, strict=True):
            np.save(folder / name, array, allow_pickle=False)
        content: dict[str, Any] = {
            "links": self.links,
            "tokens": list(self.ids),
            "surface": dict(self.surface),
            "compounds": {key: list(value) for key, value in self.compounds.items()},
        }
        if not self.language.is_english:
            content["language"] = self.language.code
        (folder / TOKENS_FILE).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path) -> "LexicalIndex":
        """Read what `save` wrote; BundleDamagedError if it is something else."""
        content = read_object(folder / TOKENS_FILE)
        tokens, surface, links = content["tokens"], content["surface"], content["links"]
        compounds = {key: tuple(value) for key, value in content["compounds"].items()}
        expect(
            folder / TOKENS_FILE,
            {str} >= set(map(type, chain(tokens, *compounds.values()))),
            {int} >= {type(links), *map(type, surface.values())},
        )
        paths = [folder / name for name in POSTINGS_FILES]
        starts, rows = read_array(paths[0], np.int64), read_array(paths[1], np.int32)
        scores, idf = read_array(paths[2], np.float32, 2), read_array(paths[3], np.float32)
        is_whole = len(starts) == len(tokens) + 1 and starts[0] == 0 and starts[-1] == len(rows)
        expect(paths[0], is_whole, (np.diff(starts) >= 0).all())
        expect(paths[1], within(rows, links))
        expect(paths[2], scores.shape == (len(rows), len(LinkField)))
        expect(paths[3], len(idf) == len(tokens))
        return cls(
            ids={token: number for number, token in enumerate(tokens)},
            surface=surface,
            compounds=compounds,
            starts=starts,
            rows=rows,
            scores=scores,
            idf=idf,
            links=links,
            language=language(content.get("language", ENGLISH)),
        )
