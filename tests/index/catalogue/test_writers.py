"""A catalogue in other formats, there and back."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.catalogue.formats.opml import read_opml
from index.catalogue.formats.titles import is_generic
from index.catalogue.link import Entry, Further, Link, Reading, Source, Status, link_to_row
from index.catalogue.merge import join_items, merge
from index.catalogue.read import read
from index.catalogue.urls import host, normalise
from index.catalogue.writers import FORMS, not_carried, written
from index.catalogue.writers.outline import in_each_section
from index.errors import CatalogueError

SAMPLES = Path(__file__).parent / "samples"
#: What each format has no place for.
LEFT_OUT = {
    "yaml": set[str](),
    "json": set[str](),
    "csv": set[str](),
    "opml": set[str](),
    "markdown": {"tags", "questions", "added", "status"},
    "html": {"questions", "status"},
    "bookmarks": {"questions", "status", "further"},
}
#: Formats that hold any text byte for byte; the readers of the others mend and trim what people wrote.
EXACT = {"yaml", "json"}

names = st.lists(
    st.sampled_from(
        ["Network", "policy", "C#", "C++", "R & D", "a_b", "_x_", "snake_case_", "[Beta]", "<b>", "5 > 3", "*star*",
         "`kubectl`", "~~gone~~", "&amp;", "&copy=2", "no", "1.20", "\\o/", '"quoted"', "it's", "é", "数据", "=1+1", "-",
         "(Demo", "Demo)", "|", "#", "{x}", "a:b", "$5", "@home", "%TEMP%", "!important"]
    ),
    min_size=1,
    max_size=5,
).map(" ".join)  # fmt: skip
FURTHER = (
    Further(kind="Source Code", url="https://code.example/a_(b)"),
    Further(kind="Demo", url="https://demo.example/?a=1&copy=2|3"),
)
paths = st.text(alphabet="abc/?#&=:%'\"[](){}<>_*\\,;~!\u00e4", max_size=16)
#: A day that every reader of moments knows.
days = st.dates(date(1990, 1, 2), date(2090, 1, 1))


def said(names: st.SearchStrategy[str]) -> st.SearchStrategy[Link]:
    """Return links whose texts are of these."""
    return st.builds(
        Link,
        url=paths.map(lambda path: f"https://example.com/{path}"),
        # Of a title such as `code` the readers say what it is about.
        title=names.filter(lambda name: not is_generic(name.strip("`"))),
        publisher=st.sampled_from(["", "example.com", "medium", "loft.sh"]),
        description=st.just("") | names,
        section=st.lists(names, max_size=3).map(tuple),
        tags=st.lists(names, max_size=3, unique=True).map(tuple),
        stars=st.integers(0, 3),
        highlight=st.booleans(),
        questions=st.lists(names, max_size=2, unique=True).map(tuple),
        added=st.none() | days,
        also_in=st.lists(st.lists(names, min_size=1, max_size=2).map(tuple), max_size=1).map(tuple),
        further=st.lists(st.sampled_from(FURTHER), max_size=2, unique=True).map(tuple),
        status=st.sampled_from(Status),
        private=st.booleans(),
    )


def lists(names: st.SearchStrategy[str]) -> st.SearchStrategy[list[Link]]:
    """Return lists of such links, each address once: which of two titles of one counts depends on the order."""
    return st.lists(said(names), min_size=1, max_size=4, unique_by=lambda link: normalise(link.url))


def reading(links: Sequence[Link], name: str = "List") -> Reading:
    """Return a reading of these links."""
    source = Source(path="x", line=1)
    return Reading(name=name, entries=tuple(Entry(link=link, source=source) for link in links))


def shown(links: Sequence[Link], form: str) -> list[Link]:
    """Return the links that may be in a format: no private ones in a page."""
    return [link for link in links if not (link.private and FORMS[form].is_page)]


def there_and_back(links: Sequence[Link], form: str, folder: Path) -> tuple[Link, ...]:
    """Write links and read them; an item's links are one."""
    path = folder / f"list{FORMS[form].suffixes[0]}"
    path.write_bytes(written(reading(links), form))
    if not shown(links, form):
        return ()
    return tuple(entry.link for entry in join_items(read([path]).entries))


