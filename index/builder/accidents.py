"""Stops a build when an edit of the catalogue looks like an accident or like somebody else's doing.

Each rule compares the catalogue of the current bundle with the catalogue as read now, and yields objections with a place.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Final

from index.amounts import amount
from index.builder.diff import LinkDiff
from index.catalogue.link import Entry, Link, Source, Status
from index.catalogue.publishers import is_platform, named_hosts, registered, same_family
from index.catalogue.urls import host, normalise, path_of

#: A catalogue is taken for damaged when less than this share of its links would still be served.
LEAST_LEFT: Final = 0.5
#: A section with fewer links than this may disappear without an objection: somebody removed a link.
SECTION: Final = 2
#: The same for a file.
FILE: Final = 3
#: A section or file is lost when this share of its links is nowhere in the catalogue; otherwise they were moved.
GONE: Final = 0.8
#: Two files are copies when one has this share of its links from the other.
COPIED: Final = 0.9
#: Platforms where the first part of the path names the owner.
_OWNER_IN_PATH: Final = frozenset({"bitbucket.org", "dev.to", "github.com", "gitlab.com", "medium.com"})
#: A link with one of these statuses needed a new address.
_TO_BE_MENDED: Final = frozenset({Status.MOVED, Status.DEAD, Status.HIJACKED})
_LEFT_OUT: Final = "would be left out, as another page is there"
_CHECK_AGAIN: Final = "check them once more, on a network that is fine: signpost check --links --again"
_LINKS_FIELD: Final = re.compile(r"^links[ \t]*:", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """What is wrong with an edit, and where."""

    source: Source
    message: str

    def __str__(self) -> str:
        """`file:line: message`."""
        return f"{self.source}: {self.message}"


@dataclass(frozen=True, kw_only=True)
class CatalogueEdit:
    """A catalogue as it was and as it was read now."""

    entries: Sequence[Entry]
    before: Sequence[Link] = ()
    """The links of the current bundle, in its order; may be empty when none of them was removed."""
    places: Sequence[Source] = ()
    """Where each of them was in the catalogue's files; empty when that was not recorded."""
    files_before: frozenset[str] = frozenset()
    """The files that they were read from."""
    links: LinkDiff = field(default_factory=LinkDiff)
    served: Sequence[Link] | None = None
    """The links of the new bundle; when not given, all links that were read."""
    is_first: bool = False
    """Whether there is no current bundle to compare with."""
    mended: Mapping[str, str] = field(default_factory=dict)
    """Old and new address of the links that the link checks found moved; both normalised."""

    @cached_property
    def now(self) -> dict[str, Source]:
        """Where each address is in the catalogue now: the first place, if it has several."""
        return {normalise(entry.link.url): entry.source for entry in reversed(self.entries)}

    @cached_property
    def withheld(self) -> dict[str, Source]:
        """The addresses that were read but are not served, with their places."""
        if self.served is None:
            return {}
        served = {normalise(url) for link in self.served for url in (link.url, *(one.url for one in link.further))}
        return {url: place for url, place in self.now.items() if url not in served}

    @cached_property
    def gone(self) -> frozenset[int]:
        """The rows of `before` whose address is no longer in the catalogue."""
        return frozenset(row for row, link in enumerate(self.before) if normalise(link.url) not in self.now)

    def near(self, row: int) -> Source:
        """Return the likely place of a link that is gone: that of the nearest remaining link before it, else after it.

        Only links of the same file count. If none remains, it is the place recorded when the current bundle was built.
        """
        others = chain(range(row - 1, -1, -1), range(row + 1, len(self.before)))
        left = [self.now[normalise(self.before[other].url)] for other in others if other not in self.gone]
        if not self.places:
            return left[0] if left else self.entries[0].source
        old = self.places[row]
        here = next((place for place in left if place.path == old.path), None)
        if here or old.path in self.files or not left:
            return here or old
        return left[0]  # the catalogue is in another folder now

    @cached_property
    def files(self) -> frozenset[str]:
        """The files that have links now."""
        return frozenset(entry.source.path for entry in self.entries)

    @cached_property
    def lost_files(self) -> dict[str, list[int]]:
        """The files that have no links any more, with the rows that they had, unless these links are in another file."""
        rows: dict[str, list[int]] = defaultdict(list)
        for row, place in enumerate(self.places):
            rows[place.path].append(row)
        return {
            path: stood
            for path, stood in rows.items()
            if path not in self.files and len(stood) >= FILE and len(self.gone.intersection(stood)) >= GONE * len(stood)
        }


def objections(edit: CatalogueEdit) -> list[Objection]:
    """Return what the rules object to."""
    found = [*copied_files(edit), *died_together(edit)]
    if edit.is_first:
        found += withheld(edit)
    if edit.links.removed:
        found += [*vanished(edit), *emptied_files(edit), *deleted_sections(edit), *swapped_owners(edit)]
    return found


def vanished(edit: CatalogueEdit) -> Iterator[Objection]:
    """Object when most of the links served now would be lost: removed, or found to be hijacked."""
    count, gone = len(edit.before), len(edit.gone)
    hijacked = [edit.withheld[url] for link in edit.before if (url := normalise(link.url)) in edit.withheld]
    if count - gone - len(hijacked) >= count * LEAST_LEFT:
        return
    source = edit.near(min(edit.gone)) if gone else hijacked[0]
    message = f"{gone:,} of the catalogue's {amount(count, 'link')} {_are(gone)} gone"
    if hijacked:
        also = f", and {gone:,} {_are(gone)} gone" if gone else ""
        message = f"{len(hijacked):,} of the catalogue's {amount(count, 'link')} {_LEFT_OUT}{also}; {_CHECK_AGAIN}"
    yield Objection(source=source, message=message)


