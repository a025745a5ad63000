"""Reading the bookmark files of browsers."""

import time
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest

from index.catalogue.formats.bookmarks import read_bookmarks
from index.catalogue.formats.moments import day_of
from index.catalogue.link import Link
from index.catalogue.read import read
from index.errors import CatalogueError

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


def links_of(lines: str) -> list[Link]:
    """Return the links of a bookmark file with these lines."""
    head = "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<TITLE>Bookmarks</TITLE>\n<H1>Bookmarks</H1>\n<DL><p>\n"
    return list(read_bookmarks(f"{head}{lines}\n</DL><p>", "x.html", name="x").links)


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("?id=7&section=2&copy=4&not=1", "?id=7&section=2&copy=4&not=1"),
        ("?a=1&amp;region=eu", "?a=1&region=eu"),
        ("?a=1&copy", "?a=1&copy"),
        ("?a=1&notit;b", "?a=1&notit;b"),
        ("?q=%22x%22&#38;y=&quot;", '?q=%22x%22&y="'),
        ("?a=&#x26;b&#nbsp", "?a=&b&#nbsp"),
    ],
)
def test_addresses_are_kept_byte_for_byte(written: str, url: str) -> None:
    """Only a whole entity is one: half of the exporters write `&` as it is."""
    (link,) = links_of(f'<DT><A HREF="https://a.example/{written}">One</A>')
    assert link.url == f"https://a.example/{url}"


@pytest.mark.parametrize(
    "odd",
    ["How <script> runs", "a <!-- b", "if x <y and z", "</title><textarea>", "<title>", "<style>a{", "<![if x", "<svg><b>",
     "<plaintext>", "<template>", "<?php", "</a></dl", "<a name=x"],
)  # fmt: skip
def test_marks_in_a_description_hide_no_bookmark(odd: str) -> None:
    """Whatever is open in one bookmark ends with it, in its title as in its description."""
    rest = '<DT><A HREF="https://a.example/2">Two</A>\n<DT><A HREF="https://a.example/3">Three</A>'
    for first in (f"One</A>\n<DD>{odd}\n", f"One {odd}</A>\n"):
        found = links_of(f'<DT><A HREF="https://a.example/1">{first}{rest}')
        assert [link.url[-1] for link in found] == ["1", "2", "3"]


def test_an_address_without_its_end_is_reported() -> None:
    """Its quotation mark is missing; the bookmarks that follow are read."""
    text = '<DL><p>\n<DT><A HREF="https://a.example/1>One</A>\n<DT><A HREF="https://a.example/2">Two</A>\n</DL>'
    found = read_bookmarks(text, "x.html", name="x")
    assert [link.title for link in found.links] == ["Two"]
    assert [(skip.source.line, skip.reason) for skip in found.skipped] == [
        (2, "the address of this link is broken: it is not closed")
    ]


def test_what_exporters_add() -> None:
    """Links in descriptions, notes, dates in parts of a second, what is important."""
    (link,) = links_of(
        '<DT><A HREF="https://a.example/1" ADD_DATE="1577880000000" DATA-IMPORTANT="true">One</A>\n'
        '<DD>See <a href="https://a.example/2">the guide</a><br>first.[linkding-notes]Ask.[/linkding-notes]'
    )
    assert link.description == "See the guide first. Ask."
    assert (link.added, link.highlight) == (date(2020, 1, 1), True)


@pytest.mark.parametrize("moment", ["1577880000", "1577880000000", "1577880000000000", "1577880000000000000"])
def test_moments_in_any_part_of_a_second(moment: str) -> None:
    """Browsers count seconds, services what they like."""
    assert day_of(moment) == date(2020, 1, 1)


@pytest.mark.alone
@pytest.mark.parametrize(
    "piece",
    ["<DT", "<DT>", "<![foo[", "<![if ", "<!--", "<DL>", '<DT><A HREF="', "<div>", "<b><a>", "&", "<", "<DD>", "["],
)
def test_hostile_files_take_no_time(piece: str) -> None:
    """A megabyte of anything open is read or refused within a second or two."""
    start = time.process_time()
    with suppress(CatalogueError):
        read_bookmarks("<DL><p>" + piece * (200_000 // len(piece)), "x.html", name="x")
    assert time.process_time() - start < 2
