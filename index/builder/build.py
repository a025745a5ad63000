"""Builds the bundle of a catalogue and makes it current."""

import gc
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from index.amounts import amount
from index.builder import news
from index.builder.diff import BundleDiff
from index.builder.encoders import encoder_for
from index.builder.origin import described, is_another, origin_of, refuse_another
from index.builder.pruning import RETENTION, Retention, prune
from index.builder.verdict import NOTHING_EXPECTED, BuildRefusedError, Expectations, Review, keep_places, review
from index.builder.write import BundleWriter, Ingredients
from index.bundle import IndexFolder
from index.catalogue.checks.overlay import with_status, without_private, without_retired
from index.catalogue.kept import ReadingCache
from index.catalogue.link import Entry, HijackedLinks, Link, Skip
from index.catalogue.merge import merge
from index.catalogue.pages.page_file import read_pages
from index.catalogue.pages.repetition import texts_for
from index.catalogue.questions import chosen, with_questions
from index.catalogue.read import examine
from index.catalogue.sources.copies import Refreshed, gather
from index.catalogue.sources.sources import AnySource, LocalSource
from index.encoder.choice import EncoderChoice
from index.errors import BuildBusyError, BuildError
from index.files import FileLock
from index.search.score import SHIPPED_WEIGHTS

SOURCES_FOLDER: Final = "sources"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildReport:
    """What a build did."""

    version: str
    changed: bool
    """Whether the current bundle is another one than before."""
    links: int
    encoded: int
    """Texts whose vectors were not in the cache."""
    hijacked: int = 0
    """Links that were left out because another page is at their address now."""
    pages: int = 0
    """Links with text of their own pages."""
    skipped: tuple[Skip, ...]
    diff: BundleDiff
    """What changed since the previous current bundle."""
    overruled: tuple[str, ...] = ()
    """The objections that `force` overruled."""
    pruned: tuple[str, ...] = ()
    """Old bundles that were removed."""
    notes: tuple[str, ...] = ()
    """Notes for the curator, such as golden questions that are for another catalogue."""
    sources: tuple[Refreshed, ...] = ()
    """The sources that have a name."""


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Switch the garbage collector off: a build's objects live to its end, and scanning them takes a fifth of its time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _uncounted(_done: int, _total: int) -> None:
    """Do nothing: the default for `progress`."""


def _untold(_line: str) -> None:
    """Do nothing: the default for `step`."""


@_without_garbage_collection()
def build(
    catalogue: Sequence[Path | AnySource],
    index: Path,
    *,
    encoder: EncoderChoice | None = None,
    vocabularies: Sequence[Path] = (),
    weights: Path = SHIPPED_WEIGHTS,
    full: bool = False,
    force: bool = False,
    replace: bool = False,
    refresh: bool = True,
    include_private: bool = False,
    pages: str | None = None,
    questions: str | None = None,
    language: str | None = None,
    hijacked: HijackedLinks = HijackedLinks.HIDE,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    reading: Callable[[int, int], None] = _uncounted,
    step: Callable[[str], None] = _untold,
    expected: Expectations = NOTHING_EXPECTED,
    keep: Retention = RETENTION,
) -> BuildReport:
    """Build the bundle of a catalogue and make it current.

    A failure or a kill at any moment leaves the current bundle as it is. `full` ignores what earlier builds kept; the
    result is the same byte for byte. An edit that looks like an accident, or answers that are worse than `expected`, raise
    BuildRefusedError unless `force` is given; the refused bundle is kept, but is not current. `progress(done, total)`
    counts texts, `reading` files, and `step` gets a line for people at the beginning of each part. An index of another
    catalogue is left alone unless `replace` is given; the two are then not compared.
    Remote sources are refreshed first, unless `refresh` is off; one that fails keeps its last good copy.
    Where `vocabularies` have the same form, the last one counts.
    Links that their owner marked as private are left out unless `include_private` is given. `pages` names the file of the
    pages' texts (by default the one beside the catalogue), `none` for none.
    `questions` names the file with further questions for the links, `none` for none; by default it is the one beside the
    catalogue.
    The words are read by the rules of `language`, a code of `index.search.language.CODES`; without it, of the one that
    titles and descriptions are in.
    `hijacked` says what becomes of links at whose own address the link checks found another page.
    Also raises CatalogueError, EncoderError, BuildError and OtherCatalogueError.
    """
    given = [LocalSource(path=source) if isinstance(source, Path) else source for source in catalogue]
    ingredients = Ingredients.read(vocabularies, weights)
    folder = IndexFolder(index)
    with _one_at_a_time(folder), _in_one_line(folder):
        replaced = is_another(folder, given)
        if replaced and not replace:
            refuse_another(folder, given)
        step(f"reading {described(given, folder.path)}")
        content = _read(
            folder,
            given,
            full=full,
            refresh=refresh,
            force=force,
            include_private=include_private,
            pages=pages,
            questions=questions,
            hijacked=hijacked,
            progress=reading,
        )
        config = encoder_for(folder, encoder or EncoderChoice())
        step(f"indexing {amount(len(content.links), 'link')}")
        writer = BundleWriter(folder, config, full=full, workers=workers, progress=progress, language=language)
        with folder.writing() as aside:
            encoded = writer.write(aside, content.links, content.pages, ingredients, content.report)
            version = folder.keep(aside, catalogue=content.name, encoder=config.key, links=len(content.links))
        step("comparing it with the index before" if folder.current_or_none() else "checking it")
        found = review(
            folder,
            version,
            content.entries,
            content.links,
            catalogue=content.name,
            expected=expected,
            is_other=replaced,
        )
        if found.reasons and not force:
            prune(folder, keep)  # a catalogue that is refused every day must not fill the disk
            raise BuildRefusedError(found.reasons, found.diff)
        before = folder.current_or_none()
        if replaced:
            news.forget(folder)
        elif version != before:
            news.record(folder, found.diff.links)
        folder.publish(version, len(content.links), origin_of(given, folder.path))
        keep_places(folder, version, content.links, content.entries)
        pruned = prune(folder, keep)
    return _report(content, found, version=version, changed=version != before, encoded=encoded, pruned=pruned)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """The links that were read from a catalogue, and those of them that are served."""

    name: str
    entries: tuple[Entry, ...]
    skipped: tuple[Skip, ...]
    links: Sequence[Link]
    hijacked: int
    sources: tuple[Refreshed, ...]
    pages: tuple[str, ...]
    """The text of each link's page, or an empty text."""
    notes: tuple[str, ...]
    """What is wrong with the files of the pages' texts."""

    @property
    def with_page(self) -> int:
        """Links with text of their own pages."""
        return sum(map(bool, self.pages))

    @property
    def report(self) -> dict[str, object]:
        """What a bundle's manifest says about how it was built."""
        return {
            "links": len(self.links),
            "entries": len(self.entries),
            "skipped": len(self.skipped),
            "hijacked": self.hijacked,
            **({"pages": self.with_page} if self.with_page else {}),
            # The number of a source's links is part of the bundle; when it was fetched is not.
            "sources": [{"name": source.name, "links": source.links} for source in self.sources],
        }


