"""Owners take turns with their jobs; devices that did not answer are doubtful."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0012"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOUBTFUL = """
UPDATE devices SET doubtful = true
WHERE id IN (SELECT device_id FROM auto_updates WHERE consecutive_failures > 0)
"""
OWNERS = """
UPDATE jobs SET owner_id = (SELECT owner_id FROM devices WHERE devices.id = jobs.device_id)
"""
QUEUED = """
UPDATE procrastinate_jobs SET queue_name = 'devices',
    args = args || jsonb_build_object(
        'owner_id', (SELECT owner_id FROM devices WHERE id = (args->>'device_id')::bigint)
    )
WHERE task_name = 'web_scales.do_job'
"""
# Their devices are gone.
FORGOTTEN = """
DELETE FROM procrastinate_jobs
WHERE task_name = 'web_scales.do_job' AND args->>'owner_id' IS NULL
"""
INDEX = """
CREATE INDEX web_scales_jobs_by_owner ON procrastinate_jobs ((args->>'owner_id'))
WHERE status IN ('todo', 'doing')
"""
FORMER_QUEUED = """
UPDATE procrastinate_jobs SET args = args - 'owner_id', priority = 0,
    queue_name = CASE WHEN (args->>'doubtful')::boolean THEN 'doubtful-devices' ELSE 'devices' END
WHERE task_name = 'web_scales.do_job'
"""


def upgrade() -> None:
    # In place: made anew, the table would take along what belongs to it.
    with op.batch_alter_table("devices", recreate="never") as devices:
        devices.add_column(
            sa.Column("doubtful", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    op.execute(DOUBTFUL)
    op.create_index(
        "ix_devices_owner_id_of_doubtful",
        "devices",
        ["owner_id"],
        sqlite_where=sa.text("doubtful = 1"),
        postgresql_where=sa.text("doubtful"),
    )
    op.drop_index(op.f("ix_jobs_doubtful_id"), "jobs")
    with op.batch_alter_table("jobs", recreate="never") as jobs:
        jobs.add_column(sa.Column("owner_id", _ID, nullable=False, server_default="0"))
        jobs.add_column(sa.Column("turn", sa.BigInteger(), nullable=False, server_default="0"))
        jobs.add_column(
            sa.Column("is_first", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    op.execute(OWNERS)
    op.create_index(op.f("ix_jobs_is_first_turn_id"), "jobs", ["is_first", "turn", "id"])
    op.create_index(
        op.f("ix_jobs_owner_id_doubtful_turn"), "jobs", ["owner_id", "doubtful", "turn"]
    )
    if op.get_bind().dialect.name == "postgresql":
        for statement in (QUEUED, FORGOTTEN, INDEX):
            op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX web_scales_jobs_by_owner")
        op.execute(FORMER_QUEUED)
    op.drop_index(op.f("ix_jobs_owner_id_doubtful_turn"), "jobs")
    op.drop_index(op.f("ix_jobs_is_first_turn_id"), "jobs")
    with op.batch_alter_table("jobs", recreate="never") as jobs:
        for name in ("is_first", "turn", "owner_id"):
            jobs.drop_column(name)
    op.create_index(op.f("ix_jobs_doubtful_id"), "jobs", ["doubtful", "id"])
    op.drop_index("ix_devices_owner_id_of_doubtful", "devices")
    with op.batch_alter_table("devices", recreate="never") as devices:
        devices.drop_column("doubtful")
