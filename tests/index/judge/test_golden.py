"""Golden questions: what must come first, and what a broken file says."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from rapidfuzz import fuzz, process

from index import defaults
from index.builder.diff import moved_answers
from index.catalogue.read import read
from index.catalogue.urls import normalise
from index.cli.eval_ import read_judged
from index.errors import CatalogueError, UsageError
from index.judge.golden import Golden, GoldenQuestion, ask_golden, beside, read_golden
from index.types import Answer, Hit, Question, Verdict, Why
from tests.support import EBPF, EDITOR, INGRESS, ISOLATE, SERVICES, SERVICES_AGAIN

SHIPPED = defaults.DATA / "golden.yaml"


def golden(tmp_path: Path, text: str) -> Golden:
    """Read a file with this text."""
    (tmp_path / "golden.yaml").write_text(text)
    return read_golden(tmp_path / "golden.yaml")


class Says:
    """Answers every question with the same links."""

    def __init__(self, *hits: Hit, verdict: Verdict = Verdict.SURE) -> None:
        self.hits, self.verdict = hits, verdict

    def ask(self, question: Question) -> Answer:
        """Answer."""
        if "stars:" in question.text:
            raise UsageError("no such filter")
        return Answer(
            asked=question.text, corrected=False, verdict=self.verdict, confidence=0.9,
            hits=self.hits[: question.top_k], version="v", built_at=datetime(2026, 1, 1, tzinfo=UTC),
        )  # fmt: skip


FOUR = tuple(Hit(link=link, score=1.0, why=Why()) for link in (ISOLATE, EDITOR, EBPF, INGRESS))


def test_a_file_is_read_with_its_lines(tmp_path: Path) -> None:
    """One address or several; `within` is their number unless it is given."""
    found = golden(
        tmp_path,
        "catalogue: Tiny\nquestions:\n- ask: one\n  first: https://a.b/1\n"
        "- ask: two\n  first: [https://a.b/1, https://a.b/2]\n- ask: three\n  first: https://a.b/3\n  within: 5\n",
    )
    assert [(one.text, len(one.links), one.within, one.source.line) for one in found.questions] == [
        ("one", 1, 1, 3), ("two", 2, 2, 5), ("three", 1, 5, 7),
    ]  # fmt: skip
    assert found.belongs_to("Tiny")
    assert not found.belongs_to("Other")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("questions:\n\t- ask: x\n", 2),
        ("questions: x\n", 1),
        ("format: 2\nquestions: []\n", 1),
        ("questions:\n- ask: x\n", 2),
        ("questions:\n- ask: x\n  first: https://a.b/1\n  whithin: 3\n", 4),
        ("questions:\n- ask: x\n  first: ftp://a.b/1\n", 3),
        ("questions:\n- ask: x\n  first: []\n", 3),
        ("questions:\n- ask: '?'\n  first: https://a.b/1\n", 2),
        ("questions:\n- ask: x\n  first: [https://a.b/1, https://a.b/2]\n  within: 1\n", 4),
        ("questions:\n- ask: x\n  first: https://a.b/1\n  within: 11\n", 4),
        ("questions:\n- ask: x\n  first: https://a.b/1\n- ask: X\n  first: https://a.b/2\n", 4),
    ],
)
def test_a_broken_file_names_its_line(tmp_path: Path, text: str, line: int) -> None:
    """In one line."""
    with pytest.raises(CatalogueError) as raised:
        golden(tmp_path, text)
    assert str(raised.value).startswith(f"{tmp_path / 'golden.yaml'}:{line}: ")
    assert "\n" not in str(raised.value)


def question(*urls: str, within: int | None = None, text: str = "x") -> GoldenQuestion:
    """Return a golden question."""
    from index.catalogue.link import Source  # noqa: PLC0415

    return GoldenQuestion(text=text, links=urls, within=within or len(urls), source=Source(path="golden.yaml", line=1))


def holds(says: Says, asked: GoldenQuestion) -> bool:
    """Whether a golden question holds."""
    (answer,) = ask_golden(says, [asked])
    return answer.holds


def test_what_must_come_first() -> None:
    """In any order, as the same page however its address is written, by another address of the same article."""
    assert holds(Says(*FOUR), question(ISOLATE.url))
    assert holds(Says(*FOUR), question(ISOLATE.url + "/?utm_source=x"))
    assert holds(Says(*FOUR), question(EDITOR.url, ISOLATE.url))
    assert holds(Says(*FOUR), question(INGRESS.url, within=4))
    assert not holds(Says(*FOUR), question(EDITOR.url))
    assert not holds(Says(*FOUR), question(EDITOR.url, EBPF.url))
    assert holds(
        Says(Hit(link=SERVICES, score=1.0, why=Why(), also=(SERVICES_AGAIN.url,))), question(SERVICES_AGAIN.url)
    )


def test_an_answer_that_says_nothing_has_no_first_link() -> None:
    """People do not see its hits; nor those of a question that the catalogue no longer understands."""
    assert not holds(Says(*FOUR, verdict=Verdict.NOTHING), question(ISOLATE.url))
    assert not holds(Says(*FOUR), question(ISOLATE.url, text="x stars:2"))


def test_a_doubtful_answer_counts_with_the_links_that_it_shows() -> None:
    """The first three."""
    assert holds(Says(*FOUR, verdict=Verdict.PERHAPS), question(EBPF.url, within=3))
    assert not holds(Says(*FOUR, verdict=Verdict.PERHAPS), question(INGRESS.url, within=4))


def test_moved_answers_are_those_that_people_notice() -> None:
    """Another first link, or one that is lost; a change further down is none."""
    kept = question(ISOLATE.url)
    swapped = Says(FOUR[0], FOUR[2], FOUR[1])
    assert moved_answers(zip(ask_golden(Says(*FOUR), [kept]), ask_golden(swapped, [kept]), strict=True)) == ()
    (moved,) = moved_answers(zip(ask_golden(Says(*FOUR), [kept]), ask_golden(Says(*FOUR[1:]), [kept]), strict=True))
    assert (moved.before, moved.after, moved.lost) == ((ISOLATE.url,), (EDITOR.url,), True)
    wide = question(ISOLATE.url, within=2)
    (moved,) = moved_answers(zip(ask_golden(Says(*FOUR), [wide]), ask_golden(swapped, [wide]), strict=True))
    assert not moved.lost


def test_the_file_beside_the_catalogue_is_found(tmp_path: Path) -> None:
    """Beside a file, a folder or a pattern."""
    (tmp_path / "lists").mkdir()
    assert beside([tmp_path / "list.yaml"]) is None
    (tmp_path / "golden.yaml").touch()
    for source in (tmp_path / "list.yaml", tmp_path / "lists", tmp_path / "*.md"):
        assert beside([source]) == tmp_path / "golden.yaml"


def test_the_shipped_questions_are_for_the_shipped_catalogue() -> None:
    """They name it, and every link of theirs is in it."""
    shipped, catalogue = read_golden(SHIPPED), read([defaults.CATALOGUE])
    assert beside([defaults.CATALOGUE]) == SHIPPED
    assert shipped.belongs_to(catalogue.name)
    assert 20 <= len(shipped.questions) <= 40
    there = {normalise(link.url) for link in catalogue.links}
    assert [url for one in shipped.questions for url in one.links if normalise(url) not in there] == []


def test_the_shipped_questions_are_not_the_judged_ones() -> None:
    """What is measured must not be what is promised, in other words either."""
    judged = [row["query"] for path in sorted(defaults.DATA.glob("judged-*.jsonl")) for row in read_judged(path)]
    for one in read_golden(SHIPPED).questions:
        nearest, likeness, _ = process.extractOne(one.text, judged, scorer=fuzz.token_sort_ratio)
        assert likeness < 75, (one.text, nearest)
