"""Questions in groups of one meaning."""

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from index.numeric import Vectors
from index.search.group import group


def unit(*rows: tuple[float, ...]) -> Vectors:
    """Return rows of length one."""
    vectors = np.array(rows, dtype=np.float32).reshape(len(rows), -1)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / lengths, dtype=np.float32)


def test_what_is_alike_is_one_group() -> None:
    """Groups come in the order of their first rows, and so do their members."""
    vectors = unit((1, 0, 0), (0, 1, 0), (1, 0.1, 0), (0, 0, 1), (0, 1, 0.1), (1, 0, 0.1))
    assert group(vectors) == ((0, 2, 5), (1, 4), (3,))


def test_a_chain_is_not_one_group() -> None:
    """Each is near to its neighbour; the ends are not near to each other, so the average decides."""
    angles = np.linspace(0, np.pi, 9)
    vectors = unit(*[(float(np.cos(angle)), float(np.sin(angle))) for angle in angles])
    assert len(group(vectors)) > 1


def test_groups_are_compared_by_their_average() -> None:
    """Two pairs whose members are 60 degrees apart stay two pairs, however many there are of each."""
    vectors = unit((1, 0), (1, 0), (0.5, 0.866), (0.5, 0.866), (1, 0), (0.5, 0.866))
    assert group(vectors) == ((0, 1, 4), (2, 3, 5))


def test_a_crowded_encoder_is_measured_above_its_floor() -> None:
    """Unrelated questions at a cosine of 0.8 are no group where that is the floor; those far above it are one."""
    shared = (4**0.5, 0, 0, 0)
    vectors = unit(*[tuple(np.add(shared, own)) for own in ((0, 1, 0, 0), (0, 0, 1, 0), (0, 1, 0.1, 0), (0, 0, 0, 1))])
    assert group(vectors) == ((0, 1, 2, 3),)
    assert group(vectors, floor=0.8) == ((0, 2), (1,), (3,))


def test_nothing_and_one() -> None:
    """No question, no group."""
    assert group(np.zeros((0, 3), dtype=np.float32)) == ()
    assert group(unit((1, 0))) == ((0,),)


@given(st.lists(st.lists(st.integers(-5, 5), min_size=3, max_size=3).filter(any), min_size=1, max_size=12))
def test_each_row_is_in_one_group_and_none_could_be_united(rows: list[list[int]]) -> None:
    """The same rows give the same groups; no two groups are alike on average, by the plain definition."""
    vectors = unit(*[tuple(map(float, row)) for row in rows])
    groups = group(vectors)
    assert sorted(row for members in groups for row in members) == list(range(len(rows)))
    assert groups == group(vectors.copy())
    assert [members[0] for members in groups] == sorted(members[0] for members in groups)
    cosines = vectors.astype(np.float64) @ vectors.T.astype(np.float64)
    for place, members in enumerate(groups):
        for others in groups[:place]:
            assert cosines[np.ix_(members, others)].mean() < 0.6 + 1e-9
        # Whatever was united once was alike on average, so that its last two halves were.
        halves = _best_halves(cosines, members)
        assert halves is None or halves >= 0.6 - 1e-9


def _best_halves(cosines: npt.NDArray[np.float64], members: tuple[int, ...]) -> float | None:
    """Return the highest average between two halves of a group, None for a group of one."""
    first, *rest = members
    averages = []
    for chosen in range(2 ** len(rest) - 1):
        half = [first, *(row for bit, row in enumerate(rest) if chosen >> bit & 1)]
        other = [row for row in members if row not in half]
        averages.append(float(cosines[np.ix_(half, other)].mean()))
    return max(averages, default=None)
