"""Answers: the same ones everywhere, each hit with a reason that is true."""

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.builder.build import build
from index.catalogue.link import Link
from index.errors import FilterError, UsageError
from index.search.searcher import Searcher
from index.search.words import parts, stem, tokens, words
from index.types import MAX_QUESTION_CHARS, Hit, Question, Turn, Why
from tests.support import (
    COREDNS,
    EBPF,
    EDITOR,
    INGRESS,
    ISOLATE,
    LINKS,
    NODELOCAL,
    SERVICES,
    SERVICES_AGAIN,
    SHIPPED,
    copy_index,
    run_python,
    urls,
    write_catalogue,
)

QUESTIONS = (
    "how do I isolate namespaces?",
    "netpol editor",
    "slow dns in pods",
    "difference between clusterip and nodeport",
    "sevrices explained",
    "best pizza in town",
    "tag:public certificates",
)


# Finding


@pytest.mark.parametrize(
    ("question", "link"),
    [
        ("how do I isolate namespaces?", ISOLATE),
        ("draw a netpol in the browser", EDITOR),
        ("source code of cilium", EBPF),
        ("ClusterIP or NodePort?", SERVICES),
        ("renew tls certificates", INGRESS),
        ("lookups of names take five seconds", COREDNS),
        ("cache for dns on each node", NODELOCAL),
    ],
)
def test_a_real_question_finds_its_link_first(searcher: Searcher, question: str, link: Link) -> None:
    """Answered, with the link that a person would choose."""
    answer = searcher.ask(Question(text=question))
    assert answer.answered
    assert answer.hits[0].link == link
    assert [hit.score for hit in answer.hits] == sorted((hit.score for hit in answer.hits), reverse=True)
    assert 0 <= answer.confidence <= 1


def test_what_the_catalogue_lacks_is_not_answered_but_ranked(searcher: Searcher) -> None:
    """`hits` holds the nearest misses; `answered` says that they are no answer."""
    answer = searcher.ask(Question(text="best pizza in town"))
    assert not answer.answered
    assert answer.hits


def test_an_answer_tells_its_bundle(searcher: Searcher, real_index: Path) -> None:
    """Version and time are those of the current bundle."""
    answer = searcher.ask(Question(text="dns"))
    assert answer.version == (real_index / "current").read_text().strip() == searcher.info.version
    assert answer.built_at == searcher.info.built_at


def test_the_catalogue_tells_its_sections(searcher: Searcher) -> None:
    """Each path with its number of links, in the catalogue's order."""
    assert searcher.info.name == "Tiny"
    assert searcher.info.link_count == len(LINKS)
    assert searcher.info.sections == (
        (("Kubernetes Network Policy",), 1),
        (("Kubernetes Network Policy", "Cilium"), 2),
        (("Services",), 2),
        (("Ingress",), 1),
        (("DNS",), 2),
    )


# The same article, and links that are not wanted


def test_an_article_under_two_addresses_is_one_hit(searcher: Searcher) -> None:
    """The better one is shown, the other stands in `also`."""
    answer = searcher.ask(Question(text="kubernetes services explained", top_k=50))
    first = answer.hits[0]
    assert {first.link.url, *first.also} == {SERVICES.url, SERVICES_AGAIN.url}
    assert len(answer.hits) == len(LINKS) - 1
    assert not set(first.also) & set(urls(answer))


@pytest.mark.parametrize("url", [SERVICES.url, SERVICES_AGAIN.url, f"{SERVICES.url}/?utm_source=x"])
def test_an_excluded_address_excludes_the_article(searcher: Searcher, url: str) -> None:
    """Compared after normalisation, whichever of its addresses was shown before."""
    answer = searcher.ask(Question(text="kubernetes services explained", exclude_urls=frozenset({url}), top_k=50))
    assert len(answer.hits) == len(LINKS) - 2
    assert not {SERVICES.url, SERVICES_AGAIN.url} & set(urls(answer))


def test_excluding_makes_room_for_the_next(searcher: Searcher) -> None:
    """Asking again without what was shown goes down the same list; at its end there are no hits."""
    whole = urls(searcher.ask(Question(text="network policy", top_k=50)))
    shown: list[str] = []
    while True:
        question = Question(text="network policy", top_k=2, exclude_urls=frozenset(shown))
        answer = searcher.ask(question)
        assert answer.more == (len(whole) - len(shown) > 2)
        if not answer.hits:
            break
        shown += urls(answer)
    assert shown == whole
    assert not answer.answered


