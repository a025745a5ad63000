"""Counts what became of mutmut's faults, for each module: how many a test noticed, of how many.

Exit code 1 when that is less than 95 in a hundred of all, or when some were not tried.
"""

import json
import sys
from collections import Counter
from pathlib import Path

import click
from mutmut.stats import status_by_exit_code

from tests.bench.tables import table
from tests.faults.table import ROOT

#: Where mutmut keeps its results: beside its copy of each module that it put faults into.
KEPT = ROOT / "mutants"
LEAST_PERCENT = 95
#: A fault that keeps the tests running for ever is noticed by whoever waits for them.
_NOTICED = ("killed", "timeout")


def outcomes(folder: Path) -> dict[str, Counter[str]]:
    """Return how often each outcome was seen, by module."""
    found: dict[str, Counter[str]] = {}
    for path in sorted(folder.rglob("*.meta")):
        codes = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"].values()
        if codes:
            name = path.relative_to(folder).as_posix().removesuffix(".meta")
            found[name] = Counter(status_by_exit_code[code] for code in codes)
    return found


def figures(found: dict[str, Counter[str]]) -> str:
    """Return the table for people."""
    rows = []
    for name, counts in [*found.items(), ("all", sum(found.values(), Counter()))]:
        noticed = sum(counts[one] for one in _NOTICED)
        share = f"{noticed / counts.total():.1%}"
        rows.append([name, f"{noticed} of {counts.total()}", share, str(counts["timeout"]), str(counts["not checked"])])
    return table(("Module", "Noticed", "Share", "Of these by waiting", "Not tried"), rows)


def main() -> int:
    """Print the figures; return the exit code."""
    if not (found := outcomes(KEPT)):
        click.echo("there are no results of mutmut here; run: make mutants", err=True)
        return 1
    click.echo(figures(found))
    counts = sum(found.values(), Counter[str]())
    noticed = sum(counts[one] for one in _NOTICED)
    return int(noticed * 100 < LEAST_PERCENT * counts.total() or counts["not checked"] > 0)


if __name__ == "__main__":
    sys.exit(main())
