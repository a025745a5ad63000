"""A list of software names several addresses for each project: an answer shows the project once."""

import re
from itertools import islice, product
from pathlib import Path

import pytest

from index.builder.accidents import CatalogueEdit, objections
from index.builder.build import build
from index.catalogue.merge import merge
from index.catalogue.read import read
from index.search.searcher import Searcher
from index.types import Question
from tests import support

#: What people do, with what, and where it runs: each project is one of each.
TASKS = {
    "Photos": ["sorts holiday photos", "removes duplicate photos", "prints photo albums", "shares photos with family"],
    "Recipes": ["keeps cooking recipes", "plans weekly meals", "writes shopping lists", "scales recipes for guests"],
    "Money": [
        "tracks household spending",
        "splits bills among flatmates",
        "forecasts savings",
        "reads bank statements",
    ],
    "Notes": [
        "keeps handwritten notes",
        "links notes to each other",
        "takes minutes of meetings",
        "outlines long texts",
    ],
    "Music": ["streams a music collection", "finds lyrics of songs", "tags audio files", "builds playlists by mood"],
    "Garden": ["reminds of watering plants", "plans vegetable beds", "identifies weeds", "logs rainfall"],
    "Homes": ["switches lights by schedule", "records indoor temperature", "watches door sensors", "charts power use"],
    "Mail": ["archives old mail", "filters newsletters", "sends mail later", "encrypts letters"],
    "Maps": ["records hiking routes", "shows bus departures", "measures running pace", "plans bicycle tours"],
    "Books": ["lends books to neighbours", "reads comics aloud", "catalogues a home library", "converts book formats"],
}
PLACES = ["in the browser", "on a phone", "from the command line", "on a small server", "without a network",
          "for schools", "for clubs", "for large families"]  # fmt: skip
STARTS = ["Amber", "Birch", "Cobalt", "Dune", "Ember", "Fjord", "Grove", "Harbor", "Iris", "Juniper", "Kelp", "Lumen",
          "Moss", "Nimbus", "Opal", "Pebble", "Quartz", "Reed", "Slate", "Tundra"]  # fmt: skip
ENDS = ["Desk", "Hive", "Kit", "Lane", "Nest", "Port", "Press", "Room", "Shelf", "Spark", "Trail", "Works",
        "Yard", "Box", "Deck", "Field"]  # fmt: skip
PROJECTS, QUESTIONS, LEAST = 300, 30, 4.8


def projects() -> list[tuple[str, str, str]]:
    """Return name, section and description of each project."""
    names = [start + end for end, start in product(ENDS, STARTS)]
    tasks = [(section, f"{task} {place}") for place in PLACES for section in TASKS for task in TASKS[section]]
    found = [(name, *task) for name, task in zip(names, tasks, strict=False)]
    return list(islice(found, PROJECTS))


def line(name: str, description: str, number: int) -> str:
    """Return a project as such lists write it, with two to four addresses."""
    host = f"https://{name.lower().replace(' ', '')}.example"
    kinds = ("Source Code", "Demo", "Clients")[: 1 + number % 3]
    beside = ", ".join(f"[{kind}]({host}/{kind.lower().replace(' ', '-')})" for kind in kinds)
    return f"- [{name}]({host}) - {description[0].upper()}{description[1:]}. ({beside}) `MIT` `Go/Docker`"


def test_further_addresses_are_not_taken_for_hijacked(tmp_path: Path) -> None:
    """They are served with their project, so that a first build has nothing to object to."""
    (tmp_path / "list.md").write_text("\n".join(line(f"Project {n}", "does much", 2) for n in "abc"))
    entries = read([tmp_path / "list.md"]).entries
    assert len(entries) == 12
    edit = CatalogueEdit(entries=entries, served=merge(entries), is_first=True)
    assert edit.withheld == {}
    assert objections(edit) == []


@pytest.mark.slow
def test_five_results_are_five_projects(tmp_path: Path) -> None:
    """With the encoder that ships, over thirty questions."""
    known = projects()
    assert len(known) == len({name for name, _, _ in known}) == PROJECTS
    parts = ["# Software\n"]
    for section in TASKS:
        own = [(number, one) for number, one in enumerate(known) if one[1] == section]
        parts += [f"## {section}\n", *(line(name, about, number) for number, (name, _, about) in own), ""]
    (tmp_path / "list.md").write_text("\n".join(parts))
    build([tmp_path / "list.md"], tmp_path / "index", encoder=support.SHIPPED)
    searcher = Searcher.open(tmp_path / "index")
    asked = [f"which program {task}?" for section in TASKS for task in TASKS[section][:3]][:QUESTIONS]
    shown = []
    for question in asked:
        hits = searcher.ask(Question(text=question)).hits[:5]
        shown.append(len({re.sub(r" \(.*\)$", "", hit.link.title) for hit in hits}))
    assert len(shown) == QUESTIONS
    assert sum(shown) / len(shown) >= LEAST
