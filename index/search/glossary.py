"""What a catalogue's terms are in plain words.

Who does not know a term asks for what it does ("the power plants of a cell"); links are titled by the term ("Mitochondria"),
and nothing in an encoder of this size makes the two one. A glossary does: a bundle has the entries whose terms its links write.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from index.numeric import Float32, Int8, Int32, Vectors
from index.search.dense import DenseIndex
from index.search.stored import expect, read_array, within

GLOSSARY_FILES: Final = ("glossary.npy", "glossary_scales.npy", "glossary_starts.npy", "glossary_rows.npy")
#: Cosine with a question from which on an entry says anything of it.
START: Final = 0.35


@dataclass(frozen=True, slots=True)
class Glossary:
    """The entries of one catalogue. Immutable; safe for several threads."""

    entries: DenseIndex
    """One vector for the plain words of each."""
    starts: Int32
    """Start of each entry's links in `rows`, then the end of the last, shape (entries + 1,)."""
    rows: Int32
    """The links that write a term of an entry, ascending in each."""

    @classmethod
    def of(cls, vectors: Int8, scales: Float32, links: Sequence[Sequence[int]], *, floor: float = 0.0) -> Self:
        """Return the glossary of quantised vectors and the links of each entry; `floor` is the encoder's."""
        none = np.empty(0, dtype=np.int32)
        starts = np.cumsum([0, *map(len, links)], dtype=np.int32)
        rows = np.array([row for some in links for row in some], dtype=np.int32)
        return cls(DenseIndex(vectors, scales, none, none, floor), starts, rows)

    @classmethod
    def none(cls, dimensions: int) -> Self:
        """Return a glossary without entries."""
        return cls.of(np.empty((0, dimensions), dtype=np.int8), np.empty(0, dtype=np.float32), [])

    def nearest(self, vector: Vectors, links: int) -> Float32:
        """Return for each link the best cosine, above START, of a unit vector with an entry of it, shape (links,).

        -1 for a link without such an entry.
        """
        best = np.full(links, -1.0, dtype=np.float32)
        if self.entries.links:
            cosines = self.entries.similarities(vector)[0]
            near = np.flatnonzero(cosines > START)
            near = near[np.argsort(cosines[near], kind="stable")]
            starts, counts = self.starts[near], self.starts[near + 1] - self.starts[near]
            # The places in `rows` of one entry after the other: a count through all of them, moved to where each begins.
            places = np.arange(counts.sum()) + np.repeat(starts - (np.cumsum(counts) - counts), counts)
            # Of the values for one link numpy keeps the last, which is the highest.
            best[self.rows[places]] = np.repeat(cosines[near], counts)
        return best

    def save(self, folder: Path) -> None:
        """Write the arrays into `folder`, which must exist."""
        arrays: tuple[npt.NDArray[Any], ...] = (self.entries.vectors, self.entries.scales, self.starts, self.rows)
        for name, array in zip(GLOSSARY_FILES, arrays, strict=True):
            np.save(folder / name, array, allow_pickle=False)

    @classmethod
    def open(cls, folder: Path, dimensions: int, links: int, *, floor: float = 0.0) -> Self:
        """Read what `save` wrote; BundleDamagedError if it is something else. A bundle of before has no entries."""
        paths = [folder / name for name in GLOSSARY_FILES]
        if not any(path.exists() for path in paths):
            return cls.none(dimensions)
        vectors, scales = read_array(paths[0], np.int8, 2), read_array(paths[1], np.float32)
        starts, rows = read_array(paths[2], np.int32), read_array(paths[3], np.int32)
        expect(paths[0], vectors.shape[1] == dimensions)
        expect(paths[1], len(scales) == len(vectors))
        expect(paths[2], len(starts) == len(vectors) + 1)
        expect(paths[2], starts[0] == 0, (np.diff(starts) > 0).all())
        expect(paths[3], within(rows, links), len(rows) == starts[-1])
        none = np.empty(0, dtype=np.int32)
        return cls(DenseIndex(vectors, scales, none, none, floor), starts, rows)
