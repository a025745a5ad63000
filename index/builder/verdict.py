"""Decides whether a bundle may become current: no edit that looks like an accident, and no worse answers."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from index.builder.accidents import CatalogueEdit, objections
from index.builder.diff import BundleDiff, LinkDiff, Quality, diff_links, moved_answers, open_both
from index.bundle import IndexFolder
from index.catalogue.checks.overlay import mended
from index.catalogue.link import Entry, Link, Source
from index.catalogue.urls import normalise
from index.errors import BuildError, BundleError
from index.files import sha256, write_atomically
from index.judge.evaluate import Judged, answer_row, judge
from index.judge.figures import summarise
from index.judge.golden import Golden, GoldenAnswer, GoldenQuestion, ask_golden
from index.search.links import LINKS_FILE, LinkFile
from index.search.searcher import Searcher

#: By default nDCG@10 may fall, and the share of false answers rise, by this much.
MARGIN: Final = 0.01
#: At most this many reasons are named in one line.
_NAMED = 3


class BuildRefusedError(BuildError):
    """The bundle was built and not made current: an edit looks like an accident, or the answers got worse."""

    def __init__(self, reasons: Sequence[str], diff: BundleDiff) -> None:
        """Name the first reasons; all of them are in `reasons`, and what changed is in `diff`."""
        self.reasons = tuple(reasons)
        self.diff = diff
        named = "; ".join(self.reasons[:_NAMED])
        more = f"; and {len(self.reasons) - _NAMED} more" if len(self.reasons) > _NAMED else ""
        super().__init__(f"{named}{more}; nothing was changed; build with --force if this was meant")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectations:
    """What the answers of a bundle are compared with."""

    golden: Golden | None = None
    judged: tuple[dict[str, Any], ...] = ()
    """Rows of the files of judged questions."""
    margin: float = MARGIN


NOTHING_EXPECTED: Final = Expectations()


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What changed, and the objections to making the new bundle current."""

    diff: BundleDiff
    reasons: tuple[str, ...]
    notes: tuple[str, ...] = ()


def review(
    folder: IndexFolder,
    new: str,
    entries: Sequence[Entry],
    served: Sequence[Link],
    *,
    catalogue: str,
    expected: Expectations,
    is_other: bool = False,
) -> Review:
    """Compare a new bundle, not yet current, with the current one and with what is expected of it.

    With `is_other`, the current bundle is of another catalogue, and the two are not compared.
    """
    old, places, files = (None, (), frozenset[str]()) if is_other else _comparable(folder, catalogue, entries)
    links = diff_links(folder.folder(old), folder.folder(new)) if old else LinkDiff()
    edit = CatalogueEdit(
        entries=entries,
        before=tuple(LinkFile(folder.folder(old))) if old and links.removed else (),
        places=places,
        files_before=files,
        links=links,
        served=served,
        is_first=old is None,
        mended=mended(entries) if links.removed else {},
    )
    questions, notes = _questions(expected.golden, catalogue)
    golden, quality = _ask(folder, old, new, questions, expected.judged)
    against = (*map(str, objections(edit)), *_lost(golden, entries), *_worse(quality, expected.margin))
    moved = moved_answers(golden)
    diff = BundleDiff(old=old or "", new=new, links=links, asked=len(golden), moved=moved, quality=quality)
    return Review(diff=diff, reasons=against, notes=notes)


def _questions(golden: Golden | None, catalogue: str) -> tuple[tuple[GoldenQuestion, ...], tuple[str, ...]]:
    """Return the golden questions and notes; questions for another catalogue give none, and a note."""
    if golden is None or golden.belongs_to(catalogue):
        return golden.questions if golden else (), ()
    return (), (f"{golden.path}: not asked, it is for the catalogue {golden.catalogue!r} and this is {catalogue!r}",)