def carried(links: Sequence[Link], form: str) -> list[dict[str, Any]]:
    """Return what a format has a place for, in an order that sections do not change."""
    rows = [
        {key: value for key, value in link_to_row(link).items() if key not in {*LEFT_OUT[form], "section", "also_in"}}
        | {"publisher": link.publisher or host(link.url), "sections": sorted(filter(None, set(link.sections)))}
        for link in merge(reading(links).entries)
    ]
    return sorted(rows, key=lambda row: str(row["url"]))


def addresses(links: Sequence[Link]) -> Counter[str]:
    """Return how often each address stands in a section."""
    return Counter(link.url for link in in_each_section(links))


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=lists(names))
def test_what_was_read_is_written_and_reads_back(form: str, found: list[Link], tmp_path: Path) -> None:
    """Whatever a catalogue holds: every link comes back, and what was read once comes back with equal values."""
    once = there_and_back(found, form, tmp_path)
    assert addresses(once) >= addresses(shown(found, form))
    assert carried(there_and_back(once, form, tmp_path), form) == carried(once, form)
    if form in EXACT:
        assert once == tuple(found)


#: Texts as curators write them, with all that a format could take for a mark of its own.
usual = st.lists(
    st.sampled_from(
        ["Network", "Policy", "C#", "C++", "R & D", "a_b", "_x_", "[Beta]", "<b>", "5 &gt; 3", "`code`", "~~gone~~",
         "&copy=2", "1.20", "\\o/", '"quoted"', "it's", "é", "数据", "{x}", "$5", "@home", "100%", "https://example.org/a"]
    ),
    min_size=1,
    max_size=4,
).map(lambda parts: " ".join(("About", *parts, "and more")))  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=lists(usual))
def test_what_a_curator_wrote_reads_back(form: str, found: list[Link], tmp_path: Path) -> None:
    """All that the format has a place for, the first time already; bookmarks have one for each further address."""
    own = {link.url for link in found}
    again = [link for link in there_and_back(found, form, tmp_path) if link.url in own]
    assert carried(again, form) == carried(shown(found, form), form)


def test_angle_brackets_of_an_address_are_a_pair(tmp_path: Path) -> None:
    """Around an address in a table they are no part of it; a single one is."""
    (tmp_path / "list.csv").write_text("title,url\nOne,https://a.org/x>\nTwo,<https://b.org/x>\n")
    assert [link.url for link in read([tmp_path / "list.csv"]).links] == ["https://a.org/x>", "https://b.org/x"]


def test_a_section_with_an_address_in_its_name_is_no_link(tmp_path: Path) -> None:
    """Written as OPML it says that it is a section; an outliner's line with an address is still a link."""
    link = Link(url="https://a.org/x", title="One", section=("About https://b.org/x",))
    (found,) = there_and_back([link], "opml", tmp_path)
    assert (found.url, found.section) == (link.url, link.section)
    outline = '<opml version="2.0"><body><outline text="See https://b.org/x"/></body></opml>'
    (tmp_path / "notes.opml").write_text(outline)
    assert [one.url for one in read([tmp_path / "notes.opml"]).links] == ["https://b.org/x"]


def test_an_awesome_list() -> None:
    """Contents that lead to each section, bullets with a dash, marks that Markdown takes for its own escaped."""
    links = [
        Link(url="https://a.example/top", title="Of no section"),
        Link(
            url="https://a.example/x", title="[X] *1*", description="See https://b.example/y.", section=("C#", "R & D")
        ),
        Link(url="https://a.example/(y", title="Y", section=("C#",), stars=2, highlight=True, publisher="loft.sh"),
        Link(
            url="https://a.example/z",
            title="Z",
            section=("C++",),
            also_in=(("C#",),),
            status=Status.RETIRED,
            further=(Further(kind="Demo", url="https://z.example/demo"),),
        ),
    ]
    assert (
        written(reading(links, "My list"), "markdown").decode()
        == """\
# My list

- [Of no section](https://a.example/top)

## Contents

- [C#](#c)
  - [R & D](#r--d)
- [C++](#c-1)

## C#

- [==loft.sh: Y==](<https://a.example/(y>) ⭐⭐
- ~~[Z](https://a.example/z)~~ ([Demo](https://z.example/demo))

### R & D

- [\\[X\\] \\*1\\*](https://a.example/x) - See `https://b.example/y`.

## C++

- ~~[Z](https://a.example/z)~~ ([Demo](https://z.example/demo))
"""
    )


