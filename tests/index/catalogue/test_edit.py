"""Adding a link or a question to a native file that somebody wrote by hand."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.catalogue.formats.edit import add_entry, add_question, change_entry
from index.catalogue.formats.native import read_native, write_native
from index.catalogue.link import Link
from index.catalogue.urls import normalise
from index.errors import CatalogueError
from tests.index.catalogue.test_native import links, reading, titles

ROOT = Path(__file__).parents[3]
NEW = Link(url="https://new.org/a", title="A: new one", section=("B", "C"), questions=("why # not?",))
BY_HAND = """\
# Our links. Please keep the order.
format: 1
name:   'Hand made'   # quoted
sections:
  - [A]
  - B > C
  - [D]

links:
  # --- A ---
  - url: "https://a.org/1"   # first
    title: 'It''s one'
    section: [A]

  - title: >-
      folded
      title
    url: https://a.org/2
    section: A
    questions: [one, "two, three",]   # asked often
  # --- B ---
  - url: https://b.org/1
    title: B
    description: |
      Text in
      lines.

    section: [B, C]
    questions:
    - who?   # asked on Mondays

    added: 2024-01-01

  # --- D ---
  -   url: https://d.org/1
      title: D
      section: [D]
      questions:
# the end
"""


def added_lines(before: str, after: str) -> list[str]:
    """Return the lines that are new, after checking that all others are there in their order."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    found = []
    place = 0
    for line in new:
        if place < len(old) and line == old[place]:
            place += 1
        else:
            found.append(line)
    assert place == len(old)
    return found


def test_an_entry_comes_after_the_last_of_its_section() -> None:
    """All else stays byte for byte: comments, quotes, blank lines, and the indentation is the file's own."""
    edited = add_entry(BY_HAND, NEW, "x.yaml")
    assert "".join(added_lines(BY_HAND, edited)) == (
        '  - url: https://new.org/a\n    title: "A: new one"\n    section: [B, C]\n    questions:\n    - "why # not?"\n'
    )
    assert [link.url for link in read_native(edited, "x", name="").reading.links][3] == NEW.url


@pytest.mark.parametrize(
    ("section", "after"),
    [(("A",), "https://a.org/2"), (("D",), "https://d.org/1"), (("Elsewhere",), "https://d.org/1")],
    ids=str,
)
def test_the_place_of_an_entry(section: tuple[str, ...], after: str) -> None:
    """In its section, or at the end where the section is new."""
    edited = add_entry(BY_HAND, replace(NEW, section=section), "x.yaml")
    urls = [link.url for link in read_native(edited, "x", name="").reading.links]
    assert urls[urls.index(NEW.url) - 1] == after
    assert added_lines(BY_HAND, edited)


def test_the_first_link_of_a_declared_section_comes_where_it_is_declared() -> None:
    """After the links of the sections before it."""
    emptied = BY_HAND.replace("section: [B, C]", "section: [A]")
    urls = [link.url for link in read_native(add_entry(emptied, NEW, "x"), "x", name="").reading.links]
    assert urls[3] == NEW.url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.org/1", ["    - new?\n"]),
        ("https://a.org/2", ['    questions: [one, "two, three", "new?",]   # asked often\n']),
        ("https://b.org/1", ["    - new?\n"]),
        ("https://d.org/1", ["      - new?\n"]),
    ],
)
def test_a_question_is_added_to_its_link(url: str, expected: list[str]) -> None:
    """As a list with dashes or in brackets, as the link has it; one line, and nothing else changes."""
    edited = add_question(BY_HAND, url, "new?", "x")
    assert [
        line for line in edited.splitlines(keepends=True) if line not in BY_HAND.splitlines(keepends=True)
    ] == expected
    kept = "".join(line for line in edited.splitlines(keepends=True) if line not in expected)
    assert all(line in BY_HAND for line in kept.splitlines(keepends=True))
    (found,) = [link for link in read_native(edited, "x", name="").reading.links if link.url == url]
    assert found.questions[-1] == "new?"


def test_a_question_is_added_once() -> None:
    """The second time changes nothing."""
    once = add_question(BY_HAND, "https://B.org/1/", "new?", "x")
    assert add_question(once, "https://b.org/1", "new?", "x") == once


def test_line_ends_stay_what_they_are() -> None:
    """A file from Windows keeps its line ends, and gets no others."""
    windows = BY_HAND.replace("\n", "\r\n")
    for edited in (add_entry(windows, NEW, "x"), add_question(windows, "https://b.org/1", "new?", "x")):
        assert edited.count("\n") == edited.count("\r\n") > windows.count("\n")


def test_a_file_without_a_last_line_end_gets_one() -> None:
    """The new entry starts on a line of its own."""
    text = "links:\n- url: https://a.org\n  title: t"
    assert add_entry(text, NEW, "x").startswith(text + "\n- url: https://new.org/a\n")


