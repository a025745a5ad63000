"""Commands, run as somebody would run them."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.cli.main import run


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
    # However slow the machine is, there is no line of progress beside what is said.
    monkeypatch.setattr("index.cli.progress.LINE_EVERY_S", math.inf)

    def command(*arguments: str | Path) -> Outcome:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        found = capsys.readouterr()
        return Outcome(code, found.out, found.err)

    return command
