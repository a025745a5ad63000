"""The links of a bundle, read one by one."""

from datetime import date
from pathlib import Path

import pytest

from index.builder.arrays import save_links
from index.catalogue.link import Link, Status
from index.search.links import LinkFile, open_facets

FIELD = '"added": "2031-01-01"'
DATED = Link(url="https://a.example/", title="\N{ROCKET} dated", added=date(2024, 5, 31))


@pytest.mark.parametrize(
    "other",
    [
        Link(url="https://b.example/", title=FIELD),
        Link(url="https://b.example/", title="x", description=f"{{{FIELD}}}"),
        Link(url="https://b.example/", title="x", questions=(FIELD, "added", "2031-01-01")),
        Link(url="https://b.example/", title="x", tags=("added", ": ", "2031-01-01")),
        Link(url="https://b.example/?" + FIELD, title="\\" + FIELD + "\\"),
        Link(url='https://b.example/\\"\\\\\n\N{ROCKET}', title="x"),
    ],
)
def test_dates_and_addresses_are_those_of_the_links(tmp_path: Path, other: Link) -> None:
    """Whatever their texts hold."""
    late = Link(url="https://c.example/", title="x", added=date(2026, 12, 1))
    save_links([other, DATED, other, late], (), tmp_path)
    links = LinkFile(tmp_path)
    rows, dates = links.dates()
    assert (rows.tolist(), dates.tolist()) == ([1, 3], [20240531, 20261201])
    assert [links.url(row) for row in range(4)] == [other.url, DATED.url, other.url, late.url]


def test_links_without_dates_have_none(tmp_path: Path) -> None:
    """Not one row."""
    save_links([Link(url="https://b.example/", title="x")], (), tmp_path)
    rows, dates = LinkFile(tmp_path).dates()
    assert (rows.tolist(), dates.tolist()) == ([], [])


def test_a_filter_finds_a_link_in_every_section_that_it_stands_in(tmp_path: Path) -> None:
    """Its own and the others, also in one that no link has as its own."""
    links = [
        Link(url="https://a.example/", title="A", section=("Go",), also_in=(("Web", "Go"), ("Rust",))),
        Link(url="https://b.example/", title="B", section=("Web",), also_in=(("Go",),)),
        Link(url="https://c.example/", title="C", section=("Rust",)),
    ]
    save_links(links, (), tmp_path)
    facets, _ = open_facets(tmp_path, LinkFile(tmp_path))
    assert facets.in_sections(["go"]).tolist() == [True, True, False]
    assert facets.in_sections(["rust"]).tolist() == [True, False, True]
    assert facets.in_sections(["web"]).tolist() == [True, True, False]
    assert list(LinkFile(tmp_path)) == links


def test_states_are_those_of_the_links(tmp_path: Path) -> None:
    """Whatever their texts hold; a link without one is alive."""
    field = '"status": "dead"'
    links = [
        Link(url="https://a.example/", title=field, description=f"{{{field}}}", highlight=True),
        Link(url="https://b.example/", title="B", status=Status.DEAD),
        Link(url="https://c.example/", title="C", status=Status.MOVED, moved_to="https://d.example/"),
    ]
    save_links(links, (), tmp_path)
    facets, _ = open_facets(tmp_path, LinkFile(tmp_path))
    named = {name: mask.tolist() for name, mask in facets.states.items() if mask.any()}
    assert named == {
        "alive": [True, False, False],
        "dead": [False, True, False],
        "moved": [False, False, True],
        "highlighted": [True, False, False],
    }
