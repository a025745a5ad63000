"""`signpost draft-questions`: from a list to its questions, and into its index."""

import json
import sys
from pathlib import Path

import pytest

from index import defaults
from index.catalogue.formats.native import read_native
from index.catalogue.questions import read_questions
from index.catalogue.read import read
from index.drafting.drafting import by_rules
from index.drafting.drafts import Mark, read_drafts
from index.drafting.model import PROMPT
from index.search.searcher import Searcher
from tests.index.cli.conftest import Signpost
from tests.support import ROOT

LIST = """\
# Awesome Gardening

## Tools

- [Wormery](https://a.example/worm) - A simulator for measuring the moisture of raised beds.
- [Beeline](https://a.example/bee) - Monitor bee hives over the radio.
- [Silent](https://a.example/silent) - Yes.
"""
NATIVE = """\
# ours
format: 1
name: Gardening
links:
- url: https://a.example/worm   # the best
  title: Wormery
  description: A simulator for measuring the moisture of raised beds.
  section: [Tools]
- url: https://a.example/bee
  title: Beeline
  description: Monitor bee hives over the radio.
  section: [Tools]
  questions:
  - who hums?
"""
DRAFT = Path("questions-draft.yaml")
GOOD = "import sys\nsys.stdin.read()\nprint('where do worms live?\\nhow wet is my bed?\\nis there a moisture meter?')"


def with_script(tmp_path: Path, body: str) -> str:
    """Return the value of `--with` that runs a script."""
    (tmp_path / "model.py").write_text(body)
    return f"{sys.executable} {tmp_path / 'model.py'}"


