"""The lists that people really keep: every link found, with clean text."""

import re
from pathlib import Path

import pytest

from index.catalogue.articles import same_article
from index.catalogue.formats.native import read_native, write_native
from index.catalogue.link import Link
from index.catalogue.lint import lint
from index.catalogue.merge import merge
from index.catalogue.read import read

LISTS = Path(__file__).parents[3].parent / "shared" / "catalogues"
NETWORKING = LISTS / "kubernetes-networking.md"
PAGES = LISTS / "nubenetes"
pytestmark = pytest.mark.skipif(not NETWORKING.exists(), reason="the real lists are not beside this checkout")


@pytest.fixture(name="links", scope="module")
def _links() -> tuple[Link, ...]:
    return read([NETWORKING]).links


def by_url(links: tuple[Link, ...], part: str) -> Link:
    """Return the first link whose address holds a text."""
    return next(link for link in links if part in link.url)


def test_every_link_of_the_list_is_found(links: tuple[Link, ...]) -> None:
    """All 148 addresses that the raw text links to, none of a tweet, script or contents; pictures are counted apart."""
    raw = NETWORKING.read_text("utf-8")
    expected = {url for url in re.findall(r"(?<!\)\])\]\((https?://[^)\s]+)\)", raw) if "](images" not in url}
    assert len(expected) == 148
    assert {link.url for link in links} == expected
    assert len(merge(read([NETWORKING]).entries)) == 148


def test_text_is_clean(links: tuple[Link, ...]) -> None:
    """No wrong decoding, marks or stars left anywhere."""
    for link in links:
        for text in (link.title, link.description, link.publisher, *link.section):
            assert not re.search("ðŸ|â€|🌟|==|\\*\\*|\\]\\(", text), text
        assert link.title.strip()
        assert link.publisher
        assert link.section


def test_particular_links(links: tuple[Link, ...]) -> None:
    """Publisher, stars, highlight, description and section as the list has them."""
    assert by_url(links, "docs.google.com").stars == 2
    assert by_url(links, "docs.google.com").publisher == "Learnk8s"
    nodeport = by_url(links, "technos.medium.com")
    assert nodeport.title == "Kubernetes Services for Absolute Beginners — NodePort"
    assert (nodeport.highlight, nodeport.stars) == (True, 1)
    assert by_url(links, "www.ovh.com").publisher == "ovh.com"
    assert by_url(links, "editor.cilium.io").section == ("Kubernetes Network Policy", "Cilium")
    assert by_url(links, "mcelep").title.endswith("Sniffing Network Traffic (code)")
    assert by_url(links, "dave.cheney").title.endswith("(well-documented)")
    assert by_url(links, "fransemalila").description.endswith("Node Port; External IPs; Load Balancer")
    assert by_url(links, "stakater/Xposer").description.count("Solution:") == 1


def test_same_articles_of_the_list() -> None:
    """The three that the list has, and no other."""
    links = merge(read([NETWORKING]).entries)
    groups = [{links[at].url.split("/")[2] for at in group} for group in same_article(links)]
    assert groups == [
        {"medium.com", "jmrobles.medium.com"},
        {"www.ibm.com", "dzone.com"},
        {"loft-sh.medium.com", "loft.sh"},
    ]


def test_no_page_fails_and_all_reads_back() -> None:
    """161 pages, about 15,600 links; written as native YAML they come back equal."""
    found = read([PAGES])
    assert len({link.url for link in found.links}) > 15_000
    raw = "".join(path.read_text("utf-8") for path in sorted(PAGES.glob("*.md")))
    listed = set(
        re.findall(r"^[ \t]*(?:[-*+]|\d+\.) (?:\*\*|==)?\[[^\]\[]*\]\((https?://[^()\s]+)\)", raw, re.MULTILINE)
    )
    assert listed - {"https://…"} <= {link.url for link in found.links}
    assert read_native(write_native(found), "x.yaml", name="x").reading.links == found.links


def test_taken_over_pages_are_found() -> None:
    """The articles of weave.works that now lead to one page of another owner."""
    findings = [str(finding) for finding in lint([PAGES]) if finding.rule == "shared-address"]
    assert sum("ambking1234.biz" in finding for finding in findings) >= 35