def test_bookmarks_are_what_browsers_read() -> None:
    """The first line by which every browser knows them, folders, and dates at noon, which is the same day everywhere."""
    links = [
        Link(
            url="https://a.example/?a=1&copy=2",
            title="A <b>",
            section=("Tools",),
            tags=("x", "y"),
            added=date(2024, 5, 31),
            description="Said & done",
        )
    ]
    lines = written(reading(links), "bookmarks").decode().split("\n")
    assert lines[0] == "<!DOCTYPE NETSCAPE-Bookmark-file-1>"
    assert lines[4:] == [
        "<DL><p>",
        "    <DT><H3>Tools</H3>",
        "    <DL><p>",
        '        <DT><A href="https://a.example/?a=1&amp;copy=2" add_date="1717156800" tags="x,y">A &lt;b&gt;</A>',
        "        <DD>Said &amp; done",
        "    </DL><p>",
        "</DL><p>",
        "",
    ]


@pytest.mark.parametrize("title", ["=cmd|' /C calc'!A0", "+1 for this", "@home", "-1", "'=1"])
def test_a_spreadsheet_runs_nothing_of_a_list(title: str, tmp_path: Path) -> None:
    """A cell that begins like a formula has an apostrophe before it, which is read back as none."""
    link = Link(url="https://a.example/x", title=title, description=title)
    (row,) = csv.DictReader(io.StringIO(written(reading([link]), "csv").decode()))
    assert row["title"] == row["description"] == f"'{title}"
    (again,) = there_and_back([link], "csv", tmp_path)
    assert again.title == again.description == title


def test_what_is_not_carried_is_counted() -> None:
    """By field; a link without a publisher is its host's, whatever the format."""
    links = [
        Link(url="https://a.example/x", title="Ant", questions=("why?",), tags=("t",)),
        Link(url="https://a.example/y", title="Bee", questions=("how?",)),
    ]
    found = reading(links)
    assert not_carried(found, written(found, "markdown"), "markdown") == {"questions": 2, "tags": 1}
    assert not_carried(found, written(found, "opml"), "opml") == {}
    assert not_carried(found, written(reading(links[:1]), "json"), "json") == {"link": 1}


@pytest.mark.parametrize("form", FORMS)
def test_half_a_character_is_refused(form: str) -> None:
    """No file can hold a lone surrogate."""
    with pytest.raises(CatalogueError, match="half a character"):
        written(reading([Link(url="https://a.example/x", title="\ud83d")]), form)


def test_opml_of_a_reader_of_feeds() -> None:
    """The page of a feed comes before the feed; groups are sections; OPML's own attributes are read."""
    text = """<?xml version="1.0"?>
<opml version="1.0"><head><title>My  feeds</title></head><body>
<outline text="News" title="News">
  <outline text="A" type="rss" xmlUrl="https://a.example/feed" htmlUrl="https://a.example/"
    created="Fri, 31 May 2024 12:00:00 GMT" category="x,y" description="About A"/>
  <outline title="B" type="link" url="https://b.example/"/>
  <outline text="A note"/>
</outline></body></opml>"""
    found = read_opml(text, "feeds.opml", name="Feeds")
    assert found.name == "My feeds"
    assert [entry.source.line for entry in found.entries] == [4, 6]
    assert found.links == (
        Link(
            url="https://a.example/",
            title="A",
            publisher="a.example",
            description="About A",
            section=("News",),
            tags=("x", "y"),
            added=date(2024, 5, 31),
        ),
        Link(url="https://b.example/", title="B", publisher="b.example", section=("News",)),
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<opml><body><outline text='a'></body></opml>", "x.opml:1: this is not valid XML: mismatched tag"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><opml>&b;</opml>', "entities"),
        ("<opml>" + "<outline text='a'>" * 200, "nested too deeply"),
        ("", "no element found"),
    ],
)
def test_opml_that_is_none(text: str, says: str) -> None:
    """One line with the place."""
    with pytest.raises(CatalogueError, match=says):
        read_opml(text, "x.opml", name="x")
