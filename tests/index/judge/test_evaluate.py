"""Figures of merit, against values computed by hand."""

from math import log2
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.judge.evaluate import Judged, JudgedAnswer, judge, measure, ranked_grades
from index.judge.figures import Summary, by_style, over_lists, reliability, summarise

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
    """By the place of the first very good link."""
    others = [f"https://other.org/{number}" for number in range(place - 1)]
    found = measure(judged({A: 2}), results(*others, A))
    assert (found["hit@3"], found["p@1"]) == (found["hit@3 any"], found["p@1 any"]) == (hit, precision)
    assert found["mrr"] == pytest.approx(reciprocal)


def test_a_good_link_is_no_very_good_one() -> None:
    """It counts for `any` and for the reciprocal rank; without a very good link there is no hit to be had, nor one first."""
    found = measure(judged({A: 1, B: 2}), results(A, C, D, B))
    assert (found["hit@3"], found["p@1"]) == (0, 0)
    assert (found["hit@3 any"], found["p@1 any"], found["mrr"]) == (1, 1, 1)
    found = measure(judged({A: 1}), results(A))
    assert "hit@3" not in found
    assert (found["p@1"], found["p@1 any"], found["hit@3 any"]) == (0, 1, 1)


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
    """A link that was judged and found wanting gains as much as one that was not; but it is known."""
    assert judged({A: 0}).grades == {}
    assert judged({A: 0}).poor == {A}
    row = {"results": results(A, B), "answered": True, "doubtful": False, "confidence": 1.0}
    assert judge(judged({A: 0}), row).figures == {
        "false_answers": 1, "false_doubts": 0, "rejected": 0, "brier": 1, "judged@5": 1 / 2,
    }  # fmt: skip
    assert "judged@5" not in judge(judged({}), row).figures


def test_the_share_that_was_judged_is_of_the_first_five() -> None:
    """By whichever address of an article; a shorter list is measured as it is."""
    others = [f"https://other.org/{number}" for number in range(4)]
    row = {"answered": True, "doubtful": False, "confidence": 1.0}
    found = judge(judged({A: 2, B: 0}), {**row, "results": [{"url": C, "also": [B]}, *results(*others, A)]})
    assert found.figures["judged@5"] == 1 / 5
    assert judge(judged({A: 2, B: 0}), {**row, "results": results(A, B, C)}).figures["judged@5"] == 2 / 3


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
    relevant: dict[str, int], *, found: list[str], said: str, confidence: float, style: str = "", need: str = ""
) -> JudgedAnswer:
    """Return what came of one question."""
    row = {
        "results": results(*found),
        "answered": said == "sure",
        "doubtful": said == "perhaps",
        "confidence": confidence,
    }
    question = Judged.from_row({"id": "1", "style": style, "query": "q", "relevant": relevant, "need": need})
    return judge(question, row)


OUTCOMES = (
    answered({A: 2}, found=[A], said="sure", confidence=0.9, style="plain"),
    answered({A: 1}, found=[B, A], said="perhaps", confidence=0.3, style="plain"),
    answered({}, found=[A], said="sure", confidence=0.6, style="off"),
    answered({}, found=[], said="nothing", confidence=0.1, style="off"),
    answered({}, found=[B], said="perhaps", confidence=0.2, style="off"),
)


def test_a_summary_keeps_good_questions_and_empty_ones_apart() -> None:
    """Ranking is measured where there are good links; each verdict on both kinds."""
    summary = summarise(OUTCOMES)
    assert summary["questions"] == 5
    assert [summary[name] for name in ("answered", "doubtful", "unanswered")] == [1 / 2, 1 / 2, 0]
    assert [summary[name] for name in ("false_answers", "false_doubts", "rejected")] == [1 / 3, 1 / 3, 1 / 3]
    assert (summary["p@1"], summary["p@1 any"]) == (1 / 2, 1 / 2)
    assert (summary["hit@3"], summary["hit@3 any"]) == (1, 1)
    assert summary["mrr"] == pytest.approx((1 + 1 / 2) / 2)
    assert summary["ndcg@5"] == pytest.approx((1 + 1 / log2(3)) / 2)
    assert "judged@5" not in summary
    assert summarise([]) == {"questions": 0}


def values(summary: Summary) -> dict[str, float]:
    """Return a summary's figures without their intervals."""
    return {"questions": summary.questions, **{name: figure.value for name, figure in summary.figures.items()}}


def test_styles_come_in_order_and_all_at_the_end() -> None:
    """A figure without questions is left out."""
    styles = by_style(OUTCOMES)
    assert list(styles) == ["plain", "off", "all"]
    assert "false_answers" not in styles["plain"].figures
    assert "ndcg@5" not in styles["off"].figures
    assert values(styles["all"]) == pytest.approx(summarise(OUTCOMES))


def test_an_interval_holds_the_figure_and_is_wider_where_needs_are_few() -> None:
    """The forms of one need are drawn together: ten questions of two needs tell less than ten of ten."""
    alike = [answered({A: 2}, found=[A if place % 2 else B], said="sure", confidence=1.0) for place in range(10)]
    grouped = [
        answered({A: 2}, found=[A if place % 2 else B], said="sure", confidence=1.0, need=f"n{place % 2}")
        for place in range(10)
    ]
    one, other = (by_style(answers)["all"].figures["p@1"] for answers in (alike, grouped))
    assert one.value == other.value == 1 / 2
    assert 0 < one.interval[0] < 1 / 2 < one.interval[1] < 1
    assert other.interval == (0, 1)
    assert by_style(alike)["all"].figures["p@1"].interval == one.interval
    assert by_style(alike[:1])["all"].figures["p@1"].interval == (0, 0)


def test_the_mean_over_lists_counts_each_list_alike() -> None:
    """However many questions it has; a style that one list lacks is of the others."""
    small = by_style([answered({A: 2}, found=[A], said="sure", confidence=1.0, style="plain")])
    large = by_style([answered({A: 2}, found=[B], said="nothing", confidence=0.0, style="other")] * 9)
    mean = over_lists([small, large])
    assert list(mean) == ["plain", "other", "all"]
    assert (mean["all"].questions, mean["all"].figures["p@1"].value) == (10, 1 / 2)
    assert mean["all"].figures["p@1"].interval == (1 / 2, 1 / 2)
    assert mean["plain"].figures["p@1"].value == 1


def test_the_brier_score_is_the_mean_squared_error_of_the_confidence() -> None:
    """Against whether a very good link stands first; where nothing is, none can be."""
    errors = [(0.9 - 1) ** 2, 0.3**2, 0.6**2, 0.1**2, 0.2**2]
    assert summarise(OUTCOMES)["brier"] == pytest.approx(sum(errors) / 5)
    good = answered({A: 1}, found=[A], said="sure", confidence=0.9)
    assert summarise([good])["brier"] == pytest.approx(0.9**2)


def test_reliability_counts_every_question_once() -> None:
    """By equal steps of confidence, 1.0 in the last; empty steps are left out."""
    certain = answered({A: 2}, found=[A], said="sure", confidence=1.0)
    rows = reliability([*OUTCOMES, certain])
    assert sum(count for _, _, count in rows) == 6
    assert rows[0] == pytest.approx((0.1, 0.0, 1))
    assert rows[1] == pytest.approx((0.25, 0.0, 2))
    assert rows[-1] == pytest.approx((0.95, 1.0, 2))
