"""`signpost check --links`: finds the dead, moved and suspicious links of a catalogue."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click

from index.catalogue.checks.checker import Target
from index.catalogue.checks.network import Network
from index.catalogue.checks.plan import Catalogue, Terms, converging
from index.catalogue.checks.records import Record, Recorder, Standing, Verdict, advance, to_row
from index.catalogue.formats.edit import fix_file
from index.catalogue.formats.which import SUFFIXES, Format
from index.catalogue.link import Entry
from index.catalogue.read import read
from index.catalogue.sources.sources import AnySource
from index.catalogue.urls import is_web_url
from index.cli.link_options import LinkChecks
from index.cli.link_run import run_of
from index.cli.progress import interruptible, progress_bar
from index.cli.sources import gathered

#: The results that a curator should act on, the worst first.
PROBLEMS: Final = (Standing.HIJACKED, Standing.DEAD, Standing.SUSPICIOUS, Standing.MOVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """What is known of a catalogue's links after a run."""

    catalogue: Catalogue
    records: Mapping[str, Record]
    """The record of every address of the catalogue."""
    checked: int
    fixed: Mapping[str, str]
    """Old to new address, for the addresses that were replaced everywhere in the catalogue."""

    def rows(self) -> Iterator[tuple[Entry, Record]]:
        """Yield each entry with its record, in the catalogue's order."""
        for url, record in self.records.items():
            for entry in self.catalogue.entries_of[url]:
                yield entry, record

    @property
    def counts(self) -> dict[str, int]:
        """The number of addresses with each standing."""
        counts = Counter(record.standing for record in self.records.values())
        return {str(standing): counts[standing] for standing in Standing}

    @property
    def is_fine(self) -> bool:
        """Whether nothing is left for a curator to do."""
        return not any(record.standing in PROBLEMS and url not in self.fixed for url, record in self.records.items())


def check_links(sources: Sequence[AnySource | Path], options: LinkChecks, *, as_json: bool) -> int:
    """Check the links of catalogues, print what is wrong, and return the exit code."""
    with gathered(sources) as found:
        whole = Catalogue.of(read(found.roots).entries)
    catalogue = whole.without(options.exclude)
    with Recorder(whole.folders_of).writing() as recorder:
        with interruptible(lambda: "what was found is kept, and the same command goes on from there"):
            checked = _check(catalogue, recorder, options)
        for record in converging(recorder.records[url] for url in catalogue.entries_of):
            recorder.add(record)
        records = {url: recorder.records[url] for url in catalogue.entries_of}
        fixed = _fix(catalogue, recorder) if options.fix else {}
    result = _Result(catalogue=catalogue, records=records, checked=checked, fixed=fixed)
    if as_json:
        click.echo(json.dumps(_summary(result), ensure_ascii=False))
    else:
        _print(result, verbose=options.verbose)
    return 0 if result.is_fine else 1


def _check(catalogue: Catalogue, recorder: Recorder, options: LinkChecks) -> int:
    """Check the links that are due and record each result at once; return how many were checked."""
    terms = Terms(max_age=timedelta(days=options.max_age), again=options.again)
    due = catalogue.due(recorder.records, terms, datetime.now(UTC))
    done = 0
    with progress_bar("Checking") as progress:

        def found(target: Target, verdict: Verdict) -> None:
            nonlocal done
            before, now = recorder.records.get(target.url), datetime.now(UTC)
            recorder.add(advance(before, target.url, verdict, now=now, dead_after=options.dead_after))
            done += 1
            progress(done, len(due))

        network = Network(known=catalogue.good(recorder.records, but=due))
        run = run_of(options, "checks the links", found=found, network=network)
        if due:
            asyncio.run(run.check(due))
    if run.trouble:
        recorder.take_back()
        raise click.ClickException(f"{run.trouble} No link was judged")
    return done


def _fix(catalogue: Catalogue, recorder: Recorder) -> dict[str, str]:
    """Write the new addresses into the files; return those replaced everywhere. Prints which it cannot write."""
    moves = {
        url: record.to
        for url in catalogue.entries_of
        if (record := recorder.records[url]).standing is Standing.MOVED and is_web_url(record.to)
    }
    by_file: dict[str, dict[str, str]] = {}
    for url, to in moves.items():
        for entry in catalogue.entries_of[url]:
            by_file.setdefault(entry.source.path, {})[url] = to
    left: set[str] = set()
    for file, wanted in by_file.items():
        if not Path(file).is_file():
            left |= set(wanted)
            click.echo(f"{file}: {_counted(len(wanted), 'moved link')} to change where this list is kept", err=True)
            continue
        form = SUFFIXES.get(Path(file).suffix.lower(), Format.NATIVE)
        if form is Format.NATIVE:
            count = fix_file(Path(file), wanted)
            click.echo(f"{file}: {count} moved {'address' if count == 1 else 'addresses'} replaced", err=True)
            continue
        left |= set(wanted)
        click.echo(
            f"{file}: {_counted(len(wanted), 'moved link')} in {form}, which --fix does not write: "
            "make YAML of it with `signpost import`, or change them by hand",
            err=True,
        )
    fixed = {url: to for url, to in moves.items() if url not in left}
    for url, to in fixed.items():
        recorder.rename(url, to)
    return fixed


def _summary(result: _Result) -> dict[str, Any]:
    return {
        "checked": result.checked,
        "fixed": result.fixed,
        "counts": result.counts,
        "links": [
            {"file": entry.source.path, "line": entry.source.line, **to_row(record)} for entry, record in result.rows()
        ],
    }


def _print(result: _Result, *, verbose: bool) -> None:
    shown = {*PROBLEMS, Standing.FAILING, *([Standing.UNKNOWN] if verbose else [])}
    for entry, record in result.rows():
        if record.standing in shown and entry.link.url not in result.fixed:
            days = f" (gone on {_counted(len(record.failed_on), 'day')})" if record.failed_on else ""
            unclear = f"; the last check said nothing: {record.unclear}" if record.unclear and verbose else ""
            click.echo(f"{entry.source}: {record.standing}: {record.url}: {record.reason}{days}{unclear}")
    counts = ", ".join(f"{count} {standing}" for standing, count in result.counts.items() if count)
    fresh = len(result.records) - result.checked
    click.echo(f"{result.checked} links checked, {fresh} known from before: {counts}", err=True)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
