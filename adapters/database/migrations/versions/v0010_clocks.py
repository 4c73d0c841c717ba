"""When schedules were settled, so that a clock that was ahead is found out; scales that were
replaced, and how far their clocks are off."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    with op.batch_alter_table("auto_updates", recreate="never") as auto_updates:
        auto_updates.add_column(sa.Column("looked_at", instant, nullable=True))
        auto_updates.add_column(sa.Column("dates_from", instant, nullable=True))
        auto_updates.create_index(
            op.f("ix_auto_updates_looked_at_device_id"), ["looked_at", "device_id"]
        )
    with op.batch_alter_table("devices", recreate="never") as devices:
        devices.add_column(sa.Column("clock_ahead", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("catalogues", recreate="never") as catalogues:
        catalogues.add_column(
            sa.Column("replaced", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
    # A claim by a clock that was ahead hides nobody any more.
    op.execute("UPDATE auto_updates SET look_at = due_at")
    # Each local midnight is a turn: one that is farther away was settled by such a clock.
    schedules = sa.table(
        "auto_updates", sa.column("due_at", instant), sa.column("looked_at", instant)
    )
    far = schedules.c.due_at > datetime.now(UTC) + timedelta(days=3)
    op.execute(schedules.update().where(far).values(looked_at=schedules.c.due_at))


def downgrade() -> None:
    with op.batch_alter_table("devices", recreate="never") as devices:
        devices.drop_column("clock_ahead")
    with op.batch_alter_table("catalogues", recreate="never") as catalogues:
        catalogues.drop_column("replaced")
    with op.batch_alter_table("auto_updates", recreate="never") as auto_updates:
        auto_updates.drop_index(op.f("ix_auto_updates_looked_at_device_id"))
        auto_updates.drop_column("dates_from")
        auto_updates.drop_column("looked_at")
