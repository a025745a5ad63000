"""A table for tokens that rotate."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "tokens",
        sa.Column("seed", sa.String(64), primary_key=True),
        sa.Column("access", sa.Text, nullable=False),
        sa.Column("refresh", sa.Text, nullable=False),
        sa.Column("obtained_at_ms", sa.BigInteger, nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
        sa.Column("leased_until_ms", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("tokens")
