"""Copying everything from one database into another, of the same kind or not."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from itertools import zip_longest
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    Connection,
    Engine,
    LargeBinary,
    String,
    Table,
    func,
    insert,
    not_,
    select,
)
from sqlalchemy.exc import DataError, IntegrityError

from adapters.database import schema
from adapters.database.backends.engine import backend_of
from adapters.database.backends.numbering import give_after, last_given
from adapters.database.failures import told, told_readably
from adapters.database.repositories.devices import FREE
from adapters.database.tables import METADATA, batch_items, jobs, leases, runs

Row: TypeAlias = dict[str, Any]

BATCH: Final = 500
"""Rows that are read and written at once."""
BATCH_OF_FILES: Final = 8
"""The same where a row may hold a product file, which can have some megabytes."""

COPIED: Final = [table for table in METADATA.sorted_tables if table is not jobs]
"""Of the jobs, those of the devices' own turns are made anew, and others are done before."""

HELD = select(func.count()).select_from(leases).where(not_(FREE))
ASKED_FOR = (
    select(func.count())
    .select_from(batch_items.outerjoin(runs, runs.c.id == batch_items.c.run_id))
    .where(batch_items.c.error_type.is_(None), runs.c.ended_at.is_(None))
)


class CannotCopyError(Exception):
    """Nothing was copied; the text says why, and what to do."""


def copied(source: Engine, target: Engine) -> dict[str, int]:
    """Copy all rows into a database that holds none, and answer how many of which table.

    The target gets its tables first; then it is one transaction on each side, in which every row
    is read back and compared before it counts. Leases come along as released.

    Raises CannotCopyError, ForeignDatabaseError, NewerDatabaseError and StorageNotReadyError.
    """
    _require_up_to_date(source)
    schema.upgrade(target)
    with (
        told_readably(),
        _commits_of(source) as commits,
        backend_of(source).snapshots(source).connect() as reading,
        target.begin() as writing,
    ):
        commits_before = commits()
        for connection in (reading, writing):
            _take_time(connection)
        _require_at_rest(reading)
        _require_empty(writing)
        for table in COPIED:
            _transfer(table, reading, writing)
        counts = {table.name: _verified(table, reading, writing) for table in COPIED}
        if commits() != commits_before:
            raise CannotCopyError(
                "Something was written while it was copied, and nothing was kept of the copy: "
                "stop every process of the service, and try again."
            )
    return counts


def _require_up_to_date(source: Engine) -> None:
    revision = schema.current(source)
    if revision is None:
        raise CannotCopyError("The database to copy from (DATABASE_URL) holds nothing yet.")
    if revision != schema.HEAD:
        raise CannotCopyError(
            f"The database to copy from has the schema {revision}, and this version of the "
            f"service needs {schema.HEAD}: run “web-scales db upgrade” first."
        )


def _require_at_rest(reading: Connection) -> None:
    if held := reading.scalar(HELD):
        raise CannotCopyError(
            f"The service is at work: {held} of its devices are being talked to. Stop its "
            "processes, wait for 15 seconds, and try again."
        )
    if waiting := reading.scalar(ASKED_FOR):
        raise CannotCopyError(
            f"{waiting} runs that users asked for wait to be done: let the scheduler do them, stop "
            "it, and try again."
        )


def _require_empty(writing: Connection) -> None:
    for table in METADATA.sorted_tables:
        if writing.execute(select(*table.primary_key).limit(1)).first() is not None:
            raise CannotCopyError(
                f"The database to copy into is in use already: its table {table.name} has rows."
            )


def _transfer(table: Table, reading: Connection, writing: Connection) -> None:
    for batch in _batches(table, reading):
        try:
            writing.execute(insert(table), [_as_kept(table, row, writing) for row in batch])
        except (DataError, IntegrityError) as error:
            raise CannotCopyError(
                f"The other database does not take a row of the table {table.name}: {told(error)}."
            ) from error
    if table.autoincrement_column is not None:
        give_after(writing, table, last_given(reading, table))


def _verified(table: Table, reading: Connection, writing: Connection) -> int:
    """How many rows there are, all of them the same on both sides."""
    count = 0
    with closing(_rows(table, reading)) as rows, closing(_rows(table, writing)) as copies:
        for row, copy in zip_longest(rows, copies):
            if row is None or copy is None or _as_kept(table, row, writing) != copy:
                key = [(row or copy or {})[column.name] for column in table.primary_key]
                raise CannotCopyError(
                    f"The row {key} of the table {table.name} reads otherwise in the copy: "
                    "nothing was kept of it."
                )
            count += 1
    return count


def _as_kept(table: Table, row: Row, writing: Connection) -> Row:
    """The row as it is to stand in the copy: nobody there holds a lease."""
    if table is leases:
        return {**row, "expires_at": None}
    if writing.dialect.name == "postgresql":
        # Its text has no NUL, which a device's own words may hold on SQLite.
        return {
            name: value.replace("\0", "\ufffd") if isinstance(value, str) else value
            for name, value in row.items()
        }
    return row


def _rows(table: Table, connection: Connection) -> Generator[Row]:
    for batch in _batches(table, connection):
        yield from batch


def _batches(table: Table, connection: Connection) -> Iterator[list[Row]]:
    """All rows in the order of their keys, which is the same on every database."""
    files = any(isinstance(column.type, LargeBinary) for column in table.columns)
    size = BATCH_OF_FILES if files else BATCH
    order = [
        column.collate("C")
        if isinstance(column.type, String) and connection.dialect.name == "postgresql"
        else column
        for column in table.primary_key
    ]
    options = {"yield_per": size}
    with connection.execute(select(table).order_by(*order), execution_options=options) as result:
        for partition in result.mappings().partitions(size):
            yield [dict(row) for row in partition]


def _take_time(connection: Connection) -> None:
    """A large copy takes longer than any transaction of the service may."""
    if connection.dialect.name == "postgresql":
        for limit in ("idle_in_transaction_session_timeout", "statement_timeout"):
            connection.exec_driver_sql(f"SELECT set_config('{limit}', '0', true)")


@contextmanager
def _commits_of(engine: Engine) -> Iterator[Callable[[], object]]:
    """What answers something else after somebody has written. PostgreSQL cannot tell at little
    cost, and answers the same for ever."""
    if engine.dialect.name != "sqlite":
        yield lambda: None
        return
    with closing(engine.raw_connection()) as connection:
        driver: Any = connection.driver_connection
        yield lambda: driver.execute("PRAGMA data_version").fetchone()