def _report(
    content: _Content, found: Review, *, version: str, changed: bool, encoded: int, pruned: tuple[str, ...]
) -> BuildReport:
    return BuildReport(
        version=version,
        changed=changed,
        links=len(content.links),
        encoded=encoded,
        skipped=content.skipped,
        hijacked=content.hijacked,
        pages=content.with_page,
        diff=found.diff,
        overruled=found.reasons,
        pruned=pruned,
        notes=(*content.notes, *found.notes),
        sources=content.sources,
    )


def _read(
    folder: IndexFolder,
    given: Sequence[AnySource],
    *,
    full: bool,
    refresh: bool,
    force: bool,
    include_private: bool,
    pages: str | None,
    questions: str | None,
    hijacked: HijackedLinks,
    progress: Callable[[int, int], None],
) -> _Content:
    """Read a catalogue from its sources, after refreshing the remote ones."""
    gathered = gather(given, folder.path / SOURCES_FOLDER, refresh=refresh, force=force)
    with ReadingCache(folder.cache, fresh=full) as kept:
        examined = examine(gathered.roots, name=gathered.name, kept=kept, progress=progress)
    reading = examined.reading if include_private else without_private(examined.reading)
    counted = zip(gathered.sources, examined.entries_of, strict=True)
    asked, notes = with_questions(merge(reading.entries), chosen(questions, reading.entries))
    meant = without_retired(asked)
    links = with_status(meant, reading.entries, hijacked)
    if not links:
        hidden = len(examined.reading.entries) - len(reading.entries)
        advice = f"; --include-private builds of its {hidden} private links too" if hidden else ""
        raise BuildError(f"every link of {reading.name!r} is hijacked, retired or private; nothing was changed{advice}")
    kept_pages = read_pages(reading.entries, pages)
    return _Content(
        name=reading.name,
        entries=reading.entries,
        skipped=reading.skipped,
        links=links,
        hijacked=len(meant) - len(links),
        sources=tuple(replace(source, links=count) for source, count in counted if source.name),
        pages=texts_for(links, kept_pages),
        notes=(*notes, *kept_pages.problems),
    )


@contextmanager
def _in_one_line(folder: IndexFolder) -> Iterator[None]:
    """Turn an OSError of writing the index into a BuildError of one line."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        place = getattr(error, "filename", None) or folder.path
        reason = getattr(error, "strerror", None) or str(error)
        raise BuildError(f"{place}: cannot write the index ({reason}); the one that is current is untouched") from error


@contextmanager
def _one_at_a_time(folder: IndexFolder) -> Iterator[None]:
    """Hold the index's build lock; BuildBusyError when another build holds it."""
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder.path / "build.lock", create=True)
    except BlockingIOError:
        raise BuildBusyError(f"{folder.path}: another build is running; wait for it to end") from None
    except OSError as error:
        raise BuildError(f"{folder.path}: cannot write an index there ({error.strerror})") from error
    with lock:
        yield