@pytest.mark.parametrize("written", ["see {}", "see {}.", "(<{}|this one>)", "<{}>"])
def test_what_the_thread_has_already_is_not_offered_again(searcher: Searcher, written: str) -> None:
    """Whatever surface asks; the confidence is that of what is left."""
    whole = searcher.ask(Question(text="network policy", top_k=50))
    thread = (Turn("how do we do this?"), Turn(written.format(whole.hits[0].link.url), ours=True))
    answer = searcher.ask(Question(text="network policy", thread=thread, top_k=50))
    assert urls(answer) == urls(whole)[1:]
    assert answer.confidence < whole.confidence


def test_it_says_when_all_that_answers_stands_in_the_thread(searcher: Searcher) -> None:
    """Then it is no gap of the catalogue. Something else that is asked there, and links that answer nothing, are not meant."""
    offered = frozenset(hit.link.url for hit in searcher.ask(Question(text="slow dns in pods", top_k=50)).hits)
    thread = (Turn("slow dns in pods"), Turn("here", ours=True, links=offered))
    again = searcher.ask(Question(text="slow dns in pods", thread=thread))
    assert not again.hits
    assert again.posted
    assert not searcher.ask(Question(text="slow dns in pods")).posted
    assert not searcher.ask(Question(text="how do I bake sourdough bread?", thread=thread)).posted
    assert searcher.ask(Question(text="section:cilium", exclude_urls=frozenset({EDITOR.url, EBPF.url}))).posted
    assert not searcher.ask(Question(text="section:cilium", exclude_urls=frozenset({EDITOR.url}))).posted


def test_excluding_works_without_words(searcher: Searcher) -> None:
    """Filters alone know what was shown, too."""
    question = Question(text="section:cilium", exclude_urls=frozenset({EDITOR.url}))
    assert urls(searcher.ask(question)) == [EBPF.url]


def test_strangers_see_public_links_alone(searcher: Searcher) -> None:
    """With and without words and filters."""
    for text in ("network policy", "stars:0", "section:ingress", "stars:1 dns"):
        answer = searcher.ask(Question(text=text, public_only=True, top_k=50))
        assert answer.hits
        assert all(hit.link.is_public for hit in answer.hits)


def test_strangers_see_no_other_address_that_is_not_public(tmp_path: Path, small_index: Path) -> None:
    """Of an article under two addresses, one may be of a house's own and not for them."""
    index = copy_index(small_index, tmp_path / "index")
    marked = [replace(link, tags=("public",)) if link is SERVICES_AGAIN else link for link in LINKS]
    build([write_catalogue(tmp_path / "links.yaml", marked)], index, encoder=SHIPPED)
    searcher = Searcher.open(index)

    def shown(*, public_only: bool) -> set[str]:
        answer = searcher.ask(Question(text="kubernetes services explained", public_only=public_only, top_k=50))
        return {url for hit in answer.hits for url in (hit.link.url, *hit.also)}

    assert SERVICES.url in shown(public_only=False)
    assert shown(public_only=True) == {ISOLATE.url, INGRESS.url, SERVICES_AGAIN.url}


def test_nothing_public_is_no_hits(searcher: Searcher) -> None:
    """A question whose filters leave no public link is not answered, and no error."""
    answer = searcher.ask(Question(text="section:dns lookups", public_only=True))
    assert (answer.answered, answer.hits, answer.confidence) == (False, (), 0.0)


def test_sections_of_the_question_narrow_it(searcher: Searcher) -> None:
    """A channel may be bound to sections; a wrong one is an error that names those that exist."""
    answer = searcher.ask(Question(text="network policy", sections=("dns", "Ingress"), top_k=50))
    assert set(urls(answer)) == {COREDNS.url, NODELOCAL.url, INGRESS.url}
    with pytest.raises(FilterError, match="there are Kubernetes Network Policy"):
        searcher.ask(Question(text="network policy", sections=("pizza",)))


@pytest.mark.parametrize("top_k", [1, 3, 7, 8, 100])
def test_top_k_cuts_one_list(searcher: Searcher, top_k: int) -> None:
    """The first hits of a longer answer, and `more` says whether there are others."""
    whole = searcher.ask(Question(text="network policy", top_k=100))
    answer = searcher.ask(Question(text="network policy", top_k=top_k))
    assert answer.hits == whole.hits[:top_k]
    assert answer.more == (top_k < len(whole.hits))
    assert answer.confidence == whole.confidence


