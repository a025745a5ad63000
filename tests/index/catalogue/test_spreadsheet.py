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
    assert [(str(skip.source).endswith("links.csv:4"), skip.text) for skip in found.skipped] == [
        (True, "A file (ftp://example.com/file)")
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
        ("url,stars\nhttps://a.org,many", 2, "stars must be a number from 0 to 3, and not 'many'"),
        ("url,highlight\nhttps://a.org,perhaps", 2, "highlight"),
        ("url,added\n\nhttps://a.org,soon", 3, "added must be a date"),
        ("url,status\nhttps://a.org,gone", 2, "status must be one of"),
        ('url,title\nhttps://a.org,"open', 2, "not valid CSV"),
        ("url\n" + "x" * 200_000, 2, "not valid CSV"),
        ("", None, "holds no lines"),
    ],
)
def test_wrong_values_are_refused_with_their_line(text: str, line: int | None, says: str) -> None:
    """Line and reason, as for the native form."""
    with pytest.raises(CatalogueError, match=says) as caught:
        read_spreadsheet(text, "x.csv", name="x")
    assert caught.value.line == line


def test_stars_and_flags_as_people_write_them() -> None:
    """`⭐⭐` is two, `x` is yes."""
    (link,) = read_spreadsheet("url,stars,highlight\nhttps://a.org,⭐⭐,x", "x.csv", name="x").links
    assert (link.stars, link.highlight) == (2, True)
