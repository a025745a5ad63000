"""Filters in a question: what they let through, and what is said of wrong ones."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import FilterError, UsageError
from index.search.filters import Facets, Filters, section_names, split_filters
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
        ("section:“Kubernetes Network Policy”", POLICY),
        ("section:„Kubernetes Network Policy“", POLICY),
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
        ("-tag:public", {link.url for link in LINKS} - {ISOLATE.url, INGRESS.url}),
        ("section:network-policy -section:cilium", {ISOLATE.url}),
        ("-host:github.com section:dns", {COREDNS.url}),
        ("-tag:public -tag:code stars:2", {EDITOR.url, COREDNS.url}),
        ("after:2024", {ISOLATE.url, EDITOR.url}),
        ("after:2024-03-01", {ISOLATE.url, EDITOR.url}),
        ("after:2024-04", {EDITOR.url}),
        ("after:2023 after:2025", {EDITOR.url}),
        ("is:highlighted", {EDITOR.url}),
        ("is:alive -is:highlighted stars:2", {ISOLATE.url, COREDNS.url}),
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
        ("x section:", "`section:` needs a value, such as section:NAME"),
        ('x tag:""', "`tag:` needs a value, such as tag:NAME"),
        ("x section:dns stars:3", "no link passes all these filters together"),
        ("x section:network-pizza", "there are Kubernetes Network Policy"),
        (f"x section:{'y' * 500}", "no section is called"),
        ("x host:/", "no link is on the host"),
        ("x section:***", r"no section is called '\*\*\*'"),
        ("x after:soon", "after:soon is no date; write 2024, 2024-06 or 2024-06-30"),
        ("x after:2024-13", "is no date"),
        ("x after:2024-02-30", "is no date"),
        ("x after:0000", "is no date"),
        ("x after:٢٠٢٤", "is no date"),
        ("x is:pizza", "is:pizza is no state of a link; there are alive, moved, dead, suspicious, highlighted"),
        ("x section:ciliun", r"no section is called 'ciliun' \(did you mean 'Cilium'\?\); there are "),
        ("x host:githbu.com", r"did you mean 'github\.com'"),
        ("x -tag:vidoe", r"did you mean 'video'"),
        ("x is:ded", r"is:ded is no state of a link \(did you mean 'dead'\?\); there are alive"),
        ("x is:dead", "no link passes this filter$"),
        ("x is:dead is:suspicious", "no link passes all these filters together; leave one out"),
        ("x -tag:pizza", "no link has the tag 'pizza'"),
        ("x -stars:2", "-stars: is no filter"),
        ("x -tag:", "`tag:` needs a value"),
    ],
)
def test_a_wrong_filter_says_what_exists(searcher: Searcher, text: str, message: str) -> None:
    """FilterError, in one short line."""
    with pytest.raises(FilterError, match=message) as caught:
        searcher.ask(Question(text=text))
    of_any = ("no section", "no link")
    assert caught.value.malformed == (not str(caught.value).startswith(of_any))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"network policies"', POLICY - {EBPF.url}),
        ('"Network  POLICIES" please', POLICY - {EBPF.url}),
        ("“network policies”", POLICY - {EBPF.url}),
        ('"policies network"', {link.url for link in LINKS}),
        ('dns "no link has these words"', {link.url for link in LINKS}),
        ('"five seconds" section:dns', {COREDNS.url}),
        ('"isolate namespaces" "default deny"', {ISOLATE.url}),
        ('"cilium.io"', {EDITOR.url}),
        ('what is "ebpf-based networking"?', {link.url for link in LINKS}),
        ('what is "ebpf-based networking" here', {EBPF.url}),
        ('a 5" screen for 3" dns', {link.url for link in LINKS}),
    ],
)
def test_a_phrase_holds_back_links_without_it(searcher: Searcher, text: str, expected: set[str]) -> None:
    """Word after word, in any case; one that no link has, such as a quoted message, holds nothing back."""
    assert found(searcher, text) | SERVICE == expected | SERVICE


def test_a_phrase_is_asked_like_other_words(searcher: Searcher) -> None:
    """Its words count for the order."""
    answer = searcher.ask(Question(text='"five seconds"'))
    assert answer.asked == "five seconds"
    assert answer.hits[0].link is COREDNS or answer.hits[0].link.url == COREDNS.url


def test_a_question_of_other_colons_is_a_question(searcher: Searcher) -> None:
    """An address, a time, an image's name hold colons and are no filters."""
    for text in ("https://github.com/x dns", "kube-dns:1.2 slow", "my-section:cilium dns", "at 10:30 dns fails"):
        assert len(found(searcher, text)) == len(LINKS)


