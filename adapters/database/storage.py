"""Transactions over connections."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from adapters.database import schema
from adapters.database.auto_updates import SqlAutoUpdates
from adapters.database.batches import SqlBatches
from adapters.database.catalogues import SqlCatalogues
from adapters.database.devices import SqlDevices
from adapters.database.engine import BUSY_TIMEOUT, SNAPSHOT
from adapters.database.failures import told_readably
from adapters.database.former_files import SqlFormerFiles
from adapters.database.jobs import SqlJobs
from adapters.database.leases import SqlLeases
from adapters.database.parsed_files import ParsedFiles
from adapters.database.runs import SqlRuns
from adapters.database.users import SqlUsers
from application.ports.storage import Jobs, Storage, StorageNotReadyError, Transaction


class SqlTransaction(Transaction):
    """The repositories on one connection."""

    def __init__(self, connection: Connection, parsed: ParsedFiles, *, writable: bool) -> None:
        self._users = SqlUsers(connection, writable=writable)
        self._devices = SqlDevices(connection, writable=writable)
        self._catalogues = SqlCatalogues(connection, parsed, writable=writable)
        self._auto_updates = SqlAutoUpdates(connection, writable=writable)
        self._runs = SqlRuns(connection, writable=writable)
        self._former_files = SqlFormerFiles(connection, writable=writable)
        self._leases = SqlLeases(connection, writable=writable)
        self._batches = SqlBatches(connection, writable=writable)
        self._jobs = SqlJobs(connection, writable=writable)

    @property
    def users(self) -> SqlUsers:
        return self._users

    @property
    def devices(self) -> SqlDevices:
        return self._devices

    @property
    def catalogues(self) -> SqlCatalogues:
        return self._catalogues

    @property
    def auto_updates(self) -> SqlAutoUpdates:
        return self._auto_updates

    @property
    def runs(self) -> SqlRuns:
        return self._runs

    @property
    def former_files(self) -> SqlFormerFiles:
        return self._former_files

    @property
    def leases(self) -> SqlLeases:
        return self._leases

    @property
    def batches(self) -> SqlBatches:
        return self._batches

    @property
    def jobs(self) -> Jobs:
        return self._jobs

    @property
    def waiting(self) -> SqlJobs:
        """The jobs that wait here, for the process that does them."""
        return self._jobs


class SqlStorage(Storage):
    """A connection for each transaction, so threads never share one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._snapshots = engine.execution_options(**{SNAPSHOT: True})
        self._parsed = ParsedFiles()
        self._patience = engine.get_execution_options().get("busy_timeout", BUSY_TIMEOUT)
        # SQLite lets writers of other processes wait by sleeping; our own threads queue here.
        self._turn = threading.Lock()

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        """Raises also StorageNotReadyError."""
        if not self._turn.acquire(timeout=self._patience):
            raise StorageNotReadyError("The database cannot be used: other writers keep it busy.")
        try:
            with told_readably(), self._engine.begin() as connection:
                yield SqlTransaction(connection, self._parsed, writable=True)
        finally:
            self._turn.release()

    @contextmanager
    def snapshot(self) -> Iterator[SqlTransaction]:
        """Raises also StorageNotReadyError."""
        with told_readably(), self._snapshots.connect() as connection:
            yield SqlTransaction(connection, self._parsed, writable=False)

    def check(self) -> None:
        try:
            revision = schema.current(self._engine)
        except schema.ForeignDatabaseError as error:
            raise StorageNotReadyError(str(error)) from error
        if revision != schema.HEAD:
            raise StorageNotReadyError(
                f"The database has the schema {revision or 'of nothing yet'}, and this version of "
                f"the service needs {schema.HEAD}: run “web-scales db upgrade”."
            )
