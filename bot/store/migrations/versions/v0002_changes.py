"""Tables for approved suggestions, dismissed questions and messages that are sent once."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column and three tables."""
    op.add_column("suggestions", sa.Column("proposed_question", sa.Text, nullable=True))
    op.create_table(
        "changes",
        sa.Column("suggestion_id", sa.String(64), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("message_ts", sa.String(32), nullable=False),
        sa.Column("approved_at_ms", sa.BigInteger, nullable=False),
        sa.Column("changed_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("changes_by_state", "changes", ["state"])
    op.create_table(
        "dismissed",
        sa.Column("question_hash", sa.String(64), primary_key=True),
        sa.Column("dismissed_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "reports",
        sa.Column("report_id", sa.String(64), primary_key=True),
        sa.Column("claimed_at_ms", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Drop the column and the tables."""
    for table in ("reports", "dismissed", "changes"):
        op.drop_table(table)
    with op.batch_alter_table("suggestions") as suggestions:
        suggestions.drop_column("proposed_question")