def withheld(edit: CatalogueEdit) -> Iterator[Objection]:
    """Object to a first bundle that leaves most of its catalogue out."""
    count, left_out = len(edit.now), len(edit.withheld)
    if count - left_out < count * LEAST_LEFT:
        yield Objection(
            source=next(reversed(edit.withheld.values())),
            message=f"{left_out:,} of the catalogue's {amount(count, 'link')} {_LEFT_OUT}; {_CHECK_AGAIN}",
        )


def died_together(edit: CatalogueEdit) -> Iterator[Objection]:
    """Object when most links are found dead at once: DEAD_LINKS=hide would then hide most of the catalogue."""
    died = [
        one.after
        for one in edit.links.changed
        if one.after.status is Status.DEAD and one.before.status is not Status.DEAD
    ]
    count = len(edit.now) if died else 0
    if count - len(died) < count * LEAST_LEFT:
        yield Objection(
            source=edit.now[normalise(died[0].url)],
            message=f"{len(died):,} of the catalogue's {amount(count, 'link')} {_are(len(died))} said to be dead, and "
            f"{'was' if len(died) == 1 else 'were'} not before; {_CHECK_AGAIN}",
        )


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def emptied_files(edit: CatalogueEdit) -> Iterator[Objection]:
    """Object to a file that has no links any more, unless they are in another file now."""
    for path, stood in edit.lost_files.items():
        there = Path(path).exists()
        yield Objection(
            source=Source(path=path, line=_links_line(Path(path)) if there else edit.places[stood[0]].line),
            message=f"the {'list is empty' if there else 'file is gone'}; it had {amount(len(stood), 'link')}",
        )


def _links_line(path: Path) -> int:
    """Return the line of a file's field `links`, or 1 without one."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 1
    found = _LINKS_FIELD.search(text)
    return text.count("\n", 0, found.start()) + 1 if found else 1


def deleted_sections(edit: CatalogueEdit) -> Iterator[Objection]:
    """Object to a section that is gone with its links; of nested sections only the outermost is named."""
    rows: dict[tuple[str, ...], list[int]] = defaultdict(list)
    with_their_files = {row for stood in edit.lost_files.values() for row in stood}
    for row, link in enumerate(edit.before):
        if row in with_their_files:
            continue
        for depth in range(1, len(link.section) + 1):
            rows[link.section[:depth]].append(row)
    left = {entry.link.section[:depth] for entry in edit.entries for depth in range(1, len(entry.link.section) + 1)}
    named: set[tuple[str, ...]] = set()
    for section, stood in rows.items():
        gone = len(edit.gone.intersection(stood))
        if section in left or len(stood) < SECTION or gone < GONE * len(stood):
            continue
        named.add(section)
        if any(section[:depth] in named for depth in range(1, len(section))):
            continue
        yield Objection(
            source=edit.near(stood[0]),
            message=f"the section {' > '.join(section)!r}, which stood here, is gone with its {amount(len(stood), 'link')}",
        )


def swapped_owners(edit: CatalogueEdit) -> Iterator[Objection]:
    """Object when a title now leads to another owner's site, although nothing was wrong with the old link."""
    added: dict[tuple[str, tuple[str, ...]], list[Link]] = defaultdict(list)
    for link in edit.links.added:
        added[link.title.casefold(), link.section].append(link)
    for old in edit.links.removed:
        same = added.get((old.title.casefold(), old.section))
        if not same:
            continue
        new = same.pop(0)
        if edit.mended.get(normalise(new.url)) == normalise(old.url):
            continue
        if old.status not in _TO_BE_MENDED and not _keeps_owner(old, new.url):
            yield Objection(
                source=edit.now[normalise(new.url)],
                message=f"{new.title!r:.80} leads to {host(new.url)} and led to {host(old.url)}, another owner's "
                f"({old.url}); a link with the status moved, dead or hijacked may be mended so",
            )


def _keeps_owner(old: Link, url: str) -> bool:
    """Whether an address belongs to the link's owner: same site or family of sites; on a platform, same account."""
    was, now = host(old.url), host(url)
    if any(same_family(now, name) for name in named_hosts(old.publisher)) and not is_platform(now):
        return True
    if not same_family(was, now):
        return False
    one, other = _account(old.url), _account(url)
    return not (is_platform(was) and is_platform(now)) or not one or not other or one == other


def _account(url: str) -> str:
    """Return the account that an address on a platform belongs to; empty when the address does not say."""
    place = host(url)
    site = registered(place)
    if place != site:
        return place.removesuffix(site).rstrip(".").rpartition(".")[2]
    return path_of(url).split("/")[1].lstrip("@").lower() if site in _OWNER_IN_PATH and path_of(url) else ""


def copied_files(edit: CatalogueEdit) -> Iterator[Objection]:
    """Object to a file that has nearly all its links from another: it was copied under a second name."""
    first: dict[tuple[str, str], str] = {}
    sizes: Counter[str] = Counter()
    shared: Counter[tuple[str, str]] = Counter()
    starts: dict[str, Source] = {}
    for entry in edit.entries:
        path = entry.source.path
        sizes[path] += 1
        starts.setdefault(path, entry.source)
        other = first.setdefault((entry.link.url, entry.link.title), path)
        if other != path:
            shared[other, path] += 1
    known = edit.files_before
    for (one, other), count in shared.items():
        if count < FILE or count < COPIED * sizes[other] or {one, other} <= known:
            continue  # this file is not new, so it was not copied now
        copy, original = (one, other) if other in known else (other, one)
        if count >= COPIED * sizes[copy]:
            yield Objection(
                source=starts[copy],
                message=f"{count:,} of the {sizes[copy]:,} links of this file stand in {original} too; remove one of them",
            )
