"""`signpost import`: any supported catalogue to native YAML."""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from index.catalogue.formats.native import write_native
from index.catalogue.link import Reading
from index.catalogue.merge import join_items
from index.catalogue.read import files_in, read
from index.catalogue.sources.copies import expanded
from index.catalogue.sources.sources import AnySource, LocalSource
from index.cli.sources import SourceType, gathered, tell_skipped, verbose_option
from index.errors import CatalogueError
from index.files import write_atomically


@click.command("import", short_help="Read catalogues of any format, write native YAML.")
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True, type=SourceType())
@click.option(
    "-o", "--output", metavar="FILE.yaml", required=True, type=click.Path(path_type=Path), help="The file to write."
)
@click.option("--overwrite", is_flag=True, help="Write over a file that is there already.")
@verbose_option
@click.option("--json", "as_json", is_flag=True, help="Print what was done as one JSON object, for tools.")
def import_command(
    sources: tuple[AnySource, ...], output: Path, *, overwrite: bool, verbose: bool, as_json: bool
) -> None:
    """Read catalogues and write them as one native YAML file.

    A SOURCE is a file, a folder or a pattern such as 'lists/*.md', or an address as for `build`: YAML, Markdown lists,
    bookmark files of browsers and web pages (HTML), CSV and JSON. What is left out is counted by reason, and with -v
    listed with file and line. Every entry is kept, also when two have the same address; `signpost check` names those. A
    file that is there already is written over only with --overwrite, one that is read never.
    """
    _check_output(output, sources, overwrite=overwrite)
    reading = _read(sources)
    try:
        write_atomically(output, write_native(reading).encode())
    except OSError as error:
        raise CatalogueError(f"cannot be written: {error.strerror or error}", path=output) from error
    if as_json:
        click.echo(json.dumps(_summary(reading, output), ensure_ascii=False))
        return
    tell_skipped(f"{output}: {len(reading.entries):,} links, ", reading.skipped, verbose=verbose)


def _check_output(output: Path, sources: Sequence[AnySource], *, overwrite: bool) -> None:
    """Refuse to write over what somebody wrote: a file of another format, one that is read, one that is there."""
    if output.suffix.lower() not in {".yaml", ".yml"}:
        raise CatalogueError("native YAML is written to a file that ends in .yaml or .yml", path=output)
    if not os.path.lexists(output):
        return
    read_too = [source.path for source in (*sources, *expanded(sources)[0]) if isinstance(source, LocalSource)]
    if any(file.samefile(output) for path in read_too for file in files_in(path) if output.exists()):
        raise CatalogueError("is one of the files that are read; name another file to write", path=output)
    if not overwrite:
        raise CatalogueError("is there already; name another file, or write over it with --overwrite", path=output)


def _read(sources: tuple[AnySource, ...]) -> Reading:
    """Read with a progress bar on stderr, where a person may be watching."""
    shown = sys.stderr.isatty()
    with click.progressbar(length=1, label="Reading", file=sys.stderr, hidden=not shown) as bar:

        def progress(done: int, files: int) -> None:
            bar.length = files
            bar.update(done - bar.pos)

        with gathered(sources) as catalogue:
            reading = read(catalogue.roots, name=catalogue.name, progress=progress)
    return replace(reading, entries=join_items(reading.entries))


def _summary(reading: Reading, output: Path) -> dict[str, object]:
    return {
        "output": str(output),
        "name": reading.name,
        "links": len(reading.entries),
        "skipped": [
            {"file": skip.source.path, "line": skip.source.line, "text": skip.text, "reason": skip.reason}
            for skip in reading.skipped
        ],
    }
