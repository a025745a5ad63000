"""`signpost fit`: fits the weights of the score and of the confidence to judged questions."""

from pathlib import Path
from typing import Final

import click
import numpy as np

from index import defaults
from index.amounts import amount
from index.builder.calibrate import read_chatter
from index.cli.ask import read_questions
from index.errors import UsageError
from index.files import write_atomically
from index.judge.evaluate import Judged
from index.judge.fit import TALK, Case, FirstHit, case, cross_validate, first_hit, fit_confidence, fit_weights, url_keys
from index.search.score import SHIPPED_WEIGHTS, ScoreModel
from index.search.searcher import Searcher

#: Small talk counts as much as this many files of questions, for each index.
CHATTER: Final = 1.0


@click.command("fit", short_help="Fit the ranking and the confidence to judged questions.")
@click.option(
    "--on",
    "pairs",
    metavar="DIR FILE.jsonl",
    nargs=2,
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    help="An index and questions judged for its catalogue; may be given several times, all count the same.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE.json",
    type=click.Path(path_type=Path),
    default=SHIPPED_WEIGHTS,
    help="The file to write the weights to.  [default: the one that every build uses]",
)
@click.option("--confidence-only", is_flag=True, help="Leave the weights of the score as they are.")
@click.option(
    "--folds",
    default=5,
    show_default=True,
    type=click.IntRange(2),
    help="Folds of the cross-validation that is printed.",
)
def fit_command(pairs: tuple[tuple[Path, Path], ...], output: Path, *, confidence_only: bool, folds: int) -> None:
    """Fit the weights of the score, then the confidence, and print how good they are on questions left out of the fit.

    Lines of small talk, which no list answers, are added for the confidence: that a very good answer stands first.
    Questions that the encoder was tuned on are nearer to their links than others: fit to questions that it has not seen.
    """
    start = ScoreModel.read()
    searchers = {index: Searcher.open(index) for index, _ in pairs}
    keys = {index: url_keys(searcher) for index, searcher in searchers.items()}
    groups = [(index, [Judged.from_row(row) for row in read_questions(path)]) for index, path in pairs]
    if not any(group for _, group in groups):
        raise UsageError(f"{pairs[0][1]}: no questions in it")
    largest = max(len(group) for _, group in groups)
    cases: list[Case] = []
    for index, group in groups:
        weight = largest / max(len(group), 1)
        cases += [case(searchers[index], one, keys[index], weight) for one in group]
    chatter = [Judged(id="", style=TALK, query=line) for line in read_chatter(defaults.CHATTER)]
    weight = CHATTER * largest / len(chatter)
    for index, searcher in searchers.items():
        cases += [case(searcher, one, keys[index], weight) for one in chatter]
    before = float(np.mean([one.ndcg(start) for one in cases if one.grades.any()]))
    model = start
    if not confidence_only:
        after = cross_validate(cases, start, folds)
        click.echo(f"ranking, nDCG@5 among candidates: {before:.3f} before, {after:.3f} by cross-validation")
        model = fit_weights(cases, start)
    hits: list[FirstHit] = [first_hit(one, model) for one in cases]
    model = fit_confidence(hits, model)
    real = [model.confidence(one.signals) for one in hits if one.answerable]
    empty = [model.confidence(one.signals) for one in hits if not one.answerable]
    brier = np.mean([(model.confidence(one.signals) - one.good) ** 2 for one in hits])
    click.echo(
        f"confidence: Brier {brier:.3f}; threshold {model.threshold:.2f}: {np.mean(np.array(real) >= model.threshold):.0%} of "
        f"{len(real)} real questions answered"
        + (f", {np.mean(np.array(empty) >= model.threshold):.0%} of {amount(len(empty), 'other')}" if empty else "")
    )
    write_atomically(output, (model.as_json() + "\n").encode())
    click.echo(f"{output}: written", err=True)
