"""The same article under two addresses."""

import time

import pytest

from index.catalogue.articles import post_id, same_article
from index.catalogue.link import Link

SAME = {
    "Medium post id on two hosts": [
        ("medium", "How to", "https://medium.com/@jmrobles/how-to-setup-hetzner-2ce79ca4a27b"),
        ("jmrobles.medium.com", "Other", "https://jmrobles.medium.com/how-to-setup-hetzner-2ce79ca4a27b"),
    ],
    "Medium post id on a publication's own domain": [
        ("", "A", "https://itnext.io/go-does-not-need-ac99b8d26c60?source=x"),
        ("", "B", "https://erik.medium.com/go-does-not-need-ac99b8d26c60"),
    ],
    "a copy on a platform that republishes": [
        ("ibm.com", "Multizone Kubernetes and VPC Load Balancer Setup", "https://www.ibm.com/cloud/blog/multizone"),
        ("dzone", "Multizone Kubernetes and VPC Load Balancer Setup", "https://dzone.com/articles/multizone-kube"),
    ],
    "sites named alike": [
        ("loft-sh.medium.com", "Policies: A Practitioner’s Guide", "https://loft-sh.medium.com/guide-c9bb4cdd0dbc"),
        ("loft.sh", "Policies: A Practitioner's Guide", "https://loft.sh/blog/guide"),
    ],
    "known moves": [
        ("openshift.com", "Network Policies on OpenShift Explained", "https://www.openshift.com/blog/policies"),
        ("redhat.com", "Network policies on OpenShift, explained", "https://www.redhat.com/en/blog/np"),
    ],
    "www": [("", "A", "https://www.eksworkshop.com/"), ("", "B", "https://eksworkshop.com")],
    "one video": [
        ("youtube", "A", "https://www.youtube.com/watch?v=VicH6KojwCI&t=1"),
        ("youtube", "B", "https://youtu.be/VicH6KojwCI"),
    ],
    "one publisher's article at its new owner": [
        ("stackrox.com", "Kubernetes Networking Demystified: A Guide", "https://www.stackrox.com/post/x"),
        ("stackrox.com", "Kubernetes Networking Demystified: A Guide", "https://elsewhere.example/y"),
    ],
}
DIFFERENT = {
    "generic titles": [("", "Introduction", "https://a.org/x"), ("", "Introduction", "https://b.org/x")],
    "topics": [("", "Kubernetes Networking", "https://a.org/x"), ("", "Kubernetes Networking", "https://dzone.com/x")],
    "code": [("", "code", "https://github.com/a/b"), ("", "code", "https://github.com/c/d")],
    "a question that many answer": [
        ("", "How to restart Kubernetes Pods with kubectl", "https://itnext.io/restart-kubernetes-pods-2a7834a6b961"),
        (
            "",
            "How to Restart Kubernetes Pods with kubectl",
            "https://www.cloudsavvyit.com/14587/restart-kubernetes-pods",
        ),
    ],
    "two posts of one title on Medium": [
        ("medium", "Kubernetes Security Best Practices Definitive Guide Part", "https://medium.com/a/x-ea1e3913c001"),
        ("medium", "Kubernetes Security Best Practices Definitive Guide Part", "https://medium.com/b/x-bcb546e9f529"),
    ],
    "a project and a talk about it": [
        ("", "K8GB - Kubernetes Global Balancer", "https://github.com/AbsaOSS/k8gb"),
        ("openshift.com", "K8GB - Kubernetes Global Balancer", "https://www.openshift.com/blog/k8gb-with-yuri"),
    ],
    "two versions of one page": [
        ("", "Understanding the monitoring stack", "https://docs.openshift.com/container-platform/4.3/monitoring.html"),
        ("", "Understanding the monitoring stack", "https://docs.openshift.com/container-platform/4.4/monitoring.html"),
    ],
    "two channels": [
        ("youtube", "Kubernetes networking explained for beginners", "https://www.youtube.com/watch?v=a1"),
        ("youtube", "Kubernetes networking explained for beginners", "https://www.youtube.com/watch?v=b2"),
    ],
    "numbers are no ids": [("", "A", "https://a.org/x-202101011200"), ("", "B", "https://b.org/y-202101011200")],
}


def links(rows: list[tuple[str, str, str]]) -> list[Link]:
    """Return links of publisher, title and address."""
    return [Link(url=url, title=title, publisher=publisher) for publisher, title, url in rows]


@pytest.mark.parametrize("rows", SAME.values(), ids=SAME.keys())
def test_same(rows: list[tuple[str, str, str]]) -> None:
    """One article."""
    assert same_article(links(rows)) == ((0, 1),)


@pytest.mark.parametrize("rows", DIFFERENT.values(), ids=DIFFERENT.keys())
def test_different(rows: list[tuple[str, str, str]]) -> None:
    """Two articles: a wrong union would hide one of them from everybody."""
    assert same_article(links(rows)) == ()


def test_groups_are_ordered_and_apart() -> None:
    """Positions ascend, groups come by their first position, no position is in two."""
    rows = links([*SAME["www"], *DIFFERENT["code"], *SAME["known moves"], *SAME["www"]])
    assert same_article(rows) == ((0, 1, 6, 7), (4, 5))
    assert same_article([]) == ()


@pytest.mark.parametrize(
    ("url", "post"),
    [
        ("https://medium.com/a/service-types-24a1587677d6", "24a1587677d6"),
        ("https://medium.com/codex/balancer-service-d1b7858d51?source=x#y", "d1b7858d51"),
        ("https://a.org/deadbeefcafe", ""),
        ("https://a.org/x-deadbeefcafe", ""),
        ("https://a.org/x-20210101", ""),
        ("", ""),
    ],
)
def test_post_ids(url: str, post: str) -> None:
    """Ten to twelve hexadecimal digits at the end, letters and numbers among them."""
    assert post_id(url) == post


@pytest.mark.alone
@pytest.mark.parametrize("title", ["{}", "One and the same telling title of many words"])
def test_time_grows_with_the_number_of_links(title: str) -> None:
    """Also where all have one title."""
    many = [Link(url=f"https://site{n}.org/{n}", title=title.format(f"Title {n} of some words")) for n in range(15_600)]
    start = time.process_time()
    assert same_article(many) == ()
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            ("https://b.example/CBook", "C Notes for Professionals"),
            ("https://b.example/CppBook", "C++ Notes for Professionals"),
        ),
        (
            ("https://b.example/FBook", "F# Notes for Professionals"),
            ("https://b.example/CBook", "C# Notes for Professionals"),
        ),
        (
            ("https://b.example/splitting-large-changes-into-small", "A summary in the morning paper"),
            ("https://b.example/how-pull-requests-are-used", "A summary in the morning paper"),
        ),
        (
            ("https://b.example/item?id=1", "The supervisor must know the work (source)"),
            ("https://b.example/item?id=2", "The supervisor must know the work (source)"),
        ),
    ],
)
def test_what_the_addresses_or_names_tell_apart(one: tuple[str, str], other: tuple[str, str]) -> None:
    """C, C++ and C# are three languages; two titles in the addresses, or two numbers, are two pages."""
    links = [Link(url=url, title=title, publisher="b.example") for url, title in (one, other)]
    assert same_article(links) == ()
