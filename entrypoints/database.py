"""The tables of the database, from the command line and at the start of every process."""

import os

from adapters.database import schema
from adapters.database.backends.engine import backend_of, make_engine
from adapters.database.schema import ForeignDatabaseError, NewerDatabaseError
from application.ports.storage import StorageNotReadyError
from entrypoints.process.failures import CommandFailedError
from entrypoints.settings import Settings


class UnusableDatabaseError(CommandFailedError):
    """The database cannot be used; the text says why."""


def bring_up_to_date(settings: Settings) -> None:
    """Bring the tables up to this version. Raises UnusableDatabaseError."""
    private_files()
    engine = make_engine(settings.database_url)
    try:
        schema.upgrade(engine)
    except (ForeignDatabaseError, NewerDatabaseError, StorageNotReadyError) as error:
        raise UnusableDatabaseError(str(error)) from error
    finally:
        engine.dispose()


def private_files() -> None:
    """Make new files readable by their owner only: a database file holds hashes of passwords."""
    os.umask(0o077)


def wants_workers(settings: Settings) -> bool:
    """Whether workers do the jobs that are handed on. Otherwise the scheduler process does."""
    return backend_of(make_engine(settings.database_url)).shared


def current_schema(settings: Settings) -> str | None:
    """Returns the schema of the database; None before the first one. Raises
    UnusableDatabaseError."""
    engine = make_engine(settings.database_url)
    try:
        return schema.current(engine)
    except (ForeignDatabaseError, StorageNotReadyError) as error:
        raise UnusableDatabaseError(str(error)) from error
    finally:
        engine.dispose()
