"""`signpost tune`: an adapter that fits the encoder to a catalogue."""

import json
from pathlib import Path
from typing import Any

import click
import numpy as np

from index import defaults
from index.catalogue.merge import merge
from index.catalogue.read import read
from index.catalogue.sources import AnySource
from index.cli.ask import read_questions
from index.cli.build import progress_bar
from index.cli.options import json_option
from index.cli.sources import SourceType, gathered
from index.encoder.choice import EncoderChoice
from index.errors import UsageError
from index.evaluate import Judged
from index.tune import Example, Gain, Recipe, Tuner, compare, curated, folds, judged_examples, report_of

#: Share of the sections that is kept out of training to judge its result, where no judged questions are given.
HELD_OUT_FOLDS = 8


@click.command("tune", short_help="Fit the encoder to a catalogue: a small adapter, kept if it helps.")
@click.option("--catalogue", metavar="SOURCE", multiple=True, type=SourceType(), help="As for `build`.")
@click.option(
    "--questions",
    metavar="FILE.jsonl",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Questions with their good links, to train on beside the catalogue's own.",
)
@click.option(
    "--judged",
    metavar="FILE.jsonl",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Judged questions that decide whether the result is kept; never trained on.  [default: held-out sections]",
)
@click.option("-o", "--output", metavar="DIR", type=click.Path(path_type=Path), help="Where the adapter is written.")
@click.option("--model", default=defaults.MODEL, show_default=True, help="The sentence-transformers model to tune.")
@click.option("--epochs", default=Recipe().epochs, show_default=True, help="How often each question is seen.")
@click.option("--rank", default=Recipe().rank, show_default=True, help="Of the adapter: its size.")
@click.option("--seed", multiple=True, type=int, help="Several: trained once with each, the best one kept.")
@click.option("--folds", "fold_count", metavar="N", type=click.IntRange(2), help="Cross-validate; write nothing.")
@click.option("--all", "everything", is_flag=True, help="After judging by held-out sections, train on all of it.")
@json_option
def tune_command(
    catalogue: tuple[AnySource, ...],
    questions: tuple[Path, ...],
    judged: tuple[Path, ...],
    output: Path | None,
    *,
    model: str,
    epochs: float,
    rank: int,
    seed: tuple[int, ...],
    fold_count: int | None,
    everything: bool,
    as_json: bool,
) -> None:
    """Learn an adapter from questions and their links, on the CPU, without a language model.

    It is written only if questions that it has not seen gain from it. `signpost build --adapter DIR` uses it.
    """
    if (output is None) == (fold_count is None):
        raise UsageError("give either -o DIR for the adapter, or --folds N to cross-validate")
    with gathered(catalogue or (defaults.CATALOGUE,)) as found:
        links = merge(read(found.roots).entries)
    known = curated(links) + judged_examples(links, _judged(questions))
    if not known:
        raise UsageError(
            "nothing to learn from: the catalogue has no `questions`; add some, or give --questions FILE.jsonl"
        )
    choice = EncoderChoice(model=model, precision="fp32")
    recipes = [Recipe(epochs=epochs, rank=rank, seed=one) for one in seed or (0,)]
    if fold_count is not None:
        gain = cross_validate(Tuner(links, choice, recipes[0]), folds(links, known, fold_count, 0), known)
        click.echo(json.dumps(_row(gain)) if as_json else str(gain))
        return
    if output is None:  # the check above has told the two apart
        return
    held_out = [] if judged else sorted(folds(links, known, HELD_OUT_FOLDS, 0)[0])
    unseen = judged_examples(links, _judged(judged)) if judged else [known[at] for at in held_out]
    training = [example for at, example in enumerate(known) if at not in set(held_out)]
    best: tuple[Gain, Recipe, Any] | None = None
    for recipe in recipes:
        tuner = Tuner(links, choice, recipe)
        with progress_bar(f"Tuning (seed {recipe.seed})") as progress:
            tuned = tuner.train(training, progress)
        gain = compare(tuner.untuned().ndcg(unseen), tuned.ndcg(unseen))
        click.echo(f"seed {recipe.seed}: {gain}", err=True)
        if best is None or gain.after > best[0].after:
            best = gain, recipe, tuned
    if best is None or best[0].after <= best[0].before:
        click.echo("no gain on unseen questions: nothing was written", err=True)
        raise SystemExit(1)
    gain, recipe, tuned = best
    trained_on = len(training)
    if everything and held_out:
        with progress_bar("Tuning on everything") as progress:
            tuned = Tuner(links, choice, recipe).train(known, progress)
        trained_on = len(known)
    tuned.save(output, report_of(recipe, choice, trained_on, gain))
    click.echo(json.dumps(_row(gain)) if as_json else f"{output}: {gain}")


def cross_validate(tuner: Tuner, parts: list[set[int]], known: list[Example]) -> Gain:
    """Train once without each part and return the gain over all of them, each question judged by a model new to it."""
    before, after = [], []
    untuned = tuner.untuned()
    for number, part in enumerate(parts, start=1):
        unseen = [known[at] for at in sorted(part)]
        training = [example for at, example in enumerate(known) if at not in part]
        with progress_bar(f"Fold {number} of {len(parts)}") as progress:
            tuned = tuner.train(training, progress)
        before.append(untuned.ndcg(unseen))
        after.append(tuned.ndcg(unseen))
        click.echo(f"fold {number}: {compare(before[-1], after[-1])}", err=True)
    return compare(np.concatenate(before), np.concatenate(after))


def _judged(files: tuple[Path, ...]) -> list[Judged]:
    return [Judged.from_row(row) for path in files for row in read_questions(path)]


def _row(gain: Gain) -> dict[str, float]:
    return {
        "questions": gain.questions,
        "before": gain.before,
        "after": gain.after,
        "low": gain.low,
        "high": gain.high,
    }
