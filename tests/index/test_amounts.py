"""How counts are told."""

import pytest

from index.amounts import amount


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (amount(1, "link"), "1 link"),
        (amount(0, "link"), "0 links"),
        (amount(1_819, "link"), "1,819 links"),
        (amount(1, "entry was", "entries were"), "1 entry was"),
        (amount(2, "entry was", "entries were"), "2 entries were"),
    ],
)
def test_one_is_not_many(told: str, shown: str) -> None:
    """Only 1 is singular; thousands have a comma."""
    assert told == shown
