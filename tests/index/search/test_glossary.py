"""How near a question is to what the terms of links are in plain words."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from index.errors import BundleDamagedError
from index.numeric import Vectors
from index.search.dense import quantise
from index.search.glossary import START, Glossary

LINKS = 5
#: By entry: its angle to the question, and the links that write a term of it.
ENTRIES = ((20, (1,)), (30, (1, 3, 4)), (50, (3,)), (80, (0,)))


def turned(*degrees: float) -> Vectors:
    """Return unit vectors at some angles to the first axis, shape (angles, 3)."""
    angles = np.radians(np.array(degrees))
    return np.stack([np.cos(angles), np.sin(angles), np.zeros_like(angles)], axis=1).astype(np.float32)


def glossary() -> Glossary:
    """Return the glossary of ENTRIES."""
    return Glossary.of(*quantise(turned(*(angle for angle, _ in ENTRIES))), [rows for _, rows in ENTRIES])


def test_a_link_has_the_nearest_of_its_entries() -> None:
    """An entry at 80 degrees says nothing of the question, as does every entry of one on the other side."""
    assert np.cos(np.radians(80)) < START
    near = glossary().nearest(turned(0)[0], LINKS)
    expected = [-1, np.cos(np.radians(20)), -1, np.cos(np.radians(30)), np.cos(np.radians(30))]
    assert near == pytest.approx(np.array(expected), abs=0.01)
    assert glossary().nearest(turned(180)[0], LINKS) == pytest.approx(-1)


def test_what_was_saved_is_opened(tmp_path: Path) -> None:
    """And a bundle of before, or of a list that writes no term, has no entries."""
    question = turned(10)[0]
    assert Glossary.open(tmp_path, 3, LINKS).nearest(question, LINKS) == pytest.approx(-1)
    glossary().save(tmp_path)
    assert np.array_equal(
        Glossary.open(tmp_path, 3, LINKS).nearest(question, LINKS), glossary().nearest(question, LINKS)
    )
    Glossary.of(np.empty((0, 3), dtype=np.int8), np.empty(0, dtype=np.float32), []).save(tmp_path)
    assert Glossary.open(tmp_path, 3, LINKS).nearest(question, LINKS) == pytest.approx(-1)


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("glossary.npy", lambda old: old[:, :-1]),
        ("glossary.npy", lambda old: old.astype(np.int16)),
        ("glossary_scales.npy", lambda old: old * np.float32("inf")),
        ("glossary_scales.npy", lambda old: old[:-1]),
        ("glossary_starts.npy", lambda old: old[::-1]),
        ("glossary_starts.npy", lambda old: old[:0]),
        ("glossary_starts.npy", lambda old: old * 0),
        ("glossary_starts.npy", lambda old: old + 1),
        ("glossary_rows.npy", lambda old: old + LINKS),
        ("glossary_rows.npy", lambda old: old - LINKS),
        ("glossary_rows.npy", lambda old: old[:-1]),
    ],
)
def test_numbers_that_lead_elsewhere_are_damage(
    tmp_path: Path, file: str, change: Callable[[npt.NDArray[np.generic]], npt.NDArray[np.generic]]
) -> None:
    """They would be found at a question."""
    glossary().save(tmp_path)
    np.save(tmp_path / file, change(np.load(tmp_path / file)))
    with pytest.raises(BundleDamagedError, match=file):
        Glossary.open(tmp_path, 3, LINKS)
