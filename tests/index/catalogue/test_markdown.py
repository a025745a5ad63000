"""Reading Markdown lists."""

import time
from pathlib import Path

import pytest

from index.catalogue.formats.markdown import read_page
from index.catalogue.link import Link, Skip
from index.catalogue.read import read

SAMPLES = Path(__file__).parent / "samples"


@pytest.fixture(name="links")
def _links() -> dict[str, Link]:
    return {link.url: link for link in read([SAMPLES / "list.md"]).links}


@pytest.fixture(name="skipped")
def _skipped() -> dict[str, Skip]:
    return {skip.text: skip for skip in read([SAMPLES / "list.md"]).skipped}


def only(text: str) -> Link:
    """Return the one link of a text."""
    (entry,) = read_page(text, "x.md").entries
    return entry.link


def test_every_link_of_lists_and_tables_is_found_once(links: dict[str, Link]) -> None:
    """Bullets of both kinds, numbered items, tables, paragraphs that begin with a link, bare addresses."""
    assert list(links) == [
        "https://medium.com/a/nodeport-922f010849e0",
        "https://www.ovh.com/blog/getting-traffic/",
        "https://loft.sh/blog/ten",
        "https://github.com/AbsaOSS/k8gb",
        "https://www.openshift.com/blog/k8gb",
        "https://itnext.io/generating-policies-6d5135fe77db",
        "https://github.com/mcelep/blog",
        "https://thenewstack.io/unifying/",
        "https://gateway-api.sigs.k8s.io/",
        "https://dave.cheney.net/paste/x.pdf",
        "https://cloud.google.com/spanner",
        "https://github.com/coreos/flannel",
        "https://example.com/first",
        "https://github.com/dexidp/dex",
        "https://example.com/quoted",
        "https://github.com/kubernetes/kubeadm",
        "https://github.com/prometheus/jmx_exporter",
        "https://example.com/after",
    ]


def test_what_is_left_out_is_reported(skipped: dict[str, Skip]) -> None:
    """Contents, other pages, pictures, embedded posts, running text: each with its line and reason."""
    places = {text: (skip.source.line, skip.reason.split(",")[0]) for text, skip in skipped.items()}
    assert places == {
        "Introduction (#introduction)": (5, "points into this page (table of contents)"),
        "Other page (other.md)": (6, "points to another page of this catalogue"),
        "Mail (mailto:a@example.com)": (25, "not an http or https address"),
        "link (https://example.com/prose)": (29, "stands in running text"),
        "picture (https://example.com/picture)": (34, "a link around an image"),
        "picture (https://example.com/picture2)": (37, "a link around an image"),
        "November 10 (https://twitter.com/a/status/1)": (49, "inside an embedded post"),
    }


def test_link_is_taken_apart(links: dict[str, Link]) -> None:
    """Mended text, bare title, publisher, description after the link, section without the list's own title, stars."""
    assert links["https://medium.com/a/nodeport-922f010849e0"] == Link(
        url="https://medium.com/a/nodeport-922f010849e0",
        title="Kubernetes NodePort vs LoadBalancer",
        publisher="medium.com",
        description="What to use — and when.",
        section=("Introduction",),
        stars=1,
    )


def test_bullets_below_describe_the_link_above(links: dict[str, Link]) -> None:
    """Bullets without a link of their own belong to the link above; emphasis and highlight marks are gone."""
    assert links["https://loft.sh/blog/ten"] == Link(
        url="https://loft.sh/blog/ten",
        title="Ten Useful Options",
        publisher="loft.sh",
        description="Options: One; Two",
        section=("Introduction",),
        stars=2,
        highlight=True,
    )


def test_two_links_of_one_bullet_share_its_text(links: dict[str, Link]) -> None:
    """`[A](…) - [B](…) text` describes both."""
    assert links["https://github.com/AbsaOSS/k8gb"].description == "A balancer."
    assert links["https://www.openshift.com/blog/k8gb"].description == "A balancer."
    assert links["https://www.openshift.com/blog/k8gb"].title == "K8GB briefing"


def test_generic_title_gets_the_main_one(links: dict[str, Link]) -> None:
    """`[code](…)` alone would say nothing."""
    assert links["https://github.com/mcelep/blog"].title == "Generating Policies (code)"
    assert links["https://github.com/mcelep/blog"].description == "An experiment"


def test_link_in_running_text(links: dict[str, Link]) -> None:
    """A link of a sentence is described by it, and its words stay in the description of the bullet's own link."""
    assert links["https://thenewstack.io/unifying/"].description == (
        "The Gateway API was discussed. There were well-documented limits of Ingress."
    )
    assert links["https://gateway-api.sigs.k8s.io/"].title == "Gateway API"
    assert links["https://gateway-api.sigs.k8s.io/"].description == "The Gateway API was discussed."
    assert links["https://dave.cheney.net/paste/x.pdf"].title == "Unifying (well-documented)"
    assert links["https://dave.cheney.net/paste/x.pdf"].description == "There were well-documented limits of Ingress."


