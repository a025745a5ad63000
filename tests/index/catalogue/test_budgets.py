"""What a reader may take: time, memory, files. A source that takes more has failed, and its last good copy is kept."""

import io
import pickle
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from index.catalogue import read as read_module
from index.catalogue.formats import plain
from index.catalogue.formats.plain_yaml import parse
from index.catalogue.read import Root, read
from index.catalogue.sources import trial
from index.catalogue.sources.copies import State, gather
from index.catalogue.sources.sources import GitSource
from index.errors import CatalogueError
from index.git import run_git
from index.timing import OutOfTimeError, at_most

LIST = "# Links\n\n" + "".join(f"- [Link {number}](https://a.org/{number}) - what it is.\n" for number in range(1_000))


def _go_on() -> None:
    while True:
        pass


def test_code_that_takes_too_long_is_stopped_in_the_middle_of_a_pattern() -> None:
    """And the timer is off afterwards, also after code that took its time."""
    started = time.monotonic()
    with pytest.raises(OutOfTimeError), at_most(0.05):
        re.fullmatch("(a*)*b", "a" * 40)
    with pytest.raises(OutOfTimeError), at_most(0.05):
        _go_on()
    with at_most(0.05):
        pass
    time.sleep(0.06)
    assert time.monotonic() - started < 120  # the pattern alone would take years


def test_outside_the_main_thread_nothing_is_stopped() -> None:
    """There the system's timer cannot be used; what is fetched there is read in a process of its own."""
    ended: list[bool] = []

    def run() -> None:
        with at_most(0.01):
            time.sleep(0.03)
        ended.append(True)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert ended == [True]


def test_a_file_that_takes_too_long_is_an_error_with_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line; in a folder the others are read."""
    (tmp_path / "slow.txt").write_text("https://a.org/slow\n")
    (tmp_path / "good.md").write_text("- [Good](https://a.org/good)\n")
    monkeypatch.setattr(read_module, "seconds_for", lambda _chars: 0.4)
    monkeypatch.setattr(read_module, "read_plain", lambda *_a, **_k: re.fullmatch("(a*)*b", "a" * 40))
    with pytest.raises(CatalogueError, match=r"slow\.txt: reading it took more than 0 s of the processor; split it"):
        read([tmp_path / "slow.txt"])
    monkeypatch.setattr(plain, "holds_list", lambda _text: True)
    found = read([tmp_path])
    assert [link.title for link in found.links] == ["Good"]
    assert [skip.text for skip in found.skipped] == ["slow.txt"]


def test_a_source_of_too_many_or_too_large_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All its files together; a single file has a limit of its own."""
    for number in range(3):
        (tmp_path / f"{number}.md").write_text(f"- [L](https://a.org/{number})\n")
    monkeypatch.setattr(read_module, "MAX_FILES", 2)
    with pytest.raises(CatalogueError, match=r"holds more than 2 files or 268,435,456 bytes; name a folder"):
        read([tmp_path])
    monkeypatch.setattr(read_module, "MAX_FILES", 3)
    assert len(read([tmp_path]).links) == 3
    monkeypatch.setattr(read_module, "MAX_FILE_BYTES", 30)
    with pytest.raises(CatalogueError, match="holds more than 3 files or 30 bytes"):
        read([tmp_path])


