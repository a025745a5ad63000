"""`signpost build --watch`: a process that follows the catalogue, whatever is done to it."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import LINKS, ROOT, extra, write_catalogue

pytestmark = pytest.mark.slow


class Watching:
    """A running `signpost build --watch`, and what it said so far."""

    def __init__(self, folder: Path) -> None:
        self.index = folder / "index"
        self.catalogue = write_catalogue(folder / "list.yaml")
        self.log = folder / "log"
        program = [sys.executable, "-m", "bot.cli", "build", "--watch", "--catalogue", str(self.catalogue)]
        program += ["--index", str(self.index)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(program, cwd=ROOT, stdout=log, stderr=log)

    def edit(self, text: str) -> None:
        """Write the catalogue as editors do: another file, renamed."""
        aside = self.catalogue.with_suffix(".new")
        aside.write_text(text)
        aside.replace(self.catalogue)

    def wait_for(self, text: str, *, times: int = 1) -> str:
        """Wait until it has said something, and return everything that it said."""
        deadline = time.monotonic() + 120
        while (said := self.log.read_text()).count(text) < times:
            assert self.process.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.05)
        return said

    def current(self) -> str:
        """Return the version that is current."""
        return (self.index / "current").read_text().strip()


@pytest.fixture
def watching(index: Path, tmp_path: Path) -> Iterator[Watching]:
    """Watch a catalogue whose index is there already."""
    assert index == tmp_path / "index"
    found = Watching(tmp_path)
    try:
        found.wait_for("is current: 8 links")
        yield found
    finally:
        found.process.kill()
        found.process.wait()


def test_edits_are_built_bad_ones_are_a_line_and_the_end_is_clean(watching: Watching, tmp_path: Path) -> None:
    """The diff is printed; YAML that is broken, links that vanish and broken golden questions end nothing."""
    first = watching.current()
    write_catalogue(watching.catalogue, [*LINKS, extra(1)])
    assert f"+ {extra(1).url}" in watching.wait_for("is current: 9 links")
    watching.edit("format: 1\nlinks:\n\t- url: x\n")
    watching.wait_for(f"signpost: {watching.catalogue}:3: ")
    write_catalogue(watching.catalogue, LINKS[:2])
    watching.wait_for("build with --force if this was meant")
    write_catalogue(watching.catalogue, [*LINKS, extra(1), extra(2)])
    watching.wait_for("is current: 10 links")
    (tmp_path / "golden.yaml").write_text("questions:\n- ask: x\n")
    watching.wait_for(f"signpost: {tmp_path / 'golden.yaml'}:2: ")
    (tmp_path / "golden.yaml").unlink()
    said = watching.wait_for("was current already")
    assert "Traceback" not in said
    assert watching.current() != first
    watching.process.send_signal(signal.SIGTERM)
    assert watching.process.wait(60) == 0
    assert watching.log.read_text().endswith("stopped\n")


def test_another_build_is_waited_for_and_a_crash_leaves_no_lock(watching: Watching) -> None:
    """The change is not lost while somebody else builds; a killed watcher is in nobody's way."""
    lock = os.open(watching.index / "build.lock", os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    write_catalogue(watching.catalogue, [*LINKS, extra(1)])
    watching.wait_for("another build is running")
    os.close(lock)
    watching.wait_for("is current: 9 links")
    assert watching.log.read_text().count("another build is running") == 1
    watching.process.kill()
    watching.process.wait()
    lock = os.open(watching.index / "build.lock", os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(lock)


def test_ctrl_c_in_the_middle_of_a_build_ends_it_and_leaves_nothing(watching: Watching) -> None:
    """Exit code 0, no folder aside, the index as it was."""
    before = watching.current()
    write_catalogue(watching.catalogue, [*LINKS, *(extra(number) for number in range(1, 3_000))])
    deadline = time.monotonic() + 120
    while not list((watching.index / "bundles").glob(".aside-*")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    watching.process.send_signal(signal.SIGINT)
    assert watching.process.wait(60) == 0
    assert watching.current() == before
    assert not list((watching.index / "bundles").glob(".aside-*"))
