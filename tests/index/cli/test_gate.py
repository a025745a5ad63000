"""`signpost build` refuses what would be worse for those who ask, and says why; seeded bad edits among it."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from index.catalogue.formats.native import write_native
from index.catalogue.link import Entry, Link, Reading, Source
from tests.index.cli.conftest import Outcome, Signpost
from tests.support import INGRESS, ISOLATE, LINKS, extra

Build = Callable[..., Outcome]
#: Stands before INGRESS wherever stars count.
BETTER = Link(url="https://example.com/tls", title="TLS", section=("Ingress",), stars=3)


@pytest.fixture
def build(signpost: Signpost, index: Path, tmp_path: Path) -> Build:
    """Build the folder `lists`."""

    def command(*arguments: str | Path) -> Outcome:
        return signpost("build", "--index", index, "--catalogue", tmp_path / "lists", *arguments)

    return command


@pytest.fixture
def lists(build: Build, tmp_path: Path) -> Path:
    """Give a folder of two files that was built."""
    folder = tmp_path / "lists"
    folder.mkdir()
    write(folder / "a.yaml", LINKS)
    rows = [f"- url: {extra(number).url}\n  title: {extra(number).title}\n  section: [Mesh]\n" for number in range(4)]
    (folder / "b.yaml").write_text("format: 1\nname: B\nlinks:\n" + "".join(rows))
    assert build().code == 0
    return folder


def write(path: Path, links: Sequence[Link]) -> None:
    """Write links as a curator's file has them, a few lines each."""
    entries = tuple(Entry(link=link, source=Source(path="")) for link in links)
    path.write_text(write_native(Reading(name="A", entries=entries)))


def edit(path: Path, old: str, new: str) -> None:
    """Replace text in a file."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


BAD_EDITS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a section deleted": (
        lambda lists: write(lists / "a.yaml", [link for link in LINKS if link.section != ("DNS",)]),
        ": the section 'DNS', which stood here, is gone with its 2 links",
    ),
    "broken YAML": (lambda lists: edit(lists / "b.yaml", "links:\n", "links:\n\t"), "b.yaml:4: YAML forbids tabs"),
    "a duplicated file": (
        lambda lists: shutil.copy(lists / "b.yaml", lists / "b (copy).yaml"),
        "b (copy).yaml:4: 4 of the 4 links of this file stand in ",
    ),
    "another owner's address": (
        lambda lists: edit(lists / "b.yaml", "https://example.net/2", "https://example-net.com/2"),
        "b.yaml:10: 'Service mesh in 2 minutes' leads to example-net.com and led to example.net",
    ),
    "an emptied list": (
        lambda lists: (lists / "b.yaml").write_text("format: 1\nname: B\nlinks: []\n"),
        "b.yaml:3: the list is empty; it had 4 links",
    ),
    "a deleted file": (lambda lists: (lists / "b.yaml").unlink(), "b.yaml:4: the file is gone; it had 4 links"),
}


@pytest.mark.parametrize("name", BAD_EDITS)
def test_a_bad_edit_is_stopped_with_file_and_line(build: Build, lists: Path, index: Path, name: str) -> None:
    """The index stays; where the edit was meant, `--force` goes on and says what it overruled."""
    spoil, message = BAD_EDITS[name]
    before = (index / "current").read_text()
    spoil(lists)
    complaint = build().complaint
    assert message in complaint
    assert str(lists) in complaint
    assert (index / "current").read_text() == before
    if name != "broken YAML":
        forced = build("--force")
        assert forced.code == 0
        assert f"forced: {lists}" in forced.err
        assert build().code == 0, "what was forced is how it is from now on"


def golden_file(tmp_path: Path, url: str, *, catalogue: str = "") -> Path:
    """Write a golden question that the filter answers alone, whatever the encoder thinks."""
    name = f"catalogue: {catalogue}\n" if catalogue else ""
    path = tmp_path / "golden.yaml"
    path.write_text(f"{name}questions:\n- ask: section:ingress\n  first: {url}\n")
    return path


def test_a_lost_golden_question_is_refused_and_named(build: Build, lists: Path, index: Path, tmp_path: Path) -> None:
    """What must come first, what comes instead, and the links before and after."""
    golden_file(tmp_path, INGRESS.url)
    assert build().code == 0
    before = (index / "current").read_text()
    write(lists / "a.yaml", [*LINKS, BETTER])
    found = build("--report", tmp_path / "report.md")
    assert found.code == 2
    assert f"before: {INGRESS.url}\n" in found.err
    assert f"after:  {BETTER.url}\n" in found.err
    line = found.err.splitlines()[-1]
    assert line.startswith(f"signpost: {tmp_path / 'golden.yaml'}:2: 'section:ingress' must have {INGRESS.url} as the")
    assert f"and has {BETTER.url}" in line
    assert (index / "current").read_text() == before
    report = (tmp_path / "report.md").read_text()
    assert "1 of 1 golden answers moved, 1 lost" in report
    assert build("--golden", "none").code == 0


def test_a_golden_question_whose_link_was_removed_says_so(build: Build, lists: Path, tmp_path: Path) -> None:
    """With what to do."""
    golden_file(tmp_path, INGRESS.url)
    write(lists / "a.yaml", [link for link in LINKS if link != INGRESS])
    assert "no longer in the catalogue; put it back, or mend the question" in build().err


def test_golden_questions_of_another_catalogue_are_not_asked(build: Build, lists: Path, tmp_path: Path) -> None:
    """The build says so."""
    golden_file(tmp_path, "https://elsewhere.example/", catalogue="Another")
    found = build()
    assert found.code == 0
    assert "not asked, it is for the catalogue 'Another'" in found.err


@pytest.mark.slow
def test_judged_answers_may_not_get_worse_by_more_than_the_margin(build: Build, lists: Path, tmp_path: Path) -> None:
    """By nDCG@10; a wider margin, or `--force`, lets it pass."""
    judged = tmp_path / "judged.jsonl"
    judged.write_text(json.dumps({"id": "1", "style": "s", "query": "section:ingress", "relevant": {INGRESS.url: 2}}))
    assert build("--judged", judged).code == 0
    write(lists / "a.yaml", [*LINKS, BETTER])
    complaint = build("--judged", judged).complaint
    assert "judged questions' ndcg@10 went from 1.000 to 0.631, by more than 0.01" in complaint
    assert build("--judged", judged, "--margin", "0.5").code == 0


def test_diff_asks_golden_questions_and_writes_markdown(
    build: Build, signpost: Signpost, lists: Path, index: Path, tmp_path: Path
) -> None:
    """Between any two bundles; exit code 1 when one is lost."""
    first = (index / "current").read_text().strip()
    write(lists / "a.yaml", [*LINKS, extra(9)])
    assert build().code == 0
    good, bad = golden_file(tmp_path, INGRESS.url), tmp_path / "bad.yaml"
    bad.write_text(good.read_text().replace(INGRESS.url, ISOLATE.url))
    found = signpost("diff", first, "--index", index, "--golden", good)
    assert (found.code, found.out) == (0, f"+ {extra(9).url}\n")
    found = signpost("diff", first, "--index", index, "--golden", bad, "--markdown")
    assert found.code == 1
    assert f"**lost**: <{ISOLATE.url}> must come first" in found.out
