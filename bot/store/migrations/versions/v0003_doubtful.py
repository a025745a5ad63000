"""A column for answers that may not be one."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; earlier answers were sure or none."""
    op.add_column("answers", sa.Column("doubtful", sa.Boolean, nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Drop the column."""
    with op.batch_alter_table("answers") as answers:
        answers.drop_column("doubtful")
