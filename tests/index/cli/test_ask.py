"""`signpost ask`: one question for a person or a tool, or a file of them."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from index.search.score import ScoreModel
from index.types import Verdict
from tests.index.cli.conftest import Signpost
from tests.support import COREDNS, EDITOR, ISOLATE, ROOT, SERVICES, SERVICES_AGAIN, replace_file, run_python, write_rows

QUESTION = "how do I isolate namespaces?"


def rows_of(text: str) -> list[dict[str, Any]]:
    """Read JSON lines."""
    return [json.loads(line) for line in text.splitlines()]


# One question


def test_an_answer_for_a_person_says_all_that_the_contract_names(signpost: Signpost, real_index: Path) -> None:
    """Title, stars, URL, publisher and section, description, and why; then where it comes from."""
    code, out, err = signpost("ask", "--index", real_index, QUESTION)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == f"1. {ISOLATE.title} ★★"
    assert lines[1].strip() == ISOLATE.url
    assert lines[2].strip() == "example.com · Kubernetes Network Policy"
    assert lines[3].strip() == ISOLATE.description
    assert lines[4].strip().startswith("why: answers “how do I stop traffic between namespaces?”; matches isolate")
    assert sum(line[:2] in {"1.", "2.", "3.", "4.", "5."} for line in lines) == 5
    assert lines[-1].startswith(f"Tiny, version {(real_index / 'current').read_text().strip()}, built 20")


def test_a_question_that_nothing_answers_says_so(signpost: Signpost, real_index: Path) -> None:
    """With the nearest misses, and with an exit code that a script can read; for a tool the same one."""
    code, out, err = signpost("ask", "--index", real_index, "best pizza in town")
    assert (code, err) == (1, "")
    assert signpost("ask", "--json", "--index", real_index, "best pizza in town").code == 1
    assert signpost("ask", "--json", "--index", real_index, QUESTION).code == 0
    assert out.startswith(
        "Nothing in the catalogue answers this.\nThe nearest misses, probably not what you need:\n\n1. "
    )
    assert "\n3. " in out
    assert "\n4. " not in out
    one = signpost("ask", "--index", real_index, "--top", "1", "best pizza in town").out
    assert one.startswith(
        "Nothing in the catalogue answers this.\nThe nearest miss, probably not what you need:\n\n1. "
    )


def test_a_doubtful_answer_says_so(signpost: Signpost, real_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In words, with a few links; it is an answer to a script, and a tool is told that it is a doubtful one."""
    monkeypatch.setattr(ScoreModel, "verdict", lambda *_: Verdict.PERHAPS)
    code, out, err = signpost("ask", "--index", real_index, QUESTION)
    assert (code, err) == (0, "")
    assert out.startswith(f"Not sure, but these may be near:\n\n1. {ISOLATE.title}")
    assert "\n3. " in out
    assert "\n4. " not in out
    one = signpost("ask", "--index", real_index, "--top", "1", QUESTION).out
    assert one.startswith(f"Not sure, but this may be near:\n\n1. {ISOLATE.title}")
    (row,) = rows_of(signpost("ask", "--json", "--index", real_index, QUESTION).out)
    assert (row["answered"], row["doubtful"], len(row["results"])) == (False, True, 5)


def test_a_question_needs_no_quotes(signpost: Signpost, real_index: Path) -> None:
    """Options may stand anywhere around it."""
    whole = signpost("ask", "--index", real_index, "how do I isolate namespaces stars:2")
    assert whole.code == 0
    assert signpost("ask", "how", "do", "I", "isolate", "--index", real_index, "namespaces", "stars:2") == whole


