"""`signpost build`: builds the bundle of a catalogue."""

import json
import signal
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Final

import click

from index import defaults
from index.amounts import amount
from index.builder.build import BuildReport, build
from index.builder.diff import BundleDiff
from index.builder.origin import described, own_sources
from index.builder.pruning import RETENTION, Retention
from index.builder.verdict import MARGIN, BuildRefusedError, Expectations
from index.builder.watch import files_of, watch
from index.bundle import IndexFolder
from index.catalogue.link import HijackedLinks
from index.catalogue.sources.sources import AnySource, LocalSource
from index.cli import diff
from index.cli.eval_ import read_judged
from index.cli.options import (
    golden_option,
    index_option,
    json_option,
    layers,
    pages_option,
    private_option,
    questions_option,
    vocabulary_option,
)
from index.cli.printing import tell
from index.cli.progress import interruptible, progress_bar, tell_step
from index.cli.sources import SourceType, tell_skipped, verbose_option
from index.encoder.choice import PACKAGED_MODEL, PRECISIONS, EncoderChoice
from index.errors import BuildBusyError, BuildError, OtherCatalogueError, SignpostError
from index.judge.golden import chosen
from index.search.language import CODES

#: A build prints at most this many lines of a diff.
MOST_PRINTED: Final = 60


#: The fields of each source in the JSON output.
_OF_A_SOURCE: Final = ("name", "address", "state", "links", "fetched_at", "problem")


