"""Indexes to read and to build into."""

from pathlib import Path

import pytest

from index.search.searcher import Searcher
from tests import support


@pytest.fixture(scope="session")
def searcher(real_index: Path) -> Searcher:
    """Open the real index."""
    return Searcher.open(real_index)


@pytest.fixture
def index(small_index: Path, tmp_path: Path) -> Path:
    """Give a copy of the small index, to build into and to damage.

    Its files are other names of the same files: replace them, never write into them.
    """
    return support.copy_index(small_index, tmp_path / "index")


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """Give a file with the links of the small index."""
    return support.write_catalogue(tmp_path / "catalogue.yaml")
