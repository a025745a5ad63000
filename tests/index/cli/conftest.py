"""Indexes that the commands read: built once a run, shared with the tests of the index."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.cli.main import run
from index.encoder.choice import EncoderChoice
from tests import support


class Outcome(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """Return the one line of an error; no trace, nothing on stdout."""
        assert self.code == 2
        assert self.out == ""
        assert self.err.startswith("signpost: ")
        assert self.err.count("\n") == 1
        assert self.err.endswith("\n")
        assert "Traceback" not in self.err
        assert "unexpected" not in self.err
        return self.err.removeprefix("signpost: ").removesuffix("\n")


Signpost = Callable[..., Outcome]


@pytest.fixture
def signpost(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Signpost:
    """Run commands in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def command(*arguments: str | Path) -> Outcome:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        found = capsys.readouterr()
        return Outcome(code, found.out, found.err)

    return command


@pytest.fixture(scope="session")
def real_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an index of the model of the install; read it, never write to it."""
    return support.real_index(tmp_path_factory)


@pytest.fixture(scope="session")
def small_choice(tmp_path_factory: pytest.TempPathFactory) -> EncoderChoice:
    """Give the small encoder with random weights."""
    return support.small_choice(tmp_path_factory)


@pytest.fixture
def index(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    """Give a copy of an index of the small encoder, to build into."""
    small = support.small_index(tmp_path_factory)
    shutil.copytree(small, tmp_path / "index", copy_function=os.link)
    for path in (tmp_path / "index").rglob("*"):
        if path.is_file() and path.suffix in {"", ".jsonl", ".sqlite3"}:
            support.replace_file(path, path.read_bytes())
    return tmp_path / "index"
