"""`signpost enrich`: keeps what the pages behind the links say of themselves, as text for the index."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from index.amounts import amount
from index.builder.origin import described, own_sources
from index.bundle import IndexFolder
from index.catalogue.checks.checker import Target
from index.catalogue.checks.network import Network
from index.catalogue.checks.overlay import without_private
from index.catalogue.checks.plan import Catalogue
from index.catalogue.checks.records import Verdict
from index.catalogue.pages.fetching import Ages, advance, due, pages_of, read
from index.catalogue.pages.page_file import NO_FILE, PageRecord, page_files, staying
from index.catalogue.pages.page_text import PageText
from index.catalogue.read import read as read_catalogue
from index.catalogue.record_files import RecordWriter
from index.catalogue.sources.sources import AnySource
from index.catalogue.urls import without_passwords
from index.cli.link_options import Requests, request_options
from index.cli.link_run import run_of
from index.cli.options import index_option, json_option, pages_option, private_option
from index.cli.printing import tell
from index.cli.progress import interruptible, progress_bar
from index.cli.sources import SourceType, gathered
from index.errors import CatalogueError

#: The parts of a reason that differ from page to page.
_ADDRESS: Final = re.compile(r"https?://[^\s,]+|(?<=\bhost )\S+|^\S+(?= is at )|(?<= is at )[^\s,]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """What is known of a catalogue's pages after a run."""

    catalogue: Catalogue
    files: Sequence[Path]
    records: Mapping[str, PageRecord]
    """The record of every page of the catalogue that was ever asked for."""
    asked: Sequence[str]
    """The pages that were requested."""
    changed: int
    """Of these, how many have another text than before."""
    waiting: int
    """Pages that are due and were not requested, because of a limit."""

    @property
    def with_text(self) -> int:
        """Pages that have a text."""
        return sum(not record.text.is_empty for record in self.records.values())

    @property
    def left_out(self) -> dict[str, int]:
        """Reason to the number of pages without a text, or with that of an earlier request; the most frequent first."""
        reasons = (record.left_out for record in self.records.values() if record.left_out)
        return dict(Counter(_ADDRESS.sub("…", reason) for reason in reasons).most_common())


@click.command("enrich", short_help="Fetch the links' pages and keep what they say of themselves, for the index.")
@click.argument("paths", metavar="[SOURCE]...", nargs=-1, type=SourceType(), envvar="SIGNPOST_CATALOGUE")
@index_option
@pages_option
@private_option
@click.option(
    "--older-than",
    metavar="DAYS",
    type=click.IntRange(0),
    default=30,
    show_default=True,
    help="Ask again for pages that were last asked for this long ago.",
)
@click.option("--full", is_flag=True, help="Fetch every page anew, also those that have not changed.")
@click.option("--limit", metavar="N", type=click.IntRange(1), help="Request at most N pages in this run.")
@request_options
@click.option("-v", "--verbose", is_flag=True, help="List each page that has no text, with file, line and reason.")
@json_option
def enrich_command(
    paths: tuple[AnySource, ...],
    index: Path,
    pages: str | None,
    *,
    include_private: bool,
    older_than: int,
    full: bool,
    limit: int | None,
    verbose: bool,
    as_json: bool,
    **requests: Any,
) -> None:
    """Fetch each link's page once, and keep its title, description, headings and language beside the catalogue.

    The next `signpost build` takes them into the index, so that a link is found by what its page says. Nothing of a page is
    shown to anybody. The catalogue is that of `build`, by default the one that the index was built of.

    Requests are those of `signpost check --links`, with its pace, robots.txt and limits. Pages that are missing, parked or
    taken over, that ask for a captcha or a login, and that are no HTML are left out and counted. A run that was stopped goes
    on where it stopped; a later one asks only for pages that are older than --older-than days, and only whether they changed.
    """
    if pages == NO_FILE:
        raise click.UsageError("--pages none names no file; leave it out for the one beside the catalogue")
    sources = paths or own_sources(IndexFolder(index))
    if not paths and not as_json:
        click.echo(f"fetching the pages of {described(sources, index)}", err=True)
    result = _enrich(sources, Requests(**requests), Ages(older_than_days=older_than, full=full),
                     pages=pages, include_private=include_private, limit=limit)  # fmt: skip
    if verbose:
        _list(result)
    if as_json:
        click.echo(json.dumps(_summary(result), ensure_ascii=False))
    else:
        _print(result)


