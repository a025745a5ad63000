"""`signpost eval`: measures the answers of indexes with judged questions."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from index.cli.ask import numbered_questions
from index.cli.options import index_option, json_option
from index.errors import UsageError
from index.judge.evaluate import Judged, JudgedAnswer, answer_row, judge
from index.judge.figures import ALL, Summary, by_style, over_lists, reliability
from index.search.searcher import Searcher

_RANKED: Final = ("ndcg@5", "ndcg@10", "hit@3", "hit@3 any", "p@1", "p@1 any", "mrr")
_ANSWERABLE: Final = ("answered", "doubtful", "unanswered")
_OTHERS: Final = ("false_answers", "false_doubts", "rejected")
#: The tables for people: what the questions have in common, and the figures.
TABLES: Final = (
    ("Ranking, of questions that a link answers", _RANKED),
    ("Verdicts of questions that a link answers: sure, perhaps, nothing", _ANSWERABLE),
    ("Verdicts of questions that nothing answers: sure, perhaps, nothing", _OTHERS),
    ("Confidence, and how many of the first five links were judged", ("brier", "judged@5")),
)
_STYLE_CHARS: Final = 16
_CELL_CHARS: Final = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """An index, the files of questions that it was asked, and what came of it."""

    index: Path
    files: tuple[Path, ...]
    searcher: Searcher
    answers: tuple[JudgedAnswer, ...]
    styles: Mapping[str, Summary]


@click.command("eval", short_help="Measure the answers with judged questions.")
@click.argument("files", metavar="[FILE.jsonl]...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--on",
    "pairs",
    metavar="DIR FILE.jsonl",
    nargs=2,
    multiple=True,
    type=click.Path(path_type=Path),
    help="An index and questions judged for its catalogue; may be given several times, also the same index.",
)
@click.option(
    "--also",
    metavar="FILE.jsonl",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Further judgements of the same questions, of links that the files do not judge.",
)
@index_option
@json_option
def eval_command(
    files: tuple[Path, ...],
    pairs: tuple[tuple[Path, Path], ...],
    also: tuple[Path, ...],
    index: Path,
    *,
    as_json: bool,
) -> None:
    """Ask every judged question and print how good the answers are, by style, with 95% intervals.

    FILEs are asked of one index; with --on, each index its own. Of several indexes the mean is printed too, in which each
    counts alike.
    """
    wanted: dict[Path, list[Path]] = {index: list(files)} if files else {}
    for place, path in pairs:
        wanted.setdefault(place, []).append(path)
    if not wanted:
        raise click.UsageError("give a FILE.jsonl of judged questions, or --on DIR FILE.jsonl")
    further = Further.read(also)
    lists = [evaluated(place, paths, further) for place, paths in wanted.items()]
    further.check_used()
    if as_json:
        click.echo(json.dumps(_as_json(lists), indent=1))
        return
    for one in lists:
        click.echo(_as_table(one))
    if len(lists) > 1:
        click.echo(f"Mean over {len(lists)} lists\n\n{_tables(over_lists([one.styles for one in lists]))}")


def evaluated(index: Path, files: Sequence[Path], further: "Further | None" = None) -> Evaluated:
    """Ask an index the questions of its files; UsageError when there are none."""
    rows = [row for path in files for row in read_judged(path)]
    if not rows:
        raise UsageError(f"{files[0]}: no questions in it")
    searcher = Searcher.open(index)
    rows = [further.added_to(row) for row in rows] if further else rows
    answers = tuple(judge(Judged.from_row(row), answer_row(searcher, row)) for row in rows)
    return Evaluated(index=index, files=tuple(files), searcher=searcher, answers=answers, styles=by_style(answers))


class Further:
    """Judgements from files beside those of the questions, by the questions' ids and words."""

    def __init__(
        self, rows: Mapping[tuple[str, str], dict[str, int]], files: Mapping[Path, set[tuple[str, str]]]
    ) -> None:
        self._rows = rows
        self._files = files
        self._used: set[tuple[str, str]] = set()

    @classmethod
    def read(cls, paths: Sequence[Path]) -> "Further":
        """Read the files; UsageError names file and line of the first wrong row."""
        rows: dict[tuple[str, str], dict[str, int]] = {}
        files: dict[Path, set[tuple[str, str]]] = {}
        for path in paths:
            for row in read_judged(path):
                rows.setdefault(_key(row), {}).update(row["relevant"])
                files.setdefault(path, set()).add(_key(row))
        return cls(rows, files)

    def added_to(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return a question with the further judgements; a link that its own file judges keeps that grade."""
        self._used.add(_key(row))
        return {**row, "relevant": {**self._rows.get(_key(row), {}), **row["relevant"]}}

    def check_used(self) -> None:
        """Raise a UsageError for a file none of whose questions was asked: its ids or words are others."""
        for path, keys in self._files.items():
            if keys.isdisjoint(self._used):
                raise UsageError(
                    f"{path}: none of its questions was asked; `id` and `query` must be as in the questions' file"
                )


def _key(row: Mapping[str, Any]) -> tuple[str, str]:
    return str(row["id"]), row["query"]


def read_judged(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file of judged questions; UsageError names file and line of the first wrong row."""
    for number, row in numbered_questions(path):
        relevant = row.get("relevant")
        if not isinstance(relevant, dict) or not all(grade in (0, 1, 2) for grade in relevant.values()):
            raise UsageError(
                f"{path}:{number}: question {row['id']!r:.40} has no `relevant`, a mapping of URLs to 2, 1 or 0"
            )
        yield row


def _as_json(lists: Sequence[Evaluated]) -> dict[str, object]:
    """Return the figures of one list; of several, those of each and their mean."""
    rows = [_list_row(one) for one in lists]
    return rows[0] if len(rows) == 1 else {"lists": rows, "mean": _styles(over_lists([one.styles for one in lists]))}


def _list_row(one: Evaluated) -> dict[str, object]:
    return {
        "index": str(one.index),
        "files": [str(path) for path in one.files],
        "version": one.searcher.info.version,
        "encoder": repr(one.searcher.encoder),
        **_styles(one.styles),
        "brier": one.styles[ALL].figures["brier"].value,
        "reliability": [
            {"confidence": mean, "good": good, "questions": count} for mean, good, count in reliability(one.answers)
        ],
    }


def _styles(styles: Mapping[str, Summary]) -> dict[str, object]:
    return {
        "styles": {
            style: {"questions": found.questions, **{name: figure.value for name, figure in found.figures.items()}}
            for style, found in styles.items()
        },
        "intervals": {
            style: {name: list(figure.interval) for name, figure in found.figures.items()}
            for style, found in styles.items()
        },
    }


def _as_table(one: Evaluated) -> str:
    lines = [f"{one.searcher!r} {one.searcher.encoder!r}", "", _tables(one.styles)]
    lines += [f"{'confidence':<{_STYLE_CHARS}}{'good':>8}{'questions':>12}"]
    lines += [f"{mean:<{_STYLE_CHARS}.2f}{good:>8.2f}{count:>12}" for mean, good, count in reliability(one.answers)]
    return "\n".join([*lines, ""])


def _tables(styles: Mapping[str, Summary]) -> str:
    """Return the tables for people; a style stands in those that it has figures for."""
    lines: list[str] = []
    for title, names in TABLES:
        shown = [name for name in names if any(name in found.figures for found in styles.values())]
        if not shown:
            continue
        head = "".join(f"{name:>{_CELL_CHARS}}" for name in shown)
        lines += [title, f"{'style':<{_STYLE_CHARS}}{'questions':>10}{head}"]
        for style, found in styles.items():
            if any(name in found.figures for name in shown):
                cells = "".join(f"{_cell(found, name):>{_CELL_CHARS}}" for name in shown)
                count = max(found.figures[name].count for name in shown if name in found.figures)
                lines.append(f"{style:<{_STYLE_CHARS}}{count:>10}{cells}")
        lines.append("")
    return "\n".join(lines)


def _cell(found: Summary, name: str) -> str:
    if name not in found.figures:
        return ""
    low, high = found.figures[name].interval
    return f"{found.figures[name].value:.3f} {low:.2f}-{high:.2f}"