@pytest.mark.parametrize(
    "text",
    [
        "my question is: how does dns work",
        "host: example.com\n  tag: v1\ndns",
        "dns after: the update",
        "-section: dns",
    ],
)
def test_a_name_before_a_space_is_a_word(text: str) -> None:
    """People write `the problem is: …`, and paste YAML; nothing of it is lost."""
    rest, filters = split_filters(text)
    assert (rest, bool(filters)) == (" ".join(text.split()), False)


def test_a_name_at_the_end_waits_for_its_value() -> None:
    """While somebody types it, and where they forgot it."""
    for text in ("section:", "dns is: ", "dns -tag:"):
        with pytest.raises(FilterError, match="needs a value"):
            split_filters(text)


def test_a_dotless_i_is_no_filter(searcher: Searcher) -> None:
    """Unicode's case rules make `ı` an i: what looks like a filter to them is text to us."""
    assert found(searcher, "sectıon:cilium dns")


@settings(max_examples=300, deadline=None)
@given(
    text=st.lists(
        st.one_of(
            st.sampled_from(
                [
                    "section:",
                    "-tag:",
                    "stars:",
                    "host:",
                    "after:",
                    "is:",
                    "SECTION:",
                    "cilium",
                    "2",
                    '"',
                    " ",
                    ":",
                    "dns",
                ]
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
                "-tag:public",
                "after:2024",
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


PATHS = (
    ("CNI", "Overview"),
    ("Service mesh", "Overview"),
    ("Overview",),
    ("Overview", "DNS"),
    ("CNI", "DNS", "CNI"),
    ("日本語", "概要"),
    ("A > B", "Overview"),
)


def test_sections_with_equal_headings_have_names_that_tell_them_apart() -> None:
    """As few headings as possible; one that is outermost begins with the sign, where it is below another too."""
    names = section_names(PATHS)
    assert [names[path] for path in PATHS] == [
        "CNI > Overview",
        "Service mesh > Overview",
        "> Overview",
        "Overview > DNS",
        "DNS > CNI",
        "概要",
        "A B > Overview",
    ]
    assert names["CNI",] == "CNI"  # what is below it has its heading too, and belongs to it
    assert names["CNI", "DNS"] == "CNI > DNS"
    assert names["Service mesh",] == "Service mesh"


def test_each_name_of_a_section_finds_it_and_what_is_below() -> None:
    """And nothing else; the heading alone still finds all of them."""
    facets = facets_of(PATHS)
    for place, name in section_names(PATHS).items():
        inside = [path[: len(place)] == place for path in PATHS]
        assert facets.in_sections([name]).tolist() == inside, name
    assert facets.in_sections(["overview"]).sum() == 5
    with pytest.raises(FilterError, match="no section is called 'CNI > Calico'"):
        facets.in_sections(["CNI > Calico"])


@given(
    st.lists(st.lists(st.sampled_from(["A", "B", "a b", "B > A", "c"]), min_size=1, max_size=4).map(tuple), min_size=1)
)
def test_names_find_their_sections_whatever_the_headings(paths: list[tuple[str, ...]]) -> None:
    """At least them: headings that differ in signs or capitals alone are one for a filter."""
    paths = list(dict.fromkeys(paths))
    facets = facets_of(paths)
    for place, name in section_names(paths).items():
        found = facets.in_sections([name]).tolist()
        assert all(found[number] for number, path in enumerate(paths) if path[: len(place)] == place)


def facets_of(paths: Sequence[tuple[str, ...]]) -> Facets:
    """Return what one link in each section can be filtered by."""
    count = len(paths)
    return Facets(
        sections=tuple(paths),
        section_of=np.arange(count, dtype=np.int32),
        also_in={},
        hosts=("",),
        host_of=np.zeros(count, dtype=np.int32),
        stars=np.zeros(count, dtype=np.int32),
        tags={},
        states={},
        days=np.zeros(count, dtype=np.int64),
    )
