"""Reading CSV and TSV."""

from datetime import date
from pathlib import Path

import pytest

from index.catalogue.formats.spreadsheet import read_spreadsheet
from index.catalogue.link import Link
from index.catalogue.read import read
from index.errors import CatalogueError

SAMPLE = Path(__file__).parent / "samples" / "links.csv"


def test_sample() -> None:
    """Columns by the names that people give them; cells over several lines; what is no address is skipped."""
    found = read([SAMPLE])
    assert found.links == (
        Link(
            url="https://cilium.io/",
            title="cilium.io",
            publisher="cilium.io",
            description="eBPF, in two lines",
            section=("Network Policy", "Cilium"),
            tags=("ebpf", "cni"),
            stars=2,
            questions=("What is Cilium?", "Why eBPF?"),
            added=date(2024, 5, 31),
        ),
        Link(url="https://example.com/x", title='"Quoted"', publisher="medium"),
    )
    assert [entry.source.line for entry in found.entries] == [2, 5]
    assert [(skip.source.line, skip.text) for skip in found.skipped] == [
        (1, "Comment of ours"),
        (4, "A file (ftp://example.com/file)"),
    ]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_delimiters(mark: str) -> None:
    """Spreadsheets write what their country writes."""
    text = f"title{mark}url\nA title{mark}https://a.org\n"
    assert read_spreadsheet(text, "x.csv", name="x").links == (
        Link(url="https://a.org", title="A title", publisher="a.org"),
    )


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a,b\n1,2", 1, "among them url"),
        ('url,title\nhttps://a.org,"open', 2, "not valid CSV"),
        ("url\n" + "x" * 200_000, 2, "not valid CSV"),
        ("", None, "holds no lines"),
    ],
)
def test_what_is_no_table_is_refused_with_its_line(text: str, line: int | None, says: str) -> None:
    """No names of columns, or a quotation that swallows the rest of the file."""
    with pytest.raises(CatalogueError, match=says) as caught:
        read_spreadsheet(text, "x.csv", name="x")
    assert caught.value.line == line


def test_stars_and_flags_as_people_write_them() -> None:
    """`⭐⭐` is two, `x` is yes."""
    (link,) = read_spreadsheet("url,stars,highlight\nhttps://a.org,⭐⭐,x", "x.csv", name="x").links
    assert (link.stars, link.highlight) == (2, True)


@pytest.mark.parametrize(
    ("column", "cell", "says"),
    [
        ("stars", "many", "stars must be a number from 0 to 3"),
        ("rating", "5", "stars must be a number from 0 to 3"),
        ("highlight", "perhaps", "highlight must be true or false"),
        ("added", "soon", "added must be a date such as 2024-05-31"),
        ("date", "5/6/2024", "added must be a date such as 2024-05-31"),
        ("status", "gone", "status must be one of alive, moved"),
    ],
)
def test_an_odd_cell_is_left_out_with_its_line(column: str, cell: str, says: str) -> None:
    """The link is read, and so are all others."""
    found = read_spreadsheet(f"url,{column}\n\nhttps://a.org,{cell}\nhttps://b.org,", "x.csv", name="x")
    assert [link.url for link in found.links] == ["https://a.org", "https://b.org"]
    ((source, text, reason),) = [(skip.source, skip.text, skip.reason) for skip in found.skipped]
    assert (str(source), text) == ("x.csv:3", repr(cell))
    assert reason.startswith(f"this cell is left out: {says}")


def first(text: str) -> Link:
    """Return the first link of a table."""
    return read_spreadsheet(text, "x.csv", name="x").links[0]


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2024-05-31T10:00:00.000Z", date(2024, 5, 31)),
        ("2024-05-31 10:00", date(2024, 5, 31)),
        ('"May 31, 2024 10:00 AM"', date(2024, 5, 31)),
        ("31 May 2024", date(2024, 5, 31)),
        ("31.05.2024", date(2024, 5, 31)),
        ("2024/05/31", date(2024, 5, 31)),
        ("1577880000", date(2020, 1, 1)),
        ("1577880000000", date(2020, 1, 1)),
    ],
)
def test_dates_that_can_be_read_in_one_way(cell: str, day: date) -> None:
    """As services and spreadsheets write them."""
    assert first(f"url,created\nhttps://a.org,{cell}").added == day


@pytest.mark.parametrize("cell", ['"go, cli"', "go|cli", "go;cli", '"[""go"",""cli""]"', '"#go, #cli"', '"[go, cli]"'])
def test_tags_as_services_write_them(cell: str) -> None:
    """Parted by any mark, as JSON, with the sign of a tag."""
    assert first(f"url,tags\nhttps://a.org,{cell}").tags == ("go", "cli")


def test_columns_that_mean_the_same() -> None:
    """An empty cell never replaces a filled one, and a note stands beside an excerpt."""
    text = "title,name,url,link,note,excerpt\nAnt,,https://a.org,,Ask first.,It bites.\n,Bee,,https://b.org,,Stings."
    links = read_spreadsheet(text, "x.csv", name="x").links
    assert [(link.url, link.title, link.description) for link in links] == [
        ("https://a.org", "Ant", "Ask first. It bites."),
        ("https://b.org", "Bee", "Stings."),
    ]


def test_the_line_of_names_may_stand_below_a_title(tmp_path: Path) -> None:
    """As on a sheet that somebody made for people; columns that are not read are named."""
    path = tmp_path / "links"
    path.write_text("Our links,,\n,,\nTitle,URL,Owner\nAnt,https://a.org,Team\n", encoding="utf-8")
    found = read([path])
    assert [link.title for link in found.links] == ["Ant"]
    assert [(skip.source.line, skip.text, skip.reason) for skip in found.skipped] == [
        (3, "Owner", "columns that are not read")
    ]


@pytest.mark.parametrize("state", ["unread", "archive", "To read", "Done"])
def test_how_far_somebody_has_read_is_no_status(state: str) -> None:
    """It says nothing of where the link leads, and nothing is reported."""
    found = read_spreadsheet(f"url,status\nhttps://a.org,{state}", "x.csv", name="x")
    assert (len(found.entries), found.skipped) == (1, ())


def test_a_quotation_mark_inside_a_cell_is_one() -> None:
    """As spreadsheets take it."""
    assert first('url,title\nhttps://a.org,"The "best" ant"').url == "https://a.org"


@pytest.mark.parametrize("cell", ['"=HYPERLINK(""https://a.org/x"", ""Ant"")"', '"[Ant](https://a.org/x)"'])
def test_a_link_may_be_written_as_one(cell: str) -> None:
    """As a formula of a spreadsheet, or in Markdown; a title of its own column counts more."""
    assert first(f"url\n{cell}") == Link(url="https://a.org/x", title="Ant", publisher="a.org")
    assert first(f"title,url\nBee,{cell}").title == "Bee"


def test_an_address_without_its_scheme_is_named() -> None:
    """It could be https or http."""
    (skip,) = read_spreadsheet("title,url\nAnt,www.a.org\nBee,https://b.org", "x.csv", name="x").skipped
    assert (skip.source.line, skip.reason) == (2, "the address does not say https:// or http://")
