"""How long things are kept, and what is erased for a person who wants to be forgotten."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Column, Connection, Table, delete, or_, select, update

from bot.store.tables import ANSWERS, CLICKS, FEEDBACK, REFUSALS, SUGGESTIONS, UNANSWERED

#: What is kept for a number of days, with the time of each row.
AGING: Final[dict[str, tuple[Table, Column[int]]]] = {
    "answers": (ANSWERS, ANSWERS.c.asked_at_ms),
    "clicks": (CLICKS, CLICKS.c.clicked_at_ms),
    "feedback": (FEEDBACK, FEEDBACK.c.given_at_ms),
    "refusals": (REFUSALS, REFUSALS.c.refused_at_ms),
}
#: What people write, where they may name others.
TEXTS: Final = (
    ANSWERS.c.question,
    SUGGESTIONS.c.question,
    SUGGESTIONS.c.title,
    SUGGESTIONS.c.description,
    SUGGESTIONS.c.proposed_question,
    UNANSWERED.c.payload,
)
#: What stands for the id of somebody who was forgotten.
SOMEBODY: Final = "somebody"
#: Rows that one transaction deletes, so that nobody waits long for it.
PRUNE_ROWS: Final = 500


def prune(connection: Connection, wanted: Sequence[Mapping[str, int]]) -> list[dict[str, int]]:
    """Delete the oldest rows of each named table that are older than its time; return how many went, at most `PRUNE_ROWS`."""
    return [{name: _prune(connection, name, oldest_ms) for name, oldest_ms in each.items()} for each in wanted]


def _prune(connection: Connection, name: str, oldest_ms: int) -> int:
    table, time = AGING[name]
    key = next(iter(table.primary_key.columns))
    old = select(key).where(time < oldest_ms).order_by(time).limit(PRUNE_ROWS)
    return connection.execute(delete(table).where(key.in_(old), time < oldest_ms)).rowcount


def forget(connection: Connection, people: Sequence[tuple[str, str]]) -> list[dict[str, int]]:
    """Erase people, given as id and hash; return how many rows each table lost, or lost the person from.

    A suggestion stays, without the person, because the link is the curators' by then.
    """
    return [_forget(connection, user, user_hash) for user, user_hash in people]


def _forget(connection: Connection, user: str, user_hash: str) -> dict[str, int]:
    found = {
        table.name: connection.execute(delete(table).where(table.c.user_hash == user_hash)).rowcount
        for table in (ANSWERS, CLICKS, FEEDBACK, REFUSALS, UNANSWERED)
    }
    theirs = or_(SUGGESTIONS.c.user == user, SUGGESTIONS.c.decided_by_hash == user_hash)
    found[SUGGESTIONS.name] = len(connection.execute(select(SUGGESTIONS.c.suggestion_id).where(theirs)).all())
    connection.execute(
        update(SUGGESTIONS).where(SUGGESTIONS.c.user == user).values(user="", question=None, question_hash="")
    )
    connection.execute(update(SUGGESTIONS).where(SUGGESTIONS.c.decided_by_hash == user_hash).values(decided_by_hash=""))
    found["mentions"] = sum(_unnamed(connection, text, user) for text in TEXTS)
    return found


def _unnamed(connection: Connection, text: Column[str], user: str) -> int:
    """Take a person's id out of what others wrote; return from how many rows."""
    (key,) = text.table.primary_key.columns
    named = re.compile(rf"(?<![A-Za-z0-9]){re.escape(user)}(?![A-Za-z0-9])")
    found = connection.execute(select(key, text).where(text.contains(user, autoescape=True))).all()
    changed = [(row[0], left) for row in found if (left := named.sub(SOMEBODY, row[1])) != row[1]]
    for one, left in changed:
        connection.execute(update(text.table).where(key == one).values({text.name: left}))
    return len(changed)