@pytest.mark.parametrize(
    "empty", ["", "links:\n", "links: []\n", "links:   # none yet\n", "links: ~ # none yet\n# end\n"]
)
def test_the_first_entry_of_all(empty: str) -> None:
    """A catalogue starts empty."""
    edited = add_entry("format: 1\n" + empty, NEW, "x")
    assert read_native(edited, "x", name="").reading.links == (NEW,)
    assert ("# none yet" in edited) == ("# none yet" in empty)


def test_what_cannot_be_edited_is_said() -> None:
    """An address that is there, a link that is not, links in brackets."""
    with pytest.raises(CatalogueError, match=r"has https://A.org/1/ already"):
        add_entry(BY_HAND, replace(NEW, url="https://A.org/1/"), "x")
    with pytest.raises(CatalogueError, match="has no link"):
        add_question(BY_HAND, "https://a.org/9", "new?", "x")
    with pytest.raises(CatalogueError, match="brackets"):
        add_entry('{"links": [{"url": "https://a.org", "title": "t"}]}', NEW, "x")
    json = '{"links": [{"url": "https://a.org", "title": "t"}]}'
    assert 'questions: ["new?"]' in add_question(json, "https://a.org", "new?", "x")


@settings(max_examples=80)
@given(st.lists(links, max_size=4), links, titles)
def test_any_text_can_be_added(found: list[Link], new: Link, question: str) -> None:
    """Whatever a link or a question says, the file reads back with it and with all that it had."""
    kept = tuple({link.url: link for link in found if normalise(link.url) != normalise(new.url)}.values())
    kept = tuple({normalise(link.url): link for link in kept}.values())
    text = write_native(reading(*kept))
    edited = add_entry(text, new, "x")
    assert set(read_native(edited, "x", name="").reading.links) == {*kept, new}
    assert len(added_lines(text if kept else text.replace("links: []", "links:"), edited)) >= 2
    asked = add_question(edited, new.url, question, "x")
    assert (
        question
        in next(link for link in read_native(asked, "x", name="").reading.links if link.url == new.url).questions
    )


def test_the_shipped_catalogue_can_be_edited() -> None:
    """With one entry more and nothing else changed."""
    path = ROOT / "data" / "catalogue" / "kubernetes-networking.yaml"
    text = path.read_text()
    link = replace(NEW, section=("Kubernetes Network Policy", "Cilium"))
    assert len(added_lines(text, add_entry(text, link, str(path)))) == 5


CHANGED = """\
# ours
name: Ours
links:
- url: https://a.example
  title: "A"  # the first
  section: [One, Two]
  questions:
  - why?
  # said by many
  - how?
  added: 2026-01-02

- title: B
  url: https://b.example
  description: stays
"""


def test_an_entry_is_changed_and_every_other_byte_stays() -> None:
    """Title, section and questions; a field that is new comes last, one that is empty goes; comments on other lines stay."""
    text = change_entry(CHANGED, "https://a.example/", "c.yaml", title="New: A", section=("One",), questions=("when?",))
    assert text == CHANGED.replace('"A"  #', '"New: A"  #').replace("[One, Two]", "[One]").replace(
        "  - why?\n  # said by many\n  - how?\n", "  - when?\n"
    )
    none = change_entry(CHANGED, "https://a.example", "c.yaml", title="A", section=(), questions=())
    assert "section" not in none
    assert "questions" not in none
    assert '- url: https://a.example\n  title: "A"  # the first\n  added: 2026-01-02\n' in none
    more = change_entry(
        CHANGED, "https://b.example", "c.yaml", title="C", section=("X",), questions=("q",), retired=True
    )
    assert more == CHANGED.replace("title: B", "title: C") + "  section: [X]\n  questions:\n  - q\n  status: retired\n"
    same = change_entry(CHANGED, "https://b.example", "c.yaml", title="B", section=(), questions=())
    assert same == CHANGED


def test_line_ends_stay_when_an_entry_is_changed() -> None:
    """Files of Windows stay such."""
    text = change_entry(
        CHANGED.replace("\n", "\r\n"), "https://a.example", "c.yaml", title="Z", section=(), questions=("x", "z")
    )
    assert "\n" not in text.replace("\r\n", "")
    assert "title: Z  # the first\r\n  questions:\r\n  - x\r\n  - z\r\n" in text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name: x\nlinks:\n- {url: https://a.example, title: A}\n", "in braces"),
        ("name: x\nlinks:\n- url: https://z.example\n  title: A\n", "has no link"),
    ],
)
def test_an_entry_that_cannot_be_changed_is_told(text: str, told: str) -> None:
    """Nothing is written that does not read back."""
    with pytest.raises(CatalogueError, match=told):
        change_entry(text, "https://a.example", "c.yaml", title="B", section=(), questions=())
