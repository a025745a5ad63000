"""The thresholds of an index: found out with lines that no list answers."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index import defaults
from index.builder.build import build
from index.builder.calibrate import EVEN, LIKELY, read_chatter, rise, with_thresholds
from index.builder.vectors import VectorCache, read_vectors
from index.bundle import SCORE_FILE, IndexFolder
from index.catalogue.link import Link
from index.encoder.onnx import OnnxEncoder
from index.errors import BuildError
from index.search.dense import quantise
from index.search.score import SHIPPED_WEIGHTS, ScoreModel, Signal, log_odds, probability
from index.search.searcher import Searcher
from index.search.small_talk import SAME, SMALL_TALK_FILES
from index.types import Question, Verdict
from tests.support import LINKS, ROOT, SHIPPED, bundle_of, content_of, copy_index, write_catalogue

CHATTER = read_chatter(defaults.CHATTER)


def words_of(line: str) -> str:
    """Return a line as its words alone."""
    return " ".join(re.findall(r"\w+", line.lower()))


def index_of(tmp_path: Path, real_index: Path, links: tuple[Link, ...], name: str) -> Path:
    """Build an index of `links` with the encoder that an index has already."""
    index = copy_index(real_index, tmp_path / name)
    build([write_catalogue(tmp_path / f"{name}.yaml", links)], index, encoder=SHIPPED, force=True, replace=True)
    return index


# The rule


FITTED = replace(ScoreModel.read(SHIPPED_WEIGHTS), threshold=0.4, perhaps=0.3)


def thresholds(talk: list[float], risen: float = 0.0, fitted: ScoreModel = FITTED) -> tuple[float, float]:
    """Return from which confidence an index with this talk says perhaps, and from which it is sure."""
    model = with_thresholds(fitted, np.array(talk), risen)
    return model.perhaps, model.threshold


@pytest.mark.parametrize(
    ("talk", "perhaps", "sure"),
    [
        ([0.01] * 100, 0.3, 0.4),
        ([0.35] * 100, 0.36, 0.4),
        ([0.427] * 100, 0.43, 0.43),
        ([0.4] * 95 + [0.75] * 5, 0.41, 0.76),
        ([0.4] * 94 + [0.75] * 6, 0.76, 0.76),
        ([0.01] * 99 + [0.9], 0.3, 0.91),
        ([0.01] * 399 + [0.9], 0.3, 0.4),
        ([0.01] * 398 + [0.9] * 3, 0.3, 0.91),
        ([0.01] * 497 + [0.9] * 3, 0.3, 0.4),
        ([0.01] * 496 + [0.9] * 4, 0.3, 0.91),
        ([0.9] * 100, 0.91, 0.91),
        ([1.0] * 100, 1.0, 1.0),
        ([0.8], 0.81, 0.81),
    ],
)
def test_of_talk_one_line_in_twenty_is_a_perhaps_and_three_in_five_hundred_are_sure(
    talk: list[float], perhaps: float, sure: float
) -> None:
    """Whatever a few odd lines get; neither is below what was fitted."""
    assert thresholds(talk) == (perhaps, sure)


def test_both_begin_higher_where_curators_questions_raise_every_line() -> None:
    """The more they bring every line nearer; what is likelier good than not is still shown."""
    talk = [0.05] * 100
    found = [thresholds(talk, risen) for risen in (-1.0, 0.0, 0.2, 0.4, 0.8, 5.0)]
    assert [perhaps for perhaps, _ in found] == [0.3, 0.3, 0.42, EVEN, EVEN, EVEN]
    assert [sure for _, sure in found] == [0.4, 0.4, 0.53, 0.66, LIKELY, LIKELY]


def test_fitted_thresholds_above_those_found_stay() -> None:
    """Whoever fitted weights to questions of their own has their reasons."""
    assert thresholds([0.1] * 10, 2.0, replace(FITTED, threshold=0.8, perhaps=0.6)) == (0.6, 0.8)


def test_what_questions_raise_is_the_mean_over_lines() -> None:
    """In log-odds: from 0.1 to 0.2 is further than from 0.5 to 0.6."""
    assert rise(np.array([0.5, 0.2]), np.array([0.5, 0.2])) == 0.0
    assert rise(np.array([0.2]), np.array([0.1])) > rise(np.array([0.6]), np.array([0.5])) > 0
    assert rise(np.array([0.2, 0.5]), np.array([0.1, 0.5])) == pytest.approx(rise(np.array([0.2]), np.array([0.1])) / 2)


@pytest.mark.parametrize("chance", [0.01, 0.3, 0.5, 0.99])
def test_log_odds_and_probability_undo_each_other(chance: float) -> None:
    """As logarithms and powers do."""
    assert probability(log_odds(chance)) == pytest.approx(chance)


def test_certainty_has_finite_log_odds() -> None:
    """So that two certain lines differ by nothing rather than by no number."""
    assert log_odds(1.0) - log_odds(1.0) == 0.0
    assert log_odds(0.0) < log_odds(0.001) < log_odds(0.999) < log_odds(1.0)


# The lines


def test_there_are_many_lines_and_each_is_another() -> None:
    """At least 500, whatever their capitals and points."""
    assert len({words_of(line) for line in CHATTER}) == len(CHATTER) >= 500


def test_no_line_is_one_that_answers_are_judged_by() -> None:
    """What a threshold was found with must not be what it is measured with."""
    files = [*defaults.DATA.glob("judged-*.jsonl"), ROOT / "tests" / "bench" / "other_field" / "judged.jsonl"]
    judged = {words_of(json.loads(line)["query"]) for file in files for line in file.read_text("utf-8").splitlines()}
    assert len(judged) > 300
    assert {words_of(line) for line in CHATTER} & judged == set()


def test_comments_and_empty_lines_are_no_lines(tmp_path: Path) -> None:
    """And a line counts once."""
    (tmp_path / "lines.txt").write_text("# talk\n\n hello \nlunch?\nhello\n")
    assert read_chatter(tmp_path / "lines.txt") == ("hello", "lunch?")


def test_a_file_without_lines_is_an_error(tmp_path: Path) -> None:
    """So is one that is not there: without it the threshold would be silently another."""
    with pytest.raises(BuildError, match=r"lines.txt: cannot read the lines that no list answers \(No such file"):
        read_chatter(tmp_path / "lines.txt")
    (tmp_path / "lines.txt").write_text("# nothing\n")
    with pytest.raises(BuildError, match="holds no lines that no list answers"):
        read_chatter(tmp_path / "lines.txt")
    (tmp_path / "lines.txt").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(BuildError, match="it is not UTF-8 text"):
        read_chatter(tmp_path / "lines.txt")


# In a bundle


def test_a_list_that_is_near_to_talk_wants_more(tmp_path: Path, real_index: Path) -> None:
    """It has curators' questions that much talk resembles; the searcher answers from its own threshold on."""
    far = Searcher.open(index_of(tmp_path, real_index, LINKS[1:], "far"))
    talkative = (replace(LINKS[0], questions=CHATTER[::8]), *LINKS[1:])
    near = Searcher.open(index_of(tmp_path, real_index, talkative, "near"))
    assert far.model.perhaps < near.model.perhaps
    assert far.model.threshold < near.model.threshold
    for between, verdicts in (
        ((far.model.perhaps + near.model.perhaps) / 2, (None, Verdict.NOTHING)),
        ((far.model.threshold + near.model.threshold) / 2, (Verdict.SURE, None)),
    ):
        for searcher, verdict in zip((far, near), verdicts, strict=True):
            rigged = searcher.model.signals * 0
            searcher.model = replace(searcher.model, signals=rigged, bias=log_odds(between))
            found = searcher.ask(Question(text="network policy")).verdict
            assert verdict in {None, found}
            assert found is searcher.model.verdict(between)


