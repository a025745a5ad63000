"""Indexes that many tests read: built once a run."""

import os
import shutil
from pathlib import Path

import pytest

from index.encoder.choice import EncoderChoice
from index.search.searcher import Searcher
from tests import support


@pytest.fixture(scope="session")
def small_choice(tmp_path_factory: pytest.TempPathFactory) -> EncoderChoice:
    """Give the small encoder with random weights."""
    return support.small_choice(tmp_path_factory)


@pytest.fixture(scope="session")
def small_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an index of the small encoder; read it, never write to it."""
    return support.small_index(tmp_path_factory)


@pytest.fixture(scope="session")
def real_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an index of the model of the install; read it, never write to it."""
    return support.real_index(tmp_path_factory)


@pytest.fixture(scope="session")
def searcher(real_index: Path) -> Searcher:
    """Open the real index."""
    return Searcher.open(real_index)


@pytest.fixture
def index(small_index: Path, tmp_path: Path) -> Path:
    """Give a copy of the small index, to build into and to damage.

    Its files are other names of the same files: replace them, never write into them.
    """
    shutil.copytree(small_index, tmp_path / "index", copy_function=os.link)
    for name in ("current", "history.jsonl"):
        support.replace_file(tmp_path / "index" / name, (small_index / name).read_bytes())
    for cache in (tmp_path / "index" / "cache").iterdir():
        support.replace_file(cache, cache.read_bytes())
    return tmp_path / "index"


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """Give a file with the links of the small index."""
    return support.write_catalogue(tmp_path / "catalogue.yaml")
