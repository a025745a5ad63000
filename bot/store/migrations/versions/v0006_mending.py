"""Columns for links that somebody found something wrong with, and for what a curator changed of one."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("suggestions", sa.Column("problem", sa.String(16), nullable=True))
    op.add_column("suggestions", sa.Column("mending", sa.JSON, nullable=True))


def downgrade() -> None:
    """Drop the columns."""
    with op.batch_alter_table("suggestions") as suggestions:
        suggestions.drop_column("mending")
        suggestions.drop_column("problem")
