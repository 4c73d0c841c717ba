"""Times of day at which dates are renewed, and failures in a row."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("auto_updates", recreate="never") as auto_updates:
        auto_updates.add_column(sa.Column("daily_at", sa.Text(), nullable=True))
        auto_updates.add_column(sa.Column("clock_read", sa.DateTime(), nullable=True))
        auto_updates.add_column(
            sa.Column("consecutive_failures", sa.BigInteger(), server_default="0", nullable=False)
        )
    # How many came before the last one is not known.
    op.execute("UPDATE auto_updates SET consecutive_failures = 1 WHERE last_status = 'ERROR'")


def downgrade() -> None:
    with op.batch_alter_table("auto_updates", recreate="never") as auto_updates:
        auto_updates.drop_column("consecutive_failures")
        auto_updates.drop_column("clock_read")
        auto_updates.drop_column("daily_at")