def _enrich(
    sources: Sequence[AnySource],
    options: Requests,
    ages: Ages,
    *,
    pages: str | None,
    include_private: bool,
    limit: int | None,
) -> _Result:
    with gathered(sources) as found:
        reading = read_catalogue(found.roots)
    entries = (reading if include_private else without_private(reading)).entries
    catalogue, today = pages_of(entries), datetime.now(UTC).date()
    files_of = {url: page_files(several, pages) for url, several in catalogue.entries_of.items()}
    with RecordWriter(staying(today), files_of).writing(_tell) as writer:
        before = dict(writer.records)
        chosen = catalogue.without(options.exclude)
        wanted = due(chosen, writer.records, ages, today)
        with interruptible(lambda: "what was fetched is kept, and the same command goes on from there"):
            asked = _fetch(wanted[:limit], chosen, writer, options)
        records = {url: record for url, record in writer.records.items() if url in catalogue.entries_of}
    return _Result(
        catalogue=catalogue,
        files=tuple(dict.fromkeys(file for several in files_of.values() for file in several)),
        records=records,
        asked=asked,
        changed=sum(_text(before, url) != _text(records, url) for url in asked),
        waiting=len(wanted) - len(wanted[:limit]),
    )


def _fetch(
    wanted: Sequence[Target], catalogue: Catalogue, writer: RecordWriter[PageRecord], options: Requests
) -> tuple[str, ...]:
    """Request pages and record each at once; return the addresses that were requested."""
    asked: list[str] = []
    with progress_bar("Fetching") as progress:

        def found(target: Target, verdict: Verdict) -> None:
            today = datetime.now(UTC).date()
            writer.add(advance(writer.records.get(target.url), target.url, verdict, today))
            asked.append(target.url)
            progress(len(asked), len(wanted))

        now = {target.url for target in wanted}
        good = [catalogue.target(url) for url in catalogue.entries_of if url not in now and _text(writer.records, url)]
        run = run_of(options, "reads the pages", found=found, network=Network(known=good), reader=read)
        if wanted:
            asyncio.run(run.check(wanted))
    if run.trouble:
        writer.take_back()
        raise click.ClickException(f"{run.trouble} Nothing was kept")
    return tuple(asked)


def _text(records: Mapping[str, PageRecord], url: str) -> PageText | None:
    """Return the text of a page; None without one."""
    record = records.get(url)
    return None if record is None or record.text.is_empty else record.text


def _tell(problem: CatalogueError) -> None:
    tell(f"{problem}; it is left out of the new file", err=True)


def _list(result: _Result) -> None:
    for url, record in result.records.items():
        if record.left_out:
            for entry in result.catalogue.entries_of[url]:
                earlier = "" if record.text.is_empty else "; the text of an earlier request is kept"
                tell(without_passwords(f"{entry.source}: {url}: {record.left_out}{earlier}"), err=True)


def _summary(result: _Result) -> dict[str, Any]:
    return {
        "pages": len(result.catalogue.entries_of),
        "requested": len(result.asked),
        "changed": result.changed,
        "with_text": result.with_text,
        "left_out": result.left_out,
        "waiting": result.waiting,
        "files": [str(file) for file in result.files],
    }


def _print(result: _Result) -> None:
    click.echo(
        f"{amount(len(result.asked), 'page')} requested, {result.changed:,} of them with another text than before",
        err=True,
    )
    click.echo(
        f"{result.with_text:,} of {amount(len(result.catalogue.entries_of), 'page has', 'pages have')} a text", err=True
    )
    for reason, count in result.left_out.items():
        tell(f"{count:6,} {reason}", err=True)
    if result.waiting:
        click.echo(
            f"{amount(result.waiting, 'more is', 'more are')} to be requested: run the same command again", err=True
        )
    if result.changed:
        click.echo("the next `signpost build` takes them into the index", err=True)
