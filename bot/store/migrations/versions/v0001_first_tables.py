"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "claims",
        sa.Column("key_hash", sa.LargeBinary(16), primary_key=True),
        sa.Column("claimed_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("claims_by_time", "claims", ["claimed_at_ms"])
    op.create_table(
        "answers",
        sa.Column("answer_id", sa.String(64), primary_key=True),
        sa.Column("question_hash", sa.String(64), nullable=False),
        sa.Column("question", sa.Text, nullable=True),
        sa.Column("surface", sa.String(32), nullable=False),
        sa.Column("team", sa.String(32), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("user_hash", sa.String(64), nullable=False),
        sa.Column("answered", sa.Boolean, nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("urls", sa.JSON, nullable=False),
        sa.Column("version", sa.String(128), nullable=False),
        sa.Column("latency_ms", sa.Float, nullable=False),
        sa.Column("asked_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("answers_by_time", "answers", ["asked_at_ms"])
    op.create_table(
        "clicks",
        sa.Column("click_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("answer_id", sa.String(64), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("user_hash", sa.String(64), nullable=False),
        sa.Column("clicked_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("clicks_by_answer", "clicks", ["answer_id"])
    op.create_table(
        "feedback",
        sa.Column("answer_id", sa.String(64), primary_key=True),
        sa.Column("user_hash", sa.String(64), primary_key=True),
        sa.Column("helpful", sa.Boolean, nullable=False),
        sa.Column("given_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "suggestions",
        sa.Column("suggestion_id", sa.String(64), primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("section", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("question_hash", sa.String(64), nullable=False),
        sa.Column("question", sa.Text, nullable=True),
        sa.Column("team", sa.String(32), nullable=False),
        sa.Column("user", sa.String(32), nullable=False),
        sa.Column("suggested_at_ms", sa.BigInteger, nullable=False),
        sa.Column("approved", sa.Boolean, nullable=True),
        sa.Column("decided_by_hash", sa.String(64), nullable=True),
        sa.Column("decided_at_ms", sa.BigInteger, nullable=True),
    )
    op.create_table(
        "refusals",
        sa.Column("refusal_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("action", sa.String(255), nullable=False),
        sa.Column("user_hash", sa.String(64), nullable=False),
        sa.Column("team", sa.String(32), nullable=False),
        sa.Column("refused_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "heartbeat",
        sa.Column("heartbeat_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("beat_at_ms", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Drop every table."""
    for table in ("heartbeat", "refusals", "suggestions", "feedback", "clicks", "answers", "claims"):
        op.drop_table(table)
