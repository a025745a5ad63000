"""The tables; `migrations/` creates them, and docs/feedback-store.md describes them.

Times are whole milliseconds since 1970 UTC, because every database stores and compares integers in the same way.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    false,
)

from bot.store.hashing import storable

METADATA = MetaData()

#: Deliveries that were claimed, as hashes of their dedupe keys.
CLAIMS = Table(
    "claims",
    METADATA,
    Column("key_hash", LargeBinary(16), primary_key=True),
    Column("claimed_at_ms", BigInteger, nullable=False),
    Index("claims_by_time", "claimed_at_ms"),
)

#: Mentions that were acknowledged and are not answered yet; a row goes when its answer is sent.
UNANSWERED = Table(
    "unanswered",
    METADATA,
    Column("key_hash", LargeBinary(16), primary_key=True),
    Column("payload", Text, nullable=False),
    Column("user_hash", String(64), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("acknowledged_at_ms", BigInteger, nullable=False),
    Column("held_until_ms", BigInteger, nullable=False),
)

ANSWERS = Table(
    "answers",
    METADATA,
    Column("answer_id", String(64), primary_key=True),
    Column("question_hash", String(64), nullable=False),
    Column("question", Text, nullable=True),
    Column("surface", String(32), nullable=False),
    Column("team", String(32), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("user_hash", String(64), nullable=False),
    Column("answered", Boolean, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("urls", JSON, nullable=False),
    Column("version", String(128), nullable=False),
    Column("latency_ms", Float, nullable=False),
    Column("asked_at_ms", BigInteger, nullable=False),
    Column("doubtful", Boolean, nullable=False, server_default=false()),
    Index("answers_by_time", "asked_at_ms"),
)

CLICKS = Table(
    "clicks",
    METADATA,
    Column("click_id", Integer, primary_key=True, autoincrement=True),
    Column("answer_id", String(64), nullable=False),
    Column("url", Text, nullable=False),
    Column("user_hash", String(64), nullable=False),
    Column("clicked_at_ms", BigInteger, nullable=False),
    Index("clicks_by_answer", "answer_id"),
    Index("clicks_by_time", "clicked_at_ms"),
)

#: One row for each person and answer: the last verdict counts.
FEEDBACK = Table(
    "feedback",
    METADATA,
    Column("answer_id", String(64), primary_key=True),
    Column("user_hash", String(64), primary_key=True),
    Column("helpful", Boolean, nullable=False),
    Column("given_at_ms", BigInteger, nullable=False),
    Index("feedback_by_time", "given_at_ms"),
)

SUGGESTIONS = Table(
    "suggestions",
    METADATA,
    Column("suggestion_id", String(64), primary_key=True),
    Column("url", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("section", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("question_hash", String(64), nullable=False),
    Column("question", Text, nullable=True),
    Column("team", String(32), nullable=False),
    Column("user", String(32), nullable=False),
    Column("suggested_at_ms", BigInteger, nullable=False),
    Column("approved", Boolean, nullable=True),
    Column("decided_by_hash", String(64), nullable=True),
    Column("decided_at_ms", BigInteger, nullable=True),
    Column("proposed_question", Text, nullable=True),
    Column("problem", String(16), nullable=True),
    Column("mending", JSON(none_as_null=True), nullable=True),
)

#: Approved suggestions, and how far each is on its way into the catalogue.
CHANGES = Table(
    "changes",
    METADATA,
    Column("suggestion_id", String(64), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("detail", Text, nullable=False),
    Column("channel", String(32), nullable=False),
    Column("message_ts", String(32), nullable=False),
    Column("approved_at_ms", BigInteger, nullable=False),
    Column("changed_at_ms", BigInteger, nullable=False),
    Index("changes_by_state", "state"),
)

#: Questions that the curators do not want to see among the gaps.
DISMISSED = Table(
    "dismissed",
    METADATA,
    Column("question_hash", String(64), primary_key=True),
    Column("dismissed_at_ms", BigInteger, nullable=False),
)

#: Messages that are sent only once, by the process that claims them first.
REPORTS = Table(
    "reports",
    METADATA,
    Column("report_id", String(64), primary_key=True),
    Column("claimed_at_ms", BigInteger, nullable=False),
)

#: Actions that somebody tried without the right to.
REFUSALS = Table(
    "refusals",
    METADATA,
    Column("refusal_id", Integer, primary_key=True, autoincrement=True),
    Column("action", String(255), nullable=False),
    Column("user_hash", String(64), nullable=False),
    Column("team", String(32), nullable=False),
    Column("refused_at_ms", BigInteger, nullable=False),
    Index("refusals_by_time", "refused_at_ms"),
)

#: The newest pair of a bot's token that rotates; one row for each pair that was ever set.
TOKENS = Table(
    "tokens",
    METADATA,
    Column("seed", String(64), primary_key=True),
    Column("access", Text, nullable=False),
    Column("refresh", Text, nullable=False),
    Column("obtained_at_ms", BigInteger, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
    Column("leased_until_ms", BigInteger, nullable=False),
)

#: A single row that `Store.ping` rewrites, to find out whether the store can be written.
HEARTBEAT = Table(
    "heartbeat",
    METADATA,
    Column("heartbeat_id", Integer, primary_key=True, autoincrement=False),
    Column("beat_at_ms", BigInteger, nullable=False),
)


def fitted(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with texts that every database takes: without NUL and single surrogates, as long as a column at most."""
    lengths = _lengths(table)
    return {name: storable(value)[: lengths[name]] if isinstance(value, str) else value for name, value in row.items()}


@cache
def _lengths(table: Table) -> dict[str, int | None]:
    """Return how long the texts of each column may be."""
    return {column.name: getattr(column.type, "length", None) for column in table.columns}