def test_a_list_gains_the_questions_that_were_accepted(
    signpost: Signpost, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list itself is not touched; the file beside it is read by the next build, of its own accord."""
    assert index.is_dir()
    monkeypatch.delenv("SIGNPOST_CATALOGUE", raising=False)
    Path("list.md").write_text(LIST)
    drafted = signpost("draft-questions", "list.md")
    assert (drafted.code, drafted.out) == (0, "")
    assert "questions for 2 links; rules found none for 1 other" in drafted.err
    assert [draft.url for draft in read_drafts(DRAFT)] == ["https://a.example/worm", "https://a.example/bee"]
    text = DRAFT.read_text()
    assert "  - rules: how do I monitor bee hives over the radio?\n" in text
    mended = text.replace("rules: how do I monitor bee hives over the radio?", "accept: who listens to my hives?")
    DRAFT.write_text(mended)
    accepted = signpost("draft-questions", "list.md", "--accept", "--json")
    assert accepted.code == 0
    assert json.loads(accepted.out)["added"] == {"questions.yaml": 1}
    assert Path("list.md").read_text() == LIST
    assert read_questions(Path("questions.yaml")) == {"https://a.example/bee": ("who listens to my hives?",)}
    assert "who listens" not in DRAFT.read_text()
    assert signpost("build", "--catalogue", "list.md", "--index", "index", "--replace").code == 0
    hit = next(link for link in Searcher.open(index).links if "bee" in link.url)
    assert hit.questions == ("who listens to my hives?",)
    without = signpost("build", "--catalogue", "list.md", "--index", "index", "--questions", "none")
    assert "1 changed" in without.err
    # A folder is read with the file in it, which is no catalogue.
    assert signpost("build", "--catalogue", Path.cwd(), "--index", "index", "--replace").code == 0
    assert any(link.questions for link in Searcher.open(index).links)


def test_a_native_file_gets_them_itself(signpost: Signpost) -> None:
    """With its comments; a link with questions needs none, and what was decided is not proposed again."""
    Path("list.yaml").write_text(NATIVE)
    assert "for 1 link" in signpost("draft-questions", "list.yaml").err
    again = signpost("draft-questions", "list.yaml")
    assert "0 questions for 0 links" in again.err
    done = signpost("draft-questions", "list.yaml", "--accept-all")
    assert done.code == 0
    edited = Path("list.yaml").read_text()
    assert edited.startswith(NATIVE[: NATIVE.index("  section")])
    worm, bee = read_native(edited, "list.yaml", name="").reading.links
    assert "how do I measure the moisture of raised beds?" in worm.questions
    assert bee.questions == ("who hums?",)
    assert read_drafts(DRAFT) == ()
    assert not Path("questions.yaml").exists()
    assert "nothing was changed" in signpost("draft-questions", "list.yaml", "--accept-all").err
    assert Path("list.yaml").read_text() == edited


def test_what_a_model_wrote_needs_an_accept_of_its_own(signpost: Signpost, tmp_path: Path) -> None:
    """`--accept-all` is for rules; what is left alone, or dropped, gets nowhere."""
    Path("list.md").write_text(LIST)
    command = with_script(tmp_path, GOOD)
    drafted = signpost("draft-questions", "list.md", "--with", command, "--yes", "--json")
    assert drafted.code == 0
    assert json.loads(drafted.out)["questions"] == 9
    assert {one.mark for draft in read_drafts(DRAFT) for one in draft.proposals} == {Mark.MODEL}
    all_ = signpost("draft-questions", "list.md", "--accept-all")
    assert all_.code == 0
    assert "9 questions wait for a decision" in all_.err
    assert not Path("questions.yaml").exists()
    text = DRAFT.read_text().replace("model: how wet", "accept: how wet", 1)
    DRAFT.write_text(text.replace("model: where", "drop: where", 1))
    signpost("draft-questions", "list.md", "--accept-all")
    assert read_questions(Path("questions.yaml")) == {"https://a.example/worm": ("how wet is my bed?",)}


def test_nothing_is_sent_unless_somebody_agrees(signpost: Signpost, tmp_path: Path) -> None:
    """What leaves, of how many links, and where it goes is said first; nobody at a terminal means no."""
    Path("list.md").write_text(LIST)
    command = with_script(tmp_path, f"open('{tmp_path / 'ran'}', 'w')\n{GOOD}")
    refused = signpost("draft-questions", "list.md", "--with", command)
    assert refused.code == 2
    said, complaint = refused.err.splitlines()
    assert "title, section, description and page headings of 3 links" in said
    assert "model.py" in said
    assert "nothing was sent" in complaint
    assert not (tmp_path / "ran").exists()
    assert not DRAFT.exists()
    assert signpost("draft-questions", "list.md", "--with", command, "--yes", "--limit", "1").code == 0
    assert (tmp_path / "ran").exists()
    assert len(read_drafts(DRAFT)) == 1


def test_a_run_that_fails_goes_on_where_it_stopped(signpost: Signpost, tmp_path: Path) -> None:
    """What there is is kept; only links without proposals are asked about; the exit code tells."""
    Path("list.md").write_text(LIST)
    flaky = (
        "import sys\nif 'Beeline' in sys.stdin.read(): sys.exit('down')\n" + GOOD.partition("\n")[2].partition("\n")[2]
    )
    first = signpost("draft-questions", "list.md", "--with", with_script(tmp_path, flaky), "--yes")
    assert first.code == 1
    assert "https://a.example/bee: " in first.err
    assert "down" in first.err
    assert len(read_drafts(DRAFT)) == 2
    kept = DRAFT.read_text()
    second = signpost("draft-questions", "list.md", "--with", with_script(tmp_path, GOOD), "--yes")
    assert second.code == 0
    assert "of 1 link, and" in second.err
    assert DRAFT.read_text().startswith(kept)
    assert len(read_drafts(DRAFT)) == 3
    third = signpost("draft-questions", "list.md", "--with", "false", "--yes")
    assert (third.code, "every link has" in third.err) == (0, True)


def test_ctrl_c_keeps_what_there_is(signpost: Signpost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And says how to go on."""
    Path("list.md").write_text(LIST)
    answers = iter(["where do worms live?\nhow wet is my bed?\nis there a moisture meter?"])

    def answer(_: object, __: str) -> str:
        try:
            return next(answers)
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr("index.drafting.model.Command.answer", answer)
    stopped = signpost("draft-questions", "list.md", "--with", "x", "--yes")
    assert stopped.code == 130
    assert "1 link has proposals" in stopped.err
    assert len(read_drafts(DRAFT)) == 1


def test_a_private_link_is_not_sent(signpost: Signpost, tmp_path: Path) -> None:
    """Rules stay on this machine, and may read it."""
    Path("list.yaml").write_text(
        NATIVE.replace("  section: [Tools]\n- url", "  section: [Tools]\n  private: true\n- url")
    )
    done = signpost("draft-questions", "list.yaml", "--with", with_script(tmp_path, GOOD), "--yes")
    assert (done.code, "every link has" in done.err) == (0, True)
    assert "for 1 link" in signpost("draft-questions", "list.yaml").err


def test_wrong_uses_are_one_line(signpost: Signpost) -> None:
    """Before anything is read or sent."""
    Path("list.md").write_text(LIST)
    for options, problem in (
        (("--with", "a", "--endpoint", "http://localhost/v1", "--model", "m"), "not both"),
        (("--endpoint", "http://localhost/v1"), "needs --model"),
        (("--model", "m"), "needs --model"),
        (("--accept", "--with", "a"), "draft with a model first"),
        (("--endpoint", "localhost", "--model", "m"), "no http or https address"),
        (("--accept",), "there is no such file"),
        (("--with", "/no/such/program", "--yes"), "cannot be run"),
    ):
        assert problem in signpost("draft-questions", "list.md", *options).err.splitlines()[-1]
    DRAFT.write_text("drafts:\n- link: https://a.example/gone\n  ask:\n  - accept: where?\n")
    lost = signpost("draft-questions", "list.md", "--accept")
    assert lost.code == 1
    assert "questions-draft.yaml:2: https://a.example/gone is not in the catalogue" in lost.err
    assert "where?" in DRAFT.read_text()


def test_the_prompt_is_in_the_documentation() -> None:
    """Whoever sends their list somewhere can read what is sent with it."""
    page = (ROOT / "docs" / "curators.md").read_text()
    assert "```\n" + PROMPT.strip() + "\n" in page


def test_rules_work_on_a_real_list() -> None:
    """On the shipped one, whose links have questions already, many would get some."""
    links = read([defaults.CATALOGUE]).links
    made = list(by_rules(links, name="Awesome Networking", wanted=links))
    assert len(made) > len(links) / 4
    texts = [one.text for draft in made for one in draft.proposals]
    assert all(text.endswith("?") and "  " not in text and len(text) < 120 for text in texts)
