"""`signpost export`: writes a catalogue in a format that other programs read."""

import sys
from pathlib import Path

import click

from index.amounts import amount
from index.catalogue.sources.sources import AnySource
from index.catalogue.writers import FORMS, not_carried, written
from index.cli.reading import check_output, read_shown, write_output
from index.cli.sources import SourceType, language_option, tell_skipped, verbose_option


@click.command("export", short_help="Write a catalogue as Markdown, bookmarks, CSV and the like.")
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True, type=SourceType())
@click.option(
    "--format", "form", type=click.Choice(list(FORMS)), help="The format to write.  [default: by FILE's ending]"
)
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="The file to write; else stdout.")
@click.option("--overwrite", is_flag=True, help="Write over a file that is there already.")
@language_option
@verbose_option
def export_command(
    sources: tuple[AnySource, ...],
    form: str | None,
    output: Path | None,
    *,
    language: str,
    overwrite: bool,
    verbose: bool,
) -> None:
    """Read catalogues of any format, as `import` does, and write one.

    \b
    yaml       the native form: holds everything
    json       the same as JSON
    csv        a table: holds everything but the list of sections
    opml       for outliners and feed readers: all but the list of sections
    markdown   an awesome list with contents, fit for a README
    html       a web page
    bookmarks  what every browser imports: sections are folders

    Private links are left out of Markdown and HTML. The output is read back, and what the format has no place for is
    counted on stderr: Markdown has none for questions, a bookmark none for whether its link is dead. A file that is there
    already is written over only with --overwrite, one that is read never.
    """  # noqa: D301
    form = form or _form_of(output)
    if output is not None:
        check_output(output, sources, overwrite=overwrite)
    reading = read_shown(sources, language=language)
    content = written(reading, form)
    if output is None:
        sys.stdout.buffer.write(content)
    else:
        write_output(output, content, schema="catalogue" if form == "yaml" else "")
    tell_skipped(f"{output or 'stdout'}: {amount(len(reading.entries), 'link')}, ", reading.skipped, verbose=verbose)
    for field, count in not_carried(reading, content, form).items():
        noun = "link" if count == 1 else "links"
        what = f"{noun} left out of" if field == "link" else f"{noun} whose {field} cannot be told in"
        click.echo(f"{count:6,} {what} {form}", err=True)


def _form_of(output: Path | None) -> str:
    """Return the format of a file's ending; `.html` is a page, not bookmarks."""
    suffix = output.suffix.lower() if output else ""
    found = next((name for name, form in FORMS.items() if suffix in form.suffixes), None)
    if found is None:
        raise click.UsageError(f"say what to write with --format: {', '.join(FORMS)}")
    return found
