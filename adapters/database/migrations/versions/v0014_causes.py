"""Why something failed, as a code and facts. The sentences that stand there stay, as they are."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0009"
branch_labels = None
depends_on = None

COLUMNS = (
    ("runs", "error_facts"),
    ("batch_items", "error_facts"),
    ("auto_updates", "last_error_type"),
    ("auto_updates", "last_error_facts"),
)


def upgrade() -> None:
    for table, column in COLUMNS:
        with op.batch_alter_table(table, recreate="never") as altered:
            altered.add_column(sa.Column(column, sa.Text(), nullable=True))


def downgrade() -> None:
    """What failed since is known by its code alone."""
    op.execute("UPDATE runs SET error = error_type WHERE error IS NULL")
    op.execute("UPDATE batch_items SET error = error_type WHERE error IS NULL")
    op.execute("UPDATE auto_updates SET last_error = last_error_type WHERE last_error IS NULL")
    for table, column in COLUMNS:
        with op.batch_alter_table(table, recreate="never") as altered:
            altered.drop_column(column)
