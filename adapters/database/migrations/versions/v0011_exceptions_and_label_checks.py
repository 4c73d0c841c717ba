"""Which products are renewed, and what a shop should look at on its labels."""

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
    with op.batch_alter_table("catalogues", recreate="never") as catalogues:
        catalogues.add_column(sa.Column("labels_digest", sa.Text(), nullable=True))
    not_checked = sa.text("labels_digest IS NULL")
    op.create_index(
        "ix_catalogues_labels_not_checked",
        "catalogues",
        ["device_id"],
        sqlite_where=not_checked,
        postgresql_where=not_checked,
    )
    _create_exceptions("owner_exceptions", "owner_id", "users.id")
    _create_exceptions("device_exceptions", "device_id", "devices.id")
    op.create_table(
        "label_checks",
        sa.Column("device_id", _ID, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("except_day", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["catalogues.device_id"],
            name=op.f("fk_label_checks_device_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("device_id", "name", name=op.f("pk_label_checks")),
    )


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
    for table in ("label_checks", "device_exceptions", "owner_exceptions"):
        op.drop_table(table)
    op.drop_index("ix_catalogues_labels_not_checked", table_name="catalogues")
    with op.batch_alter_table("catalogues", recreate="never") as catalogues:
        catalogues.drop_column("labels_digest")
    with op.batch_alter_table("auto_updates", recreate="never") as auto_updates:
        auto_updates.drop_column("dates")
