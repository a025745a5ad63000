"""deploy/lock.py: what it writes it reads, and what it calls a difference is one."""

from pathlib import Path

import pytest
from packaging.requirements import Requirement

from deploy.lock import IMAGE, LOCKS, SERVE, TORCH, Lock, Pin, differences, read, trimmed

ONE, TWO, THREE = (f"sha256:{digit * 64}" for digit in "123")
APP = Pin("app==1.0", (ONE, TWO))


@pytest.mark.parametrize("lock", [*LOCKS, IMAGE, TORCH], ids=lambda lock: lock.name)
def test_a_lock_is_read_as_it_is_written(lock: Lock) -> None:
    """To the byte; so nobody has edited one."""
    assert lock.pins()
    assert lock.path.read_text(encoding="utf-8") == lock.text(lock.pins())


@pytest.mark.parametrize(
    ("now", "differs"),
    [
        ([APP], False),
        ([Pin("app==1.0", (TWO, ONE, THREE))], False),
        ([Pin("app==1.1", (ONE, TWO))], True),
        ([Pin("app==1.0 ; sys_platform == 'darwin'", (ONE, TWO))], True),
        ([Pin("app==1.0", (ONE,))], True),
        ([Pin("app==1.0")], True),
        ([APP, Pin("lib==2.0", (THREE,))], True),
        ([], True),
    ],
)
def test_a_check_names_what_would_be_written_otherwise(
    now: list[Pin], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, differs: bool
) -> None:
    """A file that was added to a version later is none: wheels for new Pythons appear beside the old ones."""
    monkeypatch.setattr("deploy.lock.DEPLOY", tmp_path)
    SERVE.path.write_text(SERVE.text([APP]), encoding="utf-8")
    assert bool(differences({SERVE: now})) is differs


def test_hashes_are_read_from_continued_lines() -> None:
    """As uv writes them, with and without a marker."""
    text = f"# by hand\n-r other.txt\na==1 ; python_version < '3.12' \\\n    --hash={ONE} \\\n    --hash={TWO}\nb==2\n"
    assert read(text) == [Pin("a==1 ; python_version < '3.12'", (ONE, TWO)), Pin("b==2")]


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("a==1", "a==1"),
        ("a==1 ; python_version < '3.15'", "a==1"),
        ("a==1 ; sys_platform == 'win32'", ""),
        ("a==1 ; python_version < '3.13'", 'a==1 ; python_version < "3.13"'),
        ("a==1 ; sys_platform == 'darwin'", 'a==1 ; sys_platform == "darwin"'),
    ],
)
def test_a_marker_stays_where_it_divides_the_promised_machines(line: str, kept: str) -> None:
    """One that holds for all of them says nothing, and one that holds for none leaves the package out."""
    assert trimmed(Requirement(line)) == kept


def test_the_image_adds_what_was_checked() -> None:
    """Its packages are in the versions that the checks use, and nothing that serving has is locked twice."""
    here = {pin.name: pin for pin in IMAGE.pins()}
    assert {"mcp", "psycopg", "psycopg-binary"} <= here.keys()
    known = {pin.name: pin for lock in LOCKS for pin in lock.pins()}
    assert here == {name: known.get(name) for name in here}
    assert not here.keys() & {pin.name for pin in SERVE.pins()}
