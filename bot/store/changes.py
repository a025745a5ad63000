"""Approved suggestions on their way into the catalogue."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from bot.store.tables import ANSWERS, CHANGES, SUGGESTIONS
from bot.store.values import Change, ChangeState, Mending, Problem, Suggestion

#: What `suggestion_of` reads.
SUGGESTION_COLUMNS = (
    SUGGESTIONS.c.suggestion_id,
    SUGGESTIONS.c.url,
    SUGGESTIONS.c.title,
    SUGGESTIONS.c.section,
    SUGGESTIONS.c.description,
    SUGGESTIONS.c.question,
    SUGGESTIONS.c.team,
    SUGGESTIONS.c.user,
    SUGGESTIONS.c.proposed_question,
    SUGGESTIONS.c.problem,
    SUGGESTIONS.c.mending,
)


def read_suggestion(connection: Connection, suggestion_id: str) -> Suggestion | None:
    """Return the suggestion with this id, or None."""
    wanted = select(*SUGGESTION_COLUMNS).where(SUGGESTIONS.c.suggestion_id == suggestion_id)
    row = connection.execute(wanted).one_or_none()
    return None if row is None else suggestion_of(row)


def read_changes(connection: Connection, states: Sequence[ChangeState]) -> list[Change]:
    """Return the changes in these states, in order of approval."""
    wanted = (
        select(*SUGGESTION_COLUMNS, CHANGES)
        .join(CHANGES, CHANGES.c.suggestion_id == SUGGESTIONS.c.suggestion_id)
        .where(CHANGES.c.state.in_([state.value for state in states]))
        .order_by(CHANGES.c.approved_at_ms, CHANGES.c.suggestion_id)
    )
    return [
        Change(
            suggestion=suggestion_of(row),
            state=ChangeState(row.state),
            detail=row.detail,
            channel=row.channel,
            message_ts=row.message_ts,
            approved_at=datetime.fromtimestamp(row.approved_at_ms / 1000, UTC),
        )
        for row in connection.execute(wanted)
    ]


def suggestion_of(row: Any) -> Suggestion:
    """Return the suggestion of a row that has `SUGGESTION_COLUMNS`."""
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
        problem=Problem(row.problem) if row.problem else None,
        mending=_mending(row.mending),
    )


def _mending(kept: dict[str, Any] | None) -> Mending | None:
    return None if kept is None else Mending(questions=tuple(kept["questions"]), retired=kept["retired"])


def read_shown(connection: Connection, answer_id: str) -> tuple[str, ...]:
    """Return the URLs that an answer showed, in their order; none for an answer that is not known."""
    kept = connection.execute(select(ANSWERS.c.urls).where(ANSWERS.c.answer_id == answer_id)).scalar_one_or_none()
    return tuple(kept or ())
