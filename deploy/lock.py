"""Write the locks: the exact versions and hashes of all direct and indirect dependencies, one file for each purpose.

    python deploy/lock.py [--upgrade | --check]

uv resolves for every Python and platform in pyproject.toml at once and installs nothing. Each lock lists only what the
locks before it do not have, so serving, building and developing use the same versions. Versions that still fit are kept;
--upgrade takes the newest ones; --check writes nothing, and fails when a lock would change.
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
#: Dependencies of torch for graphics cards on Linux. The locks leave them out to fit every machine; pip adds them if needed.
GRAPHICS = re.compile(r"^(nvidia-|cuda-|triton)")
#: uv reads 3.11 as 3.11.0. Debian 12 has 3.11.2, so a package that needs 3.11.5 must not be in the lock.
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


class Pin(NamedTuple):
    """One package of a lock."""

    line: str
    """`name==version`, with a marker when not every machine needs it."""
    hashes: tuple[str, ...] = ()
    """The hashes of all files of that version; empty when only the version is locked."""

    @property
    def name(self) -> str:
        """The package's canonical name."""
        return self.line.partition("==")[0]

    def __str__(self) -> str:
        return " \\\n    ".join([self.line, *(f"--hash={value}" for value in self.hashes)])


class Lock(NamedTuple):
    """One file of exact versions."""

    name: str
    purpose: str
    on_top_of: tuple[str, ...] = ()
    """Names of the locks that this one includes."""

    @property
    def path(self) -> Path:
        """Its file."""
        return DEPLOY / f"requirements-{self.name}.txt"

    def pins(self) -> list[Pin]:
        """Return the pins in its file, without those of included locks."""
        if not self.path.exists():
            return []
        return read(self.path.read_text(encoding="utf-8"))

    def text(self, pins: Iterable[Pin]) -> str:
        """Return the new content of its file."""
        head = [f"# {self.purpose}", "# Written by `make lock`; do not edit."]
        head += [f"-r requirements-{name}.txt" for name in self.on_top_of]
        return "\n".join([*head, *map(str, pins)]) + "\n"


SERVE = Lock("serve", "What a running bot needs, to be installed with --no-deps.")
INSTALL = Lock("install", "What installs Signpost itself, on top of serving.")
IMAGE = Lock("image", "What the image has beside: assistants (mcp) and a store in PostgreSQL.", ("serve",))
BUILD = Lock("build", "What exports and tunes encoders, with requirements-torch.txt.", ("serve", "install"))
DEV = Lock("dev", "What checks the project, on top of that.", ("build",))
#: Package indexes have different builds of torch, for processors and graphics cards, with different hashes.
TORCH = Lock("torch", "torch, whose build is up to the machine: its version alone is locked, and it is installed last.")
LOCKS = (SERVE, INSTALL, BUILD, DEV)
#: Dependencies that serving never loads, so its lock leaves them out and is installed with --no-deps. tokenizers needs the
#: hub's client only to download, and a bundle has its tokenizer as a file.
NOT_SERVED = ("huggingface-hub",)


def read(text: str) -> list[Pin]:
    """Return the pins of a requirements file."""
    lines = (line.split("--hash=") for line in text.replace("\\\n", " ").splitlines() if line[:1] not in {"", "#", "-"})
    return [Pin(line.strip(), tuple(map(str.strip, hashes))) for line, *hashes in lines]


