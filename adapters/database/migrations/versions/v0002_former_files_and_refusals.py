"""Former files, refused passwords, edits that add a product, and runs by their owner."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # Adds in place: made anew, the table would take along all that belongs to its devices.
    with op.batch_alter_table("devices", recreate="never") as devices:
        devices.add_column(sa.Column("refusals", sa.Integer(), server_default="0", nullable=False))
        devices.add_column(sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True))
        devices.add_column(
            sa.Column("files_replaced", sa.BigInteger(), server_default="0", nullable=False)
        )
    with op.batch_alter_table("edits") as edits:
        edits.alter_column("field", existing_type=sa.Text(), nullable=True)
    op.create_table(
        "former_files",
        sa.Column("device_id", _ID, autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("products", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["devices.id"],
            name=op.f("fk_former_files_device_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("device_id", "number", name=op.f("pk_former_files")),
    )
    op.add_column("runs", sa.Column("owner_id", _ID, nullable=True))
    op.execute(
        "UPDATE runs SET owner_id = "
        "(SELECT devices.owner_id FROM devices WHERE devices.id = runs.device_id)"
    )
    with (
        _numbering_kept("runs"),
        op.batch_alter_table("runs", table_kwargs={"sqlite_autoincrement": True}) as runs,
    ):
        runs.alter_column("owner_id", existing_type=_ID, nullable=False)
        runs.create_foreign_key(
            op.f("fk_runs_owner_id"), "users", ["owner_id"], ["id"], ondelete="CASCADE"
        )
    op.create_index(op.f("ix_runs_owner_id_id"), "runs", ["owner_id", "id"], unique=False)
    op.create_index(
        op.f("ix_runs_owner_id_outcome_id"), "runs", ["owner_id", "outcome", "id"], unique=False
    )
    op.create_index(
        op.f("ix_runs_owner_id_started_at"), "runs", ["owner_id", "started_at"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_runs_owner_id_started_at"), table_name="runs")
    op.drop_index(op.f("ix_runs_owner_id_outcome_id"), table_name="runs")
    op.drop_index(op.f("ix_runs_owner_id_id"), table_name="runs")
    with (
        _numbering_kept("runs"),
        op.batch_alter_table("runs", table_kwargs={"sqlite_autoincrement": True}) as runs,
    ):
        runs.drop_constraint(op.f("fk_runs_owner_id"), type_="foreignkey")
        runs.drop_column("owner_id")
    op.drop_table("former_files")
    # These have no place in the older tables. What is shown follows with the next edit or read.
    op.execute("DELETE FROM edits WHERE field IS NULL")
    with op.batch_alter_table("edits") as edits:
        edits.alter_column("field", existing_type=sa.Text(), nullable=False)
    with op.batch_alter_table("devices", recreate="never") as devices:
        devices.drop_column("files_replaced")
        devices.drop_column("refused_at")
        devices.drop_column("refusals")


@contextmanager
def _numbering_kept(table: str) -> Iterator[None]:
    """A table that SQLite makes anew would number its rows from the last one that is left."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        yield
        return
    names = {"name": table}
    number = connection.scalar(sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name"), names)
    yield
    if number is not None:
        connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = :name"), names)
        connection.execute(
            sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :number)"),
            {**names, "number": number},
        )
