"""What a link's text says."""

import pytest

from index.catalogue.formats.cleaning import join_texts, mend, take_stars, trim
from index.catalogue.formats.titles import is_generic, parse_title
from index.catalogue.publishers import fits, registered, split_publisher


@pytest.mark.parametrize(
    ("text", "url", "title", "publisher"),
    [
        ("medium.com: NodePort vs Ingress?", "https://medium.com/a/b", "NodePort vs Ingress?", "medium.com"),
        ("medium: Service Types", "https://medium.com/a/b", "Service Types", "medium"),
        ("youtube: Explained", "https://www.youtube.com/watch?v=x", "Explained", "youtube"),
        ("youtube playlist: Explained", "https://www.youtube.com/x", "Explained", "youtube playlist"),
        ("ovh.com - getting traffic: a b", "https://www.ovh.com/blog/x", "getting traffic: a b", "ovh.com"),
        ("Kubernetes.io: Network Plugins", "https://kubernetes.io/docs", "Network Plugins", "Kubernetes.io"),
        ("medium.com/the-programmer: ClusterIP", "https://medium.com/x", "ClusterIP", "medium.com/the-programmer"),
        ("weave.works: GitOps", "https://gambling.example/", "GitOps", "weave.works"),
        ("Learnk8s: Comparison", "https://docs.google.com/x", "Comparison", "Learnk8s"),
        ("Kubernetes Policies: A Guide", "https://loft.sh/x", "Kubernetes Policies: A Guide", "loft.sh"),
        ("iptables: How it works", "https://dustin.com/x", "iptables: How it works", "dustin.com"),
        ("Node.js: an intro", "https://example.com/x", "Node.js: an intro", "example.com"),
        ("values.yaml: what for", "https://example.com/x", "values.yaml: what for", "example.com"),
        ("NGINX Controller - v1.0.0", "https://github.com/x", "NGINX Controller - v1.0.0", "github.com"),
        ("Helm: the package manager", "https://helm.sh/x", "Helm: the package manager", "helm.sh"),
        ("cilium.io", "https://www.cilium.io/", "cilium.io", "cilium.io"),
        ("", "https://www.example.com/a/", "example.com/a", "example.com"),
        ("::", "https://www.example.com/a/", "example.com/a", "example.com"),
        ("https://example.com/a/", "https://example.com/a/", "example.com/a", "example.com"),
    ],
)
def test_title_and_publisher(text: str, url: str, title: str, publisher: str) -> None:
    """A prefix is the publisher when it is a domain or a known brand; else the host is, and the title stays whole."""
    found = parse_title(text, url)
    assert (found.text, found.publisher) == (title, publisher)


@pytest.mark.parametrize(
    ("text", "title", "stars", "highlight"),
    [
        ("==cilium.io: Editor 🌟==", "Editor", 1, True),
        ("==cilium.io: Editor", "Editor", 0, True),
        ("a ðŸŒŸðŸŒŸ", "a", 2, False),
        ("a 🌟⭐️★🌟", "a", 3, False),
        ("==a b== 🌟", "a b", 1, True),
        ("**a** b", "a** b", 0, False),
        ("a == b", "a == b", 0, False),
        ("SVG:", "SVG", 0, False),
        ('a {: target="_blank"}', "a", 0, False),
    ],
)
def test_marks(text: str, title: str, stars: int, highlight: bool) -> None:  # noqa: FBT001
    """Stars are counted, 3 at most; `==` around the text is a highlight; neither stays in the title."""
    found = parse_title(text, "https://example.com/")
    assert (found.text, found.stars, found.highlight) == (title, stars, highlight)


@pytest.mark.parametrize(
    ("broken", "text"),
    [
        ("ðŸŒŸ", "🌟"),
        ("a â€” b", "a — b"),
        ("Practitionerâ€™s", "Practitioner’s"),
        ("Part 1 â€“ x", "Part 1 – x"),
        ("Creación “así”", "Creación “así”"),
        ("&amp; ﬁ", "&amp; ﬁ"),
        ("a\n  b", "a b"),
    ],
)
def test_wrong_decoding_is_mended(broken: str, text: str) -> None:
    """Text that was decoded wrongly is repaired; quotes, entities and ligatures stay as written."""
    assert mend(broken) == text


@pytest.mark.parametrize(
    ("text", "trimmed"),
    [(" - a text. ", "a text."), (": x:", "x"), (".NET apps", ".NET apps"), ("()", ""), ("(a) b", "(a) b"), ("- ", "")],
)
def test_separators_are_trimmed(text: str, trimmed: str) -> None:
    """What parted a text from its link is no part of it."""
    assert trim(text) == trimmed


def test_texts_are_joined_as_people_read_them() -> None:
    """After a finished sentence a space, else a semicolon."""
    assert join_texts("One.", "Two", "", "three:", "four") == "One. Two; three: four"


def test_stars_of_plain_text() -> None:
    """Text without stars comes back as it is."""
    assert take_stars("a  b") == ("a  b", 0)


@pytest.mark.parametrize("title", ["code", "Here", "ref 2", "part 3", "[1]", "x", "docs."])
def test_generic(title: str) -> None:
    """Such titles say nothing of the subject."""
    assert is_generic(title)


@pytest.mark.parametrize("title", ["Helm", "Kubernetes 101", "well-documented", "k8s"])
def test_not_generic(title: str) -> None:
    """A name is a title."""
    assert not is_generic(title)


@pytest.mark.parametrize(
    ("publisher", "url"),
    [
        ("medium", "https://ann.medium.com/x"),
        ("medium", "https://itnext.io/x"),
        ("medium.com", "https://faun.pub/x"),
        ("openshift.com", "https://cloud.redhat.com/x"),
        ("loft.sh", "https://loft-sh.medium.com/x"),
        ("ovh.com", "https://blog.ovhcloud.com/x"),
        ("blog.alexellis.io", "https://alexellis.io/x"),
        ("weave.works", "https://github.com/weaveworks/kured"),
        ("Learnk8s", "https://docs.google.com/x"),
        ("Some Magazine", "https://example.com/x"),
        ("", "https://example.com/x"),
    ],
)
def test_publisher_fits(publisher: str, url: str) -> None:
    """Families, sites named alike, platforms, and names that nothing is known of."""
    assert fits(publisher, url)


@pytest.mark.parametrize(
    ("publisher", "url"),
    [("weave.works", "https://ambking1234.biz/?a=b"), ("dzone", "https://logz.io/x"), ("cilium.io", "https://x.biz/")],
)
def test_publisher_does_not_fit(publisher: str, url: str) -> None:
    """Another domain that has nothing of the name."""
    assert not fits(publisher, url)


def test_registered_names() -> None:
    """Two labels, or three under a suffix such as co.uk."""
    assert registered("a.b.example.com") == "example.com"
    assert registered("a.example.co.uk") == "example.co.uk"
    assert registered("localhost") == "localhost"


def test_prefix_alone_is_no_publisher() -> None:
    """A title is never empty."""
    assert split_publisher("medium:", "https://medium.com/") == ("", "medium:")