# The same answer everywhere


def test_the_same_question_is_answered_the_same_in_every_thread(searcher: Searcher) -> None:
    """Eight threads at once, against one after the other."""
    asked = [Question(text=text) for text in QUESTIONS] * 6
    expected = [searcher.ask(question) for question in asked]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(searcher.ask, asked)) == expected


def test_the_same_question_is_answered_the_same_in_every_process(real_index: Path, searcher: Searcher) -> None:
    """Neither the hash seed nor what was asked before matters: repr of the whole answer."""
    code = (
        "import json, sys; from pathlib import Path\n"
        "from index.search.searcher import Searcher; from index.types import Question\n"
        "searcher = Searcher.open(Path(sys.argv[1]))\n"
        "print(json.dumps([repr(searcher.ask(Question(text=text))) for text in json.loads(sys.argv[2])]))"
    )
    expected = [repr(searcher.ask(Question(text=text))) for text in QUESTIONS]
    for seed, questions in (("1", QUESTIONS), ("2", QUESTIONS[::-1])):
        arguments = ("-c", code, str(real_index), json.dumps(questions))
        done = run_python(*arguments, folder=real_index.parent, environment={"PYTHONHASHSEED": seed})
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        assert (found if seed == "1" else found[::-1]) == expected


def test_equal_scores_keep_the_catalogues_order(searcher: Searcher) -> None:
    """Ties are not left to chance."""
    _, ranking = searcher.explain("network policy")
    pairs = [(-score, row) for score, row in zip(ranking.scores.tolist(), ranking.rows.tolist(), strict=True)]
    assert pairs == sorted(pairs)


# Why


def text_of(link: Link) -> str:
    """Return what a reader sees of a link."""
    return f"{link.title} {link.description}"


@settings(max_examples=80, deadline=None)
@given(
    wanted=st.lists(
        st.sampled_from(sorted({word for link in LINKS for word in words(text_of(link))} | {"netpol", "pizza", "k8s"})),
        min_size=1,
        max_size=8,
    )
)
def test_named_words_stand_in_the_link_and_mean_what_was_asked(searcher: Searcher, wanted: list[str]) -> None:
    """Every word of the reason is in title or description as written there, and the question has it or its synonym."""
    try:
        answer = searcher.ask(Question(text=" ".join(wanted), top_k=50))
    except UsageError:
        return
    query, _ = searcher.explain(" ".join(wanted))
    asked = {token for concept in query.concepts for sequence in concept.alternatives for token in sequence}
    for hit in answer.hits:
        assert set(hit.why.words) <= set(words(text_of(hit.link)))
        assert len({word.lower() for word in hit.why.words}) == len(hit.why.words)
        for word in hit.why.words:
            assert asked & {stem(word.lower()), *tokens(word), *(stem(part.lower()) for part in parts(word))}
        assert hit.why.question in {"", *hit.link.questions}
        assert hit.why.section in {"", hit.link.section_path}
        assert hit.why.publisher in {"", hit.link.publisher}
        assert -1.01 <= hit.why.similarity <= 1.01


def first(searcher: Searcher, text: str) -> Hit:
    """Return the first hit."""
    return searcher.ask(Question(text=text)).hits[0]


def test_a_curators_question_is_the_reason_when_it_is_asked(searcher: Searcher) -> None:
    """The nearest one of the link is named."""
    assert first(searcher, "default deny in a namespace").why.question == "default deny for a namespace"
    assert first(searcher, "how to stop the traffic between two namespaces").why.question == ISOLATE.questions[0]


def test_a_synonym_is_named_as_the_link_writes_it(searcher: Searcher) -> None:
    """Asked for `netpol`, the reason says what stands in the title."""
    assert "NetworkPolicy" in first(searcher, "netpol editor").why.words


def test_a_publisher_that_is_named_is_a_reason(searcher: Searcher) -> None:
    """And one that is not is none."""
    assert first(searcher, "nginx certificates for tls").why.publisher == "nginx.com"
    assert first(searcher, "certificates for tls").why.publisher == ""


def test_a_reason_reads_as_one_phrase() -> None:
    """For a person; something is always said."""
    assert str(Why()) == "close in meaning"
    why = Why(words=("a", "b"), question="how?", publisher="x.com", section="S > T")
    assert str(why) == "answers “how?”; matches a, b; published by x.com; in S > T"


# Questions of any kind


