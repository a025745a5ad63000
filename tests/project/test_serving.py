"""The serving lock alone, in an empty environment: what the image's second stage has."""

import json
import shutil
import signal
import subprocess
import time
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest

from tests.scenarios.support.bot_process import free_port
from tests.support import ISOLATE, LINKS, ROOT, run_python, serving_environment, write_catalogue

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def serving_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an environment that holds the serving lock and nothing else; return its Python."""
    return serving_environment(tmp_path_factory.mktemp("serving"))


@pytest.fixture
def index(small_index: Path, tmp_path: Path) -> Path:
    """Copy what an image carries: bundles and the pointer, neither cache nor exported encoders."""
    kept = shutil.ignore_patterns("cache", "encoders", "build.lock")
    return Path(shutil.copytree(small_index, tmp_path / "index", ignore=kept))


def ask(python: Path, index: Path, question: str) -> dict[str, object]:
    """Ask in a fresh process."""
    result = run_python(
        "-m", "bot.cli", "ask", "--json", "--index", str(index), question, folder=index.parent, python=python
    )
    assert result.returncode == 0, result.stderr
    answer: dict[str, object] = json.loads(result.stdout)
    return answer


def status_of(url: str, process: "subprocess.Popen[bytes]", *, timeout_s: float = 120) -> int:
    """Return the status of the first reply, however long the server needs to start."""
    give_up = time.monotonic() + timeout_s
    while process.poll() is None and time.monotonic() < give_up:
        try:
            with urllib.request.urlopen(url, timeout=30) as reply:
                return int(reply.status)
        except OSError:
            time.sleep(0.1)
    return 0


def first_url(answer: dict[str, object]) -> str:
    """Return the address of the best link."""
    results = answer["results"]
    assert isinstance(results, list)
    return str(results[0]["url"])


@pytest.mark.parametrize(
    "module", ["torch", "transformers", "sentence_transformers", "onnx", "scipy", "peft", "huggingface_hub"]
)
def test_serving_has_no_build_dependency(serving_python: Path, module: str, tmp_path: Path) -> None:
    """Nothing that the serving lock leads to draws in what only a build needs."""
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is not None)"
    assert run_python("-c", code, folder=tmp_path, python=serving_python).returncode == 0


def test_serving_answers_a_question(serving_python: Path, index: Path) -> None:
    """The lock is complete: an index built elsewhere is opened and asked."""
    answer = ask(serving_python, index, "how do I isolate namespaces?")
    assert answer["answered"] is True
    assert first_url(answer) == ISOLATE.url


def test_serving_builds_after_a_changed_link(serving_python: Path, index: Path, tmp_path: Path) -> None:
    """The index carries its encoder on: a curator's change needs no torch and gives the same bundle."""
    changed = replace(ISOLATE, title="Keeping tenants apart with network policies")
    catalogue = write_catalogue(tmp_path / "catalogue.yaml", (changed, *LINKS[1:]))
    build = ["-m", "bot.cli", "build", "--json", "--catalogue", str(catalogue), "--index"]
    result = run_python(*build, str(index), folder=tmp_path, python=serving_python)
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert report["changed"] is True
    answer = ask(serving_python, index, "how do I keep tenants apart?")
    assert answer["version"] == report["version"]
    assert first_url(answer) == changed.url
    elsewhere = run_python(*build, "elsewhere", folder=tmp_path)
    assert json.loads(elsewhere.stdout)["version"] == report["version"]


def test_another_encoder_is_refused_without_the_build_dependencies(
    serving_python: Path, index: Path, tmp_path: Path
) -> None:
    """A change that needs torch says so, and the index that is there stays current."""
    before = (index / "current").read_text(encoding="utf-8")
    catalogue = write_catalogue(tmp_path / "catalogue.yaml", LINKS)
    build = ["-m", "bot.cli", "build", "--precision", "fp32", "--catalogue", str(catalogue), "--index", str(index)]
    result = run_python(*build, folder=tmp_path, python=serving_python)
    assert result.returncode == 2
    assert "build dependencies" in result.stderr
    assert result.stderr.count("\n") == 1
    assert (index / "current").read_text(encoding="utf-8") == before


def test_serving_serves(serving_python: Path, index: Path, tmp_path: Path) -> None:
    """`signpost serve` starts, is healthy and leaves with 0 on SIGTERM; it writes to the store's folder alone."""
    store = tmp_path / "store"
    store.mkdir()
    (tmp_path / "elsewhere").mkdir()
    port = free_port()
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "SIGNPOST_INDEX": str(index),
        "STORE_URL": f"sqlite:///{store}/store.sqlite3",
    }
    command = [str(serving_python), "-m", "bot.cli", "serve", "--mode", "web"]
    with subprocess.Popen(command, env=environment, cwd=tmp_path / "elsewhere") as process:
        try:
            assert status_of(f"http://127.0.0.1:{port}/healthz", process) == 200
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    assert list((tmp_path / "elsewhere").iterdir()) == []
