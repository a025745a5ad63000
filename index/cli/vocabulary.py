"""`signpost vocabulary`: candidates for the vocabulary, mined from a catalogue."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from index import defaults
from index.abbreviations import mine
from index.catalogue.merge import merge
from index.catalogue.read import read
from index.catalogue.sources.sources import AnySource
from index.cli.options import json_option
from index.cli.sources import SourceType, gathered
from index.search.vocabulary import read_vocabulary


@click.command("vocabulary", short_help="Print abbreviations that a catalogue spells out, for its vocabulary.")
@click.option("--catalogue", metavar="SOURCE", multiple=True, type=SourceType(), help="As for `build`.")
@click.option(
    "--vocabulary",
    metavar="FILE",
    type=click.Path(path_type=Path),
    envvar="SIGNPOST_VOCABULARY",
    help="What is known already and left out.  [default: the shipped vocabulary]",
)
@json_option
def vocabulary_command(catalogue: tuple[AnySource, ...], vocabulary: Path | None, *, as_json: bool) -> None:
    """Print entries to choose from and to add to the vocabulary: abbreviations that links spell out, commonest first."""
    known = read_vocabulary(vocabulary or defaults.VOCABULARY)
    with gathered(catalogue or (defaults.CATALOGUE,)) as found:
        links = merge(read(found.roots).entries)
    abbreviations = mine(links, known)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in abbreviations], ensure_ascii=False))
        return
    for one in abbreviations:
        click.echo(f"  - forms: [{json.dumps(one.short)}]\n    means: [{json.dumps(one.long, ensure_ascii=False)}]")
    click.echo(f"{len(abbreviations)} candidates, from {len(links)} links", err=True)
