"""`signpost eval`: how good the answers are."""

import json
from pathlib import Path
from typing import Any

import pytest

from index.judge.figures import FIGURES
from tests.index.cli.conftest import Signpost
from tests.support import COREDNS, EDITOR, ISOLATE, SERVICES, SERVICES_AGAIN, copy_index, write_rows

JUDGED: tuple[dict[str, Any], ...] = (
    {"id": "1", "style": "plain", "query": "how do I isolate namespaces?", "relevant": {ISOLATE.url: 2}},
    {"id": "2", "style": "plain", "query": "kubernetes services explained", "relevant": {SERVICES_AGAIN.url: 1}},
    {
        "id": "3",
        "style": "thread",
        "query": "any links?",
        "thread": ["slow dns in pods", {"text": "ours", "bot": True}],
        "relevant": {COREDNS.url: 1},
    },
    {"id": "4", "style": "off", "query": "best pizza in town", "relevant": {}},
)


def test_json_has_every_figure_by_style(signpost: Signpost, real_index: Path, tmp_path: Path) -> None:
    """Of the ranking and of the verdicts, with intervals; and how far the confidence can be trusted."""
    path = write_rows(tmp_path / "judged.jsonl", *JUDGED)
    code, out, err = signpost("eval", "--json", "--index", real_index, path)
    assert (code, err) == (0, "")
    report = json.loads(out)
    assert report["version"] == (real_index / "current").read_text().strip()
    assert list(report["styles"]) == ["plain", "thread", "off", "all"]
    everything = report["styles"]["all"]
    assert {"questions", *FIGURES} - {"judged@5"} == set(everything)
    assert {everything[name] for name in ("ndcg@5", "hit@3", "hit@3 any", "p@1 any", "mrr")} == {1}
    assert everything["p@1"] == pytest.approx(1 / 3)
    assert everything["answered"] + everything["doubtful"] + everything["unanswered"] == pytest.approx(1)
    assert (everything["questions"], everything["rejected"], everything["false_answers"]) == (4, 1, 0)
    low, high = report["intervals"]["all"]["p@1"]
    assert 0 <= low <= everything["p@1"] <= high <= 1
    assert report["brier"] == everything["brier"]
    assert sum(step["questions"] for step in report["reliability"]) == 4


def test_several_lists_are_measured_in_one_call(signpost: Signpost, real_index: Path, tmp_path: Path) -> None:
    """Each by itself, and the mean in which each counts alike; files of one index are one list."""
    one, two = write_rows(tmp_path / "1.jsonl", *JUDGED[:2]), write_rows(tmp_path / "2.jsonl", *JUDGED[2:])
    other = copy_index(real_index, tmp_path / "other")
    pairs = ["--on", real_index, one, "--on", other, two, "--on", real_index, two]
    report = json.loads(signpost("eval", "--json", *pairs).out)
    assert [(row["index"], row["files"]) for row in report["lists"]] == [
        (str(real_index), [str(one), str(two)]),
        (str(other), [str(two)]),
    ]
    first, second = (row["styles"]["all"]["p@1"] for row in report["lists"])
    assert report["mean"]["styles"]["all"]["p@1"] == pytest.approx((first + second) / 2)
    assert "p@1" in report["mean"]["intervals"]["all"]
    shown = signpost("eval", *pairs).out
    assert "Mean over 2 lists" in shown
    assert shown.count("Ranking, of questions that a link answers") == 3


def test_further_judgements_are_added(signpost: Signpost, real_index: Path, tmp_path: Path) -> None:
    """For links that the questions' own file does not judge, of the question with that id and those words."""
    path = write_rows(tmp_path / "judged.jsonl", JUDGED[0], JUDGED[3])
    row = {"id": "1", "query": JUDGED[0]["query"], "relevant": {ISOLATE.url: 0, EDITOR.url: 0, COREDNS.url: 1}}
    also = write_rows(tmp_path / "also.jsonl", row, {**row, "query": "of another list"})
    plain = json.loads(signpost("eval", "--json", "--index", real_index, path).out)["styles"]["all"]
    assert "judged@5" not in plain
    more = json.loads(signpost("eval", "--json", "--index", real_index, "--also", also, path).out)["styles"]["all"]
    assert 0 < more["judged@5"] <= 1
    assert more["p@1"] == plain["p@1"] == 1
    assert more["ndcg@10"] < plain["ndcg@10"]
    strange = write_rows(tmp_path / "strange.jsonl", {**row, "id": "nobody's"})
    complaint = signpost("eval", "--index", real_index, "--also", strange, path).complaint
    assert complaint.startswith(f"{strange}: none of its questions was asked")


def test_a_wrong_answer_costs_points(signpost: Signpost, real_index: Path, tmp_path: Path) -> None:
    """The figures are those of the ranked lists: second place is 1 / log2(3)."""
    found = json.loads(signpost("ask", "--json", "--index", real_index, "network policy editor").out)["results"]
    path = write_rows(
        tmp_path / "judged.jsonl", {"id": "1", "query": "network policy editor", "relevant": {found[1]["url"]: 2}}
    )
    figures = json.loads(signpost("eval", "--json", "--index", real_index, path).out)["styles"]["all"]
    assert found[0]["url"] == EDITOR.url
    assert figures["ndcg@5"] == pytest.approx(0.6309, abs=1e-4)
    assert (figures["p@1"], figures["hit@3"], figures["mrr"]) == (0, 1, 0.5)


def test_a_table_for_people_has_a_row_for_each_style(signpost: Signpost, real_index: Path, tmp_path: Path) -> None:
    """Several files are one evaluation."""
    one, two = write_rows(tmp_path / "1.jsonl", *JUDGED[:2]), write_rows(tmp_path / "2.jsonl", *JUDGED[2:])
    code, out, _ = signpost("eval", "--index", real_index, one, two)
    assert code == 0
    for word in ("plain", "thread", "off", "all", "ndcg@5", "hit@3 any", "false_answers", "brier", "confidence"):
        assert word in out


@pytest.mark.parametrize(
    "row",
    [
        {"id": "1", "query": "dns"},
        {"id": "1", "query": "dns", "relevant": [SERVICES.url]},
        {"id": "1", "query": "dns", "relevant": {SERVICES.url: "good"}},
        {"id": "1", "query": "dns", "relevant": {SERVICES.url: -1}},
        {"id": "1", "query": "dns", "relevant": {SERVICES.url: None}},
        {"id": "1", "relevant": {}},
    ],
)
def test_a_row_that_is_no_judged_question_is_named(
    signpost: Signpost, real_index: Path, tmp_path: Path, row: dict[str, Any]
) -> None:
    """By file and line."""
    path = write_rows(tmp_path / "judged.jsonl", JUDGED[0], row)
    assert signpost("eval", "--index", real_index, path).complaint.startswith(f"{path}:2: ")


def test_no_questions_and_no_file_are_errors(signpost: Signpost, real_index: Path, tmp_path: Path) -> None:
    """An average of nothing says nothing."""
    path = write_rows(tmp_path / "judged.jsonl")
    assert "no questions in it" in signpost("eval", "--index", real_index, path).complaint
    assert "cannot read" in signpost("eval", "--index", real_index, tmp_path).complaint
    assert "FILE.jsonl" in signpost("eval", "--index", real_index).complaint


def test_without_an_index_the_way_to_one_is_shown(signpost: Signpost, tmp_path: Path) -> None:
    """As everywhere."""
    path = write_rows(tmp_path / "judged.jsonl", *JUDGED)
    assert "signpost build" in signpost("eval", "--index", tmp_path / "nowhere", path).complaint
