"""SQLite: a file, with one writer at a time beside any number of readers."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from functools import partial
from typing import Any, Final, Protocol

from sqlalchemy import (
    URL,
    Column,
    Connection,
    Engine,
    Table,
    create_engine,
    event,
    inspect,
    text,
)
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError

from adapters.database.backends.backend import (
    BUSY_TIMEOUT,
    PATIENCE,
    Backend,
    BadDatabaseUrlError,
    Guard,
)
from application.ports.storage import StorageNotReadyError
from domain.devices.device import DeviceId

log = logging.getLogger(__name__)

SNAPSHOT: Final = "snapshot"
"""The execution option of connections that only read."""
BARE: Final = "bare"
"""The execution option of connections that begin no transaction."""

LAST_NUMBER = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
FORGET_NUMBER = text("DELETE FROM sqlite_sequence WHERE name = :name")
SET_NUMBER = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)")


class SqliteGuard(Guard):
    """The write lock is taken as a transaction begins, so there is nothing left to hold."""

    def hold(self, device_id: DeviceId) -> None:
        pass

    def hold_all(self, device_ids: Iterable[DeviceId]) -> None:
        pass

    def note_held(self, device_ids: Iterable[DeviceId]) -> None:
        pass

    def attempt(self) -> AbstractContextManager[object]:
        # SQLite undoes just one statement. No savepoint: a full disk would take it along.
        return nullcontext()


class Sqlite(Backend):
    """Transactions take the write lock as they begin, snapshots excepted."""

    shared = False

    def engine(self, address: URL, patience: float) -> Engine:
        """Addresses that name an asynchronous driver work too."""
        file = address.database or ":memory:"
        if ":memory:" in file or address.query.get("mode") == "memory":
            raise BadDatabaseUrlError(
                "A database in memory would be forgotten: name a file, as in "
                "sqlite:///./web-scales.db."
            )
        engine = create_engine(
            address.set(drivername="sqlite"),
            connect_args={"timeout": patience, "isolation_level": None},
            execution_options={PATIENCE: patience},
            # A failed statement's parameters may hold a secret.
            hide_parameters=True,
            # One for the reader whose turn it is and one for the writer; the rest are for nesting.
            pool_size=2,
            max_overflow=14,
            pool_timeout=patience,
            # The connection used last has its pages in memory.
            pool_use_lifo=True,
        )
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", _begin)
        return engine

    def snapshots(self, engine: Engine) -> Engine:
        return engine.execution_options(**{SNAPSHOT: True})

    def writers_queue(self, engine: Engine) -> Callable[[], AbstractContextManager[object]]:
        # SQLite lets writers of other processes wait by sleeping; our own threads queue here.
        return partial(_queued, threading.Lock(), _patience(engine), "writers")

    def readers_queue(self, engine: Engine) -> Callable[[], AbstractContextManager[object]]:
        # Readers could read beside each other, but the driver lets go of the interpreter at each
        # step, and handing it round costs more than the reading.
        return partial(_queued, threading.RLock(), _patience(engine), "readers")

    def guard(self, connection: Connection, *, writable: bool) -> Guard:
        return SqliteGuard()

    def tables(self, connection: Connection) -> list[str]:
        return inspect(connection).get_table_names()

    @contextmanager
    def migrating(self, engine: Engine) -> Iterator[Connection]:
        """The transaction has the write lock, so a second process waits for it."""
        with engine.connect() as connection:
            # SQLite changes a table by making it anew; dropping the old one must not cascade.
            _outside_transactions(connection, "PRAGMA foreign_keys = OFF")
            try:
                with connection.begin():
                    yield connection
                    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                    if orphans:
                        raise RuntimeError(
                            f"The migration left rows without their parents: {orphans}"
                        )
            finally:
                _outside_transactions(connection, "PRAGMA foreign_keys = ON")

    def settle(self, engine: Engine) -> None:
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

    def driver_address(self, engine: Engine) -> str:
        return engine.url.render_as_string(hide_password=False)

    def is_unavailable(self, error: DBAPIError) -> bool:
        # "Not a database" and "malformed" come as the base class itself.
        return type(error) is DatabaseError

    def reason(self, error: DBAPIError) -> str:
        return str(error.orig)

    def last_number(self, connection: Connection, table: Table) -> int:
        return connection.scalar(LAST_NUMBER, {"name": table.name}) or 0

    def number_after(self, connection: Connection, table: Table, last: int) -> None:
        connection.execute(FORGET_NUMBER, {"name": table.name})
        connection.execute(SET_NUMBER, {"name": table.name, "last": last})

    def storable(self, text: str) -> str:
        return text

    def by_code_points(self, column: Column[Any]) -> Column[Any]:
        return column

    def allow_long(self, connection: Connection) -> None:
        pass

    @contextmanager
    def commit_marks(self, engine: Engine) -> Iterator[Callable[[], object]]:
        with closing(engine.raw_connection()) as connection:
            driver: Any = connection.driver_connection
            yield lambda: driver.execute("PRAGMA data_version").fetchone()


class _Lock(Protocol):
    def acquire(self, *, timeout: float) -> bool: ...

    def release(self) -> None: ...


@contextmanager
def _queued(lock: _Lock, patience: float, others: str) -> Iterator[None]:
    if not lock.acquire(timeout=patience):
        raise StorageNotReadyError(f"The database cannot be used: other {others} keep it busy.")
    try:
        yield
    finally:
        lock.release()


def _patience(engine: Engine) -> float:
    patience: float = engine.get_execution_options().get(PATIENCE, BUSY_TIMEOUT)
    return patience


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


def _outside_transactions(connection: Connection, pragma: str) -> object:
    connection.execution_options(**{BARE: True})
    try:
        result = connection.exec_driver_sql(pragma)
        return result.scalar() if result.returns_rows else None
    finally:
        connection.rollback()
        connection.execution_options(**{BARE: False})
