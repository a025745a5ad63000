"""Figures of merit, against values computed by hand."""

from math import log2
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.judge.evaluate import (
    Judged,
    JudgedAnswer,
    brier,
    by_style,
    judge,
    measure,
    ranked_grades,
    reliability,
    summarise,
)

A, B, C, D = (f"https://example.com/{letter}" for letter in "abcd")


def judged(relevant: dict[str, int], style: str = "plain") -> Judged:
    """Return a judged question."""
    return Judged.from_row({"id": "1", "style": style, "query": "q", "relevant": relevant})


def results(*urls: str) -> list[dict[str, Any]]:
    """Return results in this order."""
    return [{"url": url} for url in urls]


def test_ndcg_is_that_of_the_paper() -> None:
    """Gain 2^grade - 1, discount log2(rank + 1): grades 0, 2, 1 of ideally 2, 1, 1."""
    found = measure(judged({A: 2, B: 1, C: 1}), results(D, A, B))
    gained = 0 + 3 / log2(3) + 1 / log2(4)
    ideal = 3 / log2(2) + 1 / log2(3) + 1 / log2(4)
    assert found["ndcg@5"] == pytest.approx(gained / ideal)
    assert found["ndcg@10"] == pytest.approx(gained / ideal)
    assert found["ndcg@5"] == pytest.approx(0.5792, abs=1e-4)


def test_the_ideal_order_is_one_and_none_is_zero() -> None:
    """The ends of every scale."""
    best = measure(judged({A: 2, B: 1}), results(A, B, C))
    assert set(best.values()) == {1.0}
    assert set(measure(judged({A: 2}), results(B, C)).values()) == {0.0}
    assert set(measure(judged({A: 2}), []).values()) == {0.0}


def test_ndcg_at_five_sees_five() -> None:
    """A good link in sixth place counts at ten alone."""
    others = [f"https://other.org/{number}" for number in range(5)]
    found = measure(judged({A: 1}), results(*others, A))
    assert found["ndcg@5"] == 0
    assert found["ndcg@10"] == pytest.approx(1 / log2(7))
    eleventh = [f"https://other.org/{number}" for number in range(10)]
    assert measure(judged({A: 1}), results(*eleventh, A))["ndcg@10"] == 0


@pytest.mark.parametrize(
    ("place", "hit", "precision", "reciprocal"), [(1, 1, 1, 1), (2, 1, 0, 1 / 2), (3, 1, 0, 1 / 3), (4, 0, 0, 1 / 4)]
)
def test_hit_precision_and_reciprocal_rank(place: int, hit: float, precision: float, reciprocal: float) -> None:
    """By the place of the first good link; a grade of 1 is good."""
    others = [f"https://other.org/{number}" for number in range(place - 1)]
    found = measure(judged({A: 1}), results(*others, A))
    assert (found["hit@3"], found["p@1"]) == (hit, precision)
    assert found["mrr"] == pytest.approx(reciprocal)


def test_an_article_counts_once_by_whichever_address_is_judged() -> None:
    """`also` holds the other addresses; a second copy gains nothing."""
    rows: list[dict[str, Any]] = [{"url": C, "also": [A]}, {"url": A}, {"url": B}]
    assert ranked_grades(judged({A: 2, B: 1}), rows) == [2, 0, 1]
    assert ranked_grades(judged({A: 1, C: 2}), rows) == [2, 0, 0]


def test_addresses_are_compared_after_normalisation() -> None:
    """Scheme, case of the host, a slash at the end and tracking parameters aside."""
    relevant = {"http://EXAMPLE.com/a/?utm_source=x": 1, A: 2}
    assert judged(relevant).grades == {"https://example.com/a": 2}
    assert measure(judged(relevant), results("https://example.com/a/"))["ndcg@5"] == 1


def test_a_grade_of_nothing_is_no_good_link() -> None:
    """A link that was judged and found wanting is as good as one that was not."""
    assert judged({A: 0}).grades == {}
    assert judge(judged({A: 0}), {"results": results(A), "answered": True, "confidence": 1.0}).metrics == {}


@given(
    grades=st.dictionaries(st.sampled_from([A, B, C, D]), st.integers(1, 2), min_size=1),
    found=st.permutations([A, B, C, D]),
)
def test_every_metric_is_a_share(grades: dict[str, int], found: list[str]) -> None:
    """Between 0 and 1; and moving the best link to the front never costs anything."""
    metrics = measure(judged(grades), results(*found))
    best = max(grades, key=lambda url: grades[url])
    improved = measure(judged(grades), results(best, *(url for url in found if url != best)))
    for name, value in metrics.items():
        assert 0 <= value <= 1 + 1e-9
        assert improved[name] >= value - 1e-9


def answered(
    relevant: dict[str, int], *, found: list[str], said: bool, confidence: float, style: str = ""
) -> JudgedAnswer:
    """Return what came of one question."""
    row = {"results": results(*found), "answered": said, "confidence": confidence}
    return judge(judged(relevant, style), row)


OUTCOMES = (
    answered({A: 2}, found=[A], said=True, confidence=0.9, style="plain"),
    answered({A: 1}, found=[B, A], said=False, confidence=0.3, style="plain"),
    answered({}, found=[A], said=True, confidence=0.6, style="off"),
    answered({}, found=[], said=False, confidence=0.1, style="off"),
    answered({}, found=[B], said=False, confidence=0.2, style="off"),
)


def test_a_summary_keeps_good_questions_and_empty_ones_apart() -> None:
    """Ranking is measured where there are good links; false answers where there are none."""
    summary = summarise(OUTCOMES)
    assert summary["questions"] == 5
    assert summary["answered"] == pytest.approx(1 / 2)
    assert summary["false_answers"] == pytest.approx(1 / 3)
    assert summary["p@1"] == pytest.approx(1 / 2)
    assert summary["mrr"] == pytest.approx((1 + 1 / 2) / 2)
    assert summary["ndcg@5"] == pytest.approx((1 + 1 / log2(3)) / 2)
    assert summarise([]) == {"questions": 0}


def test_styles_come_in_order_and_all_at_the_end() -> None:
    """A figure without questions is left out."""
    styles = by_style(OUTCOMES)
    assert list(styles) == ["plain", "off", "all"]
    assert "false_answers" not in styles["plain"]
    assert "ndcg@5" not in styles["off"]
    assert styles["all"] == summarise(OUTCOMES)


def test_the_brier_score_is_the_mean_squared_error_of_the_confidence() -> None:
    """Against whether the first hit is good; where nothing is, none can be."""
    errors = [(0.9 - 1) ** 2, 0.3**2, 0.6**2, 0.1**2, 0.2**2]
    assert brier(OUTCOMES) == pytest.approx(sum(errors) / 5)


def test_reliability_counts_every_question_once() -> None:
    """By equal steps of confidence, 1.0 in the last; empty steps are left out."""
    certain = answered({A: 2}, found=[A], said=True, confidence=1.0)
    rows = reliability([*OUTCOMES, certain])
    assert sum(count for _, _, count in rows) == 6
    assert rows[0] == pytest.approx((0.1, 0.0, 1))
    assert rows[1] == pytest.approx((0.25, 0.0, 2))
    assert rows[-1] == pytest.approx((0.95, 1.0, 2))
