"""The two channels that propose links: exact cosines and BM25 by field."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import bm25s
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.builder.arrays import assemble, build_lexical
from index.catalogue.link import Link
from index.numeric import Vectors
from index.search.dense import DenseIndex, products, quantise
from index.search.fields import LinkField, field_text
from index.search.lexical import LexicalIndex
from index.search.searcher import Searcher
from index.search.words import tokens, words
from tests.support import LINKS

# Dense


def unit_vectors(seed: int, count: int, dimensions: int) -> Vectors:
    """Return random rows of length one."""
    rows = np.random.default_rng(seed).normal(size=(count, dimensions))
    vectors: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return vectors


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 40), dimensions=st.sampled_from([8, 32, 384]))
def test_cosines_are_numpys_within_the_rounding(seed: int, count: int, dimensions: int) -> None:
    """The error of two vectors rounded to steps of their scales is at most half a step in each dimension of each."""
    rows, query = unit_vectors(seed, count, dimensions), unit_vectors(seed + 1, 1, dimensions)[0]
    texts = quantise(rows)
    dense = assemble(texts, quantise(rows[:0]), [0] * count)
    found, by_question = dense.similarities(query)
    exact = rows @ query
    _, query_scale = quantise(query[None, :])
    reach = np.sqrt(dimensions) / 2 * (texts[1] + query_scale[0]) + dimensions / 4 * texts[1] * query_scale[0]
    assert (np.abs(found - exact) <= reach).all()
    assert np.abs(found - exact).max() < 0.03
    assert by_question.shape == (0,)
    assert (dense.best_question(by_question) == -1).all()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), counts=st.lists(st.integers(0, 4), min_size=1, max_size=12))
def test_the_best_question_of_each_link_is_the_maximum_over_its_own(seed: int, counts: list[int]) -> None:
    """Links without questions get -1; the oracle is a loop."""
    rows = unit_vectors(seed, len(counts) + sum(counts), 16)
    dense = assemble(quantise(rows[: len(counts)]), quantise(rows[len(counts) :]), counts)
    cosines, by_question = dense.similarities(unit_vectors(seed + 1, 1, 16)[0])
    assert (len(cosines), len(by_question)) == (len(counts), sum(counts))
    ends = np.cumsum([0, *counts])
    expected = [by_question[start:end].max() if end > start else -1.0 for start, end in pairwise(ends)]
    assert dense.best_question(by_question).tolist() == pytest.approx(expected)
    assert dense.links == len(counts)


def test_the_cosine_of_unrelated_texts_counts_as_none() -> None:
    """The floor becomes 0 and 1 stays 1, for texts and for questions, and in the index without questions too."""
    rows = unit_vectors(7, 12, 32)
    texts, questions = quantise(rows[:6]), quantise(rows[6:])
    plain, raised = (assemble(texts, questions, [1] * 6, floor=floor) for floor in (0.0, 0.75))
    for before, after in zip(plain.similarities(rows[0]), raised.similarities(rows[0]), strict=True):
        assert after == pytest.approx((before - 0.75) / 0.25, abs=1e-5)
    assert raised.similarities(rows[0])[0][0] == pytest.approx(1, abs=0.05)
    alone = raised.without_questions().similarities(rows[0])[0]
    assert alone.tolist() == raised.similarities(rows[0])[0].tolist()


@pytest.mark.parametrize("dimensions", [1, 7, 384, 1536])
def test_products_are_the_same_without_numkong(monkeypatch: pytest.MonkeyPatch, dimensions: int) -> None:
    """To the last bit, the largest that there can be among them: a machine without its wheel ranks as all others do."""
    rows = np.random.default_rng(dimensions).integers(-127, 128, (50, dimensions), dtype=np.int8)
    rows[0], rows[1] = 127, -127
    fast = products(rows[0], rows)
    monkeypatch.setattr("index.search.dense.WITH_NUMKONG", False)
    plain = products(rows[0], rows)
    assert plain.tolist() == fast.tolist()
    assert plain.dtype == fast.dtype
    assert plain[:2].tolist() == [127 * 127 * dimensions, -127 * 127 * dimensions]


def test_a_machine_without_numkong_searches() -> None:
    """The module is not needed to be there."""
    code = "import sys; sys.modules['numkong'] = None; from index.search import dense; print(dense.WITH_NUMKONG)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_a_vector_of_zeros_has_no_direction() -> None:
    """It is quantised without a division by zero."""
    rows, scales = quantise(np.zeros((2, 8), dtype=np.float32))
    assert not rows.any()
    assert scales.tolist() == [1.0, 1.0]


def test_dense_reads_back_what_it_wrote(tmp_path: Path) -> None:
    """Save and open give the same cosines."""
    rows = unit_vectors(3, 9, 32)
    dense = assemble(quantise(rows[:5]), quantise(rows[5:]), [1, 0, 2, 0, 1])
    dense.save(tmp_path)
    again = DenseIndex.open(tmp_path)
    for before, after in zip(dense.similarities(rows[0]), again.similarities(rows[0]), strict=True):
        assert np.array_equal(before, after)


# Lexical


def bm25s_scores(texts: list[str]) -> dict[str, list[float]]:
    """Return what bm25s itself says of every token in some texts."""
    analysed = [tokens(text) for text in texts]
    if not any(analysed):
        return {}
    retriever = bm25s.BM25(method="lucene", k1=1.2, b=0.6)
    retriever.index(analysed, show_progress=False)
    return {
        token: [float(score) for score in retriever.get_scores([token])]
        for token in {token for text in analysed for token in text}
    }


TEXTS = st.lists(st.sampled_from(["pods", "pod", "DNS", "LoadBalancer", "load balancer", "the", "v1.18"]), max_size=9)


@settings(max_examples=60, deadline=None)
@given(drawn=st.lists(st.tuples(TEXTS, TEXTS, TEXTS, TEXTS), min_size=1, max_size=12))
def test_bm25_is_that_of_bm25s(drawn: list[tuple[list[str], ...]]) -> None:
    """Every stored score of every token in every field is, bit by bit, the one that bm25s computes over the field."""
    links = [
        Link(
            url=f"https://example.com/{number % 3}-{'-'.join(title)}",
            title=" ".join(title),
            description=" ".join(description),
            questions=tuple(questions),
            section=tuple(section),
        )
        for number, (title, description, questions, section) in enumerate(drawn)
    ]
    lexical = build_lexical(links)
    for field in LinkField:
        expected = bm25s_scores([field_text(link, field) for link in links])
        for token in lexical.ids:
            rows, scores = lexical.postings(token) or pytest.fail(token)
            found = np.zeros(len(links), dtype=np.float32)
            found[rows] = scores[:, field]
            assert found.tolist() == expected.get(token, [0.0] * len(links)), (field, token)


@settings(max_examples=40, deadline=None)
@given(titles=st.lists(st.text("ab cdé-.", max_size=12), min_size=1, max_size=6))
def test_any_titles_can_be_indexed(titles: list[str]) -> None:
    """Empty ones, punctuation, one letter: postings are those of the tokens."""
    links = [Link(url=f"https://{number}", title=title) for number, title in enumerate(titles)]
    lexical = build_lexical(links)
    for token in lexical.ids:
        found = lexical.postings(token)
        assert found is not None
        expected = [row for row, link in enumerate(links) if token in tokens(link.title)]
        in_titles = [int(row) for row, score in zip(*found, strict=True) if score[LinkField.TITLE] > 0]
        assert in_titles == expected


def test_a_word_that_no_link_has_is_the_rarest() -> None:
    """It has no postings, and weighs more than any that one has."""
    lexical = build_lexical(LINKS)
    assert lexical.postings("zebra") is None
    assert lexical.weight("zebra") == lexical.unknown_idf > lexical.idf.max()


def test_lexical_reads_back_what_it_wrote(tmp_path: Path) -> None:
    """Save and open give the same index, and the same bytes when it is saved again."""
    lexical = build_lexical(LINKS)
    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        lexical.save(folder)
        lexical = LexicalIndex.open(folder)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
    assert lexical.surface == build_lexical(LINKS).surface


def test_both_spellings_of_a_compound_meet(searcher: Searcher) -> None:
    """NetworkPolicy, network policy and networkpolicy find the same link first."""
    for text in ("NetworkPolicy editor", "network policy editor", "networkpolicy editor"):
        _, ranking = searcher.explain(text)
        assert searcher.links[int(ranking.rows[0])].title == "NetworkPolicy editor"


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=80))
def test_any_text_has_tokens(text: str) -> None:
    """The analyser never fails, and what it gives is lower case and not empty."""
    assert all(words(text))
    assert all(token and token == token.lower() for token in tokens(text) if token.isascii())
