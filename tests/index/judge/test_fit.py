"""Fitting the score and the confidence, on cases made by hand."""

import numpy as np
import pytest

from index.judge.evaluate import Judged
from index.judge.fit import Case, FirstHit, cross_validate, first_hit, fit_confidence, fit_weights
from index.search.score import Feature, ScoreModel, Signal


def a_case(rng: np.random.Generator, helpful: Feature, number: int) -> Case:
    """Return a question of which the one good link stands out by `helpful` alone."""
    features = rng.uniform(0, 0.3, (12, len(Feature))).astype(np.float32)
    grades = np.zeros(12, dtype=np.float32)
    grades[number % 12] = 2
    features[number % 12, helpful] = 1.0
    judged = Judged(id=str(number), style="made", query="q", grades={"u": 2})
    return Case(judged, features, grades, np.zeros(len(Signal), dtype=np.float32))


@pytest.mark.parametrize("helpful", [Feature.COVERAGE, Feature.ADDRESS])
def test_the_feature_that_tells_good_links_apart_gains_weight(helpful: Feature) -> None:
    """The fit finds it, and questions left out of the fit gain from it."""
    rng = np.random.default_rng(7)
    cases = [a_case(rng, helpful, number) for number in range(60)]
    start = ScoreModel.read()
    fitted = fit_weights(cases, start)
    assert fitted.weights[helpful] > start.weights[helpful] + 0.2
    assert cross_validate(cases, start, 5) > 0.95 > np.mean([one.ndcg(start) for one in cases])


def test_no_weight_is_negative_and_stars_stay_a_tie_break() -> None:
    """Even where stars alone tell good links apart, three of them weigh two hundredths of a cosine at most."""
    rng = np.random.default_rng(7)
    fitted = fit_weights([a_case(rng, Feature.STARS, number) for number in range(60)], ScoreModel.read())
    assert fitted.weights.min() >= 0
    assert fitted.weights[Feature.STARS] <= 0.02 + 1e-6
    assert fitted.weights[Feature.DENSE] == pytest.approx(1)


def test_the_confidence_follows_what_was_good() -> None:
    """High where the first hit was good, else low; most of the good ones are sure, nearly all a perhaps at least."""
    rng = np.random.default_rng(3)
    hits = []
    for number in range(400):
        good = number % 2 == 0
        signals = rng.normal(0, 0.05, len(Signal)).astype(np.float32)
        signals[Signal.TOP_DENSE] += 0.7 if good else 0.2
        hits.append(FirstHit(signals, good, good))
    model = fit_confidence(hits, ScoreModel.read())
    chances = np.array([model.confidence(one.signals) for one in hits])
    were_good = np.array([one.good for one in hits])
    assert chances[were_good].mean() > 0.85
    assert chances[~were_good].mean() < 0.15
    assert (chances[were_good] >= model.threshold).mean() == pytest.approx(0.83, abs=0.01)
    assert (chances[were_good] >= model.perhaps).mean() == pytest.approx(0.92, abs=0.01)


def test_a_verdict_looks_at_the_first_hit_under_the_given_weights() -> None:
    """Other weights put another link first, and the signals are that link's."""
    case = a_case(np.random.default_rng(1), Feature.COVERAGE, 4)
    model = fit_weights([case], ScoreModel.read())
    found = first_hit(case, model)
    first = int(np.argmax(model.scores(case.features)))
    assert found.good == bool(case.grades[first])
    assert found.signals[Signal.TOP_DENSE] == pytest.approx(
        case.features[first, [Feature.DENSE, Feature.QUESTION, Feature.GLOSSARY]].sum()
    )


def test_small_talk_teaches_what_it_looks_like_and_hardly_how_often_answers_are_good() -> None:
    """As many lines of it as questions: what is far from it is still called good as often as it was."""
    rng = np.random.default_rng(5)
    hits = []
    for number in range(800):
        talk, good = number >= 400, number % 4 < 2 and number < 400
        signals = rng.normal(0, 0.05, len(Signal)).astype(np.float32)
        signals[Signal.SMALL_TALK] += 0.5 if talk else 0.2
        signals[Signal.TOP_DENSE] += 0.45 + 0.1 * good
        hits.append(FirstHit(signals, not talk, good, 1.0, talk))
    model = fit_confidence(hits, ScoreModel.read())
    chances = np.array([model.confidence(one.signals) for one in hits])
    assert model.signals[Signal.SMALL_TALK] < 0 < model.signals[Signal.TOP_DENSE]
    assert chances[400:].mean() < 0.05
    assert chances[:400].mean() == pytest.approx(0.5, abs=0.02)
    as_questions = fit_confidence([FirstHit(one.signals, one.answerable, one.good) for one in hits], ScoreModel.read())
    assert np.mean([as_questions.confidence(one.signals) for one in hits[:400]]) < chances[:400].mean()
