"""What is asked and shown, counted for curators: by day and by link, and never by person."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import Connection, case, func, select

from bot.store.changes import SUGGESTION_COLUMNS, suggestion_of
from bot.store.tables import ANSWERS, CLICKS, FEEDBACK, SUGGESTIONS
from bot.store.values import Suggestion

_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day's questions."""

    day: date
    sure: int
    perhaps: int
    nothing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What was asked and shown since some moment."""

    days: tuple[Day, ...]
    """Days with questions, in their order, in UTC."""
    shown: Mapping[str, int]
    """How often each link was shown."""
    clicked: Mapping[str, int]
    """How often each link was opened by a button."""
    helpful: int
    unhelpful: int


def read_use(connection: Connection, since_ms: int) -> Use:
    """Return what was asked and shown since a moment."""
    number = ANSWERS.c.asked_at_ms - ANSWERS.c.asked_at_ms % _DAY_MS
    sure = func.sum(case((ANSWERS.c.answered, 1), else_=0))
    perhaps = func.sum(case((ANSWERS.c.doubtful, 1), else_=0))
    by_day = (
        select(number.label("at_ms"), sure.label("sure"), perhaps.label("perhaps"), func.count().label("asked"))
        .where(ANSWERS.c.asked_at_ms >= since_ms)
        .group_by(number)
        .order_by(number)
    )
    days = [
        Day(
            day=datetime.fromtimestamp(int(row.at_ms) / 1_000, UTC).date(),
            sure=int(row.sure),
            perhaps=int(row.perhaps),
            nothing=int(row.asked) - int(row.sure) - int(row.perhaps),
        )
        for row in connection.execute(by_day)
    ]
    shown: Counter[str] = Counter()
    for (urls,) in connection.execute(select(ANSWERS.c.urls).where(ANSWERS.c.asked_at_ms >= since_ms)):
        shown.update(urls)
    clicks = select(CLICKS.c.url, func.count()).where(CLICKS.c.clicked_at_ms >= since_ms).group_by(CLICKS.c.url)
    verdicts = (
        select(FEEDBACK.c.helpful, func.count()).where(FEEDBACK.c.given_at_ms >= since_ms).group_by(FEEDBACK.c.helpful)
    )
    given = {bool(helpful): int(count) for helpful, count in connection.execute(verdicts)}
    return Use(
        days=tuple(days),
        shown=shown,
        clicked={url: int(count) for url, count in connection.execute(clicks)},
        helpful=given.get(True, 0),
        unhelpful=given.get(False, 0),
    )


def read_waiting(connection: Connection, limit: int, *, problems: bool = False) -> list[Suggestion]:
    """Return suggestions, or the `problems` of links, that nobody has decided about; oldest first."""
    kind = SUGGESTIONS.c.problem.is_not(None) if problems else SUGGESTIONS.c.problem.is_(None)
    wanted = (
        select(*SUGGESTION_COLUMNS)
        .where(SUGGESTIONS.c.approved.is_(None), kind)
        .order_by(SUGGESTIONS.c.suggested_at_ms, SUGGESTIONS.c.suggestion_id)
        .limit(limit)
    )
    return [suggestion_of(row) for row in connection.execute(wanted)]
