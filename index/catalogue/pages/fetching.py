"""Decides which pages are to be fetched, and what is known of each afterwards."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Final

from index.catalogue.checks.checker import Target
from index.catalogue.checks.pages import ShownPage
from index.catalogue.checks.plan import Catalogue
from index.catalogue.checks.records import Outcome, Record, Standing, Verdict
from index.catalogue.link import Entry, Status
from index.catalogue.pages.page_file import PageRecord, page_of
from index.catalogue.pages.page_text import NoPageTextError, PageText, page_text
from index.catalogue.urls import normalise

#: A page that gave no text is asked again after this many days, if not earlier.
RETRIED_AFTER_DAYS: Final = 7
_NO_PAGE: Final = "is no HTML page"
#: Another page is there now: what an earlier request gave is not about the link any more.
_OTHERS: Final = frozenset({Outcome.HIJACKED, Outcome.SUSPICIOUS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ages:
    """How old the text of a page may be before the page is requested again."""

    older_than_days: int = 30
    full: bool = False
    """Fetch everything, also pages that say that they have not changed."""

    def is_due(self, record: PageRecord | None, today: date) -> bool:
        """Whether a page must be requested now."""
        if record is None or self.full:
            return True
        allowed = min(self.older_than_days, RETRIED_AFTER_DAYS) if record.left_out else self.older_than_days
        return (today - record.asked).days >= allowed


def pages_of(entries: Iterable[Entry]) -> Catalogue:
    """Return the pages that the links of a catalogue lead into, each once, without retired links."""
    first: dict[str, str] = {}
    moved = []
    for entry in entries:
        if entry.link.status is not Status.RETIRED:
            page = page_of(entry.link.url)
            url = first.setdefault(normalise(page), page)
            moved.append(replace(entry, link=replace(entry.link, url=url)))
    return Catalogue.of(moved)


def due(catalogue: Catalogue, records: Mapping[str, PageRecord], ages: Ages, today: date) -> list[Target]:
    """Return the pages to request now: first those never asked, the links without a description before the others."""

    def urgency(target: Target) -> tuple[date, bool]:
        record = records.get(target.url)
        described = any(entry.link.description for entry in catalogue.entries_of[target.url])
        return record.asked if record else date.min, described

    before = {} if ages.full else {record.url: _known(record) for record in records.values()}
    wanted = [target for target in catalogue.targets(before) if ages.is_due(records.get(target.url), today)]
    return sorted(wanted, key=urgency)


def _known(record: PageRecord) -> Record:
    """Return the record by which a request asks only whether the page has changed."""
    return Record(
        url=record.url,
        standing=Standing.UNKNOWN if record.text.is_empty else Standing.ALIVE,
        reason="",
        checked=datetime.combine(record.asked, time(), UTC),
        page=record.page or record.url,
        etag=record.etag,
        modified=record.modified,
    )


def read(page: ShownPage) -> PageText | str:
    """Return what a page says of itself, or why it has no text: the reader of a run."""
    try:
        return page_text(page.url, page.markup)
    except NoPageTextError as error:
        return str(error)


def advance(before: PageRecord | None, url: str, verdict: Verdict, today: date) -> PageRecord:
    """Return the record of a page after one more request.

    A page that cannot be had now keeps the text of an earlier request; one where another page is now does not.
    """
    kept = before or PageRecord(url=url, asked=today)
    if verdict.unchanged and before is not None:
        return replace(before, asked=today, left_out="" if not before.text.is_empty else before.left_out)
    if verdict.outcome not in {Outcome.ALIVE, Outcome.MOVED}:
        text = PageText() if verdict.outcome in _OTHERS else kept.text
        return replace(kept, asked=today, left_out=verdict.reason, text=text, page="", etag="", modified="")
    found = verdict.read
    return PageRecord(
        url=url,
        text=found if isinstance(found, PageText) else PageText(),
        asked=today,
        left_out="" if isinstance(found, PageText) else str(found or _NO_PAGE),
        page="" if verdict.page == url else verdict.page,
        etag=verdict.etag,
        modified=verdict.modified,
    )
