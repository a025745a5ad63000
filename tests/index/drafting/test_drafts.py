"""The file in which a curator decides on proposed questions."""

from pathlib import Path

import pytest

from index.drafting.drafts import Draft, DraftFile, Mark, Proposal, read_drafts, take_out
from index.errors import CatalogueError

ONE = Draft(
    url="https://a.example/1",
    title="Ant: the first",
    proposals=(
        Proposal(mark=Mark.RULES, text="how do I keep ants?"),
        Proposal(mark=Mark.MODEL, text='what is a "queen": who rules?'),
    ),
)
TWO = Draft(url="https://a.example/2#b", title="no", proposals=(Proposal(mark=Mark.RULES, text="yes"),))
DECIDED = """\
# Ours. Please decide by Friday.
format: 1
drafts:
- link: https://a.example/1
  title: Ant
  ask:
  - accept: how do I keep ants?   # Ann
  - drop: who eats ants?
  # the next one is good
  - rules: what do ants eat?
  - model: are ants kept?
- link: https://a.example/2
  ask:
  - accept: >-
      a question that somebody
      folded
  - one without a mark

# --- the rest ---
- link: https://a.example/3
  title: Cat
  ask:
"""


def test_what_was_written_reads_back(tmp_path: Path) -> None:
    """A draft at a time, also with quotes and colons, and further runs add to the end."""
    file = tmp_path / "d.yaml"
    with DraftFile(file) as out:
        out.add(ONE)
        assert [draft.url for draft in read_drafts(file)] == [ONE.url]  # a run that ends here has kept it
    with DraftFile(file) as out:
        out.add(TWO)
    found = read_drafts(file)
    assert [(draft.url, draft.title, draft.proposals) for draft in found] == [
        (draft.url, draft.title, draft.proposals) for draft in (ONE, TWO)
    ]
    assert file.read_text().count("format: 1") == 1


def test_a_line_without_its_end_is_no_obstacle(tmp_path: Path) -> None:
    """As an editor leaves it."""
    file = tmp_path / "d.yaml"
    file.write_text(DECIDED.rstrip("\n") + "\n  - a last one")
    with DraftFile(file) as out:
        out.add(ONE)
    assert [draft.url for draft in read_drafts(file)][-1] == ONE.url
    assert file.read_text().startswith(DECIDED)


def test_marks_decide(tmp_path: Path) -> None:
    """A model's question needs its own `accept`; a question without a mark was written by a person."""
    file = tmp_path / "d.yaml"
    file.write_text(DECIDED)
    first, second, third = read_drafts(file)
    assert first.accepted() == ("how do I keep ants?",)
    assert first.accepted(all_by_rules=True) == ("how do I keep ants?", "what do ants eat?")
    assert second.accepted() == ("a question that somebody folded", "one without a mark")
    assert third.accepted() == ()


def test_accepted_questions_leave_and_all_else_stays(tmp_path: Path) -> None:
    """Comments, decisions and what waits; a link of which nothing is left goes, one that is empty on purpose stays."""
    file = tmp_path / "d.yaml"
    file.write_text(DECIDED)
    take_out(file, ["https://a.example/1", "https://a.example/2"], all_by_rules=False)
    left = file.read_text()
    assert left == "".join(
        line
        for number, line in enumerate(DECIDED.splitlines(keepends=True), start=1)
        if number not in {7, *range(12, 18)}
    )
    assert [draft.url for draft in read_drafts(file)] == ["https://a.example/1", "https://a.example/3"]
    take_out(file, ["https://a.example/1"], all_by_rules=True)
    assert [one.mark for one in read_drafts(file)[0].proposals] == [Mark.DROP, Mark.MODEL]


def test_two_programs_do_not_write_one_file(tmp_path: Path) -> None:
    """Neither loses what the other writes."""
    file = tmp_path / "d.yaml"
    with DraftFile(file) as out:
        out.add(ONE)
        with pytest.raises(CatalogueError, match="another program is writing it"):
            DraftFile(file)
        with pytest.raises(CatalogueError, match="another program is writing it"):
            take_out(file, [ONE.url], all_by_rules=True)
    take_out(file, [ONE.url], all_by_rules=True)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("drafts: many\n", "1: expected `drafts:`, a list"),
        ("draft: []\n", "1: the field 'draft' is not one of"),
        ("format: 2\ndrafts:\n", "1: format is '2'"),
        ("drafts:\n- link: https://a.example\n", "2: a draft has the fields"),
        ("drafts:\n- link: nowhere\n  ask: []\n", "2: `link` is an http or https address"),
        ("drafts:\n- link: https://a.example\n  ask: why\n", "3: `ask` is a list"),
        (
            "drafts:\n- link: https://a.example\n  ask:\n  - yes: why?\n",
            "4: a question has one of rules, model, accept",
        ),
        ("drafts:\n- link: https://a.example\n  ask:\n  - accept: a\n    drop: b\n", "4: a question has one of"),
        ("drafts:\n- link: https://a.example\n  ask:\n  - [a]\n", "4: a question has one of"),
        ("drafts:\n- link: https://a.example\n  ask:\n  - accept: [a]\n", "4: `accept` must be text"),
        ("drafts:\n\t- a\n", "tabs"),
        ("", "no YAML"),
    ],
)
def test_mistakes_are_named_with_their_line(text: str, problem: str, tmp_path: Path) -> None:
    """A curator's slip costs one look."""
    file = tmp_path / "d.yaml"
    file.write_text(text)
    with pytest.raises(CatalogueError) as caught:
        read_drafts(file)
    assert problem.lower() in str(caught.value).lower()
    assert str(caught.value).startswith(f"{file}")
