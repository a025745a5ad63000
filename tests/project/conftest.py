"""A small index, built as anybody builds one."""

import sys
from pathlib import Path

import pytest

from tests.project.support import LINKS, run, write_catalogue


@pytest.fixture(scope="session")
def small_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build three links with the build dependencies; the index is read by many tests and written to by none."""
    folder = tmp_path_factory.mktemp("small")
    catalogue = write_catalogue(folder / "catalogue.yaml", LINKS)
    result = run(
        sys.executable,
        *("-m", "bot.cli", "build", "--catalogue", str(catalogue), "--index", "index"),
        folder=folder,
    )
    assert result.returncode == 0, result.stderr
    return folder / "index"