def test_a_first_build_encodes_no_line(index: Path) -> None:
    """Their vectors come with the shipped encoder, as it makes them on some processor; another encoder has none."""
    config = OnnxEncoder(bundle_of(index) / "encoder").config
    shipped = read_vectors(defaults.CHATTER_VECTORS, config)
    with VectorCache(index / "other", config, of_questions=True, shipped=shipped) as cache:
        assert cache.missing([*CHATTER, "something else"]) == ["something else"]
        rows, scales = cache.load(CHATTER[:20])
    fresh = OnnxEncoder(defaults.ENCODER).encode_queries(CHATTER[:20])
    assert ((rows * scales[:, None]) * fresh).sum(axis=1).min() > SAME
    assert read_vectors(defaults.CHATTER_VECTORS, replace(config, key="another")) == {}


def test_a_missing_file_of_vectors_is_an_error(index: Path, tmp_path: Path) -> None:
    """As any file of the program that is not there."""
    config = OnnxEncoder(bundle_of(index) / "encoder").config
    with pytest.raises(BuildError, match=r"chatter.npz: cannot read the vectors .*; install Signpost again"):
        read_vectors(tmp_path / "chatter.npz", config)
    (tmp_path / "chatter.npz").write_bytes(b"PK\x03\x04 not a whole one")
    with pytest.raises(BuildError, match=r"chatter.npz: cannot read the vectors"):
        read_vectors(tmp_path / "chatter.npz", config)


