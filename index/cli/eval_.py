"""`signpost eval`: judged questions against an index."""

import json
from pathlib import Path

import click

from index.cli.ask import DEFAULT_BATCH_TOP, answer_row, read_questions
from index.cli.options import index_option, json_option
from index.errors import UsageError
from index.evaluate import METRICS, Judged, Outcome, brier, by_style, outcome, reliability
from index.search import Searcher

COLUMNS = ("questions", *METRICS, "answered", "false_answers")


@click.command("eval", short_help="Measure the answers with judged questions.")
@click.argument("files", metavar="FILE.jsonl...", nargs=-1, required=True, type=click.Path(path_type=Path))
@index_option
@json_option
def eval_command(files: tuple[Path, ...], index: Path, *, as_json: bool) -> None:
    """Ask every judged question and print how good the answers are, by style."""
    rows = [(path, row) for path in files for row in read_questions(path)]
    if not rows:
        raise UsageError(f"{files[0]}: no questions in it")
    searcher = Searcher.open(index)
    outcomes = []
    for path, row in rows:
        if not isinstance(row.get("relevant"), dict):
            raise UsageError(f"{path}: question {row['id']} has no `relevant`, a mapping of URLs to grades")
        outcomes.append(outcome(Judged.from_row(row), answer_row(searcher, row, DEFAULT_BATCH_TOP)))
    click.echo(json.dumps(_as_json(searcher, outcomes), indent=1) if as_json else _as_table(searcher, outcomes))


def _as_json(searcher: Searcher, outcomes: list[Outcome]) -> dict[str, object]:
    return {
        "version": searcher.info.version,
        "encoder": repr(searcher.encoder),
        "styles": by_style(outcomes),
        "brier": brier(outcomes),
        "reliability": [
            {"confidence": mean, "good": good, "questions": count} for mean, good, count in reliability(outcomes)
        ],
    }


def _as_table(searcher: Searcher, outcomes: list[Outcome]) -> str:
    lines = [f"{searcher!r} {searcher.encoder!r}", "", f"{'style':<16}" + "".join(f"{name:>14}" for name in COLUMNS)]
    for style, summary in by_style(outcomes).items():
        cells = (f"{summary[name]:>14.3f}" if name in summary else f"{'':>14}" for name in COLUMNS[1:])
        lines.append(f"{style:<16}{int(summary['questions']):>14}" + "".join(cells))
    lines += ["", f"Brier score {brier(outcomes):.3f}", f"{'confidence':<16}{'good':>8}{'questions':>12}"]
    lines += [f"{mean:<16.2f}{good:>8.2f}{count:>12}" for mean, good, count in reliability(outcomes)]
    return "\n".join(lines)