@pytest.mark.parametrize(
    "text", ["https://example.com/isolating-namespaces", "```kubectl get pods```", "section:dns :tada:"]
)
def test_a_question_of_an_address_alone_is_not_called_empty(searcher: Searcher, text: str) -> None:
    """Whoever pastes one has asked something; they read what is missing."""
    with pytest.raises(UsageError, match="no words but addresses and code; write in a few words"):
        searcher.ask(Question(text=text))


@pytest.mark.parametrize(
    "text", ["", " ", "\x00", "\n\t", "???", "🌟🌟", "\ud800", "\u200b\u200e", "...", "@", "—", "\U000e0001"]
)
def test_a_question_of_no_words_is_refused_with_an_example(searcher: Searcher, text: str) -> None:
    """One line that shows what a question looks like."""
    with pytest.raises(UsageError, match="the question is empty; write in a few words"):
        searcher.ask(Question(text=text))


@pytest.mark.parametrize(
    "text",
    [
        "\x00isolate\x00namespaces",
        "isolate \ud800 namespaces \udfff",
        "isolate namespaces 🌟👩‍👩‍👧",
        "\u202eisolate namespaces\u202c",
        "isolate\u00a0namespaces\u3000",
        "ＩＳＯＬＡＴＥ namespaces",
        "ISOLATE NAMESPACES",
        "isolate namespaces" + "!" * 5_000,
        "isolate namespaces " + "\u0301" * 1_000,
    ],
)
def test_noise_around_a_question_does_not_change_what_is_found(searcher: Searcher, text: str) -> None:
    """NUL, lone surrogates, emoji, direction marks, wide letters, capitals."""
    assert first(searcher, text).link == ISOLATE


@pytest.mark.parametrize(
    "text", ["网络策略 名前空間", "איך לבודד מרחבי שמות", "كيف أعزل", "네임스페이스", "ñandú", "a", "1"]
)
def test_other_scripts_are_answered_or_not_but_never_fail(searcher: Searcher, text: str) -> None:
    """The catalogue is in English; a question in another script is ranked by the encoder."""
    assert len(searcher.ask(Question(text=text)).hits) == 5


def test_only_the_beginning_of_a_long_question_is_read(searcher: Searcher) -> None:
    """100,000 characters are cut to the most that is read."""
    start = "how do I isolate namespaces? "
    long = (start + "pizza " * 100_000)[:100_000]
    cut = searcher.ask(Question(text=long))
    assert cut == searcher.ask(Question(text=long[:MAX_QUESTION_CHARS]))
    assert len(cut.asked) <= MAX_QUESTION_CHARS
    assert first(searcher, start * 3_000).link == ISOLATE
    assert len(searcher.ask(Question(text="x" * 100_000)).asked) <= MAX_QUESTION_CHARS


@settings(max_examples=150, deadline=None)
@given(
    text=st.one_of(
        st.text(max_size=60),
        st.lists(
            st.sampled_from(["dns", "netpol", "stars:1", "section:dns", "\ud800", "🌟", "\x00", "'", "(", "\\"]),
            max_size=8,
        ).map(" ".join),
    ),
    thread=st.lists(st.text(max_size=40), max_size=4),
)
@example(text="\\g<0> \\1 sevrices", thread=[])
@example(text="it", thread=["```", "<", "<@U1|", "https://", ":a:" * 99])
def test_any_text_is_answered_or_refused(searcher: Searcher, text: str, thread: Sequence[str]) -> None:
    """An answer whose parts are sound, or UsageError; nothing else, whatever is typed."""
    try:
        answer = searcher.ask(Question(text=text, thread=tuple(map(Turn, thread))))
    except UsageError as error:
        assert str(error)  # noqa: PT017 - either way is fine
        return
    assert len(answer.hits) <= 5
    json.dumps(answer.asked).encode()
    answer.asked.encode()


# Threads


def test_a_bare_request_is_about_the_thread(searcher: Searcher) -> None:
    """`any links?` asks for what was talked about."""
    thread = (Turn("our pods resolve names very slowly"), Turn("@ann dns lookups take five seconds each time"))
    assert searcher.ask(Question(text="any links on this?", thread=thread)).hits[0].link == COREDNS


