"""What is kept of each link's checks, on disk and over time."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.catalogue.checks.evidence import advance
from index.catalogue.checks.records import CHECKS, STATE_FILE, Day, Outcome, Record, Recorder, Sign, Standing, Verdict
from index.errors import CatalogueError

URL = "https://example.com/a"
OTHER = "https://example.com/ü"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GONE = Verdict(outcome=Outcome.GONE, reason="404 Not Found")
ALIVE = Verdict(outcome=Outcome.ALIVE, reason="200 OK", page=URL, etag='"1"')
UNKNOWN = Verdict(outcome=Outcome.UNKNOWN, reason="no answer in time")


def after(*days_and_verdicts: tuple[float, Verdict]) -> Record:
    """Return what is held after checks on some days."""
    record: Record | None = None
    for days, verdict in days_and_verdicts:
        record = advance(record, URL, verdict, now=NOW + timedelta(days=days), dead_after=3)
    assert record is not None
    return record


def test_dead_after_failed_checks_on_three_days() -> None:
    """Not after three checks of one day, nor after two days."""
    assert after((0, GONE)).standing is Standing.FAILING
    assert after((0, GONE), (0.1, GONE), (0.2, GONE)).standing is Standing.FAILING
    assert after((0, GONE), (1, GONE)).standing is Standing.FAILING
    assert after((0, GONE), (1, GONE), (5, GONE)).standing is Standing.DEAD


def test_a_link_that_is_seen_again_starts_anew() -> None:
    """One good answer forgets the failures before it, of a dead link as well."""
    assert after((0, GONE), (1, GONE), (2, ALIVE), (3, GONE)).standing is Standing.FAILING
    revived = after((0, GONE), (1, GONE), (2, GONE), (3, ALIVE))
    assert (revived.standing, revived.failed_on) == (Standing.ALIVE, ())


def test_a_hijacked_link_that_is_gone_for_a_day_is_not_shown_again() -> None:
    """It stays hijacked until it is dead, or is seen as it should be."""
    signs = (Sign.HEADINGS, Sign.TEXT)
    hijacked = Verdict(outcome=Outcome.HIJACKED, reason="the domain is parked or for sale", page=URL, signs=signs)
    down = after((0, hijacked), (7, GONE), (14, GONE))
    assert (down.standing, down.reason, len(down.failed_on)) == (Standing.HIJACKED, hijacked.reason, 2)
    assert after((0, hijacked), (7, GONE), (14, hijacked), (21, GONE)).standing is Standing.HIJACKED
    assert after((0, hijacked), (7, GONE), (14, GONE), (21, GONE)).standing is Standing.DEAD
    assert after((0, hijacked), (7, GONE), (14, ALIVE)).standing is Standing.ALIVE


def test_a_check_that_says_nothing_changes_nothing() -> None:
    """It neither counts as a failure nor forgets one; the last reason is kept beside the old one."""
    between = after((0, GONE), (1, UNKNOWN), (2, GONE), (3, UNKNOWN), (4, GONE))
    assert between.standing is Standing.DEAD
    still = after((0, ALIVE), (1, UNKNOWN))
    assert (still.standing, still.unclear) == (Standing.ALIVE, "no answer in time")
    assert still.checked == NOW + timedelta(days=1)
    assert after((0, UNKNOWN)).standing is Standing.UNKNOWN


def test_an_unchanged_page_keeps_its_judgement() -> None:
    """A 304 says that the page is as it was judged, with its validators."""
    unchanged = Verdict(outcome=Outcome.ALIVE, reason="304 Not Modified", unchanged=True)
    suspicious = Verdict(outcome=Outcome.SUSPICIOUS, reason="an error page", page=URL, etag='"1"')
    record = after((0, suspicious), (7, unchanged))
    assert (record.standing, record.etag, record.checked) == (Standing.SUSPICIOUS, '"1"', NOW + timedelta(days=7))


texts = st.text(st.characters(codec="utf-8"), max_size=20)
days = st.builds(
    Day,
    on=st.dates(),
    outcome=st.sampled_from(Outcome),
    reason=texts,
    signs=st.lists(st.sampled_from(Sign), max_size=2).map(tuple),
    to=texts,
)
records = st.builds(
    Record,
    url=texts.filter(bool),
    standing=st.sampled_from(Standing),
    reason=texts,
    checked=st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    to=texts,
    days=st.lists(days, max_size=3).map(tuple),
    at=texts,
    unclear=texts,
    page=texts,
    etag=texts,
    modified=texts,
    was=texts,
)


@given(several=st.lists(records, max_size=4))
def test_records_survive_the_file(tmp_path_factory: pytest.TempPathFactory, several: list[Record]) -> None:
    """What is written is read, whatever the texts hold; the same records give the same bytes in any order."""
    path = tmp_path_factory.mktemp("state") / STATE_FILE
    kept = {record.url: record for record in several}
    CHECKS.write(path, kept)
    first = path.read_bytes()
    assert CHECKS.read(path) == kept
    CHECKS.write(path, dict(reversed(kept.items())))
    assert path.read_bytes() == first
    assert [file.name for file in path.parent.iterdir()] == [STATE_FILE]


def test_a_line_that_was_cut_off_is_passed_over(tmp_path: Path) -> None:
    """A crash loses what it interrupted, and nothing else; the next run writes the file whole."""
    path = tmp_path / STATE_FILE
    first, second = after((0, GONE)), Record(url=OTHER, standing=Standing.ALIVE, reason="", checked=NOW)
    CHECKS.write(path, {URL: first, OTHER: second})
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    path.write_bytes(whole[: len(whole) - 5])
    assert set(CHECKS.read(path)) == {URL}
    with Recorder({URL: [tmp_path]}).writing():
        assert path.read_bytes() == b"".join(lines[:2])


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ('{"format": 2}\n', 1, "format is 2, this program reads format 1"),
        ('{"format": 1}\nnonsense\n{"url": "a"}\n', 2, "this is no record of a link check"),
        ('{"format": 1}\n{"url": "a"}\n', 2, "this is no record of a link check"),
        (
            '{"format": 1}\n{"url": "a", "standing": "alive", "reason": "", "checked": "0001-01-01T00:00:00+14:00"}\n',
            2,
            "this is no record of a link check",
        ),
        ("[]\n", 1, "this is no record of a link check"),
    ],
)
def test_a_wrong_file_is_refused_by_line(tmp_path: Path, content: str, line: int, message: str) -> None:
    """What cannot be read is never taken for "never checked"."""
    path = tmp_path / STATE_FILE
    path.write_text(content)
    with pytest.raises(CatalogueError, match=message) as caught:
        CHECKS.read(path)
    assert (caught.value.path, caught.value.line) == (path, line)


def test_a_run_keeps_what_it_found_and_forgets_what_left_the_catalogue(tmp_path: Path) -> None:
    """Each address is in the state of every folder whose catalogue has it, and in no other."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    CHECKS.write(one / STATE_FILE, {"https://example.com/gone": after((0, GONE))})
    with Recorder({URL: [one, two], OTHER: [two]}).writing() as recorder:
        recorder.add(after((0, GONE)))
        assert set(CHECKS.read(one / STATE_FILE)) >= {URL}
    assert set(CHECKS.read(one / STATE_FILE)) == {URL}
    assert set(CHECKS.read(two / STATE_FILE)) == {URL}
    assert CHECKS.read_all([one / STATE_FILE, two / STATE_FILE])[URL].standing is Standing.FAILING


