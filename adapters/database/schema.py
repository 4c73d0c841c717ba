"""The tables of the database, and how they get there.

Alembic is imported only to migrate: it takes memory that a running service does not need.
"""

import logging
import time
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Engine, column, inspect, select, table
from sqlalchemy.exc import OperationalError

from adapters.database.engine import BARE, BUSY_TIMEOUT, SNAPSHOT
from adapters.database.failures import told_readably

if TYPE_CHECKING:
    from alembic.config import Config

log = logging.getLogger(__name__)

HEAD: Final = "0005"
"""The migration that makes the tables as this version needs them."""
VERSION_TABLE: Final = "web_scales_schema"
"""Holds the migration that was applied last; tells our databases from others, that may hold
Alembic's table of its usual name."""

_VERSION = select(table(VERSION_TABLE, column("version_num")).c.version_num)


class ForeignDatabaseError(Exception):
    """The database belongs to another program; it was left as it is."""

    def __init__(self, tables: list[str]) -> None:
        names = ", ".join(tables[:5]) + (", …" if len(tables) > 5 else "")
        super().__init__(
            f"The database holds tables that are not of this service ({names}). It was left as it "
            "is: set DATABASE_URL to another database, one that does not exist yet or is empty."
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
    with told_readably(), engine.execution_options(**{SNAPSHOT: True}).connect() as connection:
        return _current(connection)


def upgrade(engine: Engine) -> None:
    """Bring the tables up to date: all of it or nothing, and once when two processes start.

    Raises ForeignDatabaseError, NewerDatabaseError and StorageNotReadyError.
    """
    with told_readably():
        if current(engine) != HEAD:
            _migrate(engine)
        _write_ahead(engine)


def config(connection: Connection) -> "Config":
    """What Alembic's commands need to work on this connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "adapters.database:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _current(connection: Connection) -> str | None:
    tables = inspect(connection).get_table_names()
    if VERSION_TABLE in tables:
        return connection.scalar(_VERSION)
    if tables:
        raise ForeignDatabaseError(sorted(tables))
    return None


def _migrate(engine: Engine) -> None:
    from alembic import command

    with engine.connect() as connection:
        # SQLite changes a table by making it anew; dropping the old one must not cascade.
        _outside_transactions(connection, "PRAGMA foreign_keys = OFF")
        try:
            # The transaction has the write lock, so a second process waits here.
            with connection.begin():
                settings = config(connection)
                _require_known(_current(connection), settings)
                command.upgrade(settings, "head")
                orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                if orphans:
                    raise RuntimeError(f"The migration left rows without their parents: {orphans}")
        finally:
            _outside_transactions(connection, "PRAGMA foreign_keys = ON")


def _require_known(revision: str | None, settings: "Config") -> None:
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(settings)
    known = {script.revision for script in scripts.walk_revisions()}
    if revision is not None and revision not in known:
        raise NewerDatabaseError(revision)


def _write_ahead(engine: Engine) -> None:
    """Let readers read beside a writer. This is kept in the file."""
    give_up = time.monotonic() + BUSY_TIMEOUT
    with engine.connect() as connection:
        # Changing it needs the file for oneself, and SQLite does not always wait for that.
        while True:
            try:
                mode = _outside_transactions(connection, "PRAGMA journal_mode = WAL")
                break
            except OperationalError:
                if time.monotonic() >= give_up:
                    raise
                time.sleep(0.05)
    if mode != "wal":
        log.warning("this file system has no write-ahead log: readers will wait for writers")


def _outside_transactions(connection: Connection, pragma: str) -> object:
    connection.execution_options(**{BARE: True})
    try:
        result = connection.exec_driver_sql(pragma)
        return result.scalar() if result.returns_rows else None
    finally:
        connection.rollback()
        connection.execution_options(**{BARE: False})
