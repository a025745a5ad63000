"""`signpost build`: catalogue to bundle."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click

from index import defaults
from index.build import build
from index.cli.options import index_option, json_option
from index.encoder.choice import PACKAGED_MODEL, PRECISIONS, EncoderChoice


@click.command("build", short_help="Build the index of a catalogue and make it current.")
@click.option(
    "--catalogue",
    metavar="PATH",
    multiple=True,
    type=click.Path(path_type=Path),
    envvar="SIGNPOST_CATALOGUE",
    help="A file, folder or pattern; may be given several times.  [default: the shipped catalogue]",
)
@index_option
@click.option("--full", is_flag=True, help="Encode every text again, also those whose vectors are cached.")
@click.option("--force", is_flag=True, help="Build although most links of the catalogue are gone.")
@click.option(
    "--vocabulary",
    metavar="FILE",
    type=click.Path(path_type=Path),
    envvar="SIGNPOST_VOCABULARY",
    help="Abbreviations and synonyms.  [default: the shipped vocabulary]",
)
@click.option(
    "--model",
    metavar="NAME|DIR",
    default=defaults.MODEL,
    envvar="SIGNPOST_MODEL",
    show_default=True,
    help="A sentence-transformers model, by hub name or folder.",
)
@click.option(
    "--adapter",
    metavar="DIR",
    envvar="SIGNPOST_ADAPTER",
    help="A low-rank adapter to merge into the model; `none` for none.  [default: the shipped one for the default model]",
)
@click.option(
    "--precision",
    type=click.Choice(PRECISIONS),
    default=defaults.PRECISION,
    envvar="SIGNPOST_PRECISION",
    show_default=True,
    help="Of the exported encoder.",
)
@click.option("--query-prompt", metavar="TEXT", envvar="SIGNPOST_QUERY_PROMPT", help="Put before each question.")
@click.option("--document-prompt", metavar="TEXT", envvar="SIGNPOST_DOCUMENT_PROMPT", help="Put before each link.")
@json_option
def build_command(
    catalogue: tuple[Path, ...],
    index: Path,
    *,
    full: bool,
    force: bool,
    vocabulary: Path | None,
    model: str,
    adapter: str | None,
    precision: str,
    query_prompt: str | None,
    document_prompt: str | None,
    as_json: bool,
) -> None:
    """Build the index of a catalogue and make it current.

    Only texts that changed are encoded. Whatever goes wrong, the index that is current keeps answering.
    """
    choice = EncoderChoice(
        model=model,
        adapter=_adapter(model, adapter),
        precision=precision,
        query_prompt=query_prompt,
        document_prompt=document_prompt,
    )
    with progress_bar("Encoding") as progress:
        report = build(
            catalogue or (defaults.CATALOGUE,),
            index,
            encoder=choice,
            vocabulary=vocabulary or defaults.VOCABULARY,
            full=full,
            force=force,
            progress=progress,
        )
    if as_json:
        click.echo(json.dumps(asdict(report), ensure_ascii=False))
        return
    state = "is current" if report.changed else "was current already"
    click.echo(f"{report.version} {state}: {report.links} links, {report.encoded} texts encoded", err=True)
    if report.hijacked:
        click.echo(f"{report.hijacked} links were left out: their addresses have another owner now", err=True)
    if report.skipped:
        click.echo(
            f"{len(report.skipped)} entries of the sources were left out; `signpost import` lists them", err=True
        )


def _adapter(model: str, adapter: str | None) -> Path | None:
    if adapter == "none":
        return None
    if adapter:
        return Path(adapter)
    return defaults.ADAPTER if model == PACKAGED_MODEL and defaults.ADAPTER.is_dir() else None


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function `progress(done, total)` that draws a bar on stderr, where that is a terminal."""
    bar = None

    def progress(done: int, total: int) -> None:
        nonlocal bar
        if not sys.stderr.isatty():
            return
        if bar is None:
            bar = click.progressbar(length=total, label=label, file=sys.stderr, update_min_steps=max(total // 200, 1))
            bar.render_progress()
        bar.update(done - bar.pos - bar._completed_intervals)  # noqa: SLF001 - the steps that the bar has not drawn yet

    try:
        yield progress
    finally:
        if bar is not None:
            bar.render_finish()
