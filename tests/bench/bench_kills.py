"""Kills builds at random moments and looks at what is left. Takes minutes.

    python -m tests.bench.bench_kills [--kills N] [--seed N]

Each build is a process of its own, `signpost build`, killed by SIGKILL at a moment drawn from before its first step to after
its last; some of them export the encoder, some are full. After each, the bundle that the pointer names is opened, which
checks every byte of it. At the end a build must succeed, leave nothing of the killed ones behind, and give the bundle of an
index that nobody disturbed, byte for byte. The exit code is 1 when anything of that fails.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Final

from index.bundle import IndexFolder
from index.errors import BundleError
from tests.bench.history import next_version
from tests.support import ROOT, bundle_of, content_of, extra, write_catalogue, write_model

KILLS: Final = 200
LINKS: Final = 300
#: One build in so many exports the encoder, which takes several times as long as all the rest; one in so many is full.
EXPORTS: Final = 20
FULLS: Final = 4
#: Moments are drawn up to so many times what a build takes undisturbed.
AFTER_THE_END: Final = 1.1
#: What a killed build may leave until the next one.
LEFT: Final = (".*", "*/.*", "*/*.new", "*/*-journal")


def start(catalogue: Path, index: Path, model: Path, *options: str) -> subprocess.Popen[bytes]:
    """Start a build."""
    arguments = ("--catalogue", str(catalogue), "--index", str(index), "--model", str(model), "--precision", "fp32")
    command = (sys.executable, "-m", "bot.cli", "build", "--force", *arguments, *options)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(catalogue: Path, index: Path, model: Path, *options: str) -> float:
    """Build undisturbed; return the seconds that it took."""
    started = time.perf_counter()
    process = start(catalogue, index, model, *options)
    _, complaint = process.communicate()
    if process.returncode:
        raise SystemExit(complaint.decode())
    return time.perf_counter() - started


def is_whole(index: Path) -> bool:
    """Whether the pointer names a bundle whose every byte is as it was written."""
    try:
        IndexFolder(index).open()
    except BundleError as error:
        sys.stderr.write(f"{error}\n")
        return False
    return True


def kill_one(number: int, chance: random.Random, catalogue: Path, index: Path, model: Path, *, usual: float) -> str:
    """Start a build, kill it at some moment, and return how it ended."""
    exports = number % EXPORTS == EXPORTS - 1
    longest = usual
    if exports:
        (index / "encoders").replace(index.with_name("exported"))
        longest = usual * 5
    process = start(catalogue, index, model, *(["--full"] if number % FULLS == FULLS - 1 else []))
    try:
        process.wait(chance.uniform(0, longest * AFTER_THE_END))
    except subprocess.TimeoutExpired:
        process.kill()
    _, complaint = process.communicate()
    if exports:  # or all that follow would be killed while they export
        shutil.rmtree(index / "encoders", ignore_errors=True)
        index.with_name("exported").replace(index / "encoders")
    if process.returncode > 0:
        sys.stderr.write(complaint.decode())
    return {0: "ended before", -9: "killed"}.get(process.returncode, "failed")


def main() -> int:
    """Kill so many builds; return 1 where the index suffered."""
    parser = argparse.ArgumentParser(description="Kill builds at random moments.")
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="signpost-kills-") as name:
        folder = Path(name)
        model = write_model(folder / "model")
        catalogue = write_catalogue(folder / "catalogue.yaml", [extra(number) for number in range(LINKS)])
        index, versions = folder / "index", set()
        finish(catalogue, index, model)
        usual = finish(catalogue, index, model, "--full")
        for number in range(arguments.kills):
            next_version(catalogue, seed=number, changes=20)
            found[kill_one(number, chance, catalogue, index, model, usual=usual)] += 1
            found["whole"] += is_whole(index)
            found["left something"] += any(any(index.glob(pattern)) for pattern in LEFT)
            versions.add((index / "current").read_text(encoding="ascii"))
        finish(catalogue, index, model)
        left = [str(path.relative_to(index)) for pattern in LEFT for path in index.glob(pattern)]
        finish(catalogue, folder / "undisturbed", model)
        equal = content_of(bundle_of(index)) == content_of(bundle_of(folder / "undisturbed"))
    sys.stdout.write(
        f"{arguments.kills} builds of {usual:.1f} s: {found['killed']} killed, {found['ended before']} ended before, "
        f"{found['failed']} failed; the pointer named a whole bundle {found['whole']} times, {len(versions)} versions in all; "
        f"{found['left something']} left something for the next build to remove\n"
        f"the last build left {left or 'nothing'} behind and {'equals' if equal else 'DIFFERS FROM'} an undisturbed one\n"
    )
    return 0 if found["whole"] == arguments.kills and not found["failed"] and not left and equal else 1


if __name__ == "__main__":
    sys.exit(main())
