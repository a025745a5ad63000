"""Approved suggestions on their way into the catalogue."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from bot.store.tables import CHANGES, SUGGESTIONS
from bot.store.values import Change, ChangeState, Suggestion

_COLUMNS = (
    SUGGESTIONS.c.suggestion_id,
    SUGGESTIONS.c.url,
    SUGGESTIONS.c.title,
    SUGGESTIONS.c.section,
    SUGGESTIONS.c.description,
    SUGGESTIONS.c.question,
    SUGGESTIONS.c.team,
    SUGGESTIONS.c.user,
    SUGGESTIONS.c.proposed_question,
)


def read_suggestion(connection: Connection, suggestion_id: str) -> Suggestion | None:
    """Return the suggestion with this id, or None."""
    wanted = select(*_COLUMNS).where(SUGGESTIONS.c.suggestion_id == suggestion_id)
    row = connection.execute(wanted).one_or_none()
    return None if row is None else _suggestion(row)


def read_changes(connection: Connection, states: Sequence[ChangeState]) -> list[Change]:
    """Return the changes in these states, in order of approval."""
    wanted = (
        select(*_COLUMNS, CHANGES)
        .join(CHANGES, CHANGES.c.suggestion_id == SUGGESTIONS.c.suggestion_id)
        .where(CHANGES.c.state.in_([state.value for state in states]))
        .order_by(CHANGES.c.approved_at_ms, CHANGES.c.suggestion_id)
    )
    return [
        Change(
            suggestion=_suggestion(row),
            state=ChangeState(row.state),
            detail=row.detail,
            channel=row.channel,
            message_ts=row.message_ts,
            approved_at=datetime.fromtimestamp(row.approved_at_ms / 1000, UTC),
        )
        for row in connection.execute(wanted)
    ]


def _suggestion(row: Any) -> Suggestion:
    return Suggestion(
        suggestion_id=row.suggestion_id,
        url=row.url,
        title=row.title,
        section=row.section,
        description=row.description,
        question=row.question or "",
        team=row.team,
        user=row.user,
        proposed_question=row.proposed_question or "",
    )
