"""Mentions that were acknowledged and are not answered yet, and indexes for leaving out what is old."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_BY_TIME = {"clicks": "clicked_at_ms", "feedback": "given_at_ms", "refusals": "refused_at_ms"}


def upgrade() -> None:
    """Add a table and three indexes."""
    op.create_table(
        "unanswered",
        sa.Column("key_hash", sa.LargeBinary(16), primary_key=True),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("user_hash", sa.String(64), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("acknowledged_at_ms", sa.BigInteger, nullable=False),
        sa.Column("held_until_ms", sa.BigInteger, nullable=False),
    )
    for table, column in _BY_TIME.items():
        op.create_index(f"{table}_by_time", table, [column])


def downgrade() -> None:
    """Drop the indexes and the table."""
    for table in _BY_TIME:
        op.drop_index(f"{table}_by_time", table)
    op.drop_table("unanswered")
