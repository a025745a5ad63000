"""The words of links, kept from build to build: they save time and never change an index."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import index.builder.analysis
from index.builder.analysis import ANALYSIS_FILE, AnalysisCache, analyse
from index.builder.arrays import build_lexical
from index.catalogue.link import Link
from index.search.fields import LinkField, field_text
from tests.support import COREDNS, ISOLATE, LINKS, content_of, extra, replace_file

WORDS = st.sampled_from(["pods", "LoadBalancer", "load balancer", "addon", "add-on", "v1.18", "the", "★", "Straße", ""])
TEXT = st.lists(WORDS, max_size=4).map(" ".join)
LINK = st.builds(
    Link,
    url=st.sampled_from(["https://example.com/a-b", "https://b.example.org/x?y=1", "https://c.d"]),
    title=TEXT,
    publisher=st.sampled_from(["", "example.com"]),
    description=TEXT,
    section=st.lists(TEXT, max_size=2).map(tuple),
    tags=st.lists(WORDS, max_size=2).map(tuple),
    questions=st.lists(TEXT, max_size=2).map(tuple),
)


def saved(links: Sequence[Link], folder: Path, kept: AnalysisCache | None = None) -> dict[str, bytes]:
    """Return the files of the lexical index of some links."""
    folder.mkdir()
    build_lexical(links, kept).save(folder)
    return content_of(folder)


@settings(max_examples=20, deadline=None)
@given(steps=st.lists(st.lists(LINK, min_size=1, max_size=6), min_size=1, max_size=4))
def test_what_is_kept_never_changes_an_index(steps: list[list[Link]], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever was indexed before, an index has the bytes of one that is built from nothing."""
    folder = tmp_path_factory.mktemp("steps")
    for number, links in enumerate(steps):
        kept = saved(links, folder / f"kept{number}", AnalysisCache(folder / "cache"))
        assert kept == saved(links, folder / f"anew{number}")


def test_only_links_that_changed_are_taken_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One edited link is one link's work, and a link that only moved is none."""
    build_lexical(LINKS, AnalysisCache(tmp_path))
    taken: list[str] = []

    def counted(link: Link, field: LinkField) -> str:
        taken.append(link.url)
        return field_text(link, field)

    monkeypatch.setattr(index.builder.analysis, "field_text", counted)
    build_lexical([replace(COREDNS, description="Other words."), *reversed(LINKS), extra(1)], AnalysisCache(tmp_path))
    assert set(taken) == {COREDNS.url, extra(1).url}


def test_words_that_no_link_has_any_more_are_forgotten(tmp_path: Path) -> None:
    """What is kept does not grow with the catalogue's history."""
    once = analyse([ISOLATE])
    again = analyse([ISOLATE], analyse(LINKS))
    assert set(again.word_table) == set(once.word_table)
    assert set(again.pair_table) == set(once.pair_table)


def test_a_flipped_byte_anywhere_makes_it_nothing(tmp_path: Path) -> None:
    """The file vouches for itself; what is damaged is made anew, with the same index."""
    expected = saved(LINKS, tmp_path / "first", AnalysisCache(tmp_path))
    whole = (tmp_path / ANALYSIS_FILE).read_bytes()
    chance = random.Random(5)
    for number in range(30):
        damaged = bytearray(whole)
        damaged[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        content = bytes(damaged) if number % 3 else whole[: chance.randrange(len(whole))]
        replace_file(tmp_path / ANALYSIS_FILE, content)
        assert AnalysisCache(tmp_path).load() is None
    assert saved(LINKS, tmp_path / "second", AnalysisCache(tmp_path)) == expected
    assert (tmp_path / ANALYSIS_FILE).read_bytes() == whole


def test_another_version_of_the_program_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other code may find other words in the same link."""
    build_lexical(LINKS, AnalysisCache(tmp_path))
    assert AnalysisCache(tmp_path).load() is not None
    monkeypatch.setattr(index.builder.analysis, "_CODE", (__file__,))
    assert AnalysisCache(tmp_path).load() is None
