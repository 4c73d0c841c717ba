"""How Alembic runs the migrations: on the connection it is given, in that one's transaction."""

from alembic import context

from adapters.database.schema import VERSION_TABLE
from adapters.database.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    # SQLite cannot alter a table, so a migration makes it anew.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
