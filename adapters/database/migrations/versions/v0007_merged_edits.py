"""Files that hold edits which nobody recorded."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Adds in place: made anew, the table would take along the files that belong to it.
    with op.batch_alter_table("catalogues", recreate="never") as catalogues:
        catalogues.add_column(sa.Column("merged_by", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("catalogues", recreate="never") as catalogues:
        catalogues.drop_column("merged_by")
