"""An index of somebody's own list is not replaced by another list, the shipped one least of all."""

import json
from pathlib import Path

import pytest

from index import defaults
from tests.index.cli.conftest import Outcome, Signpost
from tests.support import LINKS, extra, forget_origin, write_catalogue


@pytest.fixture
def build(signpost: Signpost, index: Path, monkeypatch: pytest.MonkeyPatch) -> Signpost:
    """Run `signpost build`; without `--catalogue` unless it is given."""
    assert index.is_dir()
    monkeypatch.delenv("SIGNPOST_CATALOGUE", raising=False)

    def command(*arguments: str | Path) -> Outcome:
        return signpost("build", "--index", "index", *arguments)

    return command


@pytest.fixture
def mine(tmp_path: Path, build: Signpost) -> Path:
    """Give a list whose index there is."""
    path = write_catalogue(tmp_path / "mine.yaml", [*LINKS, extra(1)])
    assert build("--catalogue", "mine.yaml").code == 0
    return path


def current(index: Path) -> str:
    """Return the version that answers."""
    return (index / "current").read_text()


def test_another_catalogue_is_refused(build: Signpost, mine: Path, index: Path, tmp_path: Path) -> None:
    """With the line that says what to type; `--force` is about something else. `--replace` is enough by itself."""
    other = write_catalogue(tmp_path / "other.yaml", [extra(number) for number in range(5, 9)])
    before = current(index)
    for more in ((), ("--force",), ("--full",), ("--offline",)):
        complaint = build("--catalogue", other, *more).complaint
        assert f"is the index of {mine}, and not of {other}" in complaint
        assert "--replace" in complaint
        assert current(index) == before
    replaced = build("--catalogue", other, "--replace")
    assert replaced.code == 0
    assert ": 4 links" in replaced.err
    assert current(index) != before
    assert "--replace" in build("--catalogue", mine).complaint


def test_the_shipped_catalogue_is_another(build: Signpost, mine: Path) -> None:
    """By its path, as `make` names it."""
    assert (
        f"is the index of {mine}, and not of the shipped catalogue"
        in build("--catalogue", defaults.CATALOGUE).complaint
    )


def test_a_bare_build_builds_the_same_again(build: Signpost, mine: Path, index: Path, tmp_path: Path) -> None:
    """From any folder, with what was edited since, and with the golden questions that stand beside it."""
    write_catalogue(mine, [*LINKS, extra(1), extra(2)])
    rebuilt = build()
    assert rebuilt.code == 0
    assert rebuilt.err.startswith(f"index is built of {mine}\n")
    assert f"+ {extra(2).url}\n" in rebuilt.err
    (tmp_path / "golden.yaml").write_text("questions:\n- {ask: anything, first: https://nowhere.example/}\n")
    assert "must find https://nowhere.example/" in build("--json").err
    mine.unlink()
    assert f"{mine}: there is no such file" in build("--json").complaint


def test_a_lost_pointer_loses_no_catalogue(build: Signpost, mine: Path, index: Path) -> None:
    """What answers is gone then, whose index it is is known."""
    (index / "current").unlink()
    assert build("--json").code == 0
    assert json.loads(build("--json").out)["links"] == len(LINKS) + 1
    (index / "current").write_text("../../etc\n")
    assert f"is the index of {mine}" in build("--catalogue", defaults.CATALOGUE).complaint


def test_an_older_index_is_asked_for_once(build: Signpost, mine: Path, index: Path) -> None:
    """It does not know its catalogue: nothing is guessed, one that is named is taken and remembered."""
    forget_origin(index)
    before = current(index)
    assert (
        "the index of 'Tiny' does not remember its catalogue yet; name it once, with --catalogue" in build().complaint
    )
    assert current(index) == before
    assert "was current already" in build("--catalogue", mine).err
    assert "was current already" in build().err


def test_a_rollback_brings_the_catalogue_back(build: Signpost, signpost: Signpost, mine: Path, tmp_path: Path) -> None:
    """A bare build does not undo it with the other list."""
    other = write_catalogue(tmp_path / "other.yaml", [extra(number) for number in range(5, 9)])
    assert build("--catalogue", other, "--replace").code == 0
    assert signpost("rollback", "--index", "index").code == 0
    assert build().err.startswith(f"index is built of {mine}\n")


def test_watching_another_catalogue_ends_at_once(build: Signpost, mine: Path, tmp_path: Path) -> None:
    """No edit of the list would mend it."""
    other = write_catalogue(tmp_path / "other.yaml", [extra(5)])
    watched = build("--watch", "--catalogue", other)
    assert watched.code == 2
    assert f"is the index of {mine}, and not of {other}" in watched.err


def test_check_takes_the_list_that_build_takes(
    build: Signpost, signpost: Signpost, mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index's own; the one that the settings name; the shipped one where there is neither."""
    mine.write_text(mine.read_text().replace("https://", "gopher://", 1))
    checked = signpost("check", "--index", "index")
    assert checked.err.startswith(f"checking {mine}\n")
    assert checked.code == 1
    assert checked.out.startswith(f"{mine}:")
    assert signpost("check", "--index", "elsewhere").err.startswith("checking the shipped catalogue\n")
    other = write_catalogue(tmp_path / "other.yaml", [extra(5)])
    (tmp_path / "signpost.toml").write_text('catalogue = "other.yaml"\nindex = "index"\n')
    assert signpost("check") == (0, "", "0 errors, 0 warnings, 0 hints\n")
    monkeypatch.setenv("SIGNPOST_CATALOGUE", str(mine))
    assert signpost("check").out.startswith(f"{mine}:")
    monkeypatch.delenv("SIGNPOST_CATALOGUE")
    assert f"is the index of {mine}, and not of {other}" in signpost("build").complaint
