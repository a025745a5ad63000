"""Small sections: what the best link of one answers, the others may too, most where their own texts say little."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from index.numeric import Bools, Float32, Int32, Int64

#: A section of more links is about many things, and one with more than this share of all links about what the list is about.
MOST: Final = 25
SHARE: Final = 0.25


@dataclass(frozen=True, slots=True)
class SmallSections:
    """The links of the small sections, section by section. Immutable; safe for several threads."""

    rows: Int64
    """Shape (members,)."""
    starts: Int64
    """Where each section begins, shape (small sections,)."""
    counts: Int64
    """Number of links of each, shape (small sections,)."""

    @classmethod
    def of(cls, section_of: Int32, paths: Sequence[Sequence[str]]) -> Self:
        """Find them; links without a heading above them are in none. `section_of` has for each link a position in `paths`."""
        counts = np.bincount(section_of, minlength=len(paths))
        headed: Bools = np.array([bool(path) for path in paths], dtype=np.bool_)
        is_small = headed & (counts > 1) & (counts <= min(MOST, SHARE * len(section_of)))
        order = np.argsort(section_of, kind="stable")
        counts = counts[is_small]
        return cls(order[is_small[section_of[order]]], np.cumsum(counts) - counts, counts)

    def lead(self, cosines: Float32) -> Float32:
        """Return by how much the best link of its small section is ahead of each link, 0 or more, shape (links,)."""
        found = np.zeros(len(cosines), dtype=np.float32)
        if len(self.rows):
            members = cosines[self.rows]
            found[self.rows] = np.repeat(np.maximum.reduceat(members, self.starts), self.counts) - members
        return found
