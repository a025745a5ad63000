"""The rule by which the evidence of days becomes a verdict.

One check proves little: the network in between, a site's bad day or a wrong word may speak for a page. So what hides a link
must have been seen on several days, and whatever is seen later may take it back. docs/adr/0016-evidence-of-days.md says why.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import takewhile
from typing import Final

from index.amounts import amount
from index.catalogue.checks.records import Day, Outcome, Record, Sign, Standing, Verdict
from index.catalogue.publishers import is_number, owner, same_owner
from index.catalogue.urls import host, normalise

#: The sites of this many owners that lead to one page are no chance.
MANY_OWNERS: Final = 3
#: On so many different days a link must be gone to be dead, unless somebody says otherwise.
DEAD_AFTER: Final = 3
#: So often must be seen what hides a link.
DAYS_TO_HIDE: Final = 2
#: And so often where it may be a notice: works on a site end before that.
DAYS_TO_HIDE_A_NOTICE: Final = 7
#: After 401 or 403 on this many days nothing is known any more of a page that was suspicious or hijacked before.
DAYS_TO_FADE: Final = 3
#: So many days are kept at least.
_KEPT: Final = 12
_GOOD: Final = frozenset({Outcome.ALIVE, Outcome.MOVED})
_BAD: Final = frozenset({Outcome.SUSPICIOUS, Outcome.HIJACKED})
#: What tells of another owner. What the running text says is one sign, and never enough alone.
_TAKEN: Final = frozenset({Sign.AWAY, Sign.HEADINGS, Sign.STRUCTURE, Sign.TEXT, Sign.STRANGER, Sign.ONE_PAGE})
#: With these a page is not certainly at the link's own address: people see where it leads.
_ELSEWHERE: Final = frozenset({Sign.AWAY, Sign.RENAMED, Sign.START, Sign.CERTIFICATE, Sign.EARLIER})


def advance(before: Record | None, url: str, verdict: Verdict, *, now: datetime, dead_after: int) -> Record:
    """Return the record of a link after one more check.

    A link is dead when it was gone on `dead_after` different days without another answer in between. A check without a
    result changes nothing, but for a 401 or 403, after which a link is not dead.
    """
    days = before.days if before is not None else ()
    was, at = (before.was, verdict.at or before.at) if before is not None else ("", verdict.at)
    is_telling = verdict.outcome is not Outcome.UNKNOWN or Sign.GUARDED in verdict.signs
    if is_telling:
        days = _with(days, _seen(before, verdict, now.date()), keep=max(_KEPT, dead_after))
    unclear = verdict.reason if verdict.outcome is Outcome.UNKNOWN else ""
    if not is_telling and before is not None and before.standing is not Standing.UNKNOWN:
        return replace(before, checked=now, unclear=unclear, at=at)
    standing = standing_of(days, dead_after)
    if standing is Standing.UNKNOWN:
        return Record(url=url, standing=standing, reason=verdict.reason, checked=now, days=days, at=at, was=was)
    told = _deciding(days, standing)
    kept = before if before is not None and (unclear or verdict.unchanged) else verdict
    page, etag, modified = (
        (kept.page, kept.etag, kept.modified) if verdict.outcome is not Outcome.GONE else ("", "", "")
    )
    return Record(
        url=url, standing=standing, reason=told.reason, checked=now, to=told.to, days=days, unclear=unclear, page=page,
        etag=etag, modified=modified, at=at, was=was,
    )  # fmt: skip


def _seen(before: Record | None, verdict: Verdict, today: date) -> Day:
    if verdict.unchanged and before is not None and before.days:
        return replace(before.days[-1], on=today)
    return Day(on=today, outcome=verdict.outcome, reason=verdict.reason, signs=verdict.signs, to=verdict.to)


def _with(days: Sequence[Day], today: Day, *, keep: int) -> tuple[Day, ...]:
    """Return the days with today's; what was seen earlier today makes way."""
    found = [*(day for day in days if day.on < today.on), today]
    if not any(day.outcome in _BAD or day.outcome is Outcome.GONE for day in found):
        # Of good days, or of guarded ones, the last says all; what is guarded may have been seen before.
        good = [day for day in found if day.outcome in _GOOD][-1:]
        return tuple(dict.fromkeys([*good, today]))
    return tuple(found[-keep:])


def _since_good(days: Sequence[Day]) -> list[Day]:
    return list(reversed([*takewhile(lambda day: day.outcome not in _GOOD, reversed(days))]))


def bad_days(days: Sequence[Day]) -> list[Day]:
    """Return the days of a suspicious or hijacked page since it was last fine; none when it is guarded for long."""
    since = _since_good(days)
    guarded = list(takewhile(lambda day: day.outcome not in _BAD, reversed(since)))
    if sum(Sign.GUARDED in day.signs for day in guarded) >= DAYS_TO_FADE:
        return []
    return [day for day in since if day.outcome in _BAD]


