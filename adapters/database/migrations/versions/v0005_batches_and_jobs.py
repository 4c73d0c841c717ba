"""Batches of runs, jobs that wait, and when the scheduler looks at a device next."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "batches",
        sa.Column("id", _ID, nullable=False),
        sa.Column("owner_id", _ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("upload_of", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_batches_owner_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_batches_owner_id"), "batches", ["owner_id"])
    op.create_index(op.f("ix_batches_created_at"), "batches", ["created_at"])
    op.create_table(
        "batch_items",
        sa.Column("batch_id", _ID, autoincrement=False, nullable=False),
        sa.Column("device_id", _ID, autoincrement=False, nullable=False),
        sa.Column("run_id", _ID, nullable=True),
        sa.Column("error_type", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batches.id"], name=op.f("fk_batch_items_batch_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["devices.id"],
            name=op.f("fk_batch_items_device_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name=op.f("fk_batch_items_run_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("batch_id", "device_id", name=op.f("pk_batch_items")),
    )
    op.create_index(op.f("ix_batch_items_device_id"), "batch_items", ["device_id"])
    op.create_index(op.f("ix_batch_items_run_id"), "batch_items", ["run_id"])
    op.create_table(
        "jobs",
        sa.Column("id", _ID, nullable=False),
        sa.Column("device_id", _ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("batch_id", _ID, nullable=True),
        sa.Column("doubtful", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_jobs_device_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batches.id"], name=op.f("fk_jobs_batch_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_jobs_device_id"), "jobs", ["device_id"])
    op.create_index(op.f("ix_jobs_batch_id"), "jobs", ["batch_id"])
    op.create_index(op.f("ix_jobs_doubtful_id"), "jobs", ["doubtful", "id"])
    op.create_index(
        "uq_jobs_device_id_of_schedule",
        "jobs",
        ["device_id"],
        unique=True,
        sqlite_where=sa.text("batch_id IS NULL"),
        postgresql_where=sa.text("batch_id IS NULL"),
    )
    op.create_index(op.f("ix_runs_owner_id_kind_id"), "runs", ["owner_id", "kind", "id"])
    op.add_column("auto_updates", sa.Column("look_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE auto_updates SET look_at = due_at")
    op.drop_index(op.f("ix_auto_updates_due_at_device_id"), table_name="auto_updates")
    op.create_index(
        op.f("ix_auto_updates_look_at_device_id"), "auto_updates", ["look_at", "device_id"]
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_runs_owner_id_kind_id"), table_name="runs")
    op.drop_index(op.f("ix_auto_updates_look_at_device_id"), table_name="auto_updates")
    op.create_index(
        op.f("ix_auto_updates_due_at_device_id"), "auto_updates", ["due_at", "device_id"]
    )
    with op.batch_alter_table("auto_updates") as auto_updates:
        auto_updates.drop_column("look_at")
    op.drop_table("jobs")
    op.drop_table("batch_items")
    op.drop_table("batches")
