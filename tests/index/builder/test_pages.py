"""What pages say is found and never shown, and the index is the same however it was built."""

import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.cli.main import run
from index.builder.build import BuildReport, build
from index.bundle import IndexFolder
from index.catalogue.link import Link
from index.catalogue.pages.page_file import PAGES, PAGES_FILE, PageRecord
from index.catalogue.pages.page_text import PageText
from index.search.searcher import Searcher
from index.types import Question
from tests.support import LINKS, SHIPPED, write_catalogue

BARE = tuple(replace(link, description="", questions=()) for link in LINKS)
URL = BARE[0].url
TEXT = PageText(
    title="Zymurgy quixotically", description="Fermentation of barley in oak barrels.", headings=("Yeast strains",)
)
ASKED = "which yeast for fermentation of barley?"


def kept(folder: Path, text: PageText = TEXT, url: str = URL) -> Path:
    """Write the file of the pages' texts beside a list."""
    PAGES.write(folder / PAGES_FILE, {url: PageRecord(url=url, text=text, asked=date(2026, 3, 1))})
    return folder / PAGES_FILE


def made(folder: Path, index: Path, links: tuple[Link, ...] = BARE, **options: object) -> BuildReport:
    """Build the small catalogue."""
    path = write_catalogue(folder / "tiny.yaml", links)
    return build([path], index, encoder=SHIPPED, force=True, replace=True, **options)  # type: ignore[arg-type]


def contents(index: Path) -> bytes:
    """Return all bytes of the current bundle but those of the encoder."""
    bundle = IndexFolder(index).folder(IndexFolder(index).current())
    return b"".join(path.read_bytes() for path in sorted(bundle.glob("*.*")))


def test_a_link_is_found_by_its_page_and_nothing_of_it_is_shown(
    tmp_path: Path, index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither in an answer, nor as text anywhere in the bundle but in the list of words."""
    kept(tmp_path)
    report = made(tmp_path, index)
    assert report.pages == 1
    searcher = Searcher.open(index)
    answer = searcher.ask(Question(text=ASKED))
    assert answer.hits[0].link == BARE[0]
    assert run(["ask", "--json", "--index", str(index), ASKED]) in {0, 1}
    shown = capsys.readouterr().out
    for words in (TEXT.title, TEXT.description, *TEXT.headings, "Zymurgy", "barrels", "Yeast"):
        assert words not in shown.replace(ASKED, "")
    bundle = IndexFolder(index).folder(report.version)
    assert not [path for path in bundle.glob("*.*") if TEXT.description.encode() in path.read_bytes()]
    assert json.loads((bundle / "report.json").read_text())["pages"] == 1


def test_a_question_is_not_repaired_with_the_words_of_pages(tmp_path: Path, index: Path) -> None:
    """A repaired question is shown."""
    kept(tmp_path)
    made(tmp_path, index)
    answer = Searcher.open(index).ask(Question(text="quixoticaly networking"))
    assert "quixotically" not in answer.asked


def test_an_incremental_build_is_that_from_nothing(tmp_path: Path, index: Path) -> None:
    """A page that comes, changes and goes; without its file everything is as if it had never been."""
    without = made(tmp_path, index).version
    before = contents(index)
    file = kept(tmp_path)
    with_page = made(tmp_path, index).version
    assert with_page != without
    kept(tmp_path, replace(TEXT, description="Something else about it."))
    changed = made(tmp_path, index).version
    assert len({without, with_page, changed}) == 3
    assert made(tmp_path, tmp_path / "new", full=True).version == changed
    kept(tmp_path)
    assert made(tmp_path, index).version == with_page
    assert made(tmp_path, index, pages="none").version == without
    elsewhere = shutil.move(file, tmp_path / "elsewhere.jsonl")
    assert made(tmp_path, index).version == without
    assert contents(index) == before
    assert made(tmp_path, index, pages=str(elsewhere)).version == with_page


def test_a_page_fills_up_what_its_curator_wrote(tmp_path: Path, index: Path) -> None:
    """The curator's description is shown as before, and comes first."""
    kept(tmp_path)
    made(tmp_path, index, links=LINKS)
    answer = Searcher.open(index).ask(Question(text=ASKED))
    (hit,) = [hit for hit in answer.hits if hit.link.url == URL]
    assert hit.link == LINKS[0]


def test_a_damaged_file_never_stops_a_build(tmp_path: Path, index: Path) -> None:
    """Each wrong line is a note with its number; the good ones count."""
    file = kept(tmp_path)
    file.write_text(file.read_text() + "<<<<<<< ours\n")
    report = made(tmp_path, index)
    assert report.pages == 1
    assert [note.split(" ")[0] for note in report.notes] == [f"{file}:3:"]
    file.write_bytes(b"\xff\xfe")
    report = made(tmp_path, index)
    assert (report.pages, len(report.notes)) == (0, 1)


def test_the_log_says_how_many_links_have_page_text(
    tmp_path: Path, index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In words where there are any, and in JSON."""
    kept(tmp_path)
    made(tmp_path, index)
    assert run(["log", "--index", str(index)]) == 0
    assert "1 with page text" in capsys.readouterr().out.splitlines()[0]
    assert run(["log", "--json", "--index", str(index)]) == 0
    assert json.loads(capsys.readouterr().out)[0]["pages"] == 1
