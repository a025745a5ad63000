"""Reading the bookmark files of browsers."""

from datetime import date
from pathlib import Path

from index.catalogue.bookmarks import read_bookmarks
from index.catalogue.link import Link
from index.catalogue.read import read

SAMPLE = Path(__file__).parent / "samples" / "bookmarks.html"


def test_sample() -> None:
    """Folders are sections, ADD_DATE the date, TAGS the tags, DD the description; scripts are skipped."""
    found = read([SAMPLE])
    assert found.name == "My bookmarks"
    assert found.links == (
        Link(
            url="https://cilium.io/",
            title="Cilium & friends",
            publisher="cilium.io",
            description="Networking with eBPF",
            section=("Kubernetes",),
            tags=("ebpf", "cni"),
            stars=1,
            added=date(2024, 5, 31),
        ),
        Link(
            url="https://editor.cilium.io/",
            title="Policy editor",
            publisher="medium",
            section=("Kubernetes", "Policies"),
        ),
        Link(
            url="https://example.com/after", title="After the folder", publisher="example.com", section=("Kubernetes",)
        ),
        Link(url="https://example.com/top", title="example.com/top", publisher="example.com"),
    )
    assert [entry.source.line for entry in found.entries] == [9, 13, 15, 18]
    assert [(skip.source.line, skip.reason) for skip in found.skipped] == [(17, "not an http or https address")]


def test_deep_folders_and_many_links() -> None:
    """Thousands of unclosed tags neither nest nor slow the reader down."""
    deep = "<DL><p><DT><H3>f</H3>" * 3000 + '<DT><A HREF="https://a.org">a</A>'
    (entry,) = read_bookmarks(deep, "x.html", name="x").entries
    assert len(entry.link.section) == 2999
    flat = "<DL><p>" + '<DT><A HREF="https://a.org">a</A>\n<DD>text\n' * 5000
    assert len(read_bookmarks(flat, "x.html", name="x").entries) == 5000


def test_impossible_dates_are_left_out() -> None:
    """No browser writes them; the link is kept."""
    for value in ("", "x", "-1", "9" * 30, "99999999999999"):
        (entry,) = read_bookmarks(f'<A HREF="https://a.org" ADD_DATE="{value}">a</A>', "x", name="x").entries
        assert entry.link.added is None
