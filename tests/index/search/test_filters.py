"""Filters in a question: what they let through, and what is said of wrong ones."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import FilterError, UsageError
from index.search.filters import Filters, split_filters
from index.search.searcher import Searcher
from index.types import Question
from tests.support import COREDNS, EBPF, EDITOR, INGRESS, ISOLATE, LINKS, NODELOCAL, SERVICES, SERVICES_AGAIN


def found(searcher: Searcher, text: str) -> set[str]:
    """Return the addresses that a question with filters finds, other addresses of an article included."""
    hits = searcher.ask(Question(text=text, top_k=50)).hits
    return {url for hit in hits for url in (hit.link.url, *hit.also)}


CILIUM = {EDITOR.url, EBPF.url}
POLICY = CILIUM | {ISOLATE.url}
SERVICE = {SERVICES.url, SERVICES_AGAIN.url}
DNS = {COREDNS.url, NODELOCAL.url}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("section:cilium", CILIUM),
        ("section:Cilium", CILIUM),
        ("SECTION:cilium", CILIUM),
        ('section:"Kubernetes Network Policy"', POLICY),
        ("section:kubernetes-network-policy", POLICY),
        ("section:network-policy", POLICY),
        ("section:policies", POLICY),
        ("section:dns", DNS),
        ("section:cilium section:dns", CILIUM | DNS),
        ("stars:0", {link.url for link in LINKS}),
        ("stars:2", {EDITOR.url, ISOLATE.url, COREDNS.url}),
        ("stars:1 stars:3", {EDITOR.url}),
        ("host:github.com", {EBPF.url, NODELOCAL.url}),
        ("host:GitHub.com", {EBPF.url, NODELOCAL.url}),
        ("host:https://www.github.com/", {EBPF.url, NODELOCAL.url}),
        ("host:nginx.com", {INGRESS.url}),
        ("host:example.com host:docs.nginx.com", {ISOLATE.url, INGRESS.url}),
        ("tag:video", {INGRESS.url}),
        ("tag:Public", {ISOLATE.url, INGRESS.url}),
        ("tag:video tag:code", {INGRESS.url, EBPF.url}),
        ("section:dns host:github.com", {NODELOCAL.url}),
        ("stars:2 section:cilium", {EDITOR.url}),
    ],
)
@pytest.mark.parametrize("question", ["", "network policy for dns"])
def test_filters_let_through_what_they_name(
    searcher: Searcher, filters: str, expected: set[str], question: str
) -> None:
    """With words and without: several of one kind widen, different kinds narrow, stars are the least."""
    for text in (f"{filters} {question}", f"{question} {filters}"):
        answers = found(searcher, text)
        if SERVICES.url in answers or SERVICES_AGAIN.url in answers:
            assert answers - SERVICE == expected - SERVICE  # one article, two addresses
        else:
            assert answers == expected


def test_a_filter_alone_lists_links_by_stars(searcher: Searcher) -> None:
    """Most stars first, then the catalogue's order; nothing was asked, so nothing is shown as searched for."""
    answer = searcher.ask(Question(text="section:network-policy"))
    assert [hit.link for hit in answer.hits] == [EDITOR, ISOLATE, EBPF]
    assert answer.answered
    assert answer.asked == ""
    assert not answer.more


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x section:pizza", "no section is called 'pizza'; there are Kubernetes Network Policy, Cilium"),
        ("x host:pizza.example", r"no link is on the host 'pizza\.example'; there are github\.com"),
        ("x tag:pizza", "no link has the tag 'pizza'; there are code, public, video"),
        ("x stars:4", "stars:4 is not a number of stars; 0, 1, 2 and 3 exist"),
        ("x stars:many", "stars:many is not"),
        ("x stars:-1", "stars:-1 is not"),
        ("x stars:10", "stars:10 is not"),
        ("x stars:٣", "0, 1, 2 and 3 exist"),
        ("x section:", "`section:` needs a value, such as section:cilium"),
        ('x tag:""', "`tag:` needs a value, such as tag:video"),
        ("x section:dns stars:3", "no link passes all these filters together"),
        ("x section:network-pizza", "there are Kubernetes Network Policy"),
        (f"x section:{'y' * 500}", "no section is called"),
        ("x host:/", "no link is on the host"),
        ("x section:***", r"no section is called '\*\*\*'"),
    ],
)
def test_a_wrong_filter_says_what_exists(searcher: Searcher, text: str, message: str) -> None:
    """FilterError, in one short line."""
    with pytest.raises(FilterError, match=message) as caught:
        searcher.ask(Question(text=text))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_a_question_of_other_colons_is_a_question(searcher: Searcher) -> None:
    """An address, a time, an image's name hold colons and are no filters."""
    for text in ("https://github.com/x dns", "kube-dns:1.2 slow", "my-section:cilium dns", "at 10:30 dns fails"):
        assert len(found(searcher, text)) == len(LINKS)


def test_a_dotless_i_is_no_filter(searcher: Searcher) -> None:
    """Unicode's case rules make `ı` an i: what looks like a filter to them is text to us."""
    assert found(searcher, "sectıon:cilium dns")


@settings(max_examples=300, deadline=None)
@given(
    text=st.lists(
        st.one_of(
            st.sampled_from(
                ["section:", "stars:", "host:", "tag:", "SECTION:", "cilium", "2", '"', " ", ":", "dns", "ı"]
            ),
            st.text(max_size=4),
        ),
        max_size=8,
    ).map("".join)
)
def test_any_text_is_split_or_refused(text: str) -> None:
    """FilterError or filters; what remains holds no filter."""
    try:
        rest, filters = split_filters(text)
    except FilterError:
        return
    assert isinstance(filters, Filters)
    assert filters.stars in {None, 0, 1, 2, 3}
    assert len(rest) <= len(text)


@settings(max_examples=80, deadline=None)
@given(
    parts=st.lists(
        st.sampled_from(
            [
                "section:cilium",
                "section:dns",
                "stars:1",
                "stars:3",
                "host:github.com",
                "tag:public",
                "tag:x",
                "dns",
                "pods",
            ]
        ),
        min_size=1,
        max_size=4,
    )
)
def test_every_hit_passes_every_filter(searcher: Searcher, parts: list[str]) -> None:
    """Whatever is combined: the links themselves are the oracle."""
    try:
        answer = searcher.ask(Question(text=" ".join(parts), top_k=50))
    except UsageError:
        return
    sections = {part[8:] for part in parts if part.startswith("section:")}
    stars = max((int(part[6:]) for part in parts if part.startswith("stars:")), default=0)
    for hit in answer.hits:
        names = {name.lower() for name in hit.link.section}
        assert not sections or names & sections
        assert hit.link.stars >= stars
        assert "host:github.com" not in parts or "github.com" in hit.link.url
        assert "tag:public" not in parts or hit.link.is_public
