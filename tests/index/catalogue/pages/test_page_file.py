"""The file of the pages' texts: what is written is read, and what is damaged is named."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.catalogue.link import Entry, Link, Source
from index.catalogue.pages.page_file import PAGES, PAGES_FILE, PageRecord, page_files, read_pages, staying
from index.catalogue.pages.page_text import MAX_DESCRIPTION, PageText
from index.catalogue.record_files import RecordWriter
from index.errors import CatalogueError

TODAY = datetime.now(UTC).date()
URL = "https://example.com/a"
TEXT = PageText(title="Äpfel", description="How to grow them.", headings=("Soil", "Water"), language="de")
RECORD = PageRecord(url=URL, text=TEXT, asked=date(2026, 3, 1), etag='"1"')


def entry(folder: Path, url: str = URL) -> Entry:
    """Return a link of a list in a folder."""
    return Entry(link=Link(url=url, title="A"), source=Source(path=str(folder / "list.md")))


plain = st.text(st.characters(codec="utf-8", categories=("L", "N")), max_size=20)
records = st.builds(
    PageRecord,
    url=plain.filter(bool),
    text=st.builds(
        PageText, title=plain, description=plain, headings=st.lists(plain, max_size=3).map(tuple), language=plain
    ),
    asked=st.dates(),
    left_out=plain,
    page=plain,
    etag=plain,
    modified=plain,
)


@given(several=st.lists(records, max_size=4))
def test_pages_survive_the_file(tmp_path_factory: pytest.TempPathFactory, several: list[PageRecord]) -> None:
    """One line a page, in the order of addresses; the same pages give the same bytes."""
    path = tmp_path_factory.mktemp("pages") / PAGES_FILE
    kept = {record.url: record for record in several}
    PAGES.write(path, kept)
    first = path.read_bytes()
    found = PAGES.read(path)
    assert path.read_text("utf-8").count("\n") == 1 + len(kept)
    assert found == kept
    PAGES.write(path, dict(reversed(found.items())))
    assert path.read_bytes() == first


def test_a_line_is_readable_in_a_diff(tmp_path: Path) -> None:
    """Letters are letters, and the day changes a line at most once a day."""
    PAGES.write(tmp_path / PAGES_FILE, {URL: RECORD})
    assert (tmp_path / PAGES_FILE).read_text("utf-8").splitlines() == [
        '{"format": 1}',
        (
            '{"url": "https://example.com/a", "title": "Äpfel", "description": "How to grow them.", '
            '"headings": ["Soil", "Water"], "language": "de", "asked": "2026-03-01", "etag": "\\"1\\""}'
        ),
    ]


@pytest.mark.parametrize(
    "line",
    ["<<<<<<< HEAD", "{}", "[]", '"text"', "[" * 100_000, '{"url": 1, "asked": "2026-01-01"}',
     '{"url": "https://b.org/", "asked": "yesterday"}', '{"url": "https://b.org/", "asked": "2026-01-01", "headings": "x"}',
     '{"url": "https://b.org/", "asked": "2026-01-01", "headings": [1]}',
     '{"url": "https://b.org/", "asked": "2026-01-01", "title": null}'],
)  # fmt: skip
@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_damaged_line_is_named_and_the_others_count(tmp_path: Path, line: str, at: int) -> None:
    """With its number; a build goes on with the rest."""
    path = tmp_path / PAGES_FILE
    PAGES.write(path, {URL: RECORD})
    lines = path.read_text("utf-8").splitlines()
    lines.insert(at, line)
    path.write_text("\n".join(lines) + "\n", "utf-8")
    pages = read_pages([entry(tmp_path)])
    assert pages.records == (RECORD,)
    (problem,) = pages.problems
    assert problem.startswith(f"{path}:{at + 1}: this is no line of a page's text; delete the line")


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    """No page counts, and a build can say why."""
    path = tmp_path / PAGES_FILE
    for content, reason in ((b'{"format": 2}\n', "format is 2"), (b"\xff\xfe\x00", "it is not UTF-8 text")):
        path.write_bytes(content)
        pages = read_pages([entry(tmp_path)])
        assert not pages.records
        (problem,) = pages.problems
        assert problem.startswith(str(path))
        assert reason in problem
        with pytest.raises(CatalogueError, match=reason):
            PAGES.read(path)


def test_a_text_that_somebody_made_too_long_is_cut(tmp_path: Path) -> None:
    """The index does not grow by a megabyte in one line."""
    path = tmp_path / PAGES_FILE
    PAGES.write(path, {URL: PageRecord(url=URL, text=PageText(description="word " * 200_000), asked=TODAY)})
    (record,) = read_pages([entry(tmp_path)]).records
    assert len(record.text.description) <= MAX_DESCRIPTION


def test_pages_are_found_by_the_address_of_the_link(tmp_path: Path) -> None:
    """The same page under another spelling, and by any of its fragments."""
    PAGES.write(tmp_path / PAGES_FILE, {URL: RECORD})
    text_of = read_pages([entry(tmp_path)]).of_links()
    assert text_of("http://EXAMPLE.com/a/?utm_source=x#part") == TEXT
    assert text_of("https://example.com/b") is None


def test_the_file_is_beside_the_catalogue_unless_one_is_named(tmp_path: Path) -> None:
    """Lists that are not on this disk have it in the working folder's .signpost."""
    there = entry(tmp_path)
    away = Entry(link=there.link, source=Source(path="https://example.com/list.md"))
    assert page_files([there, away]) == (tmp_path / PAGES_FILE, Path(".signpost") / PAGES_FILE)
    assert page_files([there], "elsewhere.jsonl") == (Path("elsewhere.jsonl"),)
    assert page_files([there], "none") == ()
    assert read_pages([there]).records == ()


def test_pages_of_another_catalogue_stay_until_they_are_old(tmp_path: Path) -> None:
    """Two lists in one folder share the file; what no list has any more goes in the end."""
    path = tmp_path / PAGES_FILE
    other = PageRecord(url="https://example.com/other", text=TEXT, asked=TODAY)
    old = PageRecord(url="https://example.com/old", text=TEXT, asked=date(2020, 1, 1))
    PAGES.write(path, {one.url: one for one in (other, old)})
    with RecordWriter(staying(TODAY), {URL: [path]}).writing() as writer:
        writer.add(RECORD)
    assert PAGES.read(path) == {URL: RECORD, other.url: other}
