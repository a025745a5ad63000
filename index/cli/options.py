"""Options that several commands share."""

from collections.abc import Sequence
from pathlib import Path

import click

from index import defaults
from index.judge.golden import Golden, beside, read_golden

index_option = click.option(
    "--index",
    metavar="DIR",
    type=click.Path(path_type=Path),
    default=defaults.INDEX,
    envvar="SIGNPOST_INDEX",
    show_default=True,
    show_envvar=True,
    help="Folder of the index.",
)
golden_option = click.option(
    "--golden",
    metavar="FILE",
    envvar="SIGNPOST_GOLDEN",
    help="Questions with the links that must come first; `none` for none.  [default: golden.yaml beside the catalogue]",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for tools.")


def golden_of(option: str | None, catalogue: Sequence[Path]) -> Golden | None:
    """Read the golden questions that `--golden` names, or those that stand beside the catalogue."""
    if option == "none":
        return None
    path = Path(option) if option else beside(catalogue)
    return read_golden(path) if path else None