def resolve(
    requirements: Sequence[str], known: Mapping[str, Pin], preferred: Iterable[Pin], without: Iterable[str] = ()
) -> dict[str, Pin]:
    """Return all direct and indirect dependencies of `requirements`, by name.

    Versions in `known` are kept. Versions in `preferred` are kept if possible.
    """
    with tempfile.TemporaryDirectory() as folder:
        names = ("wanted.in", "known.txt", "without.txt", "lock.txt")
        wanted, constraints, excludes, output = (Path(folder, name) for name in names)
        excludes.write_text("\n".join(without), encoding="utf-8")
        wanted.write_text("\n".join(requirements), encoding="utf-8")
        constraints.write_text("\n".join(pin.line for pin in known.values()), encoding="utf-8")
        output.write_text("\n".join(pin.line for pin in preferred), encoding="utf-8")
        options = ["--universal", f"--python-version={OLDEST}", "--fork-strategy=fewest", "--no-header"]
        options += ["--no-annotate", f"--constraints={constraints}", f"--excludes={excludes}"]
        options += ["--generate-hashes", f"--output-file={output}", "--quiet"]
        command = [sys.executable, "-m", "uv", "pip", "compile", *options, str(wanted)]
        subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: S603
        pins = read(output.read_text(encoding="utf-8"))
    found = (Pin(trimmed(Requirement(pin.line)), pin.hashes) for pin in pins if not GRAPHICS.match(pin.line))
    return {pin.name: pin for pin in found if pin.line}


def trimmed(requirement: Requirement) -> str:
    """Return a line of a lock: with a marker if only some machines need it, and empty if none does."""
    marker, requirement.marker = requirement.marker, None
    needed = [marker is None or marker.evaluate(machine) for machine in MACHINES]
    return f"{requirement} ; {marker}" if any(needed) and not all(needed) else str(requirement) if any(needed) else ""


def resolved(*, upgrade: bool) -> dict[Lock, list[Pin]]:
    """Resolve the locks one after the other."""
    file = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project, extras = file["project"], file["project"]["optional-dependencies"]
    preferred = [] if upgrade else [pin for lock in (*LOCKS, IMAGE, TORCH) for pin in lock.pins()]
    purposes = (project["dependencies"], file["build-system"]["requires"], extras["build"], extras["dev"])
    wanted: list[str] = []
    known: dict[str, Pin] = {}
    locks: dict[Lock, list[Pin]] = {}
    for lock, added in zip(LOCKS, purposes, strict=True):
        wanted += added
        found = resolve(wanted, known, preferred, () if lock in {BUILD, DEV} else NOT_SERVED)
        locks[lock] = [pin for name, pin in found.items() if name not in {*known, TORCH.name}]
        known = found
    locks[TORCH] = [Pin(known[TORCH.name].line)]
    # In the versions that the checks have, which use both.
    beside = resolve([*project["dependencies"], *extras["mcp"], *extras["postgresql"]], known, (), NOT_SERVED)
    served = {pin.name for pin in locks[SERVE]}
    locks[IMAGE] = [pin for name, pin in beside.items() if name not in served]
    return locks


def differences(locks: Mapping[Lock, Sequence[Pin]]) -> list[str]:
    """Return how the files differ from `locks`. Files that were added to a version after it was locked do not count."""
    return [
        f"{lock.path.name}: {name}"
        for lock, pins in locks.items()
        for here, now in [({pin.name: pin for pin in lock.pins()}, {pin.name: pin for pin in pins})]
        for name in sorted({*here, *now})
        if name not in here
        or name not in now
        or here[name].line != now[name].line
        or not set(here[name].hashes) <= set(now[name].hashes)
        or bool(here[name].hashes) != bool(now[name].hashes)
    ]


def main() -> int:
    """Write the locks, or check them."""
    try:
        locks = resolved(upgrade="--upgrade" in sys.argv[1:])
    except subprocess.CalledProcessError:
        sys.stderr.write("deploy/lock.py: uv cannot resolve pyproject.toml; what it says is above\n")
        return 2
    if "--check" in sys.argv[1:]:
        found = differences(locks)
        sys.stderr.write("".join(f"{line}: not as pyproject.toml leads to it; run `make lock`\n" for line in found))
        return 1 if found else 0
    for lock, pins in locks.items():
        lock.path.write_text(lock.text(pins), encoding="utf-8")
        sys.stderr.write(f"{lock.path.name}: {len(pins)} packages\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
