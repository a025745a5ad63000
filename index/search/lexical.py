"""The lexical channel: BM25 over the fields of a link, one score per field, computed when the index is built."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from index.numeric import Float32, Int32, Int64
from index.search.language import DEFAULT, ENGLISH, Language, language

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
        """Open what `save` wrote; the postings are memory-mapped."""
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
            language=language(content.get("language", ENGLISH)),
        )
