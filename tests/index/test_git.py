"""Git runs for the repository that is named, within time and size, and ends with all that it started."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from index.git import MISLEADING, GitOutputError, run_git

#: Settings for git that an operator may give by the environment.
SETTINGS = {"GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT"}


def fake_git(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put another program in git's place."""
    (folder / "git").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_all_that_git_itself_calls_misleading_is_left_out() -> None:
    """Git lists the variables that are of one repository alone."""
    listed = subprocess.run(["git", "rev-parse", "--local-env-vars"], capture_output=True, text=True, check=True)
    assert set(listed.stdout.split()) - MISLEADING <= SETTINGS


def test_the_repository_is_the_one_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a hook has set that runs us."""
    for name in ("one", "two"):
        assert run_git(["init", "--quiet", name], tmp_path, timeout_s=120, max_bytes=1000).returncode == 0
    for variable in MISLEADING:
        monkeypatch.setenv(variable, str(tmp_path / "two" / ".git"))
    found = run_git(["rev-parse", "--absolute-git-dir"], tmp_path / "one", timeout_s=120, max_bytes=1000)
    assert found.stdout.decode().strip() == str(tmp_path / "one" / ".git")


def test_what_takes_too_long_ends_with_its_helpers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A helper that holds on to what git prints is not waited for."""
    fake_git(tmp_path, monkeypatch, f"sleep 300 & echo $! >{tmp_path}/helper; wait")
    started = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        run_git(["log"], tmp_path, timeout_s=0.3, max_bytes=1000)
    assert time.monotonic() - started < 200
    helper = Path(f"/proc/{(tmp_path / 'helper').read_text().strip()}/stat")
    if helper.exists():  # ended, and nobody has asked for how yet
        assert helper.read_text().split()[2] == "Z"


@pytest.mark.parametrize("stream", ["", ">&2"])
def test_what_prints_too_much_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stream: str) -> None:
    """Also complaints."""
    fake_git(tmp_path, monkeypatch, f"while :; do echo line {stream}; done")
    with pytest.raises(GitOutputError, match="1,000 bytes"):
        run_git(["log"], tmp_path, timeout_s=120, max_bytes=1000)


def test_what_is_given_and_what_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Input, output, complaints, exit code and variables."""
    fake_git(tmp_path, monkeypatch, 'cat; echo "$OURS $LC_ALL" >&2; exit 3')
    done = run_git(["x"], None, timeout_s=120, max_bytes=1000, given=b"in", environment={"OURS": "yes"})
    assert (done.returncode, done.stdout, done.stderr) == (3, b"in", b"yes C\n")
