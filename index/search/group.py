"""Questions that mean much the same, in groups."""

from typing import Final

import numpy as np

from index.numeric import Float64, Vectors

#: Questions whose cosines are this on average ask for the same thing.
ALIKE: Final = 0.6
#: More are not compared: the work grows with the square of their number.
MOST: Final = 1_000


def group(vectors: Vectors, alike: float = ALIKE) -> tuple[tuple[int, ...], ...]:
    """Return the rows of `vectors` (unit vectors, one a question) in groups, each group and all groups in the rows' order.

    Agglomerative with average linkage: the two groups whose members are most alike on average are united, the earlier
    pair of equal ones first, until no two groups reach `alike`. The same rows give the same groups. Rows beyond `MOST`
    are groups of their own.
    """
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
