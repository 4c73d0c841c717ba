"""Procrastinate's tables, where the database is PostgreSQL: workers find their jobs there."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SCHEMA = Path(__file__).parent.parent / "procrastinate.sql"
"""That of release 3.10, as it ships it. A later one's changes need a migration of their own."""
DROP = """
DROP TABLE procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs,
    procrastinate_workers CASCADE;
DO $$
DECLARE
    each record;
BEGIN
    FOR each IN
        SELECT oid::regprocedure AS name FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'procrastinate\\_%'
    LOOP
        EXECUTE 'DROP FUNCTION ' || each.name || ' CASCADE';
    END LOOP;
    FOR each IN
        SELECT oid::regtype AS name FROM pg_type
        WHERE typnamespace = current_schema()::regnamespace
        AND typname LIKE 'procrastinate\\_%' AND typtype IN ('c', 'e')
    LOOP
        EXECUTE 'DROP TYPE ' || each.name || ' CASCADE';
    END LOOP;
END
$$;
"""


def upgrade() -> None:
    _run(SCHEMA.read_text("utf-8"))


def downgrade() -> None:
    _run(DROP)


def _run(script: str) -> None:
    """Several statements at once, as they are: nothing in them is a parameter."""
    connection: sa.Connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        connection.connection.cursor().execute(script)
