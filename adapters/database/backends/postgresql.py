"""PostgreSQL: a server, with as many writers as there are devices written to.

The driver is imported only with the first engine: it takes memory that nobody else needs.
"""

import atexit
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final

from sqlalchemy import (
    URL,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Table,
    bindparam,
    create_engine,
    event,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError, InvalidatePoolError

from adapters.database.backends.backend import PATIENCE, Backend, BadDatabaseUrlError, Guard
from adapters.database.batching import parts
from adapters.database.tables import devices
from application.ports.storage import StorageNotReadyError
from domain.devices.device import DeviceId

CONNECTIONS: Final = 10
"""How many one process may have: six processes, and what workers need besides, stay within
PostgreSQL's default limit. Transactions are brief, and further threads queue."""
CONNECTING: Final[dict[str, object]] = {
    "application_name": "web-scales",
    # Whatever the server and its databases are set to.
    "client_encoding": "utf8",
    "connect_timeout": 5,
    # A server that vanished without a word is noticed within half a minute.
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
"""What connections are made with where the address says nothing else."""
STATEMENT_TIMEOUT: Final = 60
"""Seconds that one statement may take; ours take milliseconds."""
IDLE_TIMEOUT: Final = 30
"""Seconds after which the locks of a process that was frozen within a transaction are freed."""
MIGRATION_WAIT: Final = 10 * 60
"""Seconds for which a process waits while another one migrates."""
MIGRATION_LOCK: Final = 7_236_514_078_291
"""What processes that want to migrate take turns by: a number that nobody else uses."""

UNAVAILABLE: Final = {
    "25006",  # the server takes no writes
    "25P03",  # the transaction was idle for too long
    "3F000",  # there is no schema to put tables into
    "42501",  # permission denied
    "42703",  # a column is missing
    "42P01",  # a table is missing
    "XX001",  # data is damaged
    "XX002",  # an index is damaged
}
"""States in which the database cannot be used, and that are not among its operational errors."""
# Whoever reads it need not know where our servers are.
_PLACE = re.compile(r".*connection to server .*? failed: |.*failed to resolve host '[^']*': ")

HOLD = (
    select(devices.c.id)
    .where(devices.c.id == bindparam("device_id"))
    # Rows that refer to the device can still be added: they only ask that it stays.
    .with_for_update(key_share=True)
)
HOLD_ALL = (
    select(devices.c.id)
    .where(devices.c.id.in_(bindparam("device_ids", expanding=True)))
    .order_by(devices.c.id)
    .with_for_update(key_share=True)
)
LAST_NUMBER = text(
    "SELECT pg_sequence_last_value(CAST(pg_get_serial_sequence(:name, :id) AS regclass))"
)
SET_NUMBER = text("SELECT setval(pg_get_serial_sequence(:name, :id), :last)")
# Tables that an extension brought along belong to nobody's program.
_TABLES = text(
    "SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
    "WHERE nspname = current_schema() AND relkind IN ('r', 'p') AND NOT EXISTS "
    "(SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass "
    "AND objid = pg_class.oid AND deptype = 'e')"
)


class RowLocks(Guard):
    """Writers lock the row of a device before they do anything else with it.

    A writer of several devices locks them by ascending id, and after their batch where there is
    one, or skips those that are locked: so no two writers wait for each other.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._held: set[DeviceId] = set()

    def hold(self, device_id: DeviceId) -> None:
        if device_id not in self._held:
            self._connection.execute(HOLD, {"device_id": device_id})
            self._held.add(device_id)

    def hold_all(self, device_ids: Iterable[DeviceId]) -> None:
        for some in parts(sorted(set(device_ids) - self._held)):
            self._connection.execute(HOLD_ALL, {"device_ids": some})
            self._held.update(some)

    def note_held(self, device_ids: Iterable[DeviceId]) -> None:
        self._held.update(device_ids)

    def attempt(self) -> AbstractContextManager[object]:
        # A statement that fails would end the whole transaction.
        return self._connection.begin_nested()


class SnapshotLocks(Guard):
    """A snapshot does not change, whatever others do."""

    def hold(self, device_id: DeviceId) -> None:
        pass

    def hold_all(self, device_ids: Iterable[DeviceId]) -> None:
        pass

    def note_held(self, device_ids: Iterable[DeviceId]) -> None:
        pass

    def attempt(self) -> AbstractContextManager[object]:
        return nullcontext()


class PostgreSql(Backend):
    """Transactions see what is committed before each statement; snapshots see one moment."""

    shared = True

    def engine(self, address: URL, patience: float) -> Engine:
        """Addresses that name another driver, or none, work too."""
        address = address.set(drivername="postgresql+psycopg")
        engine = create_engine(
            address,
            connect_args={
                name: value for name, value in CONNECTING.items() if name not in address.query
            },
            execution_options={PATIENCE: patience},
            isolation_level="READ COMMITTED",
            # A failed statement's parameters may hold a secret.
            hide_parameters=True,
            pool_size=CONNECTIONS,
            max_overflow=0,
            pool_timeout=patience,
            pool_use_lifo=True,
        )
        _require_known_options(engine, address)
        limits = _limits(patience)

        def set_up(dbapi_connection: Any, _record: object) -> None:
            dbapi_connection.execute(limits)
            dbapi_connection.commit()

        event.listen(engine, "connect", set_up)
        event.listen(engine, "checkout", _require_alive)
        # The server's log would have a line for each connection that just broke off.
        atexit.register(engine.dispose)
        return engine

    def snapshots(self, engine: Engine) -> Engine:
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    def writers_queue(self, engine: Engine) -> Callable[[], AbstractContextManager[object]]:
        return nullcontext

    def readers_queue(self, engine: Engine) -> Callable[[], AbstractContextManager[object]]:
        return nullcontext

    def guard(self, connection: Connection, *, writable: bool) -> Guard:
        return RowLocks(connection) if writable else SnapshotLocks()

    def tables(self, connection: Connection) -> list[str]:
        """Those of the first schema on the search path: names mean these before all others."""
        return list(connection.scalars(_TABLES))

    @contextmanager
    def migrating(self, engine: Engine) -> Iterator[Connection]:
        """One process at a time has the lock, and a second one waits for it."""
        with engine.begin() as connection:
            encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
            if encoding != "UTF8":
                raise StorageNotReadyError(
                    f"The database keeps text as {encoding}, which has no place for every "
                    "script: create it with ENCODING 'UTF8'."
                )
            # Building an index may take long, and so may waiting for one who does.
            set_locally = "SELECT set_config('{}', '{}', true)".format
            connection.exec_driver_sql(set_locally("statement_timeout", 0))
            connection.exec_driver_sql(set_locally("idle_in_transaction_session_timeout", 0))
            patience = connection.exec_driver_sql("SHOW lock_timeout").scalar()
            connection.exec_driver_sql(set_locally("lock_timeout", f"{MIGRATION_WAIT}s"))
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
            connection.exec_driver_sql(set_locally("lock_timeout", patience))
            # Another installation's tables may be further down the search path.
            connection.exec_driver_sql(
                "SELECT set_config('search_path', quote_ident(current_schema()), true) "
                "WHERE current_schema() IS NOT NULL"
            )
            yield connection

    def settle(self, engine: Engine) -> None:
        pass

    def driver_address(self, engine: Engine) -> str:
        return engine.url.set(drivername="postgresql").render_as_string(hide_password=False)

    def is_unavailable(self, error: DBAPIError) -> bool:
        return getattr(error.orig, "sqlstate", None) in UNAVAILABLE

    def reason(self, error: DBAPIError) -> str:
        """Without the values that PostgreSQL may go on to name."""
        diagnosis = getattr(error.orig, "diag", None)
        words = getattr(diagnosis, "message_primary", None) or str(error.orig)
        return _PLACE.sub("", words.strip().partition("\n")[0])

    def last_number(self, connection: Connection, table: Table) -> int:
        return connection.scalar(LAST_NUMBER, _names(table)) or 0

    def number_after(self, connection: Connection, table: Table, last: int) -> None:
        connection.execute(SET_NUMBER, {**_names(table), "last": last})

    def storable(self, text: str) -> str:
        """There is no NUL in its text; a device's own words may hold one."""
        return text.replace("\0", "\ufffd")

    def by_code_points(self, column: Column[Any]) -> ColumnElement[Any]:
        return column.collate("C")

    def allow_long(self, connection: Connection) -> None:
        for limit in ("idle_in_transaction_session_timeout", "statement_timeout"):
            connection.exec_driver_sql(f"SELECT set_config('{limit}', '0', true)")

    def commit_marks(self, engine: Engine) -> AbstractContextManager[Callable[[], object]]:
        return nullcontext(lambda: None)


def _names(table: Table) -> dict[str, str]:
    (number,) = table.primary_key.columns
    return {"name": table.name, "id": number.name}


def _limits(patience: float) -> str:
    """The statements that make sure that nothing hangs for ever."""
    seconds = {
        "lock_timeout": patience,
        "statement_timeout": max(STATEMENT_TIMEOUT, 2 * patience),
        "idle_in_transaction_session_timeout": IDLE_TIMEOUT,
    }
    return "; ".join(f"SET {name} = {round(limit * 1000)}" for name, limit in seconds.items())


def _require_known_options(engine: Engine, address: URL) -> None:
    """Raises BadDatabaseUrlError."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import make_conninfo

    _, options = engine.dialect.create_connect_args(address)
    options.pop("context", None)
    try:
        make_conninfo(**options)
    except ProgrammingError as error:
        raise BadDatabaseUrlError(f"PostgreSQL does not take this address: {error}.") from None


def _require_alive(dbapi_connection: Any, _record: object, _proxy: object) -> None:
    """A server that stops says so on each of its connections, and reading that costs no round trip.

    Raises InvalidatePoolError when it did; the pool then makes a new connection.
    """
    from psycopg import OperationalError

    try:
        # The first look may find the server's last words, the second that it hung up.
        dbapi_connection.pgconn.consume_input()
        dbapi_connection.pgconn.consume_input()
    except OperationalError as error:
        raise InvalidatePoolError("The server has ended the connection.") from error
