"""What a writer's transaction does for each kind of write; each takes rows and returns one result a row."""

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

# Built once: putting a statement together costs more than running it.
_INSERT = {table: insert(table) for table in (ANSWERS, CLICKS, FEEDBACK, REFUSALS, SUGGESTIONS)}
_DROP_FEEDBACK = delete(FEEDBACK).where(
    and_(FEEDBACK.c.answer_id == bindparam("of_answer"), FEEDBACK.c.user_hash == bindparam("of_user"))
)


def insert_answers(connection: Connection, rows: Sequence[Row]) -> list[None]:
    """Keep answers."""
    return _insert(connection, ANSWERS, rows)


def insert_clicks(connection: Connection, rows: Sequence[Row]) -> list[None]:
    """Keep clicks."""
    return _insert(connection, CLICKS, rows)


def insert_suggestions(connection: Connection, rows: Sequence[Row]) -> list[None]:
    """Keep suggestions, undecided."""
    return _insert(connection, SUGGESTIONS, rows)


def insert_refusals(connection: Connection, rows: Sequence[Row]) -> list[None]:
    """Keep refusals."""
    return _insert(connection, REFUSALS, rows)


def put_feedback(connection: Connection, rows: Sequence[Row]) -> list[None]:
    """Keep the last verdict of each person on each answer."""
    last = list({(row["answer_id"], row["user_hash"]): row for row in rows}.values())
    connection.execute(_DROP_FEEDBACK, [{"of_answer": row["answer_id"], "of_user": row["user_hash"]} for row in last])
    connection.execute(_INSERT[FEEDBACK], last)
    return [None] * len(rows)


def decide_suggestions(connection: Connection, rows: Sequence[tuple[Row, Row | None]]) -> list[bool]:
    """Decide suggestions that are still open; true where this decision is the one that counts.

    With the decision goes the first state of its change, where there is to be one: both are kept or neither is.
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
    """Give changes another state, each only if it has the state that its mover saw; true where that was so."""
    results = []
    for seen, row in rows:
        same = and_(CHANGES.c.suggestion_id == row["suggestion_id"], CHANGES.c.state == seen)
        results.append(connection.execute(update(CHANGES).where(same).values(row)).rowcount == 1)
    return results


def claim_reports(connection: Connection, rows: Sequence[Row]) -> list[bool]:
    """Take reports; true for the first who asks for one."""
    results = []
    for row in rows:
        taken = connection.scalar(select(REPORTS.c.report_id).where(REPORTS.c.report_id == row["report_id"]))
        if taken is None:
            connection.execute(insert(REPORTS).values(row))
        results.append(taken is None)
    return results


def release_reports(connection: Connection, rows: Sequence[Row]) -> list[None]:
    """Give reports back that were not sent."""
    for row in rows:
        connection.execute(delete(REPORTS).where(REPORTS.c.report_id == row["report_id"]))
    return [None] * len(rows)


def dismiss_questions(connection: Connection, rows: Sequence[Row]) -> list[None]:
    """Keep that questions are not to be listed any more."""
    for row in rows:
        connection.execute(delete(DISMISSED).where(DISMISSED.c.question_hash == row["question_hash"]))
        connection.execute(insert(DISMISSED).values(row))
    return [None] * len(rows)


def beat(connection: Connection, rows: Sequence[Row]) -> list[None]:
    """Rewrite the one row that proves that writing works."""
    changed = connection.execute(update(HEARTBEAT).where(HEARTBEAT.c.heartbeat_id == 1).values(rows[-1]))
    if changed.rowcount == 0:
        connection.execute(insert(HEARTBEAT).values(heartbeat_id=1, **rows[-1]))
    return [None] * len(rows)


def _insert(connection: Connection, table: Table, rows: Sequence[Row]) -> list[None]:
    connection.execute(_INSERT[table], list(rows))
    return [None] * len(rows)