@pytest.mark.parametrize("given", [b"how do I isolate namespaces?", b"how do I\nisolate namespaces?\n"])
def test_a_question_is_read_from_standard_input(
    signpost: Signpost, real_index: Path, monkeypatch: pytest.MonkeyPatch, given: bytes
) -> None:
    """For what a shell would read otherwise, and for another program's text."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(given)))
    asked = signpost("ask", "-", "--index", real_index)
    assert asked.code == 0
    assert asked == signpost("ask", QUESTION, "--index", real_index)


def test_what_stands_in_standard_input_may_be_anything(
    signpost: Signpost, real_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes that are no text, and nothing at all."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"isolate \xff\xfe namespaces")))
    assert signpost("ask", "-", "--index", real_index).code == 0
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
    assert "the question is empty" in signpost("ask", "-", "--index", real_index).complaint
    monkeypatch.setattr("sys.stdin", None)
    assert "standard input, which is closed" in signpost("ask", "-", "--index", real_index).complaint


def test_a_mended_question_is_shown(signpost: Signpost, real_index: Path) -> None:
    """So that a wrong repair can be seen."""
    assert signpost("ask", "--index", real_index, "isolate namepsaces").out.startswith(
        "Searched for: isolate namespaces\n"
    )


def test_json_has_the_shape_of_the_contract(signpost: Signpost, real_index: Path) -> None:
    """A row of `--batch` with version, and with more about each result."""
    code, out, err = signpost("ask", "--json", "--index", real_index, "kubernetes services explained")
    assert (code, err, out.count("\n")) == (0, "", 1)
    row = json.loads(out)
    assert {"answered", "confidence", "results", "version", "asked"} <= set(row)
    assert row["answered"] is True
    assert 0 <= row["confidence"] <= 1
    assert row["version"] == (real_index / "current").read_text().strip()
    wanted = {"url", "title", "section", "score", "description", "publisher", "stars", "why"}
    assert all(wanted <= set(result) for result in row["results"])
    first = row["results"][0]
    assert {first["url"], *first["also"]} == {SERVICES.url, SERVICES_AGAIN.url}
    assert all("also" not in result for result in row["results"][1:])
    assert first["why"]["text"].startswith(("answers", "matches"))


def test_top_is_the_number_of_links(signpost: Signpost, real_index: Path) -> None:
    """5 by default."""
    for arguments, number in ((("--top", "2"), 2), ((), 5), (("--top", "100"), 7)):
        out = signpost("ask", "--json", "--index", real_index, *arguments, "network policy").out
        assert len(json.loads(out)["results"]) == number
    for wrong in ("0", "-1", "101", "many"):
        assert "--top" in signpost("ask", "--top", wrong, "x").complaint


def test_filters_stand_in_the_question(signpost: Signpost, real_index: Path) -> None:
    """A right one narrows, a wrong one is one line with the values that exist."""
    out = signpost("ask", "--json", "--index", real_index, "stars:3").out
    assert [result["url"] for result in json.loads(out)["results"]] == [EDITOR.url]
    assert "there are Kubernetes Network Policy" in signpost("ask", "--index", real_index, "x section:pizza").complaint


@pytest.mark.parametrize("question", ["", " ", "\x00", "???", "\ud800", "🌟"])
def test_an_empty_question_is_one_line(signpost: Signpost, real_index: Path, question: str) -> None:
    """With an example of a question."""
    for arguments in ((), ("--json",)):
        assert "the question is empty" in signpost("ask", *arguments, "--index", real_index, question).complaint


@pytest.mark.parametrize("question", ["isolate\x00namespaces", "isolate namespaces \udcff\ud800", "x" * 100_000])
def test_any_question_is_answered(signpost: Signpost, real_index: Path, question: str) -> None:
    """NUL, lone surrogates, 100,000 characters: an answer or none, for people and for tools."""
    for arguments in ((), ("--json",)):
        code, out, err = signpost("ask", *arguments, "--index", real_index, question)
        assert (code, err) == (int(question.startswith("xxx")), "")
        assert out


@pytest.mark.parametrize("question", [b"isolate \xff\xfe namespaces", b"x" * 100_000, "isolate namespaces 🌟".encode()])
def test_any_bytes_of_a_command_line_are_answered(real_index: Path, tmp_path: Path, question: bytes) -> None:
    """As a shell passes them: bytes that are no UTF-8 arrive as lone surrogates."""
    for arguments in ((), ("--json",)):
        done = run_python("-m", "bot.cli", "ask", "--index", str(real_index), *arguments, question, folder=tmp_path)
        assert (done.returncode, done.stderr) == (int(question.startswith(b"xxx")), "")


def test_no_question_and_two_kinds_of_question_are_usage_errors(signpost: Signpost, tmp_path: Path) -> None:
    """With an example."""
    for arguments in ((), ("question", "--batch", str(tmp_path / "rows.jsonl"))):
        assert "signpost ask" in signpost("ask", *arguments).complaint


def test_a_reader_that_goes_away_gets_no_trace(real_index: Path, tmp_path: Path) -> None:
    """`signpost ask … | head -1`: the pipe closes, and that is all."""
    rows = write_rows(tmp_path / "rows.jsonl", *({"id": n, "query": "dns"} for n in range(500)))
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.cli", "ask", "--index", str(real_index), "--batch", str(rows)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    error = process.stderr.read()
    process.stderr.close()
    process.wait(timeout=60)
    assert "Traceback" not in error
    assert "reference" not in error


# The index


def test_without_an_index_the_way_to_one_is_shown(signpost: Signpost, tmp_path: Path) -> None:
    """Nothing there, a file instead of a folder, a pointer to nowhere; with what names another."""
    way = "build one with `signpost build`, or name another with --index or SIGNPOST_INDEX"
    assert signpost("ask", QUESTION).complaint == f".signpost/index: no index here; {way}"
    assert "no index here" in signpost("ask", "--index", tmp_path, QUESTION).complaint
    (tmp_path / "file").write_text("x")
    told = f"{tmp_path / 'file'}: is no folder; name an index with --index or SIGNPOST_INDEX"
    assert signpost("ask", "--index", tmp_path / "file", QUESTION).complaint == told
    (tmp_path / "current").write_text("0123456789abcdef\n")
    assert f"the bundle is not there; {way}" in signpost("ask", "--index", tmp_path, QUESTION).complaint


def test_a_damaged_index_is_named(signpost: Signpost, index: Path) -> None:
    """One line: the file and what to do."""
    path = next((index / "bundles").glob("*/vectors.npy"))
    replace_file(path, path.read_bytes()[:-1])
    assert f"{path}: damaged" in signpost("ask", "--index", index, QUESTION).complaint


def test_the_environment_names_the_index(signpost: Signpost, real_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`SIGNPOST_INDEX` is the option's default."""
    monkeypatch.setenv("SIGNPOST_INDEX", str(real_index))
    assert signpost("ask", QUESTION).code == 0


