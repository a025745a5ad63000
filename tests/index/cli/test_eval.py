"""`signpost eval`: how good the answers are."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.index.cli.conftest import Signpost
from tests.support import COREDNS, EDITOR, ISOLATE, SERVICES, SERVICES_AGAIN, write_rows

JUDGED = (
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
    """Gains at 5 and 10, hit@3, P@1, MRR, answered, false answers; and how far the confidence can be trusted."""
    path = write_rows(tmp_path / "judged.jsonl", *JUDGED)
    code, out, err = signpost("eval", "--json", "--index", real_index, path)
    assert (code, err) == (0, "")
    report = json.loads(out)
    assert report["version"] == (real_index / "current").read_text().strip()
    assert list(report["styles"]) == ["plain", "thread", "off", "all"]
    everything = report["styles"]["all"]
    assert {"questions", "ndcg@5", "ndcg@10", "hit@3", "p@1", "mrr", "answered", "false_answers"} == set(everything)
    assert everything["ndcg@5"] == everything["hit@3"] == everything["p@1"] == everything["mrr"] == 1
    assert (everything["questions"], everything["answered"], everything["false_answers"]) == (4, 1, 0)
    assert 0 <= report["brier"] <= 1
    assert sum(step["questions"] for step in report["reliability"]) == 4


def test_a_wrong_answer_costs_points(signpost: Signpost, real_index: Path, tmp_path: Path) -> None:
    """The figures are those of the ranked lists: second place is 1 / log2(3)."""
    found = json.loads(signpost("ask", "--json", "--index", real_index, "network policy editor").out)["results"]
    path = write_rows(
        tmp_path / "judged.jsonl", {"id": "1", "query": "network policy editor", "relevant": {found[1]["url"]: 1}}
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
    for word in ("plain", "thread", "off", "all", "ndcg@5", "false_answers", "Brier score"):
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
