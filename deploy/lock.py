"""Write the locks: the exact versions of everything that pyproject.toml leads to, one file for each purpose.

    python deploy/lock.py

pip itself resolves, in a dry run that installs nothing. Each lock includes the one before it and lists only what it
adds, so that serving, building and developing never disagree on a version.
"""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
#: What torch draws on Linux for graphics cards. A lock without them fits every machine; pip adds them where torch asks.
GRAPHICS = re.compile(r"^(nvidia-|cuda-|triton)")


class Lock(NamedTuple):
    """One file of exact versions."""

    file: str
    purpose: str


SERVE = Lock("requirements-serve.txt", "What a running bot needs.")
BUILD = Lock("requirements-build.txt", "What exports an encoder and builds an index, on top of serving.")
DEV = Lock("requirements-dev.txt", "What checks the project, on top of building.")


def resolve(requirements: Sequence[str], known: dict[str, str]) -> dict[str, str]:
    """Return name to version of everything that `requirements` lead to, keeping the versions in `known`."""
    with tempfile.TemporaryDirectory() as folder:
        report, constraints = Path(folder, "report.json"), Path(folder, "constraints.txt")
        constraints.write_text("".join(f"{name}=={version}\n" for name, version in known.items()), encoding="utf-8")
        options = ["--quiet", "--dry-run", "--ignore-installed", f"--constraint={constraints}", f"--report={report}"]
        subprocess.run([sys.executable, "-m", "pip", "install", *options, *requirements], check=True)  # noqa: S603
        found = json.loads(report.read_text(encoding="utf-8"))["install"]
    names = {_name(item["metadata"]["name"]): _version(item["metadata"]["version"]) for item in found}
    return {name: version for name, version in sorted(names.items()) if not GRAPHICS.match(name)}


def _name(name: str) -> str:
    """Return the name as PyPI writes it in addresses."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _version(version: str) -> str:
    """Leave out which build of a version it is: 2.13.0+cpu is 2.13.0 on every index."""
    return version.split("+", 1)[0]


def write(lock: Lock, versions: dict[str, str], *, on_top_of: Lock | None) -> None:
    """Write one lock."""
    lines = [f"# {lock.purpose} Written by `make lock`; do not edit."]
    if on_top_of is not None:
        lines.append(f"-r {on_top_of.file}")
    lines += [f"{name}=={version}" for name, version in versions.items()]
    (DEPLOY / lock.file).write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.stderr.write(f"{lock.file}: {len(versions)} packages\n")


def main() -> None:
    """Resolve one purpose after the other."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted: list[str] = []
    known: dict[str, str] = {}
    before: Lock | None = None
    for lock, added in ((SERVE, project["dependencies"]), (BUILD, extras["build"]), (DEV, extras["dev"])):
        wanted += added
        versions = resolve(wanted, known)
        write(lock, {name: version for name, version in versions.items() if name not in known}, on_top_of=before)
        known, before = versions, lock


if __name__ == "__main__":
    main()
