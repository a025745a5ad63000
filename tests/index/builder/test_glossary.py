"""The glossary that ships, and what of it a catalogue gets."""

import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from index import defaults
from index.builder.build import build
from index.builder.glossary import GlossaryEntry, in_words_of, read_glossary
from index.builder.phrases import Phrases
from index.builder.vectors import read_vectors
from index.catalogue.link import Link
from index.encoder.onnx import OnnxEncoder
from index.errors import BuildError
from index.search.searcher import Searcher
from index.types import Question
from tests.support import SHIPPED, bundle_of, prepare, urls, write_catalogue

CELLS = (
    Link(url="https://a.example/mitochondria", title="Mitochondria in numbers"),
    Link(url="https://a.example/membranes", title="Membranes in numbers"),
    Link(url="https://a.example/roots", title="Roots in numbers"),
    Link(url="https://a.example/presto", title="Presto for analysts", section=("Ribosome",)),
    Link(url="https://a.example/fast", title="Cook it presto", description="A circuit, and later a breaker."),
    Link(url="https://a.example/guard", title="Guards", description="How a circuit breaker keeps a kitchen alive."),
)
ASKED = "why is it called the power plant of the cell?"


def built(folder: Path, small_index: Path, *, vocabularies: tuple[Path, ...] = (defaults.VOCABULARY,)) -> Searcher:
    """Build an index of CELLS."""
    prepare(folder / "index", small_index)
    catalogue = write_catalogue(folder / "cells.yaml", CELLS)
    build([catalogue], folder / "index", encoder=SHIPPED, vocabularies=vocabularies, replace=True)
    return Searcher.open(folder / "index")


def test_plain_words_find_a_term(tmp_path: Path, small_index: Path) -> None:
    """Who leaves the shipped vocabulary out has no glossary either."""
    searcher = built(tmp_path, small_index)
    assert urls(searcher.ask(Question(text=ASKED)))[0] == CELLS[0].url
    _, ranking = searcher.explain(ASKED)
    with_it = dict(zip(ranking.rows.tolist(), ranking.scores.tolist(), strict=True))
    (tmp_path / "bare").mkdir()
    _, ranking = built(tmp_path / "bare", small_index, vocabularies=()).explain(ASKED)
    without = dict(zip(ranking.rows.tolist(), ranking.scores.tolist(), strict=True))
    assert with_it[0] > without[0] + 0.1
    assert with_it[1] == pytest.approx(without[1])


def test_a_list_of_another_language_has_none(tmp_path: Path, small_index: Path) -> None:
    """Its words are others."""
    prepare(tmp_path / "index", small_index)
    catalogue = write_catalogue(tmp_path / "cells.yaml", CELLS)
    build(
        [catalogue],
        tmp_path / "index",
        encoder=SHIPPED,
        vocabularies=[defaults.VOCABULARY],
        language="de",
        replace=True,
    )
    assert len(np.load(bundle_of(tmp_path / "index") / "glossary_rows.npy")) == 0


def test_an_entry_is_of_the_links_that_write_a_term_of_it(tmp_path: Path, small_index: Path) -> None:
    """Word after word, in any number; a name that is an ordinary word only as it is written."""
    searcher = built(tmp_path, small_index)
    entries = [
        GlossaryEntry(("ribosomes", "mitochondrion's"), "where proteins are made"),
        GlossaryEntry(("circuit breakers",), "stop calling what fails"),
        GlossaryEntry(("Presto",), "ask many stores at once"),
        GlossaryEntry(("Number", "roots"), "what one counts with"),
        GlossaryEntry(("GraphQL", "of the"), "ask for what you need"),
    ]
    found = in_words_of(Phrases(CELLS, searcher.lexical), entries)
    assert [(entry.terms[0], rows) for entry, rows in found] == [
        ("ribosomes", [3]),
        ("circuit breakers", [5]),
        ("Presto", [3]),
        ("Number", [2]),
    ]


@pytest.mark.parametrize("content", ["{", '{"terms": ["a"]}', '{"terms": 1, "plain": ["b"]}', "[1]"])
def test_a_glossary_that_is_none_is_an_error(content: str, tmp_path: Path) -> None:
    """As any file of the program that was changed."""
    (tmp_path / "glossary.jsonl").write_text(content)
    with pytest.raises(BuildError, match=r"glossary.jsonl: not a glossary \(.*\); install Signpost again"):
        read_glossary(tmp_path / "glossary.jsonl")
    with pytest.raises(BuildError, match="cannot read the glossary"):
        read_glossary(tmp_path / "none.jsonl")


def test_what_ships_says_what_terms_are_in_other_words() -> None:
    """Each term is in one entry, no entry explains a term by itself, and a first build encodes none."""
    rows = [json.loads(line) for line in defaults.GLOSSARY.read_text(encoding="utf-8").splitlines()]
    terms = Counter(term.casefold() for row in rows for term in row["terms"])
    assert [term for term, count in terms.items() if count > 1] == []
    told = [
        (term, plain)
        for row in rows
        for term in row["terms"]
        for plain in row["plain"]
        if re.search(rf"(?<!\w){re.escape(term)}(?!\w)", plain)
    ]
    assert told == []
    encoder = OnnxEncoder(defaults.ENCODER)
    shipped = read_vectors(defaults.GLOSSARY_VECTORS, encoder.config)
    texts = [entry.plain for entry in read_glossary(defaults.GLOSSARY)]
    assert len(set(texts)) == len(texts) == len(shipped)
