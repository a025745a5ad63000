"""From nothing to an answer: time and size of what a new user installs and builds. Takes two minutes, and ten with `--before`.

    python -m tests.bench.bench_install [--runs N] [--wheels DIR] [--before COMMIT]

The last commit is cloned and installed from a local folder of wheels, as from a warm cache; `--wheels` keeps the folder. With
`--before`, another commit goes through the same. The exit code is 1 when a bar is missed. Nothing else should run meanwhile.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from index import defaults
from index.catalogue.formats.native import write_native
from index.catalogue.link import Reading
from index.catalogue.merge import merge
from index.catalogue.read import read
from index.encoder.choice import model_path
from index.search.fields import link_text
from tests.bench.bench_index import PLAIN, ROOT, Ran, Row, grown, note, run, table

#: The interpreter that a new user has, not the one of this environment.
PYTHON: Final = str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}")
QUESTION: Final = "how do I isolate namespaces?"
SMALL: Final = 150
LARGE: Final = 3_000
#: The most that is allowed: seconds, megabytes of a million bytes, shares of what the plain program takes.
DEMO_S: Final = 20.0
DEMO_MB: Final = 420.0
SMALL_S: Final = 3.0
LARGE_S: Final = 12.0
WHEEL_MB: Final = 40.0
FIRST_ANSWER_SHARE: Final = 0.083  # a twelfth


def middle(runs: list[Ran]) -> Ran:
    """Return the one that took neither long nor short."""
    return sorted(runs)[len(runs) // 2]


def size_mb(folder: Path) -> float:
    """Return what a folder takes on the disk: blocks, and a file with several names once."""
    files = [path.lstat() for path in folder.rglob("*")]
    return sum({(file.st_dev, file.st_ino): file.st_blocks * 512 for file in files}.values()) / 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """A commit, and somebody who has nothing of it yet."""

    commit: str
    folder: Path
    wheels: Path
    runs: int

    @property
    def checkout(self) -> Path:
        """Where it is cloned to."""
        return self.folder / "signpost"

    @property
    def signpost(self) -> str:
        """The program that the demo installs."""
        return str(self.checkout / ".venv" / "bin" / "signpost")

    def run(self, *command: str, cwd: Path) -> Ran:
        """Run something as that person: wheels from the folder alone, and none of this environment's code."""
        variables = {"PIP_NO_INDEX": "1", "PIP_NO_CACHE_DIR": "1", "PIP_FIND_LINKS": str(self.wheels)}
        fresh = {"HOME": str(self.folder), "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": ""}
        return run(*command, cwd=cwd, **fresh, **variables)

    def clone(self) -> None:
        """Clone it anew."""
        shutil.rmtree(self.checkout, ignore_errors=True)
        self.run("git", "clone", "--quiet", "--no-checkout", str(ROOT), str(self.checkout), cwd=self.folder)
        self.run("git", "checkout", "--quiet", self.commit, cwd=self.checkout)

    def collect(self) -> None:
        """Fetch what its demo installs, from wherever pip is set up to find it; what is there already stays."""
        self.clone()
        note(f"{self.commit}: fetching wheels …")
        locks = [self.checkout / "deploy" / f"requirements-{name}.txt" for name in ("install", "serve")]
        options = ["--no-deps"]
        if not locks[0].exists():  # before there was a lock for the demo alone
            locks, options = [self.checkout / "deploy" / "requirements-build.txt"], []
        files = [word for lock in locks for word in ("--requirement", str(lock))]
        pip = (sys.executable, "-m", "pip", "--quiet", "download", *options)
        run(*pip, "--dest", str(self.wheels), "--find-links", str(self.wheels), *files)

    def demo(self) -> Ran:
        """Go from a clean clone to the demo's answer."""
        return middle([self._demo() for _ in range(self.runs)])

    def _demo(self) -> Ran:
        shutil.rmtree(self.checkout)
        command = f'git clone --quiet "{ROOT}" signpost && cd signpost && git checkout --quiet {self.commit}'
        return self.run("sh", "-c", f"{command} && make demo PYTHON={PYTHON}", cwd=self.folder)

    def first_build(self, catalogue: Path) -> Ran:
        """Build in a new folder, in a fresh process, after one run that warms the file cache."""
        folders = [self.folder / f"{catalogue.stem}-{number}" for number in range(self.runs + 1)]
        for folder in folders:
            folder.mkdir()
        command = (self.signpost, "build", "--catalogue", str(catalogue))
        return middle([self.run(*command, cwd=folder) for folder in folders][1:])

    def first_answer(self, catalogue: Path) -> Ran:
        """Ask what was built last in a fresh process."""
        folder = self.folder / f"{catalogue.stem}-{self.runs}"
        command = (self.signpost, "ask", QUESTION)
        return middle([self.run(*command, cwd=folder) for _ in range(self.runs + 1)][1:])

    def wheel_mb(self) -> float:
        """Make the wheel."""
        python = str(self.checkout / ".venv" / "bin" / "python")
        options = ["--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", "wheel"]
        self.run(python, "-m", "pip", "wheel", *options, "signpost/", cwd=self.folder)
        (wheel,) = (self.folder / "wheel").glob("*.whl")
        return wheel.stat().st_size / 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one commit takes."""

    demo: Ran
    demo_mb: float
    small: Ran
    large: Ran
    answer: Ran
    wheel_mb: float


def measure(commit: str, folder: Path, wheels: Path, runs: int) -> Figures:
    """Go through everything with a commit."""
    (folder / commit).mkdir()
    newcomer = Newcomer(commit=commit, folder=folder / commit, wheels=wheels, runs=runs)
    newcomer.collect()
    note(f"{commit}: make demo …")
    demo = newcomer.demo()
    demo_mb = size_mb(newcomer.checkout) - size_mb(newcomer.checkout / ".git")
    note(f"{commit}: first builds …")
    small, large = (newcomer.first_build(folder / f"{links}.yaml") for links in (SMALL, LARGE))
    answer = newcomer.first_answer(folder / f"{SMALL}.yaml")
    return Figures(demo=demo, demo_mb=demo_mb, small=small, large=large, answer=answer, wheel_mb=newcomer.wheel_mb())


def plain_answer(folder: Path, catalogue: Path, runs: int) -> Ran:
    """Ask plain sentence-transformers the same of the same links, in a fresh process."""
    note("plain sentence-transformers …")
    texts, vectors, question = (str(folder / name) for name in ("texts.json", "vectors.npy", "question.json"))
    Path(texts).write_text(json.dumps([link_text(link) for link in merge(read([catalogue]).entries)]), encoding="utf-8")
    Path(question).write_text(json.dumps([QUESTION]), encoding="utf-8")
    plain, model = (sys.executable, str(PLAIN)), str(model_path(defaults.MODEL))
    run(*plain, "encode", model, texts, vectors)
    return middle([run(*plain, "ask", model, texts, vectors, question) for _ in range(runs + 1)][1:])


def rows(now: Figures, plain: Ran, before: Figures | None) -> Iterator[Row]:
    """Lay the figures beside their bars."""
    timed = (
        ("clean clone to the demo's answer", "demo", DEMO_S),
        (f"first build of {SMALL} links, new folder", "small", SMALL_S),
        (f"first build of {LARGE:,} links, new folder", "large", LARGE_S),
    )
    for what, name, allowed in timed:
        ran: Ran = getattr(now, name)
        was = str(getattr(before, name)) if before else ""
        yield Row(what=what, plain=was, ours=str(ran), found=ran.seconds, allowed=allowed, unit="s")
    sized = (("on the disk after the demo, without .git", "demo_mb", DEMO_MB), ("the wheel", "wheel_mb", WHEEL_MB))
    for what, name, allowed in sized:
        found: float = getattr(now, name)
        was = f"{getattr(before, name):.1f} MB" if before else ""
        yield Row(what=what, plain=was, ours=f"{found:.1f} MB", found=found, allowed=allowed, unit="MB")
    yield Row(
        what=f"fresh process to first answer; plain: {plain}",
        plain=str(before.answer) if before else "",
        ours=str(now.answer),
        found=now.answer.seconds / plain.seconds,
        allowed=FIRST_ANSWER_SHARE,
        unit="x",
    )


def main() -> int:
    """Measure everything; return 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description="Measure what a new user waits for, and what it takes on the disk.")
    parser.add_argument("--runs", type=int, default=3, help="of each time; the middle one counts")
    parser.add_argument("--wheels", type=Path, help="keep the wheels in this folder, and use what is there")
    parser.add_argument("--before", metavar="COMMIT", help="put this commit through the same")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="signpost-install-") as name:
        folder = Path(name)
        wheels = (arguments.wheels or folder / "wheels").absolute()
        # A list that is new to its curators has no questions yet.
        new = [replace(link, questions=()) for link in merge(read([defaults.CATALOGUE]).entries)]
        for links in (SMALL, LARGE):
            reading = Reading(name="bench", entries=tuple(grown(new, links)))
            (folder / f"{links}.yaml").write_text(write_native(reading), encoding="utf-8")
        note(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
        now = measure("HEAD", folder, wheels, arguments.runs)
        plain = plain_answer(folder, folder / f"{SMALL}.yaml", arguments.runs)
        before = measure(arguments.before, folder, wheels, arguments.runs) if arguments.before else None
    found = list(rows(now, plain, before))
    sys.stdout.write(f"{table(found, arguments.before or 'before')}\n")
    return 0 if all(row.held for row in found) else 1


if __name__ == "__main__":
    sys.exit(main())
