"""Uniting entries of one address."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from index.catalogue.formats.markdown import read_page
from index.catalogue.link import Entry, Further, Link, Source, Status
from index.catalogue.merge import merge
from index.catalogue.urls import normalise

SOURCE = Source(path="x")


def entries(*links: Link) -> list[Entry]:
    """Return entries of these links."""
    return [Entry(link=link, source=SOURCE) for link in links]


def test_one_link_an_address() -> None:
    """First title and section, every other section, longest description, most stars, everything else united."""
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
            also_in=(("B",),),
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


def merged(text: str) -> tuple[Link, ...]:
    """Return what a page of Markdown is once it is merged."""
    return merge(read_page(text, "x.md").entries)


def test_the_links_of_an_item_are_one_link() -> None:
    """Its further addresses are with its own, by their kind; the item has its name alone."""
    found = merged(
        "- [Ant](https://a.example) - Bites. ([Source Code](https://c.example/a), [Demo](https://d.example/a))\n"
        "- **Bee** ([Repo](https://c.example/b), [Docs](https://b.example/docs)): stings.\n"
        "- [Cat](https://cat.example) ([Docs](https://b.example/docs/)) - Purrs.\n- [Dog](https://d.example/a)"
    )
    assert [(link.title, link.url, [(one.kind, one.url) for one in link.further]) for link in found] == [
        ("Ant", "https://a.example", [("Source Code", "https://c.example/a"), ("Demo", "https://d.example/a")]),
        ("Bee", "https://c.example/b", [("Docs", "https://b.example/docs")]),
        ("Cat", "https://cat.example", [("Docs", "https://b.example/docs/")]),
        ("Dog", "https://d.example/a", []),
    ]


def test_an_item_twice_has_its_further_addresses_once() -> None:
    """In two sections, each with the same links."""
    item = "- [Ant](https://a.example) ([Demo](https://d.example/a))"
    (link,) = merged(f"## One\n\n{item}\n\n## Two\n\n{item}\n\n## One\n\n{item}")
    assert link.further == (Further(kind="Demo", url="https://d.example/a"),)
    assert link.sections == (("One",), ("Two",))


def test_a_mention_gives_no_title_and_no_description() -> None:
    """What a sentence about something else says of a link is about that."""
    text = "- [Ant](https://a.example) Ants hunt [bees](https://b.example/bee) at night.\n"
    assert merged(text)[1].description == "Ants hunt bees at night."
    assert merged(f"{text}- [Bee](https://b.example/bee) - Stings.")[1].title == "Bee"
    assert merged(f"{text}- [Bee](https://b.example/bee)")[1].description == ""
