"""The wheel: everything that runs is in it, and it builds and answers where there is no checkout."""

import json
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from index import defaults
from index.encoder.choice import EncoderChoice
from index.search.score import SHIPPED_WEIGHTS
from tests.project.support import LINKS, NETWORK_POLICIES, ROOT, write_catalogue

#: What is not installed: caches, and what adapters are learnt from and measured by.
LEFT_OUT = ("__pycache__", "data/training", "data/development")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of what it is made of, so that nothing of an earlier build gets in."""
    source = tmp_path_factory.mktemp("source")
    for name in ("bot", "index", "data"):
        shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copyfile(ROOT / name, source / name)
    target = tmp_path_factory.mktemp("wheel")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--wheel-dir", str(target)]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, str(source)], check=True, capture_output=True)
    (found,) = target.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the commands' folder of an environment that has the wheel, and the dependencies of this one."""
    environment = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    options = ["--no-deps", "--no-index", "--quiet"]
    pip = [sys.executable, "-m", "pip", "--python", str(environment / "bin" / "python"), "install", *options]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    # A folder that is named so gives its packages, and not the link to this checkout that lies in it.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return environment / "bin"


def signpost(commands: Path, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run an installed `signpost` in a folder, with nothing of this environment."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder)}
    program = [str(commands / "signpost"), *arguments]
    return subprocess.run(
        program, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


def files_of(folder: Path) -> set[str]:
    """Return every file of a folder by its path from the top of the project."""
    names = {path.relative_to(ROOT).as_posix() for path in folder.rglob("*") if path.is_file()}
    return {name for name in names if not any(part in name for part in LEFT_OUT)}


def test_the_wheel_holds_every_file_that_runs(wheel: Path) -> None:
    """Code, weights, page, migrations; and the data, inside the package: a top-level `data` might be anybody's."""
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    data = {f"index/{name}" for name in files_of(ROOT / "data")}
    assert packed == files_of(ROOT / "bot") | files_of(ROOT / "index") | data
    assert {
        "index/search/weights.json",
        "index/data/vocabulary.yaml",
        "index/data/words/english.txt",
        "index/data/adapter/adapter_model.safetensors",
    } <= packed


@pytest.mark.slow
@pytest.mark.torch
def test_an_installed_wheel_builds_and_answers(installed: Path, small_index: Path, tmp_path: Path) -> None:
    """With the encoder that a checkout exports, adapter and all: an export that is there already is taken."""
    catalogue = write_catalogue(tmp_path / "links.yaml", LINKS)
    (tmp_path / ".signpost").mkdir()
    shutil.copytree(small_index / "encoders", tmp_path / ".signpost" / "index" / "encoders")
    built = signpost(installed, "build", "--catalogue", str(catalogue), "--json", folder=tmp_path)
    assert built.returncode == 0, built.stderr
    asked = signpost(installed, "ask", "--json", "how do I isolate namespaces?", folder=tmp_path)
    assert asked.returncode == 0, asked.stderr
    assert json.loads(asked.stdout)["results"][0]["url"] == NETWORK_POLICIES.url
    (encoder,) = (path.name for path in (tmp_path / ".signpost" / "index" / "encoders").iterdir())
    assert encoder == EncoderChoice(adapter=defaults.ADAPTER).key


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "adapter",
        "adapter/adapter_model.safetensors",
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
    assert str(place if name != "adapter/adapter_model.safetensors" else place.parent) in built.stderr