@click.command("build", short_help="Build the index of a catalogue and make it current.")
@click.option(
    "--catalogue",
    metavar="SOURCE",
    multiple=True,
    type=SourceType(),
    envvar="SIGNPOST_CATALOGUE",
    help="A file, folder or pattern, https://… or git+https://…[@BRANCH][#PATH], or a file of sources; NAME= before it "
    "names it; may be given several times.  [default: what the index was built of, or else the shipped catalogue]",
)
@index_option
@click.option("--full", is_flag=True, help="Encode every text again, also those whose vectors are cached.")
@click.option(
    "--force", is_flag=True, help="Make it current even if the edit looks like an accident or answers got worse."
)
@click.option("--replace", is_flag=True, help="Replace the index of another catalogue by this one.")
@click.option("--offline", is_flag=True, help="Fetch nothing; read the last good copies of remote sources.")
@private_option
@click.option("--watch", "is_watching", is_flag=True, help="Build again whenever a file of the catalogue changes.")
@golden_option
@pages_option
@questions_option
@click.option(
    "--judged",
    metavar="FILE.jsonl",
    multiple=True,
    type=click.Path(path_type=Path),
    envvar="SIGNPOST_JUDGED",
    help="Judged questions; may be given several times. Answers to them may not get worse by more than --margin.",
)
@click.option(
    "--margin",
    metavar="X",
    type=click.FloatRange(0, 1),
    default=MARGIN,
    envvar="SIGNPOST_MARGIN",
    show_default=True,
    help="How much nDCG@10 may fall, and the share of false answers rise.",
)
@click.option(
    "--report",
    metavar="FILE.md",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write what changed as Markdown, also when the build is refused; `-` for stdout.",
)
@click.option(
    "--keep",
    metavar="N",
    type=click.IntRange(min=2),
    default=RETENTION.count,
    envvar="SIGNPOST_KEEP",
    show_default=True,
    help="Bundles to keep; the current one and the one before it always are.",
)
@click.option(
    "--keep-days",
    metavar="N",
    type=click.IntRange(min=0),
    default=RETENTION.days,
    envvar="SIGNPOST_KEEP_DAYS",
    show_default=True,
    help="Days to keep a bundle after it was last current.",
)
@vocabulary_option
@click.option(
    "--language",
    metavar="CODE",
    type=click.Choice(CODES),
    envvar="SIGNPOST_LANGUAGE",
    help="The language whose words the catalogue is read by, such as de, fr or ja.  [default: the one it is written in]",
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
@click.option(
    "--hijacked-links",
    type=click.Choice(list(HijackedLinks)),
    default=HijackedLinks.HIDE,
    envvar="HIJACKED_LINKS",
    show_default=True,
    help="Links at whose own address the link checks found another page, on two days: left out, or marked.",
)
@click.option("--query-prompt", metavar="TEXT", envvar="SIGNPOST_QUERY_PROMPT", help="Put before each question.")
@click.option("--document-prompt", metavar="TEXT", envvar="SIGNPOST_DOCUMENT_PROMPT", help="Put before each link.")
@verbose_option
@json_option
def build_command(
    catalogue: tuple[AnySource, ...],
    index: Path,
    *,
    full: bool,
    force: bool,
    replace: bool,
    offline: bool,
    include_private: bool,
    is_watching: bool,
    golden: str | None,
    pages: str | None,
    questions: str | None,
    judged: tuple[Path, ...],
    margin: float,
    report: Path | None,
    keep: int,
    keep_days: int,
    vocabulary: tuple[Path, ...],
    language: str | None,
    model: str,
    adapter: str | None,
    precision: str,
    hijacked_links: str,
    query_prompt: str | None,
    document_prompt: str | None,
    verbose: bool,
    as_json: bool,
) -> None:
    """Build the index of a catalogue and make it current.

    Only changed texts are encoded. If anything goes wrong, the current index keeps answering. A source that cannot be
    fetched keeps its last good copy and is reported; the exit code is 2 only if it has no such copy. An index remembers
    its catalogue: without --catalogue that is built again, and another catalogue needs --replace.
    With --watch, a bad edit is a line and the next one counts.
    """
    choice = EncoderChoice(
        model=model,
        adapter=_adapter(model, adapter),
        precision=precision,
        query_prompt=query_prompt,
        document_prompt=document_prompt,
    )
    sources = catalogue or own_sources(IndexFolder(index))
    if not catalogue and not as_json:
        click.echo(f"{index} is built of {described(sources, index)}", err=True)
    local = [source.path for source in sources if isinstance(source, LocalSource)]
    words = layers(vocabulary)

    def once(*, refresh: bool, full: bool) -> None:
        expected = Expectations(golden=chosen(golden, local), judged=_judged(judged), margin=margin)
        try:
            with (
                interruptible(state_of(IndexFolder(index))),
                progress_bar("Reading") as reading,
                progress_bar("Encoding", lines=as_json) as progress,
            ):
                done = build(
                    sources,
                    index,
                    encoder=choice,
                    vocabularies=words,
                    language=language,
                    full=full,
                    force=force,
                    replace=replace,
                    refresh=refresh,
                    include_private=include_private,
                    pages=pages,
                    questions=questions,
                    hijacked=HijackedLinks(hijacked_links),
                    progress=progress,
                    reading=reading,
                    step=tell_step,
                    expected=expected,
                    keep=Retention(count=keep, days=keep_days),
                )
        except BuildRefusedError as error:
            _write_report(report, error.diff, error.reasons)
            for line in diff.answers(error.diff):
                click.echo(line, err=True)
            raise
        _write_report(report, done.diff, done.overruled)
        if as_json:
            click.echo(json.dumps(_as_json(done), ensure_ascii=False))
        else:
            _print(done, IndexFolder(index), verbose=verbose)

    if not is_watching:
        once(refresh=not offline, full=full)
        return
    others = (*words, *judged, *(Path(named) for named in (golden, pages, questions) if named))
    _watch(lambda: (*files_of(sources), *others), once, refresh=not offline, full=full)


def _watch(paths: Callable[[], Iterable[Path]], once: Callable[..., None], *, refresh: bool, full: bool) -> None:
    """Build now and after each change; a failed build prints one line, and watching goes on."""
    stop, first, busy = threading.Event(), True, False

    def again() -> bool:
        nonlocal first, busy
        try:
            # Remote sources are fetched only for the first build: the changes that are watched are on this disk.
            once(refresh=refresh and first, full=full and first)
        except BuildBusyError as error:
            if not busy:
                tell(f"signpost: {error}", err=True)
            busy = True
            return False
        except OtherCatalogueError:  # no edit of the catalogue can help
            raise
        except SignpostError as error:
            tell(f"signpost: {' '.join(str(error).split())}", err=True)
        first = busy = False
        return True

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    click.echo("watching the catalogue; Ctrl-C ends", err=True)
    try:
        watch(paths, again, stop=stop)
    except KeyboardInterrupt:
        click.echo("stopped", err=True)


def state_of(folder: IndexFolder) -> Callable[[], str]:
    """Return a function that says, some time later, what has become of an index until then."""
    before = folder.current_or_none()

    def state() -> str:
        now = folder.current_or_none()
        if now != before:
            return f"{now} is current already"
        kept = f"{before} is still current" if before else f"there is no index in {folder.path} yet"
        return f"{kept}; what was encoded is kept, and the next build goes on from there"

    return state


def _print(done: BuildReport, folder: IndexFolder, *, verbose: bool) -> None:
    for source in done.sources:
        if source.problem:
            kept = (
                f"its {amount(source.links, 'link')} of {source.fetched_at} {'is' if source.links == 1 else 'are'} kept"
            )
            tell(f"source {source.name}: {source.problem}; {kept}", err=True)
    _print_diff(done.diff)
    state = "is current" if done.changed else "was current already"
    size = f"{folder.size(done.version) / 1_000_000:,.1f} MB"
    click.echo(
        f"{done.version} {state}: {amount(done.links, 'link')}, {amount(done.encoded, 'text')} encoded, {size}",
        err=True,
    )
    if done.pages:
        click.echo(
            f"{amount(done.pages, 'link has text of its own page', 'links have text of their own pages')}",
            err=True,
        )
    if done.hijacked:
        click.echo(
            f"{amount(done.hijacked, 'link was', 'links were')} left out: another page is at "
            f"{'its address' if done.hijacked == 1 else 'their addresses'} now",
            err=True,
        )
    for note in (*done.notes, *(f"forced: {reason}" for reason in done.overruled)):
        tell(note, err=True)
    if done.skipped:
        tell_skipped("of the sources' entries, ", done.skipped, verbose=verbose)


def _as_json(done: BuildReport) -> dict[str, object]:
    return {
        **{field.name: getattr(done, field.name) for field in fields(done)},
        "skipped": [asdict(skip) for skip in done.skipped],
        "diff": diff.as_row(done.diff),
        "sources": [{name: getattr(source, name) for name in _OF_A_SOURCE} for source in done.sources],
    }


def _judged(files: Sequence[Path]) -> tuple[dict[str, Any], ...]:
    return tuple(row for path in files for row in read_judged(path))


def _write_report(path: Path | None, changes: BundleDiff, refused: Sequence[str]) -> None:
    if path is None:
        return
    text = diff.as_markdown(changes, refused)
    if str(path) == "-":
        tell(text, nl=False)
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BuildError(f"{path}: cannot write the report ({error.strerror})") from error


def _print_diff(changes: BundleDiff) -> None:
    """Print what changed since the previous bundle; nothing if there was none or nothing changed."""
    if not changes.old:
        return
    lines = list(diff.lines(changes))
    for line in lines[:MOST_PRINTED]:
        tell(line, err=True)
    if len(lines) > MOST_PRINTED:
        click.echo(
            f"… {amount(len(lines) - MOST_PRINTED, 'line')} more: signpost diff {changes.old} {changes.new}", err=True
        )
    if lines:
        click.echo(diff.summary(changes), err=True)


def _adapter(model: str, adapter: str | None) -> Path | None:
    if adapter == "none":
        return None
    if adapter:
        return Path(adapter)
    return defaults.ADAPTER if model == PACKAGED_MODEL else None