def test_what_is_read_is_written_the_same(tmp_path: Path) -> None:
    """Also a time that somebody gave with parts of a second: it is kept to the second."""
    (tmp_path / STATE_FILE).write_text(
        f'{{"format": 1}}\n{{"url": "{URL}", "standing": "alive", "reason": "", "checked": "2026-01-02T03:04:05.5+01:00"}}\n'
    )
    read = CHECKS.read(tmp_path / STATE_FILE)
    CHECKS.write(tmp_path / STATE_FILE, read)
    assert CHECKS.read(tmp_path / STATE_FILE) == read
    assert read[URL].checked.isoformat() == "2026-01-02T02:04:05+00:00"


def test_two_runs_never_mix(tmp_path: Path) -> None:
    """The second is told so; the first goes on."""
    with (
        Recorder({URL: [tmp_path]}).writing() as recorder,
        pytest.raises(CatalogueError, match="another check of its links, or `signpost enrich`, is running"),
        Recorder({URL: [tmp_path]}).writing(),
    ):
        raise AssertionError
    with Recorder({URL: [tmp_path]}).writing() as recorder:
        recorder.add(after((0, GONE)))


def test_what_was_added_survives_a_kill(tmp_path: Path) -> None:
    """A result is in the file once it was added, whatever becomes of the process; the lock is gone with it."""
    code = (
        "import os, sys\nfrom pathlib import Path\n"
        "from datetime import UTC, datetime\n"
        "from index.catalogue.checks.records import Record, Recorder, Standing\n"
        "with Recorder({'u': [Path(sys.argv[1])]}).writing() as recorder:\n"
        "    recorder.add(Record(url='u', standing=Standing.ALIVE, reason='', checked=datetime.now(UTC)))\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    result = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert result.returncode == -9
    with Recorder({"u": [tmp_path]}).writing() as recorder:
        assert recorder.records["u"].standing is Standing.ALIVE


def test_a_disk_that_refuses_is_one_line(tmp_path: Path) -> None:
    """A folder that is not there cannot hold a state; nothing else is touched."""
    with pytest.raises(CatalogueError, match="cannot be locked"), Recorder({URL: [tmp_path / "none"]}).writing():
        raise AssertionError
