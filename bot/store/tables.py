"""The tables; `migrations/` creates them, and docs/feedback-store.md describes them.

Times are whole milliseconds since 1970 UTC, because every database stores and compares integers in the same way.
"""

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

METADATA = MetaData()

#: Deliveries that were claimed, as hashes of their dedupe keys.
CLAIMS = Table(
    "claims",
    METADATA,
    Column("key_hash", LargeBinary(16), primary_key=True),
    Column("claimed_at_ms", BigInteger, nullable=False),
    Index("claims_by_time", "claimed_at_ms"),
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
)

#: One row for each person and answer: the last verdict counts.
FEEDBACK = Table(
    "feedback",
    METADATA,
    Column("answer_id", String(64), primary_key=True),
    Column("user_hash", String(64), primary_key=True),
    Column("helpful", Boolean, nullable=False),
    Column("given_at_ms", BigInteger, nullable=False),
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
)

#: A single row that `Store.ping` rewrites, to find out whether the store can be written.
HEARTBEAT = Table(
    "heartbeat",
    METADATA,
    Column("heartbeat_id", Integer, primary_key=True, autoincrement=False),
    Column("beat_at_ms", BigInteger, nullable=False),
)
