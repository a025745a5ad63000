"""Options that several commands share."""

from collections.abc import Sequence
from pathlib import Path

import click

from index import defaults

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
pages_option = click.option(
    "--pages",
    metavar="FILE",
    envvar="SIGNPOST_PAGES",
    help="What the links' pages say, as `signpost enrich` keeps it; `none` for none.  "
    "[default: link-pages.jsonl beside the catalogue]",
)
private_option = click.option(
    "--include-private",
    is_flag=True,
    envvar="SIGNPOST_INCLUDE_PRIVATE",
    help="Take links that their owner marked as private, too.",
)
questions_option = click.option(
    "--questions",
    metavar="FILE",
    envvar="SIGNPOST_QUESTIONS",
    help="Questions for links of a list that has no place for them; `none` for none.  [default: questions.yaml beside it]",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for tools.")

vocabulary_option = click.option(
    "--vocabulary",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    envvar="SIGNPOST_VOCABULARY",
    help="Abbreviations and synonyms, beside the shipped ones; of several, later ones win, and `none` drops all before it.",
)


def layers(vocabularies: Sequence[Path]) -> tuple[Path, ...]:
    """Return the shipped vocabulary and those that were given, after the last `none`."""
    found = [defaults.VOCABULARY]
    for one in vocabularies:
        found = [] if str(one) == "none" else [*found, one]
    return tuple(found)
