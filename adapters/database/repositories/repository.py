"""What every repository is made of."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import (
    Connection,
    CursorResult,
    Delete,
    Executable,
    Insert,
    Row,
    Table,
    Update,
)
from sqlalchemy.exc import IntegrityError

from adapters.database.backends.backend import Guard
from adapters.database.backends.engine import backend_of
from application.ports.storage import ReadOnlyError

Values: TypeAlias = Mapping[str, Any]
AnyRow: TypeAlias = Row[*tuple[Any, ...]]
AnyResult: TypeAlias = CursorResult[*tuple[Any, ...]]


class ConstraintError(Exception):
    """The row would break a constraint of the tables."""


class Repository:
    """Runs the statements of one kind of entity in one transaction.

    Rows in, entities out: no row ever leaves a repository.
    """

    def __init__(self, connection: Connection, guard: Guard, *, writable: bool) -> None:
        self._connection = connection
        self._guard = guard
        self._writable = writable

    def _read(self, statement: Executable, values: Values | None = None) -> AnyResult:
        return self._connection.execute(statement, values)

    def _lock(self, statement: Executable, values: Values | None = None) -> AnyResult:
        """Read rows that nobody else changes until the transaction ends.

        Raises ReadOnlyError in a snapshot.
        """
        self._require_writable()
        return self._connection.execute(statement, values)

    def _write(
        self, statement: Insert | Update | Delete, values: Values | Sequence[Values] | None = None
    ) -> AnyResult:
        """Raises ReadOnlyError in a snapshot."""
        self._require_writable()
        return self._connection.execute(statement, values)

    def _require_writable(self) -> None:
        if not self._writable:
            raise ReadOnlyError("A snapshot cannot be written to.")

    def _try(self, statement: Insert | Update, values: Values | Sequence[Values]) -> AnyResult:
        """Like `_write`; raises ConstraintError, and nothing is written, where one forbids it."""
        try:
            with self._guard.attempt():
                return self._write(statement, values)
        except IntegrityError as error:
            raise ConstraintError from error

    def _add(self, statement: Insert, values: Values) -> int:
        """Like `_try`; answers the number that the database gave to the new row."""
        key = self._try(statement, values).inserted_primary_key
        if key is None:
            raise TypeError("A statement that adds no single row.")
        number: int = key[0]
        return number

    def _adopt(self, statement: Insert, values: Values) -> None:
        """Like `_try`, for a row that has its number already: later ones get greater numbers."""
        self._try(statement, values)
        if isinstance(statement.table, Table):
            backend = backend_of(self._connection.engine)
            last = backend.last_number(self._connection, statement.table)
            if values["id"] > last:
                backend.number_after(self._connection, statement.table, values["id"])
