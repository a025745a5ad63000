"""`signpost eval`: measures the answers of an index with judged questions."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from index.cli.ask import numbered_questions
from index.cli.options import index_option, json_option
from index.errors import UsageError
from index.judge.evaluate import METRICS, Judged, JudgedAnswer, answer_row, brier, by_style, judge, reliability
from index.search.searcher import Searcher

COLUMNS = ("questions", *METRICS, "answered", "false_answers")


@click.command("eval", short_help="Measure the answers with judged questions.")
@click.argument("files", metavar="FILE.jsonl...", nargs=-1, required=True, type=click.Path(path_type=Path))
@index_option
@json_option
def eval_command(files: tuple[Path, ...], index: Path, *, as_json: bool) -> None:
    """Ask every judged question and print how good the answers are, by style."""
    rows = [row for path in files for row in read_judged(path)]
    if not rows:
        raise UsageError(f"{files[0]}: no questions in it")
    searcher = Searcher.open(index)
    answers = [judge(Judged.from_row(row), answer_row(searcher, row)) for row in rows]
    click.echo(json.dumps(_as_json(searcher, answers), indent=1) if as_json else _as_table(searcher, answers))


def read_judged(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file of judged questions; UsageError names file and line of the first wrong row."""
    for number, row in numbered_questions(path):
        relevant = row.get("relevant")
        if not isinstance(relevant, dict) or not all(grade in (0, 1, 2) for grade in relevant.values()):
            raise UsageError(
                f"{path}:{number}: question {row['id']!r:.40} has no `relevant`, a mapping of URLs to 2 or 1"
            )
        yield row


def _as_json(searcher: Searcher, answers: list[JudgedAnswer]) -> dict[str, object]:
    return {
        "version": searcher.info.version,
        "encoder": repr(searcher.encoder),
        "styles": by_style(answers),
        "brier": brier(answers),
        "reliability": [
            {"confidence": mean, "good": good, "questions": count} for mean, good, count in reliability(answers)
        ],
    }


def _as_table(searcher: Searcher, answers: list[JudgedAnswer]) -> str:
    lines = [f"{searcher!r} {searcher.encoder!r}", "", f"{'style':<16}" + "".join(f"{name:>14}" for name in COLUMNS)]
    for style, summary in by_style(answers).items():
        cells = (f"{summary[name]:>14.3f}" if name in summary else f"{'':>14}" for name in COLUMNS[1:])
        lines.append(f"{style:<16}{int(summary['questions']):>14}" + "".join(cells))
    lines += ["", f"Brier score {brier(answers):.3f}", f"{'confidence':<16}{'good':>8}{'questions':>12}"]
    lines += [f"{mean:<16.2f}{good:>8.2f}{count:>12}" for mean, good, count in reliability(answers)]
    return "\n".join(lines)