@pytest.mark.slow
def test_a_full_build_calibrates_as_an_incremental_one(index: Path, catalogue: Path, tmp_path: Path) -> None:
    """And as one in a new folder."""
    write_catalogue(catalogue, LINKS[1:])
    assert build([catalogue], index, encoder=SHIPPED, force=True).encoded == 0
    incremental = content_of(bundle_of(index))
    build([catalogue], index, encoder=SHIPPED, force=True, full=True)
    build([catalogue], tmp_path / "fresh", encoder=SHIPPED)
    assert content_of(bundle_of(index)) == content_of(bundle_of(tmp_path / "fresh")) == incremental


def test_a_vector_from_the_cache_is_that_of_the_question(searcher: Searcher, tmp_path: Path) -> None:
    """Kept as int8, which is how a question is compared with links."""
    some = CHATTER[:5]
    with VectorCache(tmp_path, searcher.encoder.config, of_questions=True) as cache:
        cache.fill(searcher.encoder, cache.missing(some), workers=2)
        rows, scales = cache.load(some)
    for line, vector in zip(some, rows * scales[:, None], strict=True):
        np.testing.assert_array_equal(
            searcher.dense.similarities(vector)[0], searcher.dense.similarities(searcher.encoder.encode_query(line))[0]
        )


def test_lines_are_encoded_as_questions(index: Path, tmp_path: Path) -> None:
    """Where a model puts something else before a question than before a link."""
    opened = OnnxEncoder(bundle_of(index) / "encoder")
    opened.config = replace(opened.config, query_prompt="query: ", document_prompt="document: ")
    with VectorCache(tmp_path, opened.config, of_questions=True) as cache:
        cache.fill(opened, cache.missing(["dns"]), workers=1)
        rows, scales = cache.load(["dns"])
    expected, scale = quantise(opened.encode_queries(["dns"]))
    np.testing.assert_array_equal(rows, expected)
    np.testing.assert_array_equal(scales, scale)
    assert (quantise(opened.encode_documents(["dns"]))[0] != expected).any()


def test_a_bundle_of_before_answers_from_its_own_threshold_on(index: Path) -> None:
    """It has the one of all lists, and says perhaps to nothing: its file names no second threshold. It holds no small talk."""
    folder = IndexFolder(index)
    with folder.writing() as aside:
        shutil.copytree(bundle_of(index), aside, dirs_exist_ok=True)
        for file in ("manifest.json", *SMALL_TALK_FILES):
            (aside / file).unlink()
        row = json.loads(ScoreModel.read(SHIPPED_WEIGHTS).as_json())
        (aside / SCORE_FILE).write_text(json.dumps({key: value for key, value in row.items() if key != "perhaps"}))
        name = folder.keep(aside, catalogue="Tiny", encoder=folder.manifest().encoder, links=len(LINKS))
    searcher = Searcher(index, name)
    model = searcher.model
    assert searcher.explain("good morning")[1].signals[Signal.SMALL_TALK] == 0
    assert Searcher.open(index).explain("good morning")[1].signals[Signal.SMALL_TALK] > 0.4
    assert model.threshold == model.perhaps == ScoreModel.read(SHIPPED_WEIGHTS).threshold
    below = np.nextafter(model.threshold, 0)
    assert (model.verdict(model.threshold), model.verdict(below)) == (Verdict.SURE, Verdict.NOTHING)
