"""Unites what several entries say of one address."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from index.catalogue.link import Entry, Link, Status
from index.catalogue.urls import normalise


def merge(entries: Iterable[Entry]) -> tuple[Link, ...]:
    """Return one link an address, in the order of first appearance.

    Addresses are compared after `normalise`. Address, title and section are the first entry's; so is the publisher,
    when it has one. Of the rest: the longest description (the first of equal ones), most stars, every tag and question
    once, highlighted when any is, the earliest date, the first status that is not `alive`.
    """
    groups: dict[str, list[Link]] = {}
    for entry in entries:
        groups.setdefault(normalise(entry.link.url), []).append(entry.link)
    return tuple(_united(links) for links in groups.values())


def _united(links: Sequence[Link]) -> Link:
    first = links[0]
    if len(links) == 1:
        return first
    return replace(
        first,
        publisher=next((link.publisher for link in links if link.publisher), ""),
        description=max((link.description for link in links), key=len),
        tags=tuple(dict.fromkeys(tag for link in links for tag in link.tags)),
        stars=max(link.stars for link in links),
        highlight=any(link.highlight for link in links),
        questions=tuple(dict.fromkeys(question for link in links for question in link.questions)),
        added=min((link.added for link in links if link.added is not None), default=None),
        status=next((link.status for link in links if link.status is not Status.ALIVE), Status.ALIVE),
    )
