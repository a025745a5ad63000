"""Runs the fuzz targets: `python -m tests.fuzz [--inputs N] [--seconds S] [NAME …]`; exit 1 when one fails.

Each input has a seed of its own, which is told with what it does wrong: `--seed` runs it again. What is found becomes a
test beside those of what it was found in.
"""

import argparse
import gc
import logging
import sys
import tempfile
import time
import traceback
from contextlib import suppress
from random import Random
from typing import Any

from index.timing import OutOfTimeError, at_most
from tests.fuzz.shared import clean_up, folder
from tests.fuzz.targets import TARGETS, Target

#: Seconds of the processor that one input may take.
MOST_S = 1.0
#: After this it is stopped, so that one that never ends is found too.
STOPPED_S = 3.0
_SHOWN = 2_000
_TRIES = 5
#: After this many inputs everything is loaded.
_WARM = 200


def run_target(name: str, *, inputs: int, seconds: float, seed: int) -> bool:
    """Run one target for so many inputs, or so many seconds; say how it went, and whether all was well."""
    target, until = TARGETS[name], time.monotonic() + seconds
    started, slowest, done = time.monotonic(), 0.0, 0
    for done in range(inputs):
        if time.monotonic() > until:
            break
        given = target.make(Random(f"{name} {seed + done}"))
        try:
            used = _used(target, given)
        except Exception as error:  # noqa: BLE001 - any error is a finding
            is_late = isinstance(error, OutOfTimeError)
            told = f"it took longer than {MOST_S:g} s" if is_late else traceback.format_exc()
            _tell(f"{name}: failed with --seed {seed + done} on {given!r:.{_SHOWN}}\n{told}")
            return False
        slowest = max(slowest, used if done else 0.0)
        if done == _WARM:
            gc.freeze()  # what is loaded stays: looking through it again and again took a third of the time
    else:
        done = inputs
    _tell(f"{name}: {done:,} inputs in {time.monotonic() - started:.0f} s, slowest {slowest:.3f} s")
    return True


def _used(target: Target, given: Any) -> float:
    """Run one input and return the seconds of the processor that it took; OutOfTimeError when it is too slow each time.

    The first one loads what the others use, and a virtual machine that stands still counts that as work.
    """
    for _ in range(_TRIES):
        before = time.process_time()
        with suppress(OutOfTimeError), at_most(STOPPED_S):
            target.run(given)
            if (used := time.process_time() - before) <= MOST_S:
                return used
    raise OutOfTimeError


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Run the targets that are named, or all; the seconds are for all of them together."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[[], *TARGETS], help=", ".join(TARGETS))
    parser.add_argument("--inputs", type=int, default=100_000, help="for each target (%(default)s)")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="for all targets together")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000_000, help="of the first input")
    given = parser.parse_args()
    logging.getLogger("index").addHandler(logging.NullHandler())
    logging.disable(logging.CRITICAL)
    tempfile.tempdir = str(folder())  # a disk took half of the time of some targets
    names = given.names or list(TARGETS)
    try:
        results = [
            run_target(name, inputs=given.inputs, seconds=given.seconds / len(names), seed=given.seed) for name in names
        ]
    finally:
        clean_up()
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
