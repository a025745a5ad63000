"""The tables of docs/quality.md about lists, from judged questions: `make quality LISTS=DIR ADAPTERS=DIR`.

    python -m tests.bench.quality [CONFIG.toml] --lists DIR [--adapters DIR] [--work DIR] [--write docs/quality.md]

CONFIG says which tables there are, which lists stand in each, and which figures. A list that is not in DIR is left out, and
said so. A row with `adapters` is the mean of the adapters that the pattern finds in the folder of adapters, one for each
seed: such as those that were trained without that list.
"""

import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from index import defaults
from index.builder.build import build
from index.cli.eval_ import Further, evaluated
from index.encoder.choice import EncoderChoice
from index.judge.figures import ALL, Summary, over_lists, over_seeds
from tests.bench.tables import page_option, put, table

Styles = Mapping[str, Summary]
CONFIG = Path(__file__).with_name("quality.toml")
#: The name of a row's index when it is built with the shipped adapter.
SHIPPED = "shipped"


def figure_of(styles: Styles, column: str, *, with_interval: bool) -> str:
    """Return the cell of a column such as `ndcg@5` or `ndcg@5:other`: a figure of all questions or of a style."""
    name, _, style = column.partition(":")
    summary = styles.get(style or ALL)
    if summary is None:
        return ""
    if name == "questions":
        return f"{summary.questions:,}"
    if name not in summary.figures:
        return ""
    figure = summary.figures[name]
    low, high = figure.interval
    return f"{figure.value:.3f} ({low:.2f}-{high:.2f})" if with_interval else f"{figure.value:.2f}"


def spread(runs: Sequence[Styles], column: str) -> str:
    """Return the number of seeds, and the lowest and the highest figure among them."""
    values = sorted(run[ALL].figures[column].value for run in runs)
    return f"{len(values)}: {values[0]:.3f} to {values[-1]:.3f}" if len(values) > 1 else "1"


class Bench:
    """Builds indexes and asks them; what was built is kept in `work`."""

    def __init__(self, lists: Path, adapters: Path | None, work: Path) -> None:
        self._lists = lists
        self._adapters = adapters
        self._work = work

    def runs(self, row: Mapping[str, Any]) -> list[Styles]:
        """Return the figures of a row, by seed; none when its list or its adapters are not there."""
        catalogue = self._found(row["catalogue"])
        if catalogue is None:
            sys.stderr.write(f"{row['name']}: left out, there is no {row['catalogue']} in {self._lists}\n")
            return []
        adapters: list[Path | None] = [defaults.ADAPTER]
        if "adapters" in row:
            adapters = [*sorted(self._adapters.glob(row["adapters"]))] if self._adapters else []
            if not adapters:
                sys.stderr.write(f"{row['name']}: left out, there is no adapter {row['adapters']}\n")
        further = Further.read([path for one in row.get("also", ()) if (path := self._found(one))])
        questions = [path for one in row["questions"] if (path := self._found(one))]
        return [self._asked(row, catalogue, adapter, questions, further) for adapter in adapters if questions]

    def _asked(
        self, row: Mapping[str, Any], catalogue: Path, adapter: Path | None, questions: list[Path], further: Further
    ) -> Styles:
        own = SHIPPED if adapter == defaults.ADAPTER else "-".join(adapter.parts[-2:]) if adapter else "none"
        place = self._work / f"{catalogue.stem}-{own}".replace(" ", "-")
        build(
            [catalogue], place, encoder=EncoderChoice(adapter=adapter), vocabularies=[defaults.VOCABULARY], force=True
        )
        styles = evaluated(place, questions, further).styles
        sys.stderr.write(f"{row['name']} ({own}): nDCG@5 {figure_of(styles, 'ndcg@5', with_interval=True)}\n")
        return styles

    def _found(self, name: str) -> Path | None:
        """Return the file or folder of a name: in the folder of lists, or in this project."""
        return next((path for path in (self._lists / name, Path(name)) if path.exists()), None)


def filled(bench: Bench, spec: Mapping[str, Any]) -> str:
    """Return one table; its last row is the mean over the lists, if there are several."""
    columns: dict[str, str] = spec["columns"]
    seeds = any("adapters" in row for row in spec["rows"])
    rows: list[list[str]] = []
    means: list[Styles] = []
    for row in spec["rows"]:
        if runs := bench.runs(row):
            styles = over_seeds(runs) if len(runs) > 1 else runs[0]
            means.append(styles)
            rows.append([row["name"], *_cells(styles, columns), *([spread(runs, "ndcg@5")] if seeds else [])])
    if not rows:
        return ""
    if len(means) > 1:
        rows.append(["**mean**", *_cells(over_lists(means), columns), *([""] if seeds else [])])
    return table(["list", *columns, *(["seeds, nDCG@5"] if seeds else [])], rows)


def _cells(styles: Styles, columns: Mapping[str, str]) -> list[str]:
    """Return a row's cells; the first figure and all nDCG have their interval."""
    return [figure_of(styles, column, with_interval=column.startswith("ndcg")) for column in columns.values()]


@click.command()
@click.argument("config", type=click.Path(path_type=Path), default=CONFIG)
@click.option("--lists", type=click.Path(path_type=Path), required=True, help="The folder that has the lists.")
@click.option("--adapters", type=click.Path(path_type=Path), help="The folder with adapters of several seeds.")
@click.option("--work", type=click.Path(path_type=Path), default=Path(".signpost/quality"), help="For the indexes.")
@click.option("--only", multiple=True, help="Tables to make; all unless given.")
@page_option
def main(  # noqa: PLR0917 - click passes them by name
    config: Path, lists: Path, adapters: Path | None, work: Path, only: tuple[str, ...], page: Path | None
) -> None:
    """Print the tables."""
    tables = tomllib.loads(config.read_text(encoding="utf-8"))
    bench = Bench(lists, adapters, work)
    for name, spec in tables.items():
        if only and name not in only:
            continue
        content = filled(bench, spec)
        click.echo(f"{name}\n\n{content or 'nothing is here that it is made of'}")
        if page is not None and content:
            put(page, name, content)


if __name__ == "__main__":
    main()
