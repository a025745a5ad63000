"""Questions beside a list that has no place for them."""

from dataclasses import replace
from pathlib import Path

import pytest

from index.catalogue.formats.edit import add_questions as add_to_catalogue
from index.catalogue.link import Entry, Link, Source
from index.catalogue.questions import add_questions, chosen, read_questions, with_questions
from index.errors import CatalogueError
from tests.index.catalogue.test_edit import BY_HAND, added_lines

ANT = Link(url="https://a.example/ant", title="Ant", questions=("what is an ant?",))
BEE = Link(url="https://a.example/bee", title="Bee")
FILE = """\
# by hand
questions:
- link: https://A.example/bee/   # the same page
  ask:
  - who makes honey?
  - 'what: stings?'
- link: https://a.example/gone
  ask:
"""


def test_links_get_the_questions_of_their_address(tmp_path: Path) -> None:
    """After their own; an address that the list lacks is a note, and no error."""
    file = tmp_path / "questions.yaml"
    file.write_text(FILE)
    (ant, bee), notes = with_questions([ANT, BEE], [file])
    assert ant == ANT
    assert bee == replace(BEE, questions=("who makes honey?", "what: stings?"))
    assert notes == (f"{file}: has questions for https://a.example/gone, which the catalogue does not have",)
    assert with_questions([ANT, BEE], []) == ((ANT, BEE), ())


def test_the_file_beside_the_list_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a list from elsewhere that of the working folder; another one, or none, where somebody says so."""
    monkeypatch.chdir(tmp_path)
    here = Entry(link=ANT, source=Source(path=str(tmp_path / "list.md"), line=1))
    web = Entry(link=BEE, source=Source(path="https://a.example/l.md", line=1))
    assert chosen(None, [here, web]) == ()
    (tmp_path / "questions.yaml").write_text(FILE)
    (tmp_path / ".signpost").mkdir()
    (tmp_path / ".signpost" / "questions.yaml").write_text(FILE)
    assert chosen(None, [here]) == (tmp_path / "questions.yaml",)
    assert chosen(None, [web]) == (Path(".signpost/questions.yaml"),)
    assert chosen("none", [here, web]) == ()
    assert chosen("other.yaml", [here, web]) == (Path("other.yaml"),)


def test_new_questions_are_added_at_the_end(tmp_path: Path) -> None:
    """What people wrote stays byte for byte; what is there already is not added again."""
    file = tmp_path / "deep" / "questions.yaml"
    new = {BEE.url: ["where do bees sleep?", 'a "queen": who?', "where do bees sleep?"]}
    assert add_questions(file, new) == 2
    assert read_questions(file) == {BEE.url: ("where do bees sleep?", 'a "queen": who?')}
    before = file.read_text()
    assert add_questions(file, new) == 0
    assert file.read_text() == before
    file.write_text(FILE)
    assert add_questions(file, {ANT.url: ["do ants sleep?"]}) == 1
    assert file.read_text().startswith(FILE)
    assert read_questions(file)[ANT.url] == ("do ants sleep?",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("questions: many\n", "1: expected `questions:`, a list"),
        ("links: []\n", "1: the field 'links' is not one of"),
        ("questions:\n- link: https://a.example\n", "2: an entry has the fields"),
        ("questions:\n- link: ftp://a.example\n  ask: []\n", "2: `link` is an http or https address"),
        ("questions:\n- link: https://a.example\n  ask: why?\n", "3: `ask` is a list"),
        ("questions:\n- https://a.example\n", "2: an entry has the fields"),
    ],
)
def test_mistakes_are_named_with_their_line(text: str, problem: str, tmp_path: Path) -> None:
    """Nothing is written to a file that cannot be read."""
    file = tmp_path / "questions.yaml"
    file.write_text(text)
    with pytest.raises(CatalogueError) as caught:
        read_questions(file)
    assert problem in str(caught.value)
    with pytest.raises(CatalogueError):
        add_questions(file, {ANT.url: ["why?"]})
    assert file.read_text() == text


def test_many_questions_go_into_a_native_file_at_once() -> None:
    """Every form of `questions` in one go, all else byte for byte; known ones are not written again."""
    wanted = {
        "https://a.org/1": ["one?", "two: or three?"],
        "https://a.org/2": ["one", "new"],
        "https://b.org/1/": ["who?", "when?"],
        "https://d.org/1": ["what?"],
    }
    edited, added = add_to_catalogue(BY_HAND, wanted, "x.yaml")
    assert added == 5
    assert '    questions: [one, "two, three", new,]   # asked often\n' in edited
    inserted = added_lines(BY_HAND.replace('"two, three",]', '"two, three", new,]'), edited)
    assert "".join(inserted) == ('    questions:\n    - one?\n    - "two: or three?"\n    - when?\n      - what?\n')
    assert add_to_catalogue(edited, wanted, "x.yaml") == (edited, 0)
    with pytest.raises(CatalogueError, match=r"has no link https://e\.org"):
        add_to_catalogue(BY_HAND, {"https://e.org": ["x"]}, "x.yaml")
