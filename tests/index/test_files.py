"""Files are written whole or not at all; locks are held by one process, or by several that share them."""

import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from index.files import FileLock, write_atomically

HELD = (
    "import sys, time; from pathlib import Path; from index.files import FileLock; lock = FileLock(Path(sys.argv[1])); "
)


@pytest.fixture
def _umask() -> object:
    """Let nobody else read what is new."""
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_umask")
def test_rights_stay_and_new_files_get_those_of_the_process(tmp_path: Path) -> None:
    """A file that is there is no more open than it was, and no less."""
    for mode in (0o600, 0o640, 0o644, 0o664):
        (tmp_path / "old").write_bytes(b"old")
        (tmp_path / "old").chmod(mode)
        write_atomically(tmp_path / "old", b"new")
        assert (tmp_path / "old").stat().st_mode & 0o777 == mode
    write_atomically(tmp_path / "new", b"new")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "old"]


def test_a_link_to_a_file_stays_a_link(tmp_path: Path) -> None:
    """What it leads to is written, beside where that is."""
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to("a/real")
    for content in (b"one", b"two"):
        write_atomically(tmp_path / "link", content)
        assert (tmp_path / "a" / "real").read_bytes() == content
        assert (tmp_path / "link").is_symlink()


def test_what_cannot_be_written_leaves_the_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing beside it."""
    (tmp_path / "file").write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("index.files.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(tmp_path / "file", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"old"


def test_file_and_folder_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rename that only memory knows is lost with the power."""
    synced: list[bool] = []
    real = os.fsync

    def fsync(handle: int) -> None:
        synced.append(stat.S_ISDIR(os.fstat(handle).st_mode))
        real(handle)

    monkeypatch.setattr("index.files.os.fsync", fsync)
    write_atomically(tmp_path / "file", b"new")
    assert synced == [False, True]


def test_a_lock_is_held_once_and_ends_with_its_process(tmp_path: Path) -> None:
    """However the process ends; files and folders alike."""
    with subprocess.Popen(
        [sys.executable, "-c", HELD + "print(1, flush=True); time.sleep(60)", str(tmp_path)], stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(BlockingIOError):
            FileLock(tmp_path)
        with pytest.raises(BlockingIOError):
            FileLock(tmp_path, shared=True)
        other.kill()
    with FileLock(tmp_path):
        pass
    with FileLock(tmp_path, shared=True), FileLock(tmp_path, shared=True), pytest.raises(BlockingIOError):
        FileLock(tmp_path)
    with FileLock(tmp_path):
        pass


def test_a_lock_is_waited_for(tmp_path: Path) -> None:
    """As long as is said, and no longer than it is held."""
    place = tmp_path / "lock"
    with pytest.raises(FileNotFoundError):
        FileLock(place)
    held = FileLock(place, create=True)
    started = time.monotonic()
    with pytest.raises(BlockingIOError):
        FileLock(place, create=True, wait_s=0.2)
    assert time.monotonic() - started >= 0.2
    threading.Timer(0.2, held.release).start()
    with FileLock(place, create=True, wait_s=300):
        assert time.monotonic() - started < 200
