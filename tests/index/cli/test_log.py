"""`signpost log`, `diff` and `rollback` over real bundles."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click import Command
from click.testing import CliRunner

from index.builder.arrays import save_links
from index.bundle import SCORE_FILE, IndexFolder
from index.catalogue.link import Link
from index.cli.diff import diff_command
from index.cli.log import log_command, rollback_command
from index.errors import BundleDamagedError, BundleMissingError
from index.search.score import ScoreModel


def keep(index: Path, links: list[Link]) -> str:
    """Make a bundle of `links` current and return its name."""
    folder = IndexFolder(index)
    with folder.writing() as aside:
        save_links(links, (), aside)
        name = folder.keep(aside, catalogue="list", encoder="none", links=len(links))
    folder.publish(name, len(links))
    return name


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, str, str]:
    """Give an index with two bundles: of three links, one was removed, one changed, one added."""
    one, other = Link(url="https://a.example/1", title="One"), Link(url="https://a.example/2", title="Two")
    first = keep(tmp_path, [one, other])
    changed = Link(url="https://a.example/1", title="One, again")
    second = keep(tmp_path, [changed, Link(url="https://a.example/3", title="Three")])
    return tmp_path, first, second


def test_log_lists_the_newest_first_and_marks_the_current(two: tuple[Path, str, str]) -> None:
    """Every publication is listed with its number of links."""
    index, first, second = two
    rows = json.loads(CliRunner().invoke(log_command, ["--index", str(index), "--json"]).output)
    assert [(row["version"], row["current"], row["links"]) for row in rows] == [(second, True, 2), (first, False, 2)]


def test_log_says_from_which_confidence_on_a_bundle_answers(two: tuple[Path, str, str]) -> None:
    """Where it is there and whole; of another the line says nothing."""
    index, first, second = two
    model = replace(ScoreModel.read(), threshold=0.45, perhaps=0.3)
    (IndexFolder(index).folder(first) / SCORE_FILE).write_text(model.as_json())
    rows = json.loads(CliRunner().invoke(log_command, ["--index", str(index), "--json"]).output)
    assert [row["threshold"] for row in rows] == [None, 0.45]
    assert [row["perhaps"] for row in rows] == [None, 0.3]
    newest, oldest = CliRunner().invoke(log_command, ["--index", str(index)]).output.splitlines()
    assert oldest.endswith("2 links  sure from 0.45, perhaps from 0.30")
    assert newest.endswith("current")
    assert "sure" not in newest
    (IndexFolder(index).folder(second) / SCORE_FILE).write_bytes(b"\xff\xfe")
    rows = json.loads(CliRunner().invoke(log_command, ["--index", str(index), "--json"]).output)
    assert rows[0]["threshold"] is rows[0]["perhaps"] is None


def test_a_bundle_of_before_says_perhaps_to_nothing(two: tuple[Path, str, str]) -> None:
    """Its file has one threshold, which is both."""
    index, first, _ = two
    row = json.loads(ScoreModel.read().as_json())
    del row["perhaps"]
    (IndexFolder(index).folder(first) / SCORE_FILE).write_text(json.dumps({**row, "threshold": 0.45}))
    rows = json.loads(CliRunner().invoke(log_command, ["--index", str(index), "--json"]).output)
    assert (rows[1]["threshold"], rows[1]["perhaps"]) == (0.45, 0.45)


def test_diff_tells_added_removed_and_changed_apart(two: tuple[Path, str, str]) -> None:
    """Links are compared by address."""
    index, first, second = two
    found = json.loads(CliRunner().invoke(diff_command, [first, "--index", str(index), "--json"]).output)
    assert found == {
        "old": first,
        "new": second,
        "added": ["https://a.example/3"],
        "removed": ["https://a.example/2"],
        "changed": ["https://a.example/1"],
        "changes": {"https://a.example/1": {"title": ["One", "One, again"]}},
        "asked": 0,
        "moved": [],
    }


def test_rollback_makes_the_one_before_current(two: tuple[Path, str, str]) -> None:
    """Rolling back twice returns to where it began."""
    index, first, second = two
    for expected in (first, second):
        result = CliRunner().invoke(rollback_command, ["--index", str(index)])
        assert (result.exit_code, IndexFolder(index).current()) == (0, expected)


def test_rollback_refuses_a_damaged_bundle(two: tuple[Path, str, str]) -> None:
    """The current bundle stays where the older one is not whole."""
    index, first, second = two
    np.save(IndexFolder(index).folder(first) / "columns.npy", np.zeros(1))
    result = CliRunner().invoke(rollback_command, ["--index", str(index)])
    assert isinstance(result.exception, BundleDamagedError)
    assert IndexFolder(index).current() == second


def test_rollback_says_when_there_is_nothing_before(tmp_path: Path) -> None:
    """One bundle has none before it."""
    keep(tmp_path, [Link(url="https://a.example/1", title="One")])
    result = CliRunner().invoke(rollback_command, ["--index", str(tmp_path)])
    assert isinstance(result.exception, BundleMissingError)


@pytest.mark.parametrize("name", ["nosuch", "../bundles/{}", "/tmp"])
@pytest.mark.parametrize("command", [diff_command, rollback_command])
def test_a_version_that_is_no_bundle_is_named(two: tuple[Path, str, str], command: Command, name: str) -> None:
    """Also a path, wherever it leads; another build would not help."""
    index, first, second = two
    wrong = name.format(first)
    result = CliRunner().invoke(command, [wrong, "--index", str(index)])
    assert isinstance(result.exception, BundleMissingError)
    assert str(result.exception) == f"{index}: there is no bundle {wrong!r}; `signpost log` lists what there is"
    assert IndexFolder(index).current() == second
