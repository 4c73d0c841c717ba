"""Connections to the database, set up so that concurrent writers lose nothing."""

from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

BUSY_TIMEOUT: Final = 15.0
"""Seconds for which a writer waits for the others."""
SNAPSHOT: Final = "snapshot"
"""The execution option of connections that only read."""
BARE: Final = "bare"
"""The execution option of connections that begin no transaction."""


class BadDatabaseUrlError(ValueError):
    """The address names no database that the service can work with."""


def make_engine(url: str, *, busy_timeout: float = BUSY_TIMEOUT) -> Engine:
    """An engine for this address. Nothing is opened yet. Raises BadDatabaseUrlError.

    Transactions take the write lock as they begin, unless the connection has the execution
    option `snapshot`. Addresses that name an asynchronous SQLite driver work too.
    """
    engine = create_engine(
        _address(url),
        connect_args={"timeout": busy_timeout, "isolation_level": None},
        execution_options={"busy_timeout": busy_timeout},
        # A failed statement's parameters may hold a secret.
        hide_parameters=True,
        pool_size=16,
        max_overflow=48,
        pool_timeout=busy_timeout,
        # The connection used last has its pages in memory.
        pool_use_lifo=True,
    )
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError:
        raise BadDatabaseUrlError(
            "This is no database address; one looks like sqlite:///./web-scales.db."
        ) from None
    backend = address.get_backend_name()
    if backend != "sqlite":
        raise BadDatabaseUrlError(
            f"Databases of the kind “{backend}” are not supported: SQLite is."
        )
    file = address.database or ":memory:"
    if ":memory:" in file or address.query.get("mode") == "memory":
        raise BadDatabaseUrlError(
            "A database in memory would be forgotten: name a file, as in sqlite:///./web-scales.db."
        )
    return address.set(drivername="sqlite")


# SQLite's driver would begin transactions late and without the write lock: with its isolation
# level off, they begin exactly where SQLAlchemy says so.


def _set_up(dbapi_connection: Any, _record: object) -> None:
    """The journal mode is part of the file, and set by the migrations: not here, so that another
    program's database stays as it is."""
    dbapi_connection.execute("PRAGMA foreign_keys = ON")
    # A commit that was answered survives a power cut.
    dbapi_connection.execute("PRAGMA synchronous = FULL")
    # One MiB of pages for each thread at most; a product file is a quarter of that.
    dbapi_connection.execute("PRAGMA cache_size = -1024")


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get(SNAPSHOT):
        # Nothing can fail yet, so the driver is asked directly: each request begins so.
        driver: Any = connection.connection.driver_connection
        driver.execute("BEGIN")
    elif not options.get(BARE):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
