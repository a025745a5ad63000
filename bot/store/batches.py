"""The kinds of write. Each function takes the rows of a transaction and returns one result for each row."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, delete, insert, select, update

from bot.store.tables import (
    ANSWERS,
    CHANGES,
    CLICKS,
    DISMISSED,
    FEEDBACK,
    HEARTBEAT,
    REFUSALS,
    REPORTS,
    SUGGESTIONS,
)

Row = dict[str, Any]

# Built once, because building a statement takes longer than running it.
_INSERT = {table: insert(table) for table in (ANSWERS, CLICKS, FEEDBACK, REFUSALS, SUGGESTIONS)}
_DROP_FEEDBACK = delete(FEEDBACK).where(
    and_(FEEDBACK.c.answer_id == bindparam("of_answer"), FEEDBACK.c.user_hash == bindparam("of_user"))
)


def insert_answers(connection: Connection, rows: Sequence[Row]) -> list[None]:
    """Insert answers."""
    return _insert(connection, ANSWERS, rows)


def insert_clicks(connection: Connection, rows: Sequence[Row]) -> list[None]:
    """Insert clicks."""
    return _insert(connection, CLICKS, rows)


def insert_suggestions(connection: Connection, rows: Sequence[Row]) -> list[None]:
    """Insert suggestions without a decision."""
    return _insert(connection, SUGGESTIONS, rows)


def insert_refusals(connection: Connection, rows: Sequence[Row]) -> list[None]:
    """Insert refusals."""
    return _insert(connection, REFUSALS, rows)


def put_feedback(connection: Connection, rows: Sequence[Row]) -> list[None]:
    """Insert verdicts; the last one of each person on each answer replaces the earlier ones."""
    last = list({(row["answer_id"], row["user_hash"]): row for row in rows}.values())
    connection.execute(_DROP_FEEDBACK, [{"of_answer": row["answer_id"], "of_user": row["user_hash"]} for row in last])
    connection.execute(_INSERT[FEEDBACK], last)
    return [None] * len(rows)


def decide_suggestions(connection: Connection, rows: Sequence[tuple[Row, Row | None]]) -> list[bool]:
    """Decide suggestions; true for those that were still open, since only the first decision counts.

    The second row of a pair is the first state of the change, if there is one. Both are stored or neither is.
    """
    results = []
    for row, change in rows:
        open_one = and_(SUGGESTIONS.c.suggestion_id == row["suggestion_id"], SUGGESTIONS.c.approved.is_(None))
        changed = connection.execute(update(SUGGESTIONS).where(open_one).values(row))
        if changed.rowcount == 1 and change is not None:
            connection.execute(insert(CHANGES).values(change))
        results.append(changed.rowcount == 1)
    return results


def move_changes(connection: Connection, rows: Sequence[tuple[str, Row]]) -> list[bool]:
    """Give changes a new state; true for those that still had the state that the caller saw, others stay as they are."""
    results = []
    for seen, row in rows:
        same = and_(CHANGES.c.suggestion_id == row["suggestion_id"], CHANGES.c.state == seen)
        results.append(connection.execute(update(CHANGES).where(same).values(row)).rowcount == 1)
    return results


def claim_reports(connection: Connection, rows: Sequence[Row]) -> list[bool]:
    """Claim reports; true for the first caller that claims a report."""
    results = []
    for row in rows:
        taken = connection.scalar(select(REPORTS.c.report_id).where(REPORTS.c.report_id == row["report_id"]))
        if taken is None:
            connection.execute(insert(REPORTS).values(row))
        results.append(taken is None)
    return results


def release_reports(connection: Connection, rows: Sequence[Row]) -> list[None]:
    """Release reports that were not sent, so that they can be claimed again."""
    for row in rows:
        connection.execute(delete(REPORTS).where(REPORTS.c.report_id == row["report_id"]))
    return [None] * len(rows)


def dismiss_questions(connection: Connection, rows: Sequence[Row]) -> list[None]:
    """Mark questions as dismissed."""
    for row in rows:
        connection.execute(delete(DISMISSED).where(DISMISSED.c.question_hash == row["question_hash"]))
        connection.execute(insert(DISMISSED).values(row))
    return [None] * len(rows)


def beat(connection: Connection, rows: Sequence[Row]) -> list[None]:
    """Rewrite the single row of the heartbeat, which shows whether the store can be written."""
    changed = connection.execute(update(HEARTBEAT).where(HEARTBEAT.c.heartbeat_id == 1).values(rows[-1]))
    if changed.rowcount == 0:
        connection.execute(insert(HEARTBEAT).values(heartbeat_id=1, **rows[-1]))
    return [None] * len(rows)


def _insert(connection: Connection, table: Table, rows: Sequence[Row]) -> list[None]:
    connection.execute(_INSERT[table], list(rows))
    return [None] * len(rows)
