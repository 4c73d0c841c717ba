"""The database that an address names."""

from typing import Final

from sqlalchemy import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError

from adapters.database.backends.backend import BUSY_TIMEOUT, Backend, BadDatabaseUrlError
from adapters.database.backends.postgresql import PostgreSql
from adapters.database.backends.sqlite import Sqlite

BACKENDS: Final[dict[str, Backend]] = {"sqlite": Sqlite(), "postgresql": PostgreSql()}
"""By the name that their engines have for their dialect."""
ALSO_WRITTEN: Final = {"postgres": "postgresql"}


def make_engine(url: str, *, busy_timeout: float = BUSY_TIMEOUT) -> Engine:
    """An engine for this address, set up so that concurrent writers lose nothing and wait for
    each other for so many seconds at most. Nothing is opened yet. Raises BadDatabaseUrlError."""
    address = _address(url)
    name = address.get_backend_name()
    name = ALSO_WRITTEN.get(name, name)
    if name not in BACKENDS:
        raise BadDatabaseUrlError(
            f"Databases of the kind “{name}” are not supported: SQLite and PostgreSQL are."
        )
    return BACKENDS[name].engine(address, busy_timeout)


def backend_of(engine: Engine) -> Backend:
    """What is special about its database."""
    return BACKENDS[engine.dialect.name]


def _address(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise BadDatabaseUrlError(
            "This is no database address; one looks like sqlite:///./web-scales.db or "
            "postgresql://user:password@host/database."
        ) from None
