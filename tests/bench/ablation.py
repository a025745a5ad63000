"""Each part of the search on and off, on judged questions, with 95% intervals: the table of docs/quality.md.

    python tests/bench/ablation.py NAME=CATALOGUE:QUESTIONS.jsonl[:QUESTIONS.jsonl]... [--work DIR]

Indexes are built in DIR (with and without the shipped adapter) and kept there. The table goes to standard output.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import numpy as np

import index.builder.write
import index.search.searcher
from index import defaults
from index.builder.build import build
from index.catalogue.link import Link
from index.cli.ask import read_questions
from index.encoder.choice import EncoderChoice
from index.judge.evaluate import Judged, answer_row, measure
from index.search.fields import address_words, link_text
from index.search.score import Feature
from index.search.searcher import Searcher
from index.search.thread import Topic, plain
from index.search.vocabulary import Vocabulary
from tests.bench.tables import page_option, put, table

DRAWS = 2_000
#: Encoders by the name of their column: which adapter, which precision.
ENCODERS = {"tuned": (defaults.ADAPTER, "int8"), "untuned": (None, "int8"), "tuned fp32": (defaults.ADAPTER, "fp32")}
#: What the encoder sees of a link, by the name of the row; the others see what the build shows it.
TEXTS: dict[str, Callable[[Link, str], str]] = {
    "as built": link_text,
    "title": lambda link, _page: link.title,
    "no section": lambda link, page: link_text(replace(link, section=()), page),
    "no description": lambda link, _page: link_text(replace(link, description="")),
    "address": lambda link, page: f"{link_text(link, page)} {address_words(link)}",
    "publisher": lambda link, page: f"{link.publisher}: {link_text(link, page)}".removeprefix(": "),
}


@dataclass(frozen=True)
class Variant:
    """One row of the table: an encoder and what is switched off."""

    name: str
    encoder: str = "tuned"
    text: str = "as built"
    features: tuple[Feature, ...] = ()
    """Weights set to 0."""
    vocabulary: bool = True
    spelling: bool = True
    thread: str = "topic"
    """`topic`: as shipped; `front`: every message in front of the question; `none`: the mention alone."""


LEXICAL = (Feature.ADDRESS, Feature.COVERAGE)
VARIANTS = (
    Variant("everything"),
    Variant("fp32 instead of int8", encoder="tuned fp32"),
    Variant("without the adapter", encoder="untuned"),
    Variant("encoder sees the title alone", text="title"),
    Variant("encoder sees no section", text="no section"),
    Variant("encoder sees no description", text="no description"),
    Variant("encoder sees the address too", text="address"),
    Variant("encoder sees the publisher too", text="publisher"),
    Variant("without the vocabulary", vocabulary=False),
    Variant("without typing repair", spelling=False),
    Variant("thread in front of the question", thread="front"),
    Variant("mention without its thread", thread="none"),
    Variant("dense alone", features=tuple(set(Feature) - {Feature.DENSE, Feature.QUESTION})),
    Variant("lexical alone", features=(Feature.DENSE, Feature.QUESTION, Feature.STARS)),
    Variant("without the lexical channel", features=LEXICAL),
    *(Variant(f"without {one.name.lower()}", features=(one,)) for one in Feature if one is not Feature.DENSE),
    Variant("untuned, dense alone, nothing else", encoder="untuned",
            features=tuple(f for f in Feature if f is not Feature.DENSE), vocabulary=False, spelling=False, thread="front"),
)  # fmt: skip


@contextmanager
def varied(searcher: Searcher, variant: Variant) -> Iterator[Searcher]:
    """Give the searcher with parts switched off, and put them back afterwards."""
    search: Any = index.search
    reader: Any = searcher.reader
    model, topic = searcher.model, search.searcher.topic
    weights = model.weights.copy()
    weights[list(variant.features)] = 0
    searcher.model = replace(model, weights=weights)
    kept_vocabulary, kept_mend = reader._vocabulary, reader._speller.mend
    if not variant.vocabulary:
        reader._vocabulary = Vocabulary()
    if not variant.spelling:
        reader._speller.mend = lambda text: text
    if variant.thread == "front":
        search.searcher.topic = lambda text, thread, _: Topic(
            plain(text), " ".join(plain(turn.text) for turn in thread if not turn.ours)
        )
    if variant.thread == "none":
        search.searcher.topic = lambda text, _thread, _: Topic(plain(text))
    try:
        yield searcher
    finally:
        searcher.model, search.searcher.topic = model, topic
        reader._vocabulary, reader._speller.mend = kept_vocabulary, kept_mend


def ndcg(searcher: Searcher, questions: list[dict[str, Any]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return nDCG@5 of every question."""
    return np.array(
        [measure(Judged.from_row(row), answer_row(searcher, row)["results"])["ndcg@5"] for row in questions]
    )


def interval(values: np.ndarray[Any, np.dtype[np.float64]]) -> str:
    """Return mean and 95% bootstrap interval over questions."""
    draws = np.random.default_rng(0).integers(0, len(values), (DRAWS, len(values)))
    low, high = np.quantile(values[draws].mean(axis=1), [0.025, 0.975])
    return f"{values.mean():.3f} ({low:.2f}-{high:.2f})"


def built(catalogue: Path, place: Path, variant: Variant) -> Searcher:
    """Build the index of a variant, or take the one that is there."""
    adapter, precision = ENCODERS[variant.encoder]
    module: Any = index.builder.write
    module.link_text = TEXTS[variant.text]
    try:
        build([catalogue], place, encoder=EncoderChoice(adapter=adapter, precision=precision),
              vocabularies=[defaults.VOCABULARY], force=True)  # fmt: skip
    finally:
        module.link_text = link_text
    return Searcher.open(place)


@click.command()
@click.argument("sets", nargs=-1, required=True)
@click.option("--work", type=click.Path(path_type=Path), default=Path(".signpost/ablation"))
@click.option("--skip", multiple=True, help="NAME/ENCODER or NAME/TEXT not to build, such as nubenetes/title.")
@page_option
def main(sets: tuple[str, ...], work: Path, skip: tuple[str, ...], page: Path | None) -> None:
    """Print the table."""
    columns: dict[str, dict[str, str]] = {}
    for one in sets:
        name, _, rest = one.partition("=")
        catalogue, *files = rest.split(":")
        questions = [row for file in files for row in read_questions(Path(file)) if row.get("relevant")]
        searchers: dict[tuple[str, str], Searcher] = {}
        columns[name] = {}
        for variant in VARIANTS:
            key = variant.encoder, variant.text
            if {f"{name}/{variant.encoder}", f"{name}/{variant.text}"} & set(skip):
                continue
            if key not in searchers:
                searchers[key] = built(Path(catalogue), work / "-".join([name, *key]).replace(" ", "-"), variant)
            with varied(searchers[key], variant) as searcher:
                columns[name][variant.name] = interval(ndcg(searcher, questions))
            sys.stderr.write(f"{name}: {variant.name}: {columns[name][variant.name]}\n")
    rows = [[one.name, *(column.get(one.name, "") for column in columns.values())] for one in VARIANTS]
    content = table(["nDCG@5 (95% interval)", *columns], rows)
    click.echo(content, nl=False)
    if page is not None:
        put(page, "ablation", content)
    click.echo(json.dumps({"variants": len(VARIANTS)}), err=True)


if __name__ == "__main__":
    main()
