"""Write the locks: the exact versions of everything that pyproject.toml leads to, one file for each purpose.

    python deploy/lock.py [--upgrade]

uv resolves for every Python and platform (pyproject.toml) at once, the oldest too, and installs nothing. Each lock
includes the one before it and lists only what it adds, so that serving, building and developing never disagree on a
version. Versions that still fit stay as they are; --upgrade takes the newest.
"""

import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
#: What torch draws on Linux for graphics cards. A lock without them fits every machine; pip adds them where torch asks.
GRAPHICS = re.compile(r"^(nvidia-|cuda-|triton)")
#: uv takes 3.11 for 3.11.0: Debian 12 has 3.11.2, and a package that needs 3.11.5 must not be in the lock.
OLDEST = "3.11"
MACHINES = [
    {
        "sys_platform": platform,
        "platform_machine": machine,
        "python_version": minor,
        "python_full_version": f"{minor}.0",
    }
    for platform, machine in (("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"))
    for minor in (OLDEST, "3.12", "3.13", "3.14")
]


class Lock(NamedTuple):
    """One file of exact versions."""

    file: str
    purpose: str


SERVE = Lock("requirements-serve.txt", "What a running bot needs, to be installed with --no-deps.")
BUILD = Lock("requirements-build.txt", "What exports an encoder and builds an index, on top of serving.")
DEV = Lock("requirements-dev.txt", "What checks the project, on top of building.")
LOCKS = (SERVE, BUILD, DEV)
#: What serving is drawn to and never loads; so its lock is installed with --no-deps. tokenizers downloads with the hub's
#: client, and a bundle has its tokenizer as a file.
NOT_SERVED = ("huggingface-hub",)


def resolve(
    requirements: Sequence[str], known: Mapping[str, str], preferred: Iterable[str], without: Iterable[str] = ()
) -> dict[str, str]:
    """Return name to line (`name==version`, and for whom) of everything that `requirements` lead to.

    Lines that are `known` hold; those that are `preferred` hold where they can.
    """
    with tempfile.TemporaryDirectory() as folder:
        names = ("wanted.in", "known.txt", "without.txt", "lock.txt")
        wanted, constraints, excludes, output = (Path(folder, name) for name in names)
        excludes.write_text("\n".join(without), encoding="utf-8")
        wanted.write_text("\n".join(requirements), encoding="utf-8")
        constraints.write_text("\n".join(known.values()), encoding="utf-8")
        output.write_text("\n".join(preferred), encoding="utf-8")
        options = ["--universal", f"--python-version={OLDEST}", "--fork-strategy=fewest", "--no-header"]
        options += ["--no-annotate", f"--constraints={constraints}", f"--excludes={excludes}"]
        options += [f"--output-file={output}", "--quiet"]
        command = [sys.executable, "-m", "uv", "pip", "compile", *options, str(wanted)]
        subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: S603
        lines = output.read_text(encoding="utf-8").splitlines()
    found = (trimmed(Requirement(line)) for line in lines if not GRAPHICS.match(line))
    return {line.partition("==")[0]: line for line in found if line}


def trimmed(requirement: Requirement) -> str:
    """Return a line of a lock; with a marker where not every machine needs it, empty where none does."""
    marker, requirement.marker = requirement.marker, None
    needed = [marker is None or marker.evaluate(machine) for machine in MACHINES]
    return f"{requirement} ; {marker}" if any(needed) and not all(needed) else str(requirement) if any(needed) else ""


def lines_of(lock: Lock) -> list[str]:
    """Return what a lock holds itself."""
    path = DEPLOY / lock.file
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [line for line in lines if not line.startswith(("#", "-r"))]


def write(lock: Lock, lines: Sequence[str], *, on_top_of: Lock | None) -> None:
    """Write one lock."""
    head = [f"# {lock.purpose} Written by `make lock`; do not edit."]
    if on_top_of is not None:
        head.append(f"-r {on_top_of.file}")
    (DEPLOY / lock.file).write_text("\n".join([*head, *lines]) + "\n", encoding="utf-8")
    sys.stderr.write(f"{lock.file}: {len(lines)} packages\n")


def main() -> None:
    """Resolve one purpose after the other."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    preferred = [] if "--upgrade" in sys.argv[1:] else [line for lock in LOCKS for line in lines_of(lock)]
    wanted: list[str] = []
    known: dict[str, str] = {}
    before: Lock | None = None
    for lock, added in zip(LOCKS, (project["dependencies"], extras["build"], extras["dev"]), strict=True):
        wanted += added
        found = resolve(wanted, known, preferred, NOT_SERVED if lock is SERVE else ())
        write(lock, [line for name, line in found.items() if name not in known], on_top_of=before)
        known, before = found, lock


if __name__ == "__main__":
    main()
