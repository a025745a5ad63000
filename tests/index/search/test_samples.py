"""Questions to try: made of the list, and answered by it."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from index.builder.build import build
from index.catalogue.link import Link
from index.search.samples import samples
from index.search.searcher import Searcher
from index.types import Question
from tests.support import COREDNS, EDITOR, INGRESS, ISOLATE, LINKS, SERVICES, SHIPPED, prepare, write_catalogue


@pytest.fixture
def index(small_index: Path, tmp_path: Path) -> Path:
    """Give an index that is not built yet."""
    prepare(tmp_path / "index", small_index)
    return tmp_path / "index"


def of_list(index: Path, links: Sequence[Link]) -> Searcher:
    """Build and open a list."""
    build([write_catalogue(index / "links.yaml", links)], index, encoder=SHIPPED)
    return Searcher.open(index)


def test_what_curators_wrote_goes_first(searcher: Searcher) -> None:
    """The best links', each of another section, and each is answered by its own link."""
    found = samples(searcher)
    of_curators = {link.questions[0]: link for link in (ISOLATE, EDITOR, SERVICES, INGRESS, COREDNS)}
    assert len(found) == 3
    assert set(found) <= set(of_curators)
    assert len({of_curators[text].section for text in found}) == 3
    for text in found:
        answer = searcher.ask(Question(text=text, top_k=1))
        assert answer.answered
        assert of_curators[text].url in (answer.hits[0].link.url, *answer.hits[0].also)


def test_sections_and_titles_stand_in(index: Path) -> None:
    """Where no curator wrote questions; all that is returned is answered."""
    plain = [Link(url=link.url, title=link.title, description=link.description, section=link.section) for link in LINKS]
    searcher = of_list(index, plain)
    found = samples(searcher)
    assert len(found) == 3
    made_of = {f"links about {link.section[-1]}" for link in plain} | {link.title for link in plain}
    assert set(found) <= made_of
    assert all(searcher.ask(Question(text=text)).answered for text in found)


def test_what_another_link_answers_is_no_question_of_this_one(index: Path) -> None:
    """Each question is asked before it is offered: of two links with the same one, the second is not its answer."""
    text = "how do I stop traffic between namespaces?"
    links = [
        Link(url=link.url, title=link.title, section=link.section, questions=(text,)) for link in (ISOLATE, COREDNS)
    ]
    assert samples(of_list(index, links)).count(text) == 1


@pytest.mark.parametrize(
    "titles",
    [
        ["stars:9"],
        ["section:", "host:"],
        ["?!", "…"],
        ["x" * 500],
        ["Baking bread\nwith sourdough", "Baking \u202e bread"],
        ["مقدمة في تعلم الآلة", "机器学习入门"],
    ],
)
def test_any_list_gives_what_it_answers(index: Path, titles: list[str]) -> None:
    """A title may be a filter or no words at all: then there are fewer questions, and no error."""
    links = [Link(url=f"https://example.org/{number}", title=title) for number, title in enumerate(titles)]
    searcher = of_list(index, links)
    for text in samples(searcher):
        assert text.isprintable()
        assert searcher.ask(Question(text=text)).answered
