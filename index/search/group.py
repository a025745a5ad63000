"""Questions that mean much the same, in groups."""

from typing import Final

import numpy as np

from index.numeric import Float64, Vectors

#: Groups of questions with at least this mean cosine ask for the same thing.
ALIKE: Final = 0.6
#: Further questions are not compared, because the work grows with the square of their number.
MOST: Final = 1_000


def group(vectors: Vectors, alike: float = ALIKE, *, floor: float = 0.0) -> tuple[tuple[int, ...], ...]:
    """Return groups of the rows of `vectors` (a unit vector for each question), in the order of the rows.

    Agglomerative clustering with average linkage: the two most similar groups are joined (of equal pairs the earlier
    one) until no two groups reach `alike`. The same rows always form the same groups. Each row beyond `MOST` is a group
    of its own. `floor` is the encoder's cosine of unrelated texts, which counts as 0.
    """
    alike = floor + alike * (1 - floor)
    compared = min(len(vectors), MOST)
    groups = [[row] for row in range(compared)]
    sums = vectors[:compared].astype(np.float64)
    sizes = np.ones(compared)
    cosines: Float64 = sums @ sums.T
    np.fill_diagonal(cosines, -np.inf)
    while compared:
        first, second = sorted(divmod(int(np.argmax(cosines)), compared))
        if cosines[first, second] < alike:
            break
        groups[first] += groups[second]
        groups[second] = []
        sums[first] += sums[second]
        sizes[first] += sizes[second]
        cosines[second, :] = cosines[:, second] = -np.inf
        alive = np.isfinite(cosines[first])
        cosines[first, alive] = cosines[alive, first] = (sums[alive] @ sums[first]) / (sizes[alive] * sizes[first])
    united = [tuple(sorted(members)) for members in groups if members]
    return (*united, *((row,) for row in range(compared, len(vectors))))
