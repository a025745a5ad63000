"""Completion in a shell: the script that is printed is run by the shell itself, and told what somebody types."""

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli.main import run
from tests.support import ROOT

TAB = "\t"
#: What begins a line anew.
CLEAR = "\x15"


class Terminal:
    """A shell on a terminal of its own."""

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)

    def types(self, keys: str) -> None:
        """Type."""
        os.write(self._ours, keys.encode())

    def shows(self, text: str, *, within_s: float = 60) -> str:
        """Wait until this is on the screen; return what came until then."""
        seen, give_up = "", time.monotonic() + within_s
        while text not in seen:
            assert time.monotonic() < give_up, f"no {text!r} in {seen!r}"
            if select.select([self._ours], [], [], 0.1)[0]:
                seen += os.read(self._ours, 65_536).decode("utf-8", "replace")
        return seen

    def close(self) -> None:
        """End the shell."""
        self._process.kill()
        self._process.wait()
        os.close(self._ours)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Give an environment in which `signpost` is a command, and a folder with a list."""
    (tmp_path / "links.md").touch()
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "signpost"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m bot.cli "$@"\n')
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    shell = {name: os.environ[name] for name in ("FPATH", "MODULE_PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {"PATH": path, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "TERM": "dumb", "PS1": "> ", **shell}


#: How a shell is started without a person's own settings, and what turns completion on.
INTERACTIVE = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], 'eval "$(signpost completion bash)"'),
    "zsh": (["zsh", "-f", "-i"], 'autoload -U compinit && compinit -u -D && eval "$(signpost completion zsh)"'),
}


@pytest.fixture(params=INTERACTIVE)
def terminal(request: pytest.FixtureRequest, environment: dict[str, str], tmp_path: Path) -> Iterator[Terminal]:
    """Give a shell that has evaluated the script."""
    command, setup = INTERACTIVE[request.param]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    shell = Terminal(command, tmp_path, environment)
    shell.types(f"{setup}; echo set''up\n")
    shell.shows("setup")
    yield shell
    shell.close()


def test_a_shell_completes_what_is_typed(terminal: Terminal) -> None:
    """Commands, options and files, in a shell on a terminal."""
    for typed, completed in (
        ("signpost rol", "rollback"),
        ("signpost ask --js", "--json"),
        ("signpost import li", "links.md"),
        ("signpost build --catalogue li", "links.md"),
        ("signpost try li", "links.md"),
        ("signpost serve --mode so", "socket"),
    ):
        terminal.types(f"{CLEAR}{typed}{TAB}")
        assert completed in terminal.shows(completed)


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_completes_what_is_typed(environment: dict[str, str], tmp_path: Path) -> None:
    """As fish itself says what it would offer."""
    script = 'signpost completion fish | source; complete -C "signpost rol"; complete -C "signpost ask --js"'
    command = ["fish", "--no-config", "-c", script]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["rollback", "--json"]


@pytest.mark.parametrize("typed", ["", "ro"])
def test_the_names_of_commands_are_completed_without_importing_them(typed: str) -> None:
    """A key must not wait for what a command needs; settings that are wrong are no matter then."""
    code = (
        "import sys\nfrom bot.cli.main import run\ntry:\n    run([])\nfinally:\n"
        "    assert not {'numpy', 'pydantic', 'yaml'} & set(sys.modules)"
    )
    environment = {"_SIGNPOST_COMPLETE": "bash_complete", "COMP_WORDS": f"signpost {typed}", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "plain,rollback\n" in done.stdout
    assert ("plain,ask\n" in done.stdout) is not bool(typed)


def test_a_project_with_wrong_settings_is_completed_too(tmp_path: Path) -> None:
    """What is wrong is said when a command runs."""
    (tmp_path / "signpost.toml").write_text("wrong = =")
    environment = {"_SIGNPOST_COMPLETE": "bash_complete", "COMP_WORDS": "signpost log --js", "COMP_CWORD": "2"}
    command = [sys.executable, "-m", "bot.cli"]
    settings = {**os.environ, **environment, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=settings, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("plain,--json\n", "")


def test_another_shell_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """With those that there are."""
    assert run(["completion", "tcsh"]) == 2
    assert "'tcsh' is not one of 'bash', 'zsh', 'fish'" in capsys.readouterr().err
