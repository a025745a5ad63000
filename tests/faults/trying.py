"""Runs in the copy of the project: puts faults into it, one after the other, and runs a test with each.

Each in a process of its own: the bots of its tests are forked from one that imports the program once.
"""

import contextlib
import io
import multiprocessing
import sys
import time

import click
import pytest

from tests.faults.table import ROOT, Fault, read_faults

#: What a failed test leaves open is noticed in the next one, which is not to blame.
_WITHOUT = ("cacheprovider", "unraisableexception", "threadexception")
_WITH = ("xdist.plugin", "pytest_asyncio.plugin")
_OPTIONS = ["-q", "-x", "--tb=no", *(f"-pno:{name}" for name in _WITHOUT), *(f"-p{name}" for name in _WITH)]


class Outcome:
    """What became of one test: a plugin of pytest."""

    def __init__(self) -> None:
        self.passed = self.failed = 0
        self.trouble = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count what the test itself says; an error before or after it is no assertion of the test."""
        if report.when == "call":
            self.passed += report.passed
            self.failed += report.failed
        elif report.failed:
            self.trouble = str(report.longrepr)[-600:]

    @property
    def word(self) -> str:
        """How the fault fared."""
        if self.failed:
            return "caught"
        return "missed" if self.passed and not self.trouble else f"the test could not run {self.trouble}"


def outcome(fault: Fault) -> str:
    """Return `caught`, `missed`, or why the test did not run."""
    path, seen, said = ROOT / fault.file, Outcome(), io.StringIO()
    whole, broken = path.read_text(encoding="utf-8"), fault.applied(ROOT)
    path.write_text(broken, encoding="utf-8")
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            pytest.main([*_OPTIONS, fault.node], plugins=[seen])
    finally:
        path.write_text(whole, encoding="utf-8")
    return seen.word if seen.passed or seen.failed or seen.trouble else f"no test ran: {said.getvalue()[-600:]}"


def apart(fault: Fault) -> str:
    """Return the outcome of a fault, found in another process."""
    context = multiprocessing.get_context("fork")
    said = context.SimpleQueue()
    process = context.Process(target=lambda: said.put(outcome(fault)))
    process.start()
    process.join()
    return "the test could not run" if said.empty() else str(said.get())


def main(cases: list[int]) -> int:
    """Try the faults of these cases, of all when there are none; return the exit code."""
    chosen = [fault for fault in read_faults() if not cases or fault.case in cases]
    bad = 0
    for fault in chosen:
        started = time.monotonic()
        result = apart(fault)
        bad += result != "caught"
        click.echo(
            f"case {fault.case:2}  {result}  {time.monotonic() - started:5.1f} s  {fault.fault} ({fault.file})",
        )
    click.echo(f"{len(chosen) - bad} of {len(chosen)} faults caught")
    return 1 if bad or not chosen else 0


if __name__ == "__main__":
    sys.exit(main([int(case) for case in sys.argv[1:]]))
