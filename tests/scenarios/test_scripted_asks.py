"""The searches of the scenarios have what an index has: its thresholds, its near misses, and as few dates."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from index import Question, Searcher, Verdict
from index.builder.build import build
from index.catalogue.read import read
from tests import support
from tests.scenarios.support.scripted_asks import DATED, LINKS, PERHAPS, SURE, ScriptedAsks

OFF_TOPIC = Question(text="how do I bake sourdough bread?")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, small_index: Path) -> Path:
    """Give an index of the scripted links, but those that no catalogue would have."""
    folder = tmp_path_factory.mktemp("scripted")
    links = [link for link in LINKS if link.section != ("Hostile",)]
    support.prepare(folder / "index", small_index)
    build([support.write_catalogue(folder / "catalogue.yaml", links)], folder / "index", encoder=support.SHIPPED)
    return folder / "index"


def test_the_thresholds_are_near_those_of_a_build(built: Path) -> None:
    """A build finds them for its links; whoever changes how by more than a little has to change those of the scenarios too."""
    score = json.loads((support.bundle_of(built) / "score.json").read_text("utf-8"))
    found = (score["threshold"], score["perhaps"])
    assert found == pytest.approx((SURE, PERHAPS), abs=0.1)


def test_what_has_no_answer_has_near_misses(built: Path, tmp_path: Path) -> None:
    """In both, with the verdict nothing and a confidence below that of a perhaps."""
    for asks in (Searcher.open(built), ScriptedAsks(tmp_path / "no rules")):
        answer = asks.ask(OFF_TOPIC)
        assert answer.verdict is Verdict.NOTHING
        assert answer.hits
        assert answer.confidence < PERHAPS


def test_most_links_have_no_date() -> None:
    """As in the shipped catalogue: what is shown of the newest links must not need one."""
    shipped = read([support.ROOT / "data/catalogue"]).links
    assert sum(link.added is not None for link in shipped) <= len(shipped) // 10
    dated = [link.added for link in LINKS if link.added]
    assert len(dated) == DATED < len(LINKS) / 2
    assert max(dated) - min(dated) < timedelta(days=30)