def test_a_question_that_stands_alone_needs_no_thread(searcher: Searcher) -> None:
    """Three telling words find their link whatever stands before; where it was settled, nothing before counts."""
    text = "isolate namespaces with network policies"
    thread = (Turn("dns lookups take five seconds"), Turn("renew certificates"))
    assert searcher.ask(Question(text=text, thread=thread)).hits[0].link == ISOLATE
    settled = (*thread, Turn("that worked, thanks!"))
    assert searcher.ask(Question(text=text, thread=settled)) == searcher.ask(Question(text=text))


@pytest.mark.parametrize(
    "text", ["and tls certificates?", "what about tls certificates", "same, but for tls certificates"]
)
def test_a_follow_up_is_about_what_it_names(searcher: Searcher, text: str) -> None:
    """Its own word counts first, and the links of what was asked and answered come after those of the new question."""
    asked = Turn("why do dns lookups in our pods take five seconds?")
    answer = searcher.ask(Question(text=text, thread=(asked, Turn("Customizing DNS", ours=True)), top_k=50))
    assert answer.hits[0].link == INGRESS
    unanswered = searcher.ask(Question(text=text, thread=(asked,), top_k=50))
    assert urls(answer).index(COREDNS.url) > urls(unanswered).index(COREDNS.url)
    assert answer.confidence != unanswered.confidence


def test_more_of_the_same_is_still_about_the_thread(searcher: Searcher) -> None:
    """A message that names nothing takes its topic from the thread, also below an answer of ours."""
    thread = (Turn("our pods resolve names very slowly, dns takes five seconds"), Turn("an answer", ours=True))
    for text in ("any more links?", "other articles please", "something else?"):
        assert searcher.ask(Question(text=text, thread=thread)).hits[0].link == COREDNS


def test_what_was_posted_is_offered_to_somebody_who_asks_for_it(searcher: Searcher) -> None:
    """Again, in several ways; an error that happens again is no such question."""
    thread = (Turn("slow dns in pods"), Turn("here", ours=True, links=frozenset({COREDNS.url})))
    for text in ("post that link again please", "what was that link?", "the article you posted?"):
        assert COREDNS.url in urls(searcher.ask(Question(text=text, thread=thread)))
    for text in ("any links?", "dns fails again"):
        assert COREDNS.url not in urls(searcher.ask(Question(text=text, thread=thread)))


def test_a_long_thread_is_about_what_it_says_most_of(searcher: Searcher) -> None:
    """Not of the small talk at its end; an alert of another bot counts, and so does a name in a code block."""
    talk = tuple(map(Turn, ("lunch?", "12:30", "same place", "ok", "see you", "me too", "who pays", "jo")))
    alert = Turn("[FIRING] DNS lookup latency above five seconds in all pods")
    assert searcher.ask(Question(text="any links?", thread=(alert, *talk))).hits[0].link == COREDNS
    code = Turn("```\nkubectl get networkpolicies --namespace=a\n```")
    assert searcher.ask(Question(text="any links?", thread=(code, *talk))).hits[0].link in {ISOLATE, EDITOR}


def test_of_two_topics_the_one_that_is_named_counts(searcher: Searcher) -> None:
    """In a thread where two things are talked about in turns."""
    thread = tuple(
        map(
            Turn,
            (
                "certificates of the ingress expire tonight",
                "dns takes five seconds in pods",
                "renewing by hand is no fun",
            ),
        )
    )
    assert searcher.ask(Question(text="for the certificates please", thread=thread)).hits[0].link == INGRESS
    assert searcher.ask(Question(text="for the dns please", thread=thread)).hits[0].link == COREDNS


def test_our_own_answers_are_never_the_question(searcher: Searcher) -> None:
    """By their mark alone, whatever they say and wherever they stand."""
    thread = (Turn("our pods resolve names very slowly"), Turn("renew certificates with acme", ours=True))
    answer = searcher.ask(Question(text="any links on this?", thread=thread))
    assert answer == searcher.ask(Question(text="any links on this?", thread=thread[:1]))
    assert answer.hits[0].link == COREDNS


def test_an_empty_thread_is_no_thread(searcher: Searcher) -> None:
    """Nor is one of messages that say nothing."""
    alone = searcher.ask(Question(text="slow dns"))
    assert searcher.ask(Question(text="slow dns", thread=tuple(map(Turn, ("", " ", "\x00", "+1"))))) == alone


def test_nothing_asked_in_a_thread_of_nothing_is_refused(searcher: Searcher) -> None:
    """There is no question anywhere."""
    with pytest.raises(UsageError, match="empty"):
        searcher.ask(Question(text="", thread=tuple(map(Turn, ("", "🌟")))))


