"""What the bot knows of the index."""

import subprocess
import sys

import pytest

import index


@pytest.mark.parametrize("name", index.__all__)
def test_every_name_of_the_face_is_there(name: str) -> None:
    """Whatever home it moves to."""
    assert getattr(index, name) is not None


def test_a_name_that_the_face_lacks_is_said() -> None:
    """As Python says it of any module."""
    with pytest.raises(AttributeError, match="has no attribute 'Seacher'"):
        _ = index.Seacher  # type: ignore[attr-defined]


def test_the_face_loads_what_is_asked_for_alone() -> None:
    """An error needs neither numpy nor YAML."""
    program = "import sys, index; index.SignpostError; index.Question; print(*{'numpy', 'yaml'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "\n"
