"""What changed between two bundles: their links, and their answers to golden and judged questions."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from index.bundle import IndexFolder
from index.catalogue.link import Link, link_from_row
from index.catalogue.urls import normalise
from index.judge.golden import Golden, GoldenAnswer, ask_golden
from index.search.links import LINKS_FILE
from index.search.searcher import Searcher


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedLink:
    """A link that both bundles have under the same address, but with different fields."""

    before: Link
    after: Link

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields that differ, in the order of the catalogue's fields."""
        names = (one.name for one in fields(Link))
        return tuple(name for name in names if getattr(self.before, name) != getattr(self.after, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedAnswer:
    """A golden question that the two bundles answer differently, or whose expected links do not come first."""

    question: str
    wanted: tuple[str, ...]
    """The links that must come first."""
    before: tuple[str, ...]
    """The first links of the old bundle; empty when it had no answer."""
    after: tuple[str, ...]
    lost: bool
    """Whether the expected links do not come first in the new bundle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How good the answers to judged questions are, by metric."""

    before: Mapping[str, float]
    after: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkDiff:
    """The links that were added, removed and changed, each in the order of the catalogue that has them."""

    added: tuple[Link, ...] = ()
    removed: tuple[Link, ...] = ()
    changed: tuple[ChangedLink, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleDiff:
    """Everything that people may notice when one bundle replaces another."""

    old: str
    """The bundles' versions."""
    new: str
    links: LinkDiff
    asked: int = 0
    """Number of golden questions that both bundles were asked."""
    moved: tuple[MovedAnswer, ...] = ()
    quality: Quality | None = None
    """None when no judged questions were asked."""

    @property
    def lost(self) -> tuple[MovedAnswer, ...]:
        """The golden questions that the new bundle answers wrongly."""
        return tuple(one for one in self.moved if one.lost)


def diff_links(old: Path, new: Path) -> LinkDiff:
    """Compare the links of two bundles' folders; addresses are compared after `normalise`.

    Links with equal lines are not parsed: of 15,000 links, few change from one build to the next.
    """
    lines, fresh_lines = ((folder / LINKS_FILE).read_bytes().splitlines() for folder in (old, new))
    kept = set(lines) & set(fresh_lines)
    before = _by_address(line for line in lines if line not in kept)
    after = _by_address(line for line in fresh_lines if line not in kept)
    return LinkDiff(
        added=tuple(link for key, link in after.items() if key not in before),
        removed=tuple(link for key, link in before.items() if key not in after),
        changed=tuple(ChangedLink(before=before[key], after=link) for key, link in after.items() if key in before),
    )


def _by_address(lines: Iterable[bytes]) -> dict[str, Link]:
    links = (link_from_row(json.loads(line)) for line in lines)
    return {normalise(link.url): link for link in links}


def moved_answers(answers: Iterable[tuple[GoldenAnswer, GoldenAnswer]]) -> tuple[MovedAnswer, ...]:
    """Return the questions whose first links changed, or are not the expected ones, in the order of the file."""
    found = []
    for old, new in answers:
        question = new.question
        was, now = old.urls[: question.within], new.urls[: question.within]
        if was != now or not new.holds:
            found.append(
                MovedAnswer(question=question.text, wanted=question.links, before=was, after=now, lost=not new.holds)
            )
    return tuple(found)


def diff_bundles(index: Path, old: str, new: str | None = None, *, golden: Golden | None = None) -> BundleDiff:
    """Compare two bundles of an index (`new`: by default the current one), and ask both the new one's golden questions.

    BundleError when one of them is missing or damaged.
    """
    folder = IndexFolder(index)
    new = new or folder.current()
    before, after = folder.open(old)[0], folder.open(new)
    links = diff_links(before, after[0])
    questions = golden.questions if golden and golden.belongs_to(after[1].catalogue) else ()
    if not questions:
        return BundleDiff(old=old, new=new, links=links)
    was, now = (ask_golden(searcher, questions) for searcher in open_both(index, old, new, checked=(old, new)))
    return BundleDiff(
        old=old, new=new, links=links, asked=len(questions), moved=moved_answers(zip(was, now, strict=True))
    )


def open_both(index: Path, old: str, new: str, *, checked: Collection[str] = ()) -> tuple[Searcher, Searcher]:
    """Open two bundles, verifying only those not in `checked`; they share one encoder where theirs are the same."""
    after = Searcher(index, new, checked=new in checked)
    before = after if old == new else Searcher(index, old, checked=old in checked, encoder=after.encoder)
    return before, after
