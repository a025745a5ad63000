"""The Makefile's words: nobody's index is touched by the demo, and a half-made environment is mended or explained."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.project.support import ROOT

#: Plays Python and what an environment holds: it logs what it is asked, and makes environments that consist of itself.
FAKE = """#!/bin/sh
here=$(dirname "$0")
echo "$(basename "$0") $*" >> "$LOG"
case "$*" in
"-c import pip") test -e "$here/pip" ;;
"-m venv --clear .venv")
    rm -rf .venv; mkdir -p .venv/bin; cp "$0" .venv/bin/python
    test -z "$NO_ENSUREPIP" || { echo "ensurepip is not available"; exit 1; }
    cp "$0" .venv/bin/signpost; echo "#!$PWD/.venv/bin/python" > .venv/bin/pip ;;
esac
"""


class Project:
    """A folder with the Makefile and what it looks at."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(ROOT / "deploy", folder / "deploy")
        for name in ("Makefile", "pyproject.toml"):
            shutil.copyfile(ROOT / name, folder / name)
        (folder / "fake").mkdir()
        (folder / "fake" / "python3").write_text(FAKE)
        (folder / "fake" / "python3").chmod(0o755)

    def make(self, *words: str, **environment: str) -> tuple[int, str, list[str]]:
        """Run make; return its exit code, what it said, and what it called."""
        log = self.folder / "log"
        log.unlink(missing_ok=True)
        done = subprocess.run(
            ["make", "--no-print-directory", *words],
            cwd=self.folder,
            env={"PATH": f"{self.folder / 'fake'}:/usr/bin:/bin", "LOG": str(log), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, log.read_text().splitlines() if log.exists() else []


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Give a checkout on a machine whose Python is played."""
    return Project(tmp_path)


def test_make_alone_says_what_there_is(project: Project) -> None:
    """Every word that people type with what it does, on a terminal of 80 columns; and nothing is made."""
    code, said, calls = project.make()
    assert (code, said) == project.make("help")[:2]
    assert code == 0
    assert [call for call in calls if call != "python -c import pip"] == []
    assert max(map(len, said.splitlines())) <= 80
    (phony,) = re.findall(r"^\.PHONY: (.*)", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    parts = {"help", "demo-index", "environment", "bench-index", "bench-bot", "bench-links"}
    assert set(re.findall(r"^make ([a-z-]+)", said, flags=re.MULTILINE)) == set(phony.split()) - parts


def test_the_demo_has_an_index_of_its_own(project: Project) -> None:
    """So has what measures the shipped list; `serve` and `build` name no catalogue, so that your own is built again."""
    for word in ("demo", "eval"):
        calls = [call for call in project.make(word)[2] if call.startswith("signpost ")]
        assert calls[0] == "signpost build --catalogue data/catalogue --index .signpost/demo"
        assert all("--index .signpost/demo" in call for call in calls)
        assert len(calls) == 2
    calls = [call for call in project.make("serve")[2] if call.startswith("signpost ")]
    assert calls == ["signpost build", "signpost serve --mode web"]


def test_cleaning_leaves_your_index(project: Project) -> None:
    """It may be made again, but only who knows its list can do so."""
    for name in ("index", "demo"):
        (project.folder / ".signpost" / name).mkdir(parents=True)
    assert project.make("clean")[0] == 0
    assert [path.name for path in (project.folder / ".signpost").iterdir()] == ["index"]


def test_what_is_installed_is_not_installed_again(project: Project) -> None:
    """The second time nothing is made."""
    assert any("-m venv" in call for call in project.make("build")[2])
    assert project.make("build")[2] == ["python -c import pip", "signpost build"]


def test_no_module_for_environments_is_said_and_leaves_nothing(project: Project) -> None:
    """As on Debian without python3-venv; once that is there, the same word works."""
    code, said, _ = project.make("build", NO_ENSUREPIP="yes")
    assert code == 2
    assert "python3 cannot make an environment; on Debian and Ubuntu: apt install python3-venv" in said
    assert not (project.folder / ".venv").exists()
    assert project.make("build")[0] == 0


@pytest.mark.parametrize("lost", ["pip", "python"])
def test_a_half_made_environment_is_made_anew(project: Project, lost: str) -> None:
    """With everything in it, although the stamps say that it is there."""
    project.make("build")
    (project.folder / ".venv" / "bin" / lost).unlink()
    code, _, calls = project.make("build")
    assert code == 0
    assert "python3 -m venv --clear .venv" in calls
    assert "python -m pip --disable-pip-version-check --quiet install -r deploy/requirements-build.txt" in calls
    assert calls[-1] == "signpost build"


def test_an_environment_that_was_moved_is_made_anew(project: Project) -> None:
    """Its programs name the folder where they were."""
    project.make("build")
    (project.folder / ".venv" / "bin" / "pip").write_text("#!/elsewhere/.venv/bin/python\n")
    assert "python3 -m venv --clear .venv" in project.make("build")[2]


@pytest.mark.parametrize("python", ["python9.9", "/no/such/python"])
def test_a_python_that_is_not_there_is_named(project: Project, python: str) -> None:
    """With what to type."""
    code, said, _ = project.make("build", f"PYTHON={python}")
    assert code == 2
    assert said.startswith(f"{python}: not found; name a Python 3.11 or later: make PYTHON=python3.11\n")
    assert not (project.folder / ".venv").exists()