# Browsing and suggesting


def test_browsing_a_section_gives_most_stars_first(searcher: Searcher) -> None:
    """Any heading of the path, case ignored; an unknown one is an error that names those that exist."""
    assert searcher.browse("kubernetes network policy") == (EDITOR, ISOLATE, EBPF)
    assert searcher.browse("Cilium", limit=1) == (EDITOR,)
    with pytest.raises(FilterError, match="there are"):
        searcher.browse("pizza")


def test_newest_are_those_with_a_date(searcher: Searcher) -> None:
    """Newest first, those without a date left out."""
    assert searcher.newest() == (EDITOR, ISOLATE, COREDNS)
    assert searcher.newest(limit=2) == (EDITOR, ISOLATE)
    assert searcher.newest(public_only=True) == (ISOLATE,)
    assert searcher.newest(limit=0) == ()


def test_the_newest_are_found_without_parsing_the_others(searcher: Searcher, monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalogue may have thousands, and its help shows few."""
    read: list[int] = []
    remembered = searcher.links._remembered

    def reading(row: int) -> Link:
        read.append(row)
        return remembered(row)

    monkeypatch.setattr(searcher.links, "_remembered", reading)
    monkeypatch.setattr(searcher.links, "_parse", None)
    vars(searcher).pop("_by_date", None)
    assert len(searcher.newest(limit=2)) == len(read) == 2


def test_a_suggested_address_that_is_there_is_exact(searcher: Searcher) -> None:
    """After normalisation, and before all others, however else it is described."""
    found = searcher.neighbours("http://EXAMPLE.com/isolating-namespaces/?utm_source=x", "Pizza")
    assert [neighbour.exact for neighbour in found] == [True, False, False]
    assert found[0].link == ISOLATE
    assert len({neighbour.link.url for neighbour in found}) == 3


@pytest.mark.parametrize("url", ["http://EXAMPLE.com/isolating-namespaces/?utm_source=x", ISOLATE.url])
def test_a_link_is_found_by_its_address_alone(searcher: Searcher, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is encoded for it, and no other link is parsed."""
    expected = searcher.links[LINKS.index(ISOLATE)]
    monkeypatch.setattr(searcher, "encoder", None)
    monkeypatch.setattr(searcher.links, "_parse", None)
    monkeypatch.setattr(searcher.links, "_remembered", {LINKS.index(ISOLATE): expected}.__getitem__)
    assert searcher.find(url) == ISOLATE


@pytest.mark.parametrize(
    "url", ["https://example.com/isolating", "https://nowhere.example/", "", "\ud800", "mailto:a@b.c"]
)
def test_an_address_that_the_catalogue_lacks_is_not_found(searcher: Searcher, url: str) -> None:
    """The same host is not enough, and what is no address is none."""
    assert searcher.find(url) is None


def test_neighbours_are_nearest_first(searcher: Searcher) -> None:
    """By the meaning of title and description."""
    found = searcher.neighbours("https://a.b/c", "Slow DNS in pods", "Timeouts of lookups.", limit=4)
    assert found[0].link == COREDNS
    similarities = [neighbour.similarity for neighbour in found]
    assert similarities == sorted(similarities, reverse=True)
    assert not any(neighbour.exact for neighbour in found)
    assert len(searcher.neighbours("", "", limit=99)) == len(LINKS)
    assert searcher.neighbours("https://a.b/c", "\ud800\x00", limit=0) == ()


@pytest.mark.parametrize(
    ("title", "section"),
    [
        ("Why name lookups time out in CoreDNS", ("DNS",)),
        ("Certificates on an Ingress controller", ("Ingress",)),
        ("Cilium and eBPF", ("Kubernetes Network Policy", "Cilium")),
    ],
)
def test_the_section_of_a_suggestion_is_guessed(searcher: Searcher, title: str, section: tuple[str, ...]) -> None:
    """By its nearest links; anything gets some section of the catalogue."""
    assert searcher.guess_section(title) == section
    assert searcher.guess_section("\ud800", "") in {path for path, _ in searcher.info.sections}


def test_a_searcher_goes_on_when_its_files_are_removed(index: Path) -> None:
    """What is open stays open: a bundle may be deleted under a running bot."""
    opened = Searcher.open(index)
    expected = opened.ask(Question(text="dns"))
    for path in sorted(index.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else os.unlink(path)  # noqa: PTH108 - pairs with rmdir
    assert opened.ask(Question(text="dns")) == expected
