"""The dense channel: exact cosines between a question and every vector of the catalogue.

Vectors are kept as int8 with one scale each: a quarter of the memory, and integer products that are the same on every
machine. The largest change of a cosine by this rounding is recorded in docs/quality.md.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from index.numeric import Float32, Float64, Int8, Int32, Int64, Vectors
from index.search.stored import expect, read_array, within

try:
    import numkong
except ImportError:  # no wheel for this machine and Python
    WITH_NUMKONG = False
else:
    WITH_NUMKONG = True

DENSE_FILES: Final = ("vectors.npy", "scales.npy", "question_rows.npy", "question_numbers.npy")
_LARGEST: Final = 127


def quantise(vectors: Vectors) -> tuple[Int8, Float32]:
    """Return int8 rows and their scales: `rows * scales[:, None]` is close to `vectors`, shape (n, dimensions)."""
    scales = np.abs(vectors).max(axis=1, initial=0.0) / _LARGEST
    scales = np.where(scales > 0, scales, 1.0).astype(np.float32)
    return np.rint(vectors / scales[:, None]).astype(np.int8), scales


def products(query: Int8, rows: Int8) -> Float64:
    """Return the product of `query`, shape (dimensions,), with each row; exact integers, so both ways below agree."""
    if WITH_NUMKONG:
        found: Float64 | Int32 = np.asarray(numkong.cdist(query[None, :], rows, "dot"))[0]
    else:  # numpy without BLAS, which has no integer products: seven times as slow
        found = np.einsum("ij,j->i", rows, query, dtype=np.int32)
    return found.astype(np.float64, copy=False)


@dataclass(frozen=True, slots=True)
class DenseIndex:
    """One vector for each link's text, then one for each curator's question. Immutable; safe for several threads."""

    vectors: Int8
    """Shape (links + questions, dimensions)."""
    scales: Float32
    question_rows: Int32
    """The link of each question vector, ascending, shape (questions,)."""
    question_numbers: Int32
    """The number of each question among those of its link, from 0."""
    floor: float = 0.0
    """Cosine that the encoder gives to unrelated texts: it counts as 0, and what is above it is spread out to 1."""
    _starts: Int64 = field(init=False, repr=False, compare=False)
    """Start of each link's questions, then the end of the last, shape (links + 1,)."""
    _with_questions: Int64 = field(init=False, repr=False, compare=False)
    """The links that have questions, ascending."""

    def __post_init__(self) -> None:
        starts = np.searchsorted(self.question_rows, np.arange(self.links + 1))
        object.__setattr__(self, "_starts", starts)
        object.__setattr__(self, "_with_questions", np.flatnonzero(np.diff(starts)))

    @property
    def links(self) -> int:
        """Number of links."""
        return len(self.vectors) - len(self.question_rows)

    def similarities(self, vector: Vectors) -> tuple[Float32, Float32]:
        """Return the cosine of a unit vector with every link's text (links,) and with every question (questions,)."""
        query, scale = quantise(vector[None, :])
        cosines = (products(query[0], self.vectors) * self.scales * scale[0]).astype(np.float32)
        if self.floor:
            cosines = (cosines - np.float32(self.floor)) / np.float32(1 - self.floor)
        return cosines[: self.links], cosines[self.links :]

    def best_question(self, by_question: Float32) -> Float32:
        """Return each link's best cosine over its questions, shape (links,); -1 for a link without questions."""
        best = np.full(self.links, -1.0, dtype=np.float32)
        if len(by_question):
            best[self._with_questions] = np.maximum.reduceat(by_question, self._starts[self._with_questions])
        return best

    def questions_of(self, link: int) -> tuple[int, int]:
        """Return start and end of a link's questions among all questions."""
        return int(self._starts[link]), int(self._starts[link + 1])

    def without_questions(self) -> "DenseIndex":
        """Return an index with the links' texts only."""
        none = self.question_rows[:0]
        return DenseIndex(self.vectors[: self.links], self.scales[: self.links], none, none, self.floor)

    def save(self, folder: Path) -> None:
        """Write the arrays into `folder`, which must exist."""
        arrays: tuple[npt.NDArray[Any], ...] = (self.vectors, self.scales, self.question_rows, self.question_numbers)
        for name, array in zip(DENSE_FILES, arrays, strict=True):
            np.save(folder / name, array, allow_pickle=False)

    @classmethod
    def open(cls, folder: Path, *, floor: float = 0.0) -> "DenseIndex":
        """Read what `save` wrote; BundleDamagedError if it is something else. `floor` is the encoder's."""
        paths = [folder / name for name in DENSE_FILES]
        vectors, scales = read_array(paths[0], np.int8, 2), read_array(paths[1], np.float32)
        rows, numbers = read_array(paths[2], np.int32), read_array(paths[3], np.int32)
        expect(paths[1], len(scales) == len(vectors))
        expect(paths[2], within(rows, len(vectors) - len(rows)), (np.diff(rows) >= 0).all())
        expect(paths[3], len(numbers) == len(rows), within(numbers, len(rows)))
        return cls(vectors, scales, rows, numbers, floor)
