"""How near a question is to lines that no list answers."""

from pathlib import Path

import numpy as np
import pytest

from index.numeric import Vectors, unit
from index.search.dense import quantise
from index.search.score import Signal
from index.search.searcher import Searcher
from index.search.small_talk import NEAREST, SmallTalk


def turned(*degrees: float) -> Vectors:
    """Return unit vectors at some angles to the first axis, shape (angles, 3)."""
    angles = np.radians(np.array(degrees))
    return np.stack([np.cos(angles), np.sin(angles), np.zeros_like(angles)], axis=1).astype(np.float32)


def talk_at(*degrees: float) -> SmallTalk:
    """Return small talk whose lines are at some angles to the first axis."""
    return SmallTalk.of(*quantise(turned(*degrees)))


def near(*degrees: float) -> float:
    """Return how near a question on the first axis is to lines at some angles to it."""
    return talk_at(*degrees).nearness(turned(0)[0])


def test_the_nearest_lines_count_alike_and_the_others_not() -> None:
    """A question may resemble one line by accident."""
    nearest = (20, 30, 40, 50, 60)
    assert len(nearest) == NEAREST
    expected = np.cos(np.radians(nearest)).mean()
    assert near(*nearest) == pytest.approx(expected, abs=0.01)
    assert near(90, *nearest, 70, 120) == pytest.approx(expected, abs=0.01)
    assert near(20, 30) == pytest.approx(np.cos(np.radians([20, 30])).mean(), abs=0.01)


def test_the_question_itself_is_left_out() -> None:
    """A line that a build asks must look as others like it do, or thresholds are those of a bot that knows them by heart."""
    assert near(0, 40, 50) == near(40, 50)
    assert near(0) == near() == 0.0


@pytest.mark.parametrize("degrees", [2, 5, 11])
def test_the_question_itself_is_left_out_also_where_another_machine_made_its_vector(degrees: float) -> None:
    """The lines' vectors are shipped; int8 encoders give slightly different ones on other processors."""
    assert near(degrees, 40, 50) == near(40, 50)
    assert near(30, 40, 50) != near(40, 50)


def test_the_floor_of_an_encoder_counts_as_nothing() -> None:
    """As it does between a question and a link."""
    rows, scales = quantise(turned(60))
    assert SmallTalk.of(rows, scales, floor=0.5).nearness(turned(0)[0]) == pytest.approx(0.0, abs=0.01)


def test_what_was_saved_is_opened(tmp_path: Path) -> None:
    """And a bundle of before has no lines."""
    vector = unit(turned(10)[0])
    assert SmallTalk.open(tmp_path, 3).nearness(vector) == 0.0
    talk_at(20, 80).save(tmp_path)
    assert SmallTalk.open(tmp_path, 3).nearness(vector) == talk_at(20, 80).nearness(vector)


def test_small_talk_makes_an_index_less_sure(searcher: Searcher) -> None:
    """The same ranking, with and without lines that resemble the question."""
    _, ranking = searcher.explain("good morning everybody, how was your weekend")
    assert ranking.signals[Signal.SMALL_TALK] > 0.4
    without = ranking.signals.copy()
    without[Signal.SMALL_TALK] = 0
    assert ranking.confidence < searcher.model.confidence(without)
    assert searcher.explain("network policy for namespaces")[1].signals[Signal.SMALL_TALK] < 0.4
