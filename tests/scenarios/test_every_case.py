"""The forty cases of a trustworthy bot: none is without a test."""

import re
from pathlib import Path

CASES = range(1, 41)


def test_every_case_has_a_test() -> None:
    """A test is named after its case: `test_case_07_…`."""
    found = {
        int(number)
        for path in Path(__file__).parent.glob("test_*.py")
        for number in re.findall(r"def test_case_(\d\d)_", path.read_text("utf-8"))
    }
    assert sorted(set(CASES) - found) == []
    assert sorted(found - set(CASES)) == []
