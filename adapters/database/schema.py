"""The tables of the database, and how they get there.

Alembic is imported only to migrate: it takes memory that a running service does not need.
"""

from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Engine, column, select, table

from adapters.database.backends.engine import backend_of
from adapters.database.failures import readable_failures

if TYPE_CHECKING:
    from alembic.config import Config

HEAD: Final = "0014"
"""The migration that makes the tables as this version needs them."""
VERSION_TABLE: Final = "web_scales_schema"
"""Holds the migration that was applied last; tells our databases from others, that may hold
Alembic's table of its usual name."""

FORMER_SERVICES: Final = {"users", "devices", "auto_update_schedules"}
"""Tables of the service that was used before this one."""
MOVING_IN: Final = (
    " If they are of the service used before, “web-scales db import FILE” then takes them over."
)

_VERSION = select(table(VERSION_TABLE, column("version_num")).c.version_num)


class ForeignDatabaseError(Exception):
    """The database belongs to another program; it was left as it is."""

    def __init__(self, tables: list[str]) -> None:
        names = ", ".join(tables[:5]) + (", …" if len(tables) > 5 else "")
        super().__init__(
            f"The database holds tables that are not of this service ({names}). It was left as it "
            "is: set DATABASE_URL to another database, one that does not exist yet or is empty."
            + (MOVING_IN if set(tables) >= FORMER_SERVICES else "")
        )


class NewerDatabaseError(Exception):
    """A later version of the service has migrated the database."""

    def __init__(self, revision: str) -> None:
        super().__init__(
            f"The database has the schema {revision}, which this version of the service does not "
            f"know: its own is {HEAD}. Install the version that made it, or a later one."
        )


def current(engine: Engine) -> str | None:
    """The migration applied last; None before the first.

    Raises ForeignDatabaseError and StorageNotReadyError.
    """
    backend = backend_of(engine)
    with readable_failures(backend), backend.snapshots(engine).connect() as connection:
        return _current(connection)


def upgrade(engine: Engine) -> None:
    """Bring the tables up to date: all of it or nothing, and once when two processes start.

    Raises ForeignDatabaseError, NewerDatabaseError and StorageNotReadyError.
    """
    backend = backend_of(engine)
    with readable_failures(backend):
        if current(engine) != HEAD:
            _migrate(engine)
        backend.settle(engine)


def config(connection: Connection) -> "Config":
    """What Alembic's commands need to work on this connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "adapters.database:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _current(connection: Connection) -> str | None:
    tables = backend_of(connection.engine).tables(connection)
    if VERSION_TABLE in tables:
        return connection.scalar(_VERSION)
    if tables:
        raise ForeignDatabaseError(sorted(tables))
    return None


def _migrate(engine: Engine) -> None:
    from alembic import command

    with backend_of(engine).migrating(engine) as connection:
        settings = config(connection)
        _require_known(_current(connection), settings)
        command.upgrade(settings, "head")


def _require_known(revision: str | None, settings: "Config") -> None:
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(settings)
    known = {script.revision for script in scripts.walk_revisions()}
    if revision is not None and revision not in known:
        raise NewerDatabaseError(revision)