@pytest.mark.parametrize(
    "error", [AssertionError("unknown status"), RecursionError(), MemoryError(), ZeroDivisionError()]
)
def test_any_error_of_a_reader_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """With a reference to the trace, which a person need not see."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(read_module, "read_page", fail)
    (tmp_path / "a.md").write_text("- [a](https://a.org) <![foo[\n")
    with pytest.raises(
        CatalogueError, match=r"a\.md: the reader of Markdown failed on this file: \w+ \(reference \w{8}\)"
    ) as caught:
        read([tmp_path / "a.md"])
    assert "\n" not in str(caught.value)


@pytest.fixture(name="copy")
def _copy(tmp_path: Path) -> Root:
    path = tmp_path / "list.md"
    path.write_text(LIST)
    return Root(path=path, address="https://a.org/list.md")


def test_a_new_copy_is_read_in_a_process_of_its_own(copy: Root) -> None:
    """Its links are counted, and its mistakes told with their lines."""
    assert len(LIST) > trial.LEAST_BYTES
    assert trial.links_in(copy) == 1_000
    copy.path.write_bytes(b"\0" * 40_000)
    with pytest.raises(CatalogueError, match=r"https:/+a\.org/list\.md:1: holds a NUL byte"):
        trial.links_in(copy)


def test_what_is_read_in_a_process_of_its_own_has_less_time_there(
    copy: Root, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A list that took nearly all of its time would fail in the build, when the copy before it is gone."""
    given: list[float] = []

    @contextmanager
    def told(seconds: float) -> Iterator[None]:
        given.append(seconds)
        yield

    monkeypatch.setattr(read_module, "at_most", told)
    monkeypatch.setattr(trial, "_limit", lambda _size: None)
    monkeypatch.setattr(sys, "argv", ["trial", "1"])
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(pickle.dumps(copy))))
    trial._main()
    read([copy])
    assert capsys.readouterr().out == '{"links": 1000}'
    assert given[0] < 0.8 * given[1]


def test_a_reader_that_does_not_end_is_ended(copy: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it does: not even a library in C can go on."""
    monkeypatch.setattr(trial, "seconds_for", lambda _size: 0.0)
    monkeypatch.setattr(trial, "_GRACE_S", 0.005)
    with pytest.raises(CatalogueError, match=r"list\.md: cannot be read within 0\.005 s"):
        trial.links_in(copy)


@pytest.mark.parametrize(
    ("does", "reason"),
    [
        ("echo why >&2; kill -SEGV $$", "signal 11"),
        ("echo why >&2; exit 3", "exit 3"),
        ("echo why >&2; echo '[]'", "exit 0"),
    ],
)
def test_a_reader_that_ends_its_process_is_a_failed_source(
    copy: Root,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    does: str,
    reason: str,
) -> None:
    """Nothing of the build ends with it; what it said of its end is in the log, under the reference."""
    python = copy.path.with_name("python")
    python.write_text(f"#!/bin/sh\ncat > /dev/null\n{does}\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(CatalogueError, match=rf"its reader ended without a result \({reason}; reference ") as caught:
        trial.links_in(copy)
    (logged,) = caplog.records
    assert logged.reference in str(caught.value)  # type: ignore[attr-defined]
    assert "why" in logged.getMessage()


def test_a_source_whose_reader_fails_keeps_its_last_good_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The build goes on with what was read before, and says why."""
    folder = tmp_path / "lists"
    folder.mkdir()

    def commit(text: str) -> None:
        (folder / "list.md").write_text(text)
        for arguments in (
            ["init", "-q"],
            ["add", "."],
            ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"],
        ):
            assert run_git(arguments, folder, timeout_s=120, max_bytes=10_000).returncode == 0

    source = GitSource(remote=folder.as_uri())
    commit("- [a](https://a.org/a)\n")
    (first,) = gather([source], tmp_path / "copies").sources
    commit(LIST)
    monkeypatch.setattr(trial, "seconds_for", lambda _size: 0.0)
    monkeypatch.setattr(trial, "_GRACE_S", 0.005)
    (second,) = gather([source], tmp_path / "copies").sources
    assert (first.state, second.state) == (State.FETCHED, State.KEPT)
    assert "cannot be read within" in second.problem
    assert [link.title for link in read([second.root]).links] == ["a"]


def test_a_date_that_does_not_exist_costs_no_page(tmp_path: Path) -> None:
    """The library that reads org-mode fails on it; the rest of the page is read."""
    path = tmp_path / "a.org"
    for wrong in (
        "[2024-99-99]",
        "<2024-01-01 Mon 99:99>",
        "CLOCK: [2024-02-31 Sat 10:00]",
        "<2024-13-01>--<2024-13-02>",
    ):
        path.write_text(f"* Links\nSCHEDULED: {wrong}\n- [[https://a.org][Ant]] since {wrong}\n")
        assert [link.title for link in read([path]).links] == ["Ant"]


def test_half_a_character_in_yaml_is_one_line() -> None:
    """It can come from a command line; no file holds one."""
    with pytest.raises(CatalogueError, match="this is not valid YAML"):
        parse("name: \ud98a", "x.yaml")