def _comparable(
    folder: IndexFolder, catalogue: str, entries: Sequence[Entry]
) -> tuple[str | None, tuple[Source, ...], frozenset[str]]:
    """Return the current bundle, the places of its links, and all files that it was read from.

    None without a current bundle with undamaged links, or when it is of another catalogue: another name and no file shared
    with this one.
    """
    try:
        version = folder.current()
        manifest = folder.manifest(version)
        whole = sha256(folder.folder(version) / LINKS_FILE) == manifest.files.get(LINKS_FILE)
    except (BundleError, OSError):
        return None, (), frozenset()
    places, files = read_places(folder, version, manifest.links)
    same = manifest.catalogue == catalogue or any(entry.source.path in files for entry in entries)
    return (version, places, files) if whole and same else (None, (), frozenset())


def _ask(
    folder: IndexFolder,
    old: str | None,
    new: str,
    questions: Sequence[GoldenQuestion],
    judged: Sequence[dict[str, Any]],
) -> tuple[list[tuple[GoldenAnswer, GoldenAnswer]], Quality | None]:
    """Ask the old and the new bundle; without questions, neither is opened."""
    if not questions and not judged:
        return [], None
    try:
        before, after = open_both(folder.path, old or new, new, checked=(new,))
    except BundleError:  # the old one is damaged; this build repairs that
        before, after = open_both(folder.path, new, new, checked=(new,))
    now = ask_golden(after, questions)
    was = now if before is after else ask_golden(before, questions)
    quality = None
    if judged:
        figures = _figures(after, judged)
        quality = Quality(before=figures if before is after else _figures(before, judged), after=figures)
    return list(zip(was, now, strict=True)), quality


def _figures(searcher: Searcher, judged: Sequence[dict[str, Any]]) -> dict[str, float]:
    return summarise(judge(Judged.from_row(row), answer_row(searcher, row)) for row in judged)


def _lost(golden: Iterable[tuple[GoldenAnswer, GoldenAnswer]], entries: Sequence[Entry]) -> Iterator[str]:
    """Yield for each golden question that is lost a line: what came first instead, and what to do."""
    answers = [now for _, now in golden if not now.holds]
    there = {normalise(entry.link.url) for entry in entries} if answers else set()
    for answer in answers:
        question = answer.question
        asked = f"{question.source}: {question.text!r:.200}"
        wanted = " and ".join(question.links)
        if gone := " and ".join(url for url in question.links if normalise(url) not in there):
            yield f"{asked} must find {gone}, no longer in the catalogue; put it back, or mend the question"
            continue
        place = f"among the first {question.within} links" if question.within > 1 else "as the first link"
        found = " ".join(answer.urls[: question.within]) or "nothing"
        yield f"{asked} must have {wanted} {place}, and has {found}; mend the catalogue, or the question"


def _worse(quality: Quality | None, margin: float) -> Iterator[str]:
    """Yield a line for each metric that got worse by more than the margin."""
    if quality is None:
        return
    for name, sign in (("ndcg@10", 1), ("false_answers", -1)):
        before, after = quality.before.get(name), quality.after.get(name)
        if before is not None and after is not None and sign * (before - after) > margin:
            yield f"the judged questions' {name} went from {before:.3f} to {after:.3f}, by more than {margin:g}"


def keep_places(folder: IndexFolder, version: str, links: Sequence[Link], entries: Sequence[Entry]) -> None:
    """Record the places of a bundle's links in the catalogue's files, beside the bundle and not in it."""
    first = {normalise(entry.link.url): entry.source for entry in reversed(entries)}
    places = [first[normalise(link.url)] for link in links]
    row = {
        "files": list(dict.fromkeys(entry.source.path for entry in entries)),
        "places": [(place.path, place.line) for place in places],
    }
    write_atomically(_places_path(folder, version), json.dumps(row).encode())


def read_places(folder: IndexFolder, version: str, links: int) -> tuple[tuple[Source, ...], frozenset[str]]:
    """Return the place of each link of a bundle, and the files that it was read from; empty when not recorded."""
    try:
        row = json.loads(_places_path(folder, version).read_bytes())
        places = tuple(Source(path=path, line=line) for path, line in row["places"])
        files = frozenset(row["files"])
    except (OSError, ValueError, TypeError, KeyError):
        return (), frozenset()
    return (places, files) if len(places) == links else ((), frozenset())


def _places_path(folder: IndexFolder, version: str) -> Path:
    return folder.cache / f"places-{version}.json"