# Many questions


def test_a_batch_gives_one_row_for_each_row(signpost: Signpost, real_index: Path, tmp_path: Path) -> None:
    """In order, with their ids, 10 results by default, ranked also where nothing is answered."""
    rows = write_rows(
        tmp_path / "rows.jsonl",
        {"id": "a", "query": QUESTION},
        {"id": 7, "query": "best pizza in town", "thread": []},
        {
            "id": "c",
            "query": "any links on this?",
            "thread": ["dns lookups in our pods take five seconds", {"text": "renew certificates", "bot": True}],
        },
        {"id": "d", "query": "kubernetes services explained", "style": "ignored"},
        {"id": "e", "query": "", "thread": None},
        {"query": "dns stars:9"},
    )
    code, out, err = signpost("ask", "--batch", rows, "--index", real_index)
    assert (code, err) == (0, "")
    found = rows_of(out)
    assert [row["id"] for row in found] == ["a", 7, "c", "d", "e", "6"]
    for row in found[:4]:
        assert set(row) == {"id", "answered", "doubtful", "confidence", "results"}
        assert len(row["results"]) == 7
        assert all(
            {"url", "title", "section", "score"} <= set(result) <= {"url", "title", "section", "score", "also"}
            for result in row["results"]
        )
        scores = [result["score"] for result in row["results"]]
        assert scores == sorted(scores, reverse=True)
    assert [row["answered"] for row in found[:4]] == [True, False, True, True]
    assert found[2]["results"][0]["url"] == COREDNS.url
    for row, reason in zip(found[4:], ("empty", "stars:9"), strict=True):
        assert (row["answered"], row["doubtful"], row["confidence"], row["results"]) == (False, False, 0.0, [])
        assert reason in row["error"]


