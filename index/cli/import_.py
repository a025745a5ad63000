"""`signpost import`: converts a catalogue of any supported format to native YAML."""

import json
from pathlib import Path

import click

from index.amounts import amount
from index.catalogue.link import Reading
from index.catalogue.sources.sources import AnySource
from index.catalogue.urls import without_passwords
from index.catalogue.writers import FORMS, written
from index.cli.reading import check_output, read_shown, write_output
from index.cli.sources import SourceType, language_option, tell_skipped, verbose_option
from index.errors import CatalogueError


@click.command("import", short_help="Read catalogues of any format, write native YAML.")
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True, type=SourceType())
@click.option(
    "-o", "--output", metavar="FILE.yaml", required=True, type=click.Path(path_type=Path), help="The file to write."
)
@click.option("--overwrite", is_flag=True, help="Write over a file that is there already.")
@language_option
@verbose_option
@click.option("--json", "as_json", is_flag=True, help="Print what was done as one JSON object, for tools.")
def import_command(
    sources: tuple[AnySource, ...], output: Path, *, language: str, overwrite: bool, verbose: bool, as_json: bool
) -> None:
    """Read catalogues and write them as one native YAML file.

    A SOURCE is a file, a folder or a pattern such as 'lists/*.md', or an address as for `build`: YAML, Markdown lists,
    bookmark files of browsers and web pages (HTML), CSV, JSON, OPML, reStructuredText, AsciiDoc, org-mode and texts of
    addresses. What is left out is counted by reason, and with -v
    listed with file and line. Every entry is kept, also when two have the same address; `signpost check` names those. A
    file that is there already is written over only with --overwrite, one that is read never.
    """
    if output.suffix.lower() not in FORMS["yaml"].suffixes:
        raise CatalogueError("native YAML is written to a file that ends in .yaml or .yml", path=output)
    check_output(output, sources, overwrite=overwrite)
    reading = read_shown(sources, language=language)
    write_output(output, written(reading, "yaml"), schema="catalogue")
    if as_json:
        click.echo(json.dumps(_summary(reading, output), ensure_ascii=False))
    else:
        tell_skipped(f"{output}: {amount(len(reading.entries), 'link')}, ", reading.skipped, verbose=verbose)


def _summary(reading: Reading, output: Path) -> dict[str, object]:
    return {
        "output": str(output),
        "name": reading.name,
        "links": len(reading.entries),
        "skipped": [
            {
                "file": skip.source.path,
                "line": skip.source.line,
                "text": without_passwords(skip.text),
                "reason": skip.reason,
            }
            for skip in reading.skipped
        ],
    }
