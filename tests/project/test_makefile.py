"""The Makefile's words: nobody's index is touched by the demo, and a half-made environment is mended or explained."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support import ROOT

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
*"pip "*" install "*)
    test -z "$PIP_SAYS" || { echo "$PIP_SAYS" >&2; exit 1; }
    test -z "$PIP_TELLS" || echo "$PIP_TELLS"
    test -z "$PIP_WAITS" || { echo "Collecting"; sleep 60; } ;;
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


#: What is installed for the demo, in this order.
SERVING = (
    (
        "--require-hashes --no-deps --only-binary :all: --no-compile "
        "-r deploy/requirements-install.txt -r deploy/requirements-serve.txt"
    ),
    "--no-deps --no-build-isolation --editable .",
)


def installs(calls: list[str]) -> list[str]:
    """Return what pip was asked to install."""
    return [call.partition(" install ")[2] for call in calls if " install " in call]


@pytest.mark.parametrize("word", ["demo", "build", "serve"])
def test_what_answers_needs_no_torch(project: Project, word: str) -> None:
    """The serving lock alone; by hash, and nothing that would have to be compiled."""
    assert installs(project.make(word)[2]) == list(SERVING)


def test_packages_are_compiled_where_python_may_not_do_so_itself(project: Project) -> None:
    """Otherwise every start would compile them again; elsewhere the first start compiles the few that it needs."""
    call = installs(project.make("demo", PYTHONDONTWRITEBYTECODE="1")[2])[0]
    assert call == SERVING[0].replace("--no-compile ", "")


def test_torch_is_installed_after_the_locks_that_need_it(project: Project) -> None:
    """Its builds differ by index, so that it has no hash; an environment for checking serves and exports as well."""
    calls = installs(project.make(".venv/.dev")[2])
    assert calls[0] == SERVING[0].replace("serve", "dev")
    assert calls[1:] == ["-r deploy/requirements-torch.txt", SERVING[1]]
    for word in ("build", ".venv/.build", ".venv/.dev"):
        assert installs(project.make(word)[2]) == []


@pytest.mark.parametrize(
    ("says", "told"),
    [
        (
            (
                "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(...)'\n"
                "ERROR: No matching distribution found for aiohappyeyeballs==2.7.1"
            ),
            ["no connection to where packages come from (PyPI, or PIP_INDEX_URL); .venv/pip.log has the details"],
        ),
        (
            (
                "ERROR: Could not find a version that satisfies the requirement onnxruntime==1.32.0 (from versions: 1.23.2)\n"
                "ERROR: No matching distribution found for onnxruntime==1.32.0"
            ),
            [
                "onnxruntime==1.32.0: there is no such wheel for this machine and Python;",
                "the locks are for Linux on x86-64 and arm64 and for macOS on arm64; elsewhere try: pipx install .",
            ],
        ),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", ["ERROR: THESE PACKAGES DO NOT MATCH THE HASHES"]),
    ],
)
def test_an_installation_that_fails_says_why(project: Project, says: str, told: list[str]) -> None:
    """In a line where the reason is a usual one; and the next time everything is tried again."""
    code, said, _ = project.make("demo", PIP_SAYS=says)
    assert code == 2
    assert said.splitlines()[2:-1] == told
    code, _, calls = project.make("demo")
    assert code == 0
    assert installs(calls) == list(SERVING)


def test_what_is_installed_is_shown_with_its_size(project: Project) -> None:
    """One line a package, whether it is fetched or was fetched before; then how large all of it is."""
    tells = (
        "Collecting numpy==2.3.5 (from -r deploy/requirements-serve.txt (line 3))\n"
        "  Downloading numpy-2.3.5-cp311-cp311-manylinux_2_27_x86_64.whl (16.9 MB)\n"
        "  Using cached https://example.com/packages/annotated_types-0.7.0-py3-none-any.whl (13 kB)\n"
        "Requirement already satisfied: pip in ./.venv\n"
        "Installing collected packages: numpy, annotated_types\n"
        "Successfully installed numpy-2.3.5"
    )
    code, said, _ = project.make("build", PIP_TELLS=tells)
    assert code == 0
    lines = said.splitlines()
    assert lines[0] == "Making an environment in .venv"
    assert re.match(r"Installing the \d+ packages of deploy/requirements-serve.txt \(", lines[1])
    assert [line.split() for line in lines[2:5]] == [
        ["numpy", "16.9", "MB"],
        ["annotated_types", "13", "kB"],
        ["unpacking"],
    ]
    assert re.fullmatch(r"Installed: \d+\S* in .venv", lines[-1])


def test_an_interrupt_says_what_is_left(project: Project) -> None:
    """The same word goes on; nothing that is half there counts as done."""
    log = project.folder / "log"
    process = subprocess.Popen(
        ["make", "--no-print-directory", "build"],
        cwd=project.folder,
        env={"PATH": f"{project.folder / 'fake'}:/usr/bin:/bin", "LOG": str(log), "PIP_WAITS": "yes"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up and not (log.exists() and " install " in log.read_text()):
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert "interrupted; nothing is lost: the same word goes on from there\n" in said
    assert not (project.folder / ".venv" / ".serve").exists()
    code, _, calls = project.make("build")
    assert code == 0
    assert installs(calls) == list(SERVING)


def test_make_alone_says_what_there_is(project: Project) -> None:
    """Every word that people type with what it does, on a terminal of 80 columns; and nothing is made."""
    code, said, calls = project.make()
    assert (code, said) == project.make("help")[:2]
    assert code == 0
    assert [call for call in calls if call != "python -c import pip"] == []
    assert max(map(len, said.splitlines())) <= 80
    (phony,) = re.findall(r"^\.PHONY: (.*)", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    parts = {"help", "most-tests", "demo-index", "environment", "bench-index", "bench-bot", "bench-links"}
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
    assert len(installs(calls)) == len(SERVING)
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


@pytest.mark.slow
def test_the_tests_of_a_file_share_a_process(tmp_path: Path) -> None:
    """What they share is made once; measurements are spread."""
    for name in "abc":
        file = "import os, pathlib\n" + "".join(
            f"def test_{number}(): pathlib.Path('{tmp_path}/{name}-{{}}'.format(os.getpid())).touch()\n"
            for number in range(12)
        )
        (tmp_path / f"test_{name}.py").write_text(file)
    options = dict(re.findall(r"^(FILES|APART) *:= (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE))
    seen = {}
    for name, given in options.items():
        command = [sys.executable, "-m", "pytest", "--quiet", *given.split(), str(tmp_path)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
        marks = list(tmp_path.glob("?-*"))
        seen[name] = len(marks)
        for mark in marks:
            mark.unlink()
    assert seen["FILES"] == 3
    assert seen["APART"] > 3


@pytest.mark.parametrize(("first", "second"), [(0, 0), (1, 0), (1, 1), (4, 5)])
def test_what_failed_beside_other_tests_is_tried_once_more_alone(project: Project, first: int, second: int) -> None:
    """It fails when it fails again, or when nothing can be tried again; what passed is not run twice."""
    played = project.folder / ".venv" / "bin" / "pytest"
    played.parent.mkdir(parents=True)
    played.write_text(
        '#!/bin/sh\necho "$*" >> "$LOG"\ncase "$*" in *--cache-clear*) exit $FIRST ;; *) exit $SECOND ;; esac\n'
    )
    played.chmod(0o755)
    code, _, calls = project.make("most-tests", FIRST=str(first), SECOND=str(second))
    assert (code == 0) is (not first or not second)
    assert len(calls) == (2 if first else 1)
    assert "--numprocesses" in calls[0]
    if first:
        assert "--last-failed" in calls[1]
        assert "--numprocesses" not in calls[1]