def test_a_batch_equals_the_questions_one_by_one(signpost: Signpost, real_index: Path, tmp_path: Path) -> None:
    """The same list on every surface."""
    rows = write_rows(tmp_path / "rows.jsonl", {"id": "1", "query": "netpol editor"})
    (row,) = rows_of(signpost("ask", "--batch", rows, "--index", real_index, "--top", "5").out)
    one = json.loads(signpost("ask", "--json", "--index", real_index, "netpol editor").out)
    assert row["confidence"] == one["confidence"]
    assert [(result["url"], result["score"]) for result in row["results"]] == [
        (result["url"], result["score"]) for result in one["results"]
    ]


def test_a_batch_survives_what_stands_in_texts(signpost: Signpost, real_index: Path, tmp_path: Path) -> None:
    """Lone surrogates in an id, other separators of lines in a text, a mark at the file's beginning, Windows' line ends."""
    text = "\ufeff" + "\r\n".join(
        [
            json.dumps({"id": "\ud800", "query": "isolate \ud800 namespaces"}),
            "",
            json.dumps({"id": "a\u2028b", "query": "isolate\u2028namespaces\x85"}, ensure_ascii=False),
            json.dumps({"id": "long", "query": "x" * 100_000, "thread": ["\x00" * 10_000, "y" * 100_000] * 20}),
        ]
    )
    (tmp_path / "rows.jsonl").write_text(text, encoding="utf-8", newline="")
    code, out, err = signpost("ask", "--batch", tmp_path / "rows.jsonl", "--index", real_index)
    assert (code, err) == (0, "")
    assert [row["id"] for row in rows_of(out)] == ["\ud800", "a\u2028b", "long"]


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "x",
        "[]",
        "3",
        '"text"',
        "null",
        "{}",
        '{"id": 1}',
        '{"query": 3}',
        '{"query": "a", "thread": "b"}',
        '{"query": "a", "thread": [1]}',
        '{"query": "a", "thread": {"b": 1}}',
        '{"query": "a", "thread": [{"bot": true}]}',
        '{"query": "a", "thread": [{"text": "b", "bot": "yes"}]}',
        '{"query": "a", "thread": [{"text": "b", "own": true}]}',
        '{"query": "a", "thread": ["b", null]}',
        "[" * 100_000,
        '{"query": "a"} {"query": "b"}',
    ],
)
def test_a_malformed_row_is_named_by_file_and_line(
    signpost: Signpost, real_index: Path, tmp_path: Path, line: str
) -> None:
    """Before any question is asked: half an output would be taken for a whole one."""
    path = tmp_path / "rows.jsonl"
    path.write_text(f'{{"id": 1, "query": "dns"}}\n\n{line}\n')
    complaint = signpost("ask", "--batch", path, "--index", real_index).complaint
    assert complaint.startswith(f"{path}:3: ")
    assert len(complaint) < 400


def test_a_batch_that_cannot_be_read_is_named(signpost: Signpost, tmp_path: Path) -> None:
    """Missing, a folder, no UTF-8."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "missing", tmp_path, tmp_path / "binary"):
        assert signpost("ask", "--batch", path).complaint.startswith(f"{path}: cannot read the questions (")


def test_an_empty_batch_is_an_empty_output(signpost: Signpost, real_index: Path, tmp_path: Path) -> None:
    """Nothing in, nothing out."""
    (tmp_path / "rows.jsonl").write_text("\n\n")
    assert signpost("ask", "--batch", tmp_path / "rows.jsonl", "--index", real_index) == (0, "", "")


def test_a_link_without_publisher_and_section_has_no_empty_line(signpost: Signpost, tmp_path: Path) -> None:
    """And a list of one link says so: in a build, in the log, and of what answers nothing."""
    (tmp_path / "one.yaml").write_text("links:\n- url: https://a.example/x\n  title: The only link here\n")
    built = signpost("build", "--catalogue", tmp_path / "one.yaml", "--index", tmp_path / "one")
    assert "is current: 1 link, 1 text encoded, " in built.err
    assert "  1 link   sure from" in signpost("log", "--index", tmp_path / "one").out
    lines = signpost("ask", "--index", tmp_path / "one", "the only link here").out.splitlines()
    assert lines[:3] == ["1. The only link here", "   https://a.example/x", "   why: close in meaning"]
