"""Which products are renewed."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0008"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("auto_updates", recreate="never") as auto_updates:
        auto_updates.add_column(sa.Column("dates", sa.Text(), server_default="all", nullable=False))
    _create_exceptions("owner_exceptions", "owner_id", "users.id")
    _create_exceptions("device_exceptions", "device_id", "devices.id")


def _create_exceptions(table: str, whose: str, parent: str) -> None:
    op.create_table(
        table,
        sa.Column(whose, _ID, autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            [whose], [parent], name=op.f(f"fk_{table}_{whose}"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(whose, "place", name=op.f(f"pk_{table}")),
    )


def downgrade() -> None:
    for table in ("device_exceptions", "owner_exceptions"):
        op.drop_table(table)
    with op.batch_alter_table("auto_updates", recreate="never") as auto_updates:
        auto_updates.drop_column("dates")
