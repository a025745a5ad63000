"""`signpost tune`: trains an adapter that fits the encoder to catalogues."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click
import numpy as np

from index import defaults
from index.catalogue.link import Link
from index.catalogue.merge import merge
from index.catalogue.read import read
from index.catalogue.sources.sources import AnySource
from index.cli.ask import read_questions
from index.cli.options import json_option
from index.cli.progress import progress_bar
from index.cli.sources import SourceType, gathered
from index.encoder.choice import EncoderChoice
from index.errors import UsageError
from index.judge.evaluate import Judged
from index.numeric import Float64
from index.tuning.corpus import Corpus, curated, fold_key, folds, judged_examples
from index.tuning.model import TunedModel
from index.tuning.tuner import Gain, Recipe, Tuner, compare, report_of

#: Without judged questions, one of this many folds is kept out of training and judges the result.
HELD_OUT_FOLDS = 8


@click.command("tune", short_help="Fit the encoder to a catalogue: a small adapter, kept if it helps.")
@click.option(
    "--on",
    "pairs",
    metavar="CATALOGUE FILE.jsonl",
    nargs=2,
    multiple=True,
    type=(SourceType(), click.Path(path_type=Path)),
    help="A catalogue, as for `build`, and questions on it with their good links; several times. The `questions` of a catalogue"
    " are learnt in any case.  [default: the shipped catalogue with its own]",
)
@click.option(
    "--judged",
    metavar="FILE.jsonl",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Judged questions that decide whether the result is kept; never trained on.  [default: held-out questions]",
)
@click.option(
    "-o", "--output", metavar="DIR", type=click.Path(path_type=Path), help="The folder to write the adapter to."
)
@click.option(
    "--from",
    "start",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="An adapter of the same model to go on from, so that few steps are enough for another field.",
)
@click.option("--model", default=defaults.MODEL, show_default=True, help="The sentence-transformers model to tune.")
@click.option("--epochs", default=Recipe().epochs, show_default=True, help="How often each question is seen.")
@click.option("--rank", default=Recipe().rank, show_default=True, help="Rank of the adapter, which decides its size.")
@click.option(
    "--seed",
    "seeds",
    multiple=True,
    type=int,
    help="May be given several times: one training with each, the best is kept.",
)
@click.option("--folds", "fold_count", metavar="N", type=click.IntRange(2), help="Cross-validate; write nothing.")
@click.option("--all", "everything", is_flag=True, help="After judging by held-out questions, train on all of them.")
@json_option
def tune_command(
    pairs: tuple[tuple[AnySource, Path], ...],
    judged: tuple[Path, ...],
    output: Path | None,
    *,
    start: Path | None,
    model: str,
    epochs: float,
    rank: int,
    seeds: tuple[int, ...],
    fold_count: int | None,
    everything: bool,
    as_json: bool,
) -> None:
    """Learn an adapter from questions and their links, on the CPU, without a language model.

    It is written only if it improves the answers to questions that it has not seen. `signpost build --adapter DIR` uses it.
    """
    if (output is None) == (fold_count is None):
        raise UsageError("give either -o DIR for the adapter, or --folds N to cross-validate")
    corpora = _corpora(pairs)
    if not any(corpus.examples for corpus in corpora):
        raise UsageError(
            "nothing to learn from: the catalogue has no `questions`; add some, or give --on CATALOGUE FILE.jsonl"
        )
    choice = EncoderChoice(model=model, precision="fp32")
    recipes = [Recipe(epochs=epochs, rank=rank, seed=seed) for seed in seeds or (0,)]
    unseen = _judged_corpora(corpora, judged) if judged else []
    tuner = Tuner([corpus.links for corpus in corpora], choice)
    if output is None:
        gains = gains_by_fold(tuner, corpora, recipes, fold_count or 0, start)
        _print(gains["all"], as_json=as_json, parts={name: gain for name, gain in gains.items() if name != "all"})
        return
    held_out = [set[int]() for _ in corpora] if judged else folds(corpora, HELD_OUT_FOLDS, 0)[0]
    unseen = unseen or [corpus.only(part) for corpus, part in zip(corpora, held_out, strict=True)]
    training = [corpus.without(part) for corpus, part in zip(corpora, held_out, strict=True)]
    before = tuner.ndcg(None, unseen)
    best: tuple[Gain, Recipe, TunedModel] | None = None
    for recipe in recipes:
        with progress_bar(f"Tuning (seed {recipe.seed})") as progress:
            tuned = tuner.train(training, recipe, progress, start)
        gain = compare(before, tuner.ndcg(tuned, unseen), _groups(unseen))
        click.echo(f"seed {recipe.seed}: {gain}", err=True)
        if best is None or gain.after > best[0].after:
            best = gain, recipe, tuned
    if best is None or best[0].after <= best[0].before:
        click.echo("no gain on unseen questions: nothing was written", err=True)
        raise SystemExit(1)
    gain, recipe, tuned = best
    if everything and any(held_out):
        with progress_bar("Tuning on everything") as progress:
            tuned = tuner.train(training := corpora, recipe, progress, start)
    tuned.save(output, report_of(recipe, choice, sum(len(corpus.examples) for corpus in training), gain))
    _print(gain, as_json=as_json, place=output)


def gains_by_fold(
    tuner: Tuner, corpora: Sequence[Corpus], recipes: Sequence[Recipe], count: int, start: Path | None
) -> dict[str, Gain]:
    """Cross-validate: return the gain over all questions and by catalogue, each question judged by a model new to it.

    With several recipes, each question counts with its mean over them.
    """
    before: list[list[Float64]] = [[] for _ in corpora]
    after: list[list[Float64]] = [[] for _ in corpora]
    groups: list[list[str]] = [[] for _ in corpora]
    for number, parts in enumerate(folds(corpora, count, 0), start=1):
        training = [corpus.without(part) for corpus, part in zip(corpora, parts, strict=True)]
        models = []
        for recipe in recipes:
            with progress_bar(f"Fold {number} of {count}, seed {recipe.seed}") as progress:
                models.append(tuner.train(training, recipe, progress, start))
        for at, part in enumerate(parts):
            alone = [one.only(part if number_of == at else ()) for number_of, one in enumerate(corpora)]
            before[at].append(tuner.ndcg(None, alone))
            after[at].append(np.mean([tuner.ndcg(model, alone) for model in models], axis=0))
            groups[at] += _groups(alone)
        was, became = (np.concatenate([of_corpus[-1] for of_corpus in values]) for values in (before, after))
        click.echo(f"fold {number}: {compare(was, became)}", err=True)
    gains = {
        f"catalogue {at + 1}": compare(np.concatenate(before[at]), np.concatenate(after[at]), groups[at])
        for at in range(len(corpora))
        if groups[at]
    }
    was, became = (np.concatenate([part for of_corpus in values for part in of_corpus]) for values in (before, after))
    return {**gains, "all": compare(was, became, [group for of_corpus in groups for group in of_corpus])}


def _corpora(pairs: Sequence[tuple[AnySource, Path]]) -> list[Corpus]:
    files: dict[AnySource | Path, list[Path]] = {source: [] for source, _ in pairs} or {defaults.CATALOGUE: []}
    for source, questions in pairs:
        files[source].append(questions)
    corpora = []
    for place, questions_files in files.items():
        with gathered((place,)) as found:
            links: Sequence[Link] = merge(read(found.roots).entries)
        judged = [one for file in questions_files for one in _judged(file)]
        corpora.append(Corpus(links, [*curated(links), *judged_examples(links, judged)]))
    return corpora


def _judged_corpora(corpora: Sequence[Corpus], files: Sequence[Path]) -> list[Corpus]:
    """Return the judged questions by catalogue, each for the catalogues that have all of its links."""
    judged = [one for file in files for one in _judged(file)]
    found = []
    for corpus in corpora:
        whole = [judged_examples(corpus.links, [one]) for one in judged]
        pairs = zip(whole, judged, strict=True)
        complete = [
            example for examples, one in pairs for example in examples if len(example.grades) == len(one.grades)
        ]
        found.append(Corpus(corpus.links, complete))
    return found


def _judged(path: Path) -> list[Judged]:
    return [Judged.from_row(row) for row in read_questions(path)]


def _groups(corpora: Sequence[Corpus]) -> list[str]:
    return [" ".join(fold_key(corpus, example)) for corpus in corpora for example in corpus.examples]


def _print(gain: Gain, *, as_json: bool, place: Path | None = None, parts: dict[str, Gain] | None = None) -> None:
    if as_json:
        click.echo(json.dumps({**asdict(gain), **{name: asdict(part) for name, part in (parts or {}).items()}}))
        return
    for name, part in (parts or {}).items():
        click.echo(f"{name}: {part}")
    click.echo(f"{place}: {gain}" if place else f"all: {gain}")
