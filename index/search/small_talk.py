"""Lines that no list answers, and how near a question is to them.

Office talk and greetings resemble some link of nearly every list; they resemble each other more. A bundle has the vectors of
the lines, made by its own encoder.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np

from index.numeric import Float32, Int8, Vectors
from index.search.dense import DenseIndex
from index.search.stored import expect, read_array

SMALL_TALK_FILES: Final = ("small_talk.npy", "small_talk_scales.npy")
#: As many of the nearest lines are looked at: one alone may resemble a question by accident.
NEAREST: Final = 5
#: A line from this cosine on is the question itself. It is left out, so that lines are judged like what they stand for.
#: Processors round the sums of an int8 encoder differently: vectors of one line made on two of them had a cosine of 0.98 and
#: more, those of two lines one of 0.85 at most.
SAME: Final = 0.97


@dataclass(frozen=True, slots=True)
class SmallTalk:
    """The vectors of the lines. Immutable; safe for several threads."""

    lines: DenseIndex

    @classmethod
    def of(cls, rows: Int8, scales: Float32, *, floor: float = 0.0) -> Self:
        """Return the small talk of quantised vectors; `floor` is the encoder's."""
        none = np.empty(0, dtype=np.int32)
        return cls(DenseIndex(rows, scales, none, none, floor))

    def nearness(self, vector: Vectors) -> float:
        """Return the mean cosine of a unit vector with the nearest lines; 0 without lines."""
        if not self.lines.links:
            return 0.0
        cosines = np.sort(self.lines.similarities(vector)[0])[::-1]
        nearest = cosines[cosines < SAME][:NEAREST]
        return float(nearest.mean(dtype=np.float64)) if len(nearest) else 0.0

    def save(self, folder: Path) -> None:
        """Write the arrays into `folder`, which must exist."""
        rows, scales = SMALL_TALK_FILES
        np.save(folder / rows, self.lines.vectors, allow_pickle=False)
        np.save(folder / scales, self.lines.scales, allow_pickle=False)

    @classmethod
    def open(cls, folder: Path, dimensions: int, *, floor: float = 0.0) -> Self:
        """Read what `save` wrote; BundleDamagedError if it is something else. A bundle of before has no lines."""
        paths = [folder / name for name in SMALL_TALK_FILES]
        if not any(path.exists() for path in paths):
            return cls.of(np.empty((0, dimensions), dtype=np.int8), np.empty(0, dtype=np.float32), floor=floor)
        rows, scales = read_array(paths[0], np.int8, 2), read_array(paths[1], np.float32)
        expect(paths[0], rows.shape[1] == dimensions)
        expect(paths[1], len(scales) == len(rows))
        return cls.of(rows, scales, floor=floor)
