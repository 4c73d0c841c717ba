"""Copying everything from one database into another, of the same kind or not."""

from collections.abc import Generator, Iterator
from contextlib import closing
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
from adapters.database.backends.backend import Backend
from adapters.database.backends.engine import backend_of
from adapters.database.failures import in_one_line, readable_failures
from adapters.database.repositories.conditions import FREE
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
    """Copy all rows into a database that holds none. Returns how many there are of each table.

    The target gets its tables first; then it is one transaction on each side, in which every row
    is read back and compared before it counts. Leases come along as released.

    Raises CannotCopyError, ForeignDatabaseError, NewerDatabaseError and StorageNotReadyError.
    """
    _require_up_to_date(source)
    schema.upgrade(target)
    with (
        readable_failures(backend_of(source)),
        readable_failures(backend_of(target)),
        backend_of(source).commit_marks(source) as commit_mark,
        backend_of(source).snapshots(source).connect() as reading,
        target.begin() as writing,
    ):
        before = commit_mark()
        for connection in (reading, writing):
            backend_of(connection.engine).allow_long(connection)
        _require_at_rest(reading)
        _require_empty(writing)
        for table in COPIED:
            _transfer(table, reading, writing)
        counts = {table.name: _verified(table, reading, writing) for table in COPIED}
        if commit_mark() != before:
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
    target = backend_of(writing.engine)
    for batch in _batches(table, reading):
        try:
            writing.execute(insert(table), [_as_kept(table, row, target) for row in batch])
        except (DataError, IntegrityError) as error:
            raise CannotCopyError(
                f"The other database does not take a row of the table {table.name}: "
                f"{in_one_line(target, error)}."
            ) from error
    if table.autoincrement_column is not None:
        last = backend_of(reading.engine).last_number(reading, table)
        if last > target.last_number(writing, table):
            target.number_after(writing, table, last)


def _verified(table: Table, reading: Connection, writing: Connection) -> int:
    """How many rows there are, all of them the same on both sides."""
    count = 0
    target = backend_of(writing.engine)
    with closing(_rows(table, reading)) as rows, closing(_rows(table, writing)) as copies:
        for row, copy in zip_longest(rows, copies):
            if row is None or copy is None or _as_kept(table, row, target) != copy:
                key = [(row or copy or {})[column.name] for column in table.primary_key]
                raise CannotCopyError(
                    f"The row {key} of the table {table.name} reads otherwise in the copy: "
                    "nothing was kept of it."
                )
            count += 1
    return count


def _as_kept(table: Table, row: Row, target: Backend) -> Row:
    """The row as it is to stand in the copy: nobody there holds a lease."""
    if table is leases:
        return {**row, "expires_at": None}
    return {
        name: target.storable(value) if isinstance(value, str) else value
        for name, value in row.items()
    }


def _rows(table: Table, connection: Connection) -> Generator[Row]:
    for batch in _batches(table, connection):
        yield from batch


def _batches(table: Table, connection: Connection) -> Iterator[list[Row]]:
    """All rows in the order of their keys, which is the same on every database."""
    files = any(isinstance(column.type, LargeBinary) for column in table.columns)
    size = BATCH_OF_FILES if files else BATCH
    backend = backend_of(connection.engine)
    order = [
        backend.by_code_points(column) if isinstance(column.type, String) else column
        for column in table.primary_key
    ]
    options = {"yield_per": size}
    with connection.execute(select(table).order_by(*order), execution_options=options) as result:
        for partition in result.mappings().partitions(size):
            yield [dict(row) for row in partition]