def standing_of(days: Sequence[Day], dead_after: int) -> Standing:
    """Return what is to be thought of a link after these days."""
    gone = len(list(takewhile(lambda day: day.outcome is Outcome.GONE, reversed(days))))
    if gone >= dead_after:
        return Standing.DEAD
    if bad := bad_days(days):
        return Standing.HIJACKED if _is_hijack(bad) else Standing.SUSPICIOUS
    if gone:
        return Standing.FAILING
    good = [day for day in days if day.outcome in _GOOD]
    return Standing(good[-1].outcome) if good else Standing.UNKNOWN


def _is_hijack(bad: Sequence[Day]) -> bool:
    """Whether it has another owner: the change was seen by two signs at once or on two days, or two signs on two days."""
    changed = [day for day in bad if day.outcome is Outcome.HIJACKED]
    doubled = [day for day in bad if len(_TAKEN.intersection(day.signs)) > 1]
    at_once = any(day in doubled or Sign.EARLIER in day.signs for day in changed)
    return at_once or len(changed) >= DAYS_TO_HIDE or len(doubled) >= DAYS_TO_HIDE


def _deciding(days: Sequence[Day], standing: Standing) -> Day:
    """Return the last of the days that speak for a standing."""
    if standing in {Standing.DEAD, Standing.FAILING}:
        wanted = frozenset({Outcome.GONE})
    elif standing in {Standing.SUSPICIOUS, Standing.HIJACKED}:
        wanted = _BAD
    else:
        wanted = _GOOD
    return next(day for day in reversed(days) if day.outcome in wanted)


def is_left_out(record: Record) -> bool:
    """Whether a link must not be shown: it is hijacked, or its own address has shown a wrong page on two days.

    What may be a notice, on seven.
    """
    if record.standing is Standing.HIJACKED:
        return True
    if record.standing is not Standing.SUSPICIOUS:
        return False
    bad = bad_days(record.days)
    needed = DAYS_TO_HIDE_A_NOTICE if any(Sign.NOTICE in day.signs for day in bad[-DAYS_TO_HIDE:]) else DAYS_TO_HIDE
    last = bad[-needed:]
    return len(last) == needed and not any(_ELSEWHERE.intersection(day.signs) for day in last)


def converging(records: Iterable[Record], dead_after: int) -> list[Record]:
    """Return, with one more sign, the records of several owners' sites that all redirect to one page of another owner.

    Not where the network may be the cause: all their names lead to one IP address, or the page is at a bare address.
    """
    pages: dict[str, list[Record]] = {}
    for record in records:
        day = record.days[-1] if record.days else None
        if day is not None and Sign.AWAY in day.signs and day.to and not same_owner(record.url, day.to):
            pages.setdefault(normalise(day.to.partition("?")[0]), []).append(record)
    return [
        _with_sign(record, f"sites of {count} owners redirect to this one page, {record.days[-1].to}", dead_after)
        for page, group in pages.items()
        if (count := len({owner(record.url) for record in group})) >= MANY_OWNERS
        and len({record.at or record.url for record in group}) > 1
        and "." in host(page)
        and not is_number(host(page))
        for record in group
    ]


def _with_sign(record: Record, reason: str, dead_after: int) -> Record:
    *earlier, day = record.days
    signs = tuple(dict.fromkeys((*day.signs, Sign.ONE_PAGE)))
    days = (*earlier, replace(day, signs=signs, reason=reason))
    return replace(record, days=days, reason=reason, standing=standing_of(days, dead_after))


def explained(record: Record, dead_after: int) -> list[str]:
    """Return lines for people: the standing, the evidence of each day, and what would change the standing."""
    hidden = ", left out of answers unless HIJACKED_LINKS=mark" if is_left_out(record) else ""
    lines = [f"{record.url}: {record.standing}{hidden}: {record.reason}"]
    for day in record.days:
        signs = f" ({', '.join(day.signs)})" if day.signs else ""
        lines.append(f"  {day.on}: {day.outcome}: {day.reason}{signs}")
    if record.unclear:
        lines.append(f"  {record.checked.date()}: unknown: {record.unclear}; this changes nothing")
    return [*lines, f"  what would change it: {_change(record, dead_after)}"]


def _change(record: Record, dead_after: int) -> str:
    back = "one check that finds the page makes it alive"
    if record.standing is Standing.DEAD:
        return f"{back}; 401 or 403 also ends it"
    if record.standing is Standing.FAILING:
        left = dead_after - len(record.failed_on)
        return f"{back}; gone on {left} more {'day' if left == 1 else 'days'} without another answer makes it dead"
    fade = f"{back}; so do 401 or 403 on {DAYS_TO_FADE} days, after which it is unknown"
    if record.standing is Standing.HIJACKED or is_left_out(record):
        return fade
    if record.standing is Standing.SUSPICIOUS:
        if _ELSEWHERE.intersection(bad_days(record.days)[-1].signs):
            return f"{back}; signs of another owner on two days make it hijacked"
        if Sign.NOTICE in bad_days(record.days)[-1].signs:
            return f"{back}; the same on {DAYS_TO_HIDE_A_NOTICE} days leaves it out of answers, since notices go again"
        return f"{back}; the same on one more day leaves it out of answers"
    return (
        f"gone on {amount(dead_after, 'day')} makes it dead; a page of another owner, or one that says that it is missing, "
        f"leaves it out when it is seen on {DAYS_TO_HIDE} days"
    )
