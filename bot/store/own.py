"""What one person said: verdicts on answers, and suggestions with what became of them."""

from sqlalchemy import Connection, func, select

from bot.store.tables import FEEDBACK, SUGGESTIONS
from bot.store.values import Own, OwnSuggestion


def read_own(connection: Connection, user: str, user_hash: str, limit: int) -> Own:
    """Return a person's verdicts, counted, and latest suggestions; nothing for an empty `user`."""
    if not user:
        return Own()
    by_verdict = (
        select(FEEDBACK.c.helpful, func.count()).where(FEEDBACK.c.user_hash == user_hash).group_by(FEEDBACK.c.helpful)
    )
    counts = {bool(helpful): count for helpful, count in connection.execute(by_verdict)}
    latest = (
        select(SUGGESTIONS.c.title, SUGGESTIONS.c.url, SUGGESTIONS.c.approved)
        .where(SUGGESTIONS.c.user == user, SUGGESTIONS.c.mending.is_(None), SUGGESTIONS.c.problem.is_(None))
        .order_by(SUGGESTIONS.c.suggested_at_ms.desc(), SUGGESTIONS.c.suggestion_id)
        .limit(limit)
    )
    return Own(
        helpful=counts.get(True, 0),
        unhelpful=counts.get(False, 0),
        suggestions=tuple(
            OwnSuggestion(title=row.title, url=row.url, approved=row.approved) for row in connection.execute(latest)
        ),
    )