def test_label_of_a_group_describes_links_without_text(links: dict[str, Link]) -> None:
    """`- Overlay plugins:` says what the links below are."""
    assert links["https://github.com/coreos/flannel"].description == "Overlay plugins"


def test_tables(links: dict[str, Link]) -> None:
    """A row is read with its column names; a generic link is about the row's first cell."""
    kubeadm = links["https://github.com/kubernetes/kubeadm"]
    assert (kubeadm.title, kubeadm.description) == ("kubeadm", "Role: SRE; Details: Official tool")
    assert kubeadm.section == ("Introduction", "Tools")
    assert links["https://github.com/prometheus/jmx_exporter"].title == "JMX Exporter (ref)"


def test_list_after_html_without_empty_line(links: dict[str, Link]) -> None:
    """CommonMark swallows a list that follows `</details>` directly; curators do not mean that."""
    assert links["https://example.com/after"].section == ("Tweets",)


def test_lines_are_those_of_the_file() -> None:
    """Also behind front matter, and in a list that was swallowed by HTML."""
    lines = {entry.link.title: entry.source.line for entry in read([SAMPLES / "list.md"]).entries}
    assert (lines["First"], lines["kubeadm"], lines["After HTML"]) == (24, 42, 51)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("- [a](https://example.com/ä?x=1&y=[2])", "https://example.com/ä?x=1&y=[2]"),
        ("- [a](<https://example.com/a b>)", None),
        ("- [a](https://example.com/x_(y))", "https://example.com/x_(y)"),
        ("- <https://example.com/a>", "https://example.com/a"),
        ("- see https://example.com/a.", "https://example.com/a"),
        ("- (https://en.wikipedia.org/wiki/A_(b))", "https://en.wikipedia.org/wiki/A_(b)"),
        ("- [a][1]\n\n[1]: https://example.com/a", "https://example.com/a"),
        ("- [a]( https://example.com/a)", "https://example.com/a"),
        ("- [a](https://example.com/a b)", None),
    ],
)
def test_addresses_are_kept_as_written(text: str, url: str | None) -> None:
    """No percent-encoding; what holds white space is reported and not guessed."""
    page = read_page(text, "x.md")
    assert [entry.link.url for entry in page.entries] == ([url] if url else [])
    assert bool(page.skipped) == (url is None)


def test_a_picture_with_attributes_is_a_picture() -> None:
    """`{: style=…}` beside the picture is no title."""
    page = read_page('- [![x](a.png){: style="width:7%"}](https://example.com/a) [b](https://example.com/b)\n', "x.md")
    assert [entry.link.url for entry in page.entries] == ["https://example.com/b"]
    assert [(skip.text, skip.reason) for skip in page.skipped] == [
        ("x (https://example.com/a)", "a link around an image")
    ]


def test_lists_in_lists_are_read_to_the_end() -> None:
    """Forty levels, and more than anybody writes."""
    page = read_page(
        "".join(f"{'  ' * level}- [l{level}](https://example.com/{level})\n" for level in range(40)), "x.md"
    )
    assert len(page.entries) == 40


def test_highlight_around_the_link() -> None:
    """`==[a](…)==` is highlighted as `[==a==](…)` is."""
    assert only("- ==[a b](https://example.com/a)== text").highlight
    assert only("- ==[a b](https://example.com/a)== text").description == "text"


def test_stars_behind_the_link() -> None:
    """Stars count in the title or right in the text."""
    link = only("- [a b](https://example.com/a) 🌟🌟 - text")
    assert (link.stars, link.description) == (2, "text")


def test_headings_nest() -> None:
    """A path holds the headings above, also where a level is left out."""
    page = read_page("# A\n#### B\n- [x y](https://a.org)\n## C\n- [z z](https://b.org)", "x.md")
    assert [entry.link.section for entry in page.entries] == [("A", "B"), ("A", "C")]


@pytest.mark.parametrize("text", ["", "\n", "# A", "- ", "|a|\n|-|", "<a", "[", "- [a](", "---\n", "> > >", "<!--"])
def test_odd_pages_do_not_fail(text: str) -> None:
    """Any text is a page; some hold no link."""
    assert read_page(text, "x.md").entries == ()


@pytest.mark.alone
@pytest.mark.slow
def test_many_links_on_one_bullet_take_time_by_their_number() -> None:
    """Ten thousand peers, and ten thousand words of one sentence."""
    start = time.process_time()
    assert len(read_page("- " + "[a b](https://a.org) " * 10_000, "x.md").entries) == 10_000
    assert len(read_page("- " + "so [a b](https://a.org) " * 10_000, "x.md").entries) == 10_000
    assert time.process_time() - start < 30


def test_deep_nesting_does_not_fail() -> None:
    """The parser stops at its own limit."""
    read_page("> " * 2000 + "[a](https://a.org)", "x.md")
    read_page("".join("  " * depth + "- x\n" for depth in range(200)), "x.md")
