"""Merges entries about one thing: the links of one item, and the entries with one address."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from index.catalogue.link import Entry, Further, Link, Status
from index.catalogue.urls import normalise


def merge(entries: Iterable[Entry]) -> tuple[Link, ...]:
    """Return one link for each address, in the order of first appearance; an item's further addresses are in its link.

    Addresses are compared after `normalise`. Entries that are only mentioned in a sentence about something else are passed
    over if there are others, except for their dates. Address, title and section are the first entry's, the publisher is that
    of the first entry with one. The rest comes from all of them: the longest description (the first of equal ones), the
    most stars, every other section, tag, question and further address once, the highlight, the earliest date, and the
    first status that is not `alive`. It is private where all of them are.
    """
    groups: dict[str, list[Entry]] = {}
    for entry in join_items(entries):
        groups.setdefault(normalise(entry.link.url), []).append(entry)
    return tuple(_united(group) for group in groups.values())


def join_items(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return the entries with each item's further addresses moved into its main entry, named as the item only."""
    entries = tuple(entries)
    further: dict[tuple[str, str], dict[str, Further]] = {}
    own = {(entry.source.path, entry.item) for entry in entries if entry.link.url == entry.item}
    joined = []
    for entry in entries:
        item = (entry.source.path, entry.item)
        if item not in own or entry.link.url == entry.item:
            joined.append(entry)
        else:
            known = further.setdefault(item, {})
            known.setdefault(normalise(entry.link.url), Further(kind=entry.kind, url=entry.link.url))
    return tuple(_with_further(entry, further) for entry in joined)


def _with_further(entry: Entry, further: dict[tuple[str, str], dict[str, Further]]) -> Entry:
    """Add the further addresses to an item's main entry, once."""
    if not entry.item:
        return entry
    found = further.pop((entry.source.path, entry.item), {})
    title = entry.link.title.removesuffix(f" ({entry.kind})") if entry.kind else entry.link.title
    link = replace(entry.link, title=title, further=(*entry.link.further, *found.values()))
    return replace(entry, link=link, item="", kind="")


def _united(group: Sequence[Entry]) -> Link:
    if len(group) == 1:
        return group[0].link
    links = [entry.link for entry in group if not entry.is_mention] or [entry.link for entry in group]
    every = [entry.link for entry in group]
    first = links[0]
    return replace(
        first,
        publisher=next((link.publisher for link in links if link.publisher), ""),
        description=max((link.description for link in links), key=len),
        also_in=tuple(
            dict.fromkeys(path for link in links for path in link.sections if path and path != first.section)
        ),
        tags=tuple(dict.fromkeys(tag for link in links for tag in link.tags)),
        stars=max(link.stars for link in links),
        highlight=any(link.highlight for link in links),
        questions=tuple(dict.fromkeys(question for link in links for question in link.questions)),
        added=min((link.added for link in every if link.added is not None), default=None),
        status=next((link.status for link in links if link.status is not Status.ALIVE), Status.ALIVE),
        further=tuple({normalise(one.url): one for link in reversed(links) for one in reversed(link.further)}.values())[
            ::-1
        ],
        private=all(link.private for link in every),
    )
