"""What page, API and assistants show of an answer is assembled once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.asking.inquiry import Inquiry, Surface
from bot.web.results import Results, host_of, marked
from index.catalogue.link import Further, Link
from index.types import Verdict
from tests.bot.tiny import CILIUM, LINKS, TinyAsks, services_of

EVIL = Link(url="javascript:alert(1)", title="", description="a\nb\u202e c", further=(Further(kind="", url="data:,x"),))


async def results(question: str, **asked: int) -> Results:
    """Ask."""
    async with services_of(TinyAsks([*LINKS, EVIL]), SIGNPOST_MODE="web") as services:
        reply = await services.answering.answer(Inquiry(surface=Surface.WEB, text=question, **asked))  # type: ignore[arg-type]
        return Results.of(reply)


async def test_a_result_has_what_its_curator_wrote_and_what_was_found() -> None:
    """Byte for byte for programs; on one line, and only addresses that may be followed, for people."""
    found = await results("cilium")
    assert (found.verdict, found.lead, found.more) == (Verdict.SURE, "", False)
    first, _, last = found.results
    assert first.link is CILIUM
    assert (first.href, first.host, first.number) == (CILIUM.url, "docs.cilium.io", 1)
    assert (last.href, last.title.text, last.description.text, last.further) == ("", "javascript:alert(1)", "a b c", ())
    row = found.as_row()
    assert row["results"][0]["url"] == CILIUM.url
    assert row["results"][0]["matches"] == {"title": [(0, 6)], "description": [(4, 10)]}
    assert row["results"][0]["added"] == "2026-01-02"


async def test_misses_are_shown_as_misses() -> None:
    """With the sentence that says so; the verdict is never better than what is offered."""
    found = await results("hardly cilium")
    assert found.verdict is Verdict.NOTHING
    assert found.lead == "The nearest misses, probably not what you need:"
    assert [one.number for one in found.results] == [1, 2, 3]
    assert not found.more
    assert (await results("nothing")).results == ()


async def test_pages_go_on_counting() -> None:
    """Also where a page is a part of what the index returned."""
    found = await results("cilium", top_k=1, offset=1)
    assert [one.number for one in found.results] == [2]
    assert found.more
    assert not (await results("cilium", top_k=1, offset=2)).more


@pytest.mark.parametrize(
    ("text", "words", "shown"),
    [
        ("Network policies, network POLICIES", ["Network", "policies"], "[Network] [policies], [network] [POLICIES]"),
        ("networks and net", ["network", "net"], "networks and [net]"),
        ("C++ and c", ["C++"], "[C++] and c"),
        ("kube-proxy and proxy", ["proxy", "kube", "kube-proxy"], "[kube-proxy] and [proxy]"),
        ("a-b-c", ["b-c", "a-b"], "[a-b]-c"),
        ("snake_case and case", ["case"], "snake_[case] and [case]"),
        ("日本語入門", ["入門"], "日本語[入門]"),
        ("über Über", ["über"], "[über] [Über]"),
        ("a b", [], "a b"),
        ("a b", [""], "a b"),
    ],
)
def test_whole_words_are_marked(text: str, words: list[str], shown: str) -> None:
    """In any case; a part of a word is none."""
    pieces = marked(text, words).pieces
    assert "".join(f"[{one.text}]" if one.is_match else one.text for one in pieces) == shown


@given(st.text(), st.lists(st.text(max_size=4), max_size=5))
def test_marks_never_change_a_text(text: str, words: list[str]) -> None:
    """Whatever the words are."""
    assert "".join(piece.text for piece in marked(text, words).pieces) == text


@pytest.mark.parametrize(
    ("address", "host"),
    [("https://www.Example.org/a", "example.org"), ("http://a.b:80?x", "a.b"), ("https://u@h#f", "h"), ("", "")],
)
def test_the_host_is_what_the_filter_takes(address: str, host: str) -> None:
    """Without www and in small letters."""
    assert host_of(address) == host
