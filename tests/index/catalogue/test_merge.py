"""Uniting entries of one address."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from index.catalogue.link import Entry, Link, Source, Status
from index.catalogue.merge import merge
from index.catalogue.urls import normalise

SOURCE = Source(path="x")


def entries(*links: Link) -> list[Entry]:
    """Return entries of these links."""
    return [Entry(link=link, source=SOURCE) for link in links]


def test_one_link_an_address() -> None:
    """First title and section, longest description, most stars, everything else united."""
    one = Link(url="http://a.org/x/", title="One", section=("A",), stars=1, tags=("t",), questions=("q?",))
    other = Link(
        url="https://A.org/x?utm_source=y",
        title="Other",
        publisher="a.org",
        description="Longer",
        section=("B",),
        tags=("u", "t"),
        stars=2,
        highlight=True,
        questions=("q?", "r?"),
        added=date(2024, 1, 1),
        status=Status.DEAD,
    )
    assert merge(entries(one, other)) == (
        Link(
            url="http://a.org/x/",
            title="One",
            publisher="a.org",
            description="Longer",
            section=("A",),
            tags=("t", "u"),
            stars=2,
            highlight=True,
            questions=("q?", "r?"),
            added=date(2024, 1, 1),
            status=Status.DEAD,
        ),
    )


@given(st.lists(st.sampled_from(["https://a.org", "http://A.org/", "https://a.org/b", "https://c.org"])))
def test_order_is_that_of_first_appearance(urls: list[str]) -> None:
    """No address is lost, none comes twice, and merging again changes nothing."""
    merged = merge(entries(*(Link(url=url, title=url) for url in urls)))
    assert [normalise(link.url) for link in merged] == list(dict.fromkeys(map(normalise, urls)))
    assert merge(entries(*merged)) == merged
