"""The wheel: everything that runs is in it, and it builds and answers where there is no checkout."""

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

from index import defaults
from index.search.score import SHIPPED_WEIGHTS
from tests.scenarios.support.bot_process import BotProcess, environment
from tests.scenarios.support.fake_slack import FakeSlack
from tests.support import ISOLATE, LINKS, ROOT, serving_environment, write_catalogue

QUESTION = "how do I isolate namespaces?"

#: What is not installed: caches, and what adapters are learnt from and measured by.
LEFT_OUT = ("__pycache__", "data/training", "data/development", "data/languages")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel by way of an sdist, as a release does, from a copy of what it is made of."""
    source = tmp_path_factory.mktemp("source")
    for name in ("bot", "index", "data"):
        shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copyfile(ROOT / name, source / name)
    target = tmp_path_factory.mktemp("wheel")
    pack = [sys.executable, "-c", "import sys; from setuptools.build_meta import build_sdist; build_sdist(sys.argv[1])"]
    subprocess.run([*pack, str(target)], check=True, capture_output=True, cwd=source)
    (sdist,) = target.glob("*.tar.gz")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--wheel-dir", str(target)]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, str(sdist)], check=True, capture_output=True)
    (found,) = target.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the commands' folder of an environment that has the wheel and what serving needs, and no torch."""
    python = serving_environment(tmp_path_factory.mktemp("environment"))
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", "--quiet"]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)
    return python.parent


def signpost(commands: Path, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run an installed `signpost` in a folder, with nothing of this environment."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder)}
    program = [str(commands / "signpost"), *arguments]
    return subprocess.run(
        program, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


@contextmanager
def running(commands: Path, slack: FakeSlack, folder: Path, **settings: str) -> Iterator[BotProcess]:
    """Run an installed bot in a folder with its index."""
    given = environment(slack, folder, SIGNPOST_INDEX="", PYTHONPATH="", **settings)
    bot = BotProcess(slack=slack, folder=folder, environment=given, scripted=False, signpost=commands / "signpost")
    try:
        yield bot.start()
        bot.stop()
    finally:
        bot.kill()


def files_of(folder: Path) -> set[str]:
    """Return every file of a folder by its path from the top of the project."""
    names = {path.relative_to(ROOT).as_posix() for path in folder.rglob("*") if path.is_file()}
    return {name for name in names if not any(part in name for part in LEFT_OUT)}


@pytest.mark.slow
def test_the_wheel_holds_every_file_that_runs(wheel: Path) -> None:
    """Code, weights, page, migrations; and the data, inside the package: a top-level `data` might be anybody's."""
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    data = {f"index/{name}" for name in files_of(ROOT / "data")}
    assert packed == files_of(ROOT / "bot") | files_of(ROOT / "index") | data
    assert {
        "index/search/weights.json",
        "index/data/vocabulary.yaml",
        "index/data/schemas/catalogue.schema.json",
        "index/data/words/english.txt",
        "index/data/adapter/adapter_model.safetensors",
    } <= packed


@pytest.mark.slow
def test_an_installed_wheel_does_everything(installed: Path, tmp_path: Path) -> None:
    """From a list to an answer, on the terminal, on the page and to a signed slash command; with the encoder that ships."""
    catalogue = write_catalogue(tmp_path / "links.yaml", LINKS)
    assert signpost(installed, "build", "--catalogue", str(catalogue), folder=tmp_path).returncode == 0
    asked = signpost(installed, "ask", "--json", QUESTION, folder=tmp_path)
    assert asked.returncode == 0, asked.stderr
    assert json.loads(asked.stdout)["results"][0]["url"] == ISOLATE.url
    shipped = json.loads((defaults.ENCODER / "encoder.json").read_text(encoding="utf-8"))["key"]
    assert [path.name for path in (tmp_path / ".signpost" / "index" / "encoders").iterdir()] == [shipped]
    with FakeSlack() as slack:
        with running(installed, slack, tmp_path, SIGNPOST_MODE="http") as bot:
            assert ISOLATE.url in bot.caller().command(QUESTION).text
            assert bot.caller(secret="another").command(QUESTION).status == 401
        with running(installed, slack, tmp_path, SIGNPOST_MODE="web") as page:
            assert "<form" in page.get("/").text
            answer = page.get(f"/api/ask?{urlencode({'q': QUESTION})}").json
            assert answer["results"][0]["url"] == ISOLATE.url
        assert slack.violations == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "adapter",
        "adapter/adapter_model.safetensors",
        "encoder/encoder.onnx",
        "chatter.txt",
        "vocabulary.yaml",
        "weights.json",
        "words/english.txt",
    ],
)
def test_a_file_that_is_missing_is_an_error(installed: Path, tmp_path: Path, name: str) -> None:
    """Never a worse index: one line that names it."""
    (package,) = installed.parent.glob("lib/python*/site-packages/index")
    place = package / "search" / name if name == SHIPPED_WEIGHTS.name else package / "data" / name
    place.rename(tmp_path / "aside")
    try:
        built = signpost(
            installed, "build", "--catalogue", str(write_catalogue(tmp_path / "a.yaml", LINKS)), folder=tmp_path
        )
    finally:
        (tmp_path / "aside").rename(place)
    assert built.returncode == 2
    assert built.stderr.startswith("signpost: ")
    assert built.stderr.count("\n") == 1
    assert str(place.parent if name.startswith(("adapter/", "encoder/")) else place) in built.stderr
