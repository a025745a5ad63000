"""What the pages of a site say alike is not about their links; the rules know no site."""

from datetime import date
from pathlib import Path

from index.catalogue.link import Link
from index.catalogue.pages.page_file import PageRecord, Pages
from index.catalogue.pages.page_text import PageText
from index.catalogue.pages.repetition import own_texts, texts_for


def page(url: str, title: str = "", description: str = "", *headings: str, at: str = "") -> PageRecord:
    """Return the record of a page."""
    text = PageText(title=title, description=description, headings=headings)
    return PageRecord(url=url, text=text, asked=date(2026, 3, 1), page=at)


FORGE = [
    page("https://forge.org/ann/tool", "Forge - ann/tool: Draws maps", "Draws maps. Contribute to ann/tool development "
         "by creating an account on Forge.", "Search code, repositories", "Draws maps fast", "Latest commit"),
    page("https://forge.org/bob/box", "Forge - bob/box: Packs bytes", "Packs bytes. Contribute to bob/box development "
         "by creating an account on Forge.", "Search code, repositories", "Archives", "Latest commit"),
    page("https://forge.org/cat/cup", "Forge - cat/cup", "Contribute to cat/cup development by creating an account on Forge.",
         "Search code, repositories", "Latest commit"),
]  # fmt: skip


def test_what_the_pages_of_a_site_share_is_left_out() -> None:
    """Parts of titles, sentences that differ in names alone, headings."""
    own = own_texts(FORGE)
    assert own["https://forge.org/ann/tool"] == PageText(
        title="ann/tool: Draws maps", description="Draws maps.", headings=("Draws maps fast",)
    )
    assert own["https://forge.org/cat/cup"] == PageText(title="cat/cup")


def test_a_few_of_many_pages_may_say_the_same() -> None:
    """A site with many pages has its own words on many of them."""
    many = [page(f"https://big.org/{number}", f"Page about subject {chr(97 + number // 26)}{chr(97 + number % 26)}")
            for number in range(60)]  # fmt: skip
    twins = [
        page(f"https://big.org/twin{number}", "A client for the store", "Talks to the store.") for number in (1, 2)
    ]
    own = own_texts([*many, *twins])
    assert own["https://big.org/twin1"].description == "Talks to the store."


def test_titles_that_are_their_addresses_are_kept() -> None:
    """Words of the own address are compared only inside of longer sentences."""
    pages = [
        page("https://blog.org/how-to-draw-maps", "How to draw maps"),
        page("https://blog.org/how-to-pack-bytes", "How to pack bytes"),
        page("https://blog.org/caching", "How to do caching"),
    ]
    assert [text.title for text in own_texts(pages).values()] == [one.text.title for one in pages]


def test_what_pages_of_many_sites_share_is_left_out() -> None:
    """The pages of three sites: a title of a wall before the page, a heading that every article has."""
    sites = [
        page(f"https://site{n}.org/", "One more step", "", "Takeaways", f"Subject {'abc'[n]}{'abc'[n]}")
        for n in range(3)
    ]
    other = page("https://site4.org/", "Maps", "", "Table of contents", "Share this", "Drawing")
    own = own_texts([*sites, other])
    assert own["https://site0.org/"] == PageText(headings=("Subject aa",))
    assert own["https://site4.org/"] == PageText(title="Maps", headings=("Drawing",))


def test_one_page_under_two_addresses_is_no_repetition() -> None:
    """Both redirect to it."""
    twice = [page(f"https://old.org/{n}", "Maps", "How to draw them.", at="https://new.org/maps") for n in range(2)]
    assert own_texts(twice)["https://old.org/0"].description == "How to draw them."


def test_only_what_the_curator_does_not_say_is_added() -> None:
    """The title's own words again would only push others out of what the encoder sees."""
    link = Link(url="https://forge.org/ann/tool/#readme", title="tool", description="draws maps")
    assert texts_for([link], Pages(records=FORGE[:1])) == (
        "Forge. ann/tool. Contribute to ann/tool development by creating an account on Forge. Search code, repositories",
    )
    assert texts_for([link], Pages(records=FORGE)) == ("ann/tool",)


def test_a_page_of_several_links_counts_for_none() -> None:
    """It tells the parts that they lead to not from each other."""
    links = [Link(url=f"https://docs.org/all#{part}", title=part) for part in ("one", "two")]
    pages = Pages(records=[page("https://docs.org/all", "The whole manual")])
    assert texts_for(links, pages) == ("", "")
    assert texts_for(links[:1], pages) == ("The whole manual",)


def test_pages_that_nobody_has_change_nothing(tmp_path: Path) -> None:
    """Without a file every text is empty."""
    assert texts_for([Link(url="https://a.org/", title="A")], Pages()) == ("",)
