"""`signpost check --links`: finds the dead, moved and suspicious links of a catalogue."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from index.amounts import amount
from index.catalogue.checks.checker import Target
from index.catalogue.checks.evidence import advance, converging, explained, is_left_out
from index.catalogue.checks.network import Network
from index.catalogue.checks.plan import Catalogue, Terms
from index.catalogue.checks.records import (
    CHECKS,
    PROBLEMS,
    STATE_FILE,
    Record,
    Recorder,
    Standing,
    Verdict,
    day_to_row,
    to_row,
)
from index.catalogue.formats.edit import fix_file
from index.catalogue.formats.which import SUFFIXES, Format
from index.catalogue.link import Entry, Finding, Reading
from index.catalogue.lint import users
from index.catalogue.read import read
from index.catalogue.sources.sources import AnySource
from index.catalogue.urls import is_web_url, normalise, without_passwords
from index.cli.link_options import LinkChecks
from index.cli.link_run import run_of
from index.cli.printing import tell
from index.cli.progress import interruptible, progress_bar
from index.cli.sources import gathered


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """What is known of a catalogue's links after a run."""

    catalogue: Catalogue
    records: Mapping[str, Record]
    """The record of every address of the catalogue."""
    checked: int
    fixed: Mapping[str, str]
    """Old to new address, for the addresses that were replaced everywhere in the catalogue."""
    remarks: tuple[Finding, ...] = ()
    """What is wrong with addresses whatever answers at them."""

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
        return not self.remarks and not any(
            record.standing in PROBLEMS and url not in self.fixed for url, record in self.records.items()
        )


def utc_now() -> datetime:
    """Return the time by the machine's clock."""
    return datetime.now(UTC)


def check_links(
    sources: Sequence[AnySource | Path], options: LinkChecks, *, as_json: bool, now: Callable[[], datetime] = utc_now
) -> int:
    """Check the links of catalogues, print what is wrong, and return the exit code."""
    with gathered(sources) as found:
        reading = read(found.roots)
    whole = Catalogue.of(reading.entries)
    if options.explain is not None:
        return _explain(whole, options.explain, options.dead_after, as_json=as_json)
    catalogue = whole.without(options.exclude)
    with Recorder(whole.folders_of).writing() as recorder:
        with interruptible(lambda: "what was found is kept, and the same command goes on from there"):
            checked = _check(catalogue, recorder, options, now)
        for record in converging((recorder.records[url] for url in catalogue.entries_of), options.dead_after):
            recorder.add(record)
        records = {url: recorder.records[url] for url in catalogue.entries_of}
        fixed = _fix(catalogue, recorder) if options.fix else {}
    result = _Result(
        catalogue=catalogue, records=records, checked=checked, fixed=fixed, remarks=_remarks(reading, catalogue)
    )
    if as_json:
        click.echo(json.dumps(_summary(result), ensure_ascii=False))
    else:
        _print(result, verbose=options.verbose)
    return 0 if result.is_fine else 1


def _remarks(reading: Reading, catalogue: Catalogue) -> tuple[Finding, ...]:
    """Return what lint says of users and passwords in the addresses: a page that answers does not make them right."""
    checked = tuple(entry for entry in reading.entries if entry.link.url in catalogue.entries_of)
    found = users(replace(reading, entries=checked))
    return tuple(replace(one, message=without_passwords(one.message)) for one in found)


def _check(catalogue: Catalogue, recorder: Recorder, options: LinkChecks, now: Callable[[], datetime]) -> int:
    """Check the links that are due and record each result at once; return how many were checked."""
    terms = Terms(max_age=timedelta(days=options.max_age), again=options.again)
    due = catalogue.due(recorder.records, terms, now())
    done = 0
    with progress_bar("Checking") as progress:

        def found(target: Target, verdict: Verdict) -> None:
            nonlocal done
            before = recorder.records.get(target.url)
            recorder.add(advance(before, target.url, verdict, now=now(), dead_after=options.dead_after))
            done += 1
            progress(done, len(due))

        network = Network(
            known=catalogue.good(recorder.records, but=due),
            turned_share=options.turned_share,
            turned_count=options.turned_count,
        )
        run = run_of(options, "checks the links", found=found, network=network, inside=options.inside)
        if due:
            asyncio.run(run.check(due))
    if run.trouble:
        recorder.take_back()
        raise click.ClickException(f"{run.trouble} No link was judged")
    return done


def _explain(catalogue: Catalogue, url: str, dead_after: int, *, as_json: bool) -> int:
    """Print what was seen of a link on each day; return the exit code."""
    page = normalise(url)
    urls = [url] if url in catalogue.entries_of else [one for one in catalogue.entries_of if normalise(one) == page]
    if not urls:
        raise click.ClickException(f"{url} is not in this catalogue; give the address as its list has it")
    folders = catalogue.folders_of[urls[0]]
    record = CHECKS.read_all(folder / STATE_FILE for folder in folders).get(urls[0])
    if record is None:
        raise click.ClickException(f"{urls[0]} was never checked; `signpost check --links` does")
    lines = explained(record, dead_after)
    if as_json:
        row = {**to_row(record), "left_out": is_left_out(record), "change": lines[-1].partition(": ")[2]}
        row["days"] = [day_to_row(day) for day in record.days]
        lines = [json.dumps(row, ensure_ascii=False)]
    tell("\n".join(lines))
    return 0


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
            click.echo(f"{file}: {amount(len(wanted), 'moved link')} to change where this list is kept", err=True)
            continue
        form = SUFFIXES.get(Path(file).suffix.lower(), Format.NATIVE)
        if form is Format.NATIVE:
            count = fix_file(Path(file), wanted)
            click.echo(f"{file}: {count} moved {'address' if count == 1 else 'addresses'} replaced", err=True)
            continue
        left |= set(wanted)
        click.echo(
            f"{file}: {amount(len(wanted), 'moved link')} in {form}, which --fix does not write: "
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
        "remarks": [
            {"file": one.source.path, "line": one.source.line, "rule": str(one.rule), "message": one.message}
            for one in result.remarks
        ],
        "links": [
            {"file": entry.source.path, "line": entry.source.line, **to_row(record)} for entry, record in result.rows()
        ],
    }


def _print(result: _Result, *, verbose: bool) -> None:
    shown = {*PROBLEMS, Standing.FAILING, *([Standing.UNKNOWN] if verbose else [])}
    for entry, record in result.rows():
        if record.standing in shown and entry.link.url not in result.fixed:
            days = f" (gone on {amount(len(record.failed_on), 'day')})" if record.failed_on else ""
            unclear = f"; the last check said nothing: {record.unclear}" if record.unclear and verbose else ""
            tell(f"{entry.source}: {record.standing}: {record.url}: {record.reason}{days}{unclear}")
    for remark in result.remarks:
        tell(str(remark))
    counts = ", ".join(f"{count:,} {standing}" for standing, count in result.counts.items() if count)
    fresh = len(result.records) - result.checked
    click.echo(f"{amount(result.checked, 'link')} checked, {fresh:,} known from before: {counts}", err=True)
