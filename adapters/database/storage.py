"""Transactions over connections."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Protocol

from sqlalchemy import Connection, Engine

from adapters.database import schema
from adapters.database.backends.backend import Guard
from adapters.database.backends.engine import backend_of
from adapters.database.failures import readable_failures
from adapters.database.prepared_files import PreparedFiles
from adapters.database.recent_files import RecentFiles
from adapters.database.repositories.batches import SqlBatches
from adapters.database.repositories.catalogues import SqlCatalogues
from adapters.database.repositories.devices import SqlDevices
from adapters.database.repositories.fleet import SqlFleet
from adapters.database.repositories.former_files import SqlFormerFiles, packed_to_keep
from adapters.database.repositories.jobs import SqlJobs
from adapters.database.repositories.label_checks import SqlLabelChecks
from adapters.database.repositories.leases import SqlLeases
from adapters.database.repositories.refusals import SqlRefusals
from adapters.database.repositories.rendered_files import SqlRenderedFiles
from adapters.database.repositories.renewal_exceptions import SqlRenewalExceptions
from adapters.database.repositories.runs import SqlRuns
from adapters.database.repositories.schedules import SqlSchedules
from adapters.database.repositories.users import SqlUsers
from application.ports.repositories.jobs import Jobs
from application.ports.storage import Storage, StorageNotReadyError
from domain.products.catalogue import Catalogue
from domain.products.product_file import ProductFile


class MakeJobs(Protocol):
    """Jobs that are deferred through another engine, by the driver's connection that a transaction
    is open on."""

    def __call__(self, connection: Any, /, *, writable: bool) -> Jobs: ...


class SqlTransaction:
    """The repositories on one connection, as `Transaction` names them.

    `waiting` are the jobs that wait here, for the process that does them.
    """

    def __init__(
        self,
        connection: Connection,
        guard: Guard,
        recent: RecentFiles,
        prepared: PreparedFiles,
        jobs: MakeJobs | None,
        *,
        writable: bool,
    ) -> None:
        self.users = SqlUsers(connection, guard, writable=writable)
        self.devices = SqlDevices(connection, guard, writable=writable)
        self.label_checks = SqlLabelChecks(connection, guard, writable=writable)
        self.rendered_files = SqlRenderedFiles(connection, guard, recent, writable=writable)
        self.catalogues = SqlCatalogues(
            connection,
            guard,
            recent,
            prepared,
            self.rendered_files,
            self.label_checks,
            writable=writable,
        )
        self.schedules = SqlSchedules(connection, guard, writable=writable)
        self.renewal_exceptions = SqlRenewalExceptions(connection, guard, writable=writable)
        self.runs = SqlRuns(connection, guard, writable=writable)
        self.former_files = SqlFormerFiles(connection, guard, recent, writable=writable)
        self.leases = SqlLeases(connection, guard, writable=writable)
        self.refusals = SqlRefusals(connection, guard, writable=writable)
        self.batches = SqlBatches(connection, guard, writable=writable)
        self.waiting = SqlJobs(connection, guard, writable=writable)
        self._jobs_elsewhere = jobs and partial(
            jobs, connection.connection.driver_connection, writable=writable
        )
        self.fleet = SqlFleet(connection, guard, writable=writable)

    @property
    def jobs(self) -> Jobs:
        return self._jobs_elsewhere() if self._jobs_elsewhere else self.waiting


class SqlStorage(Storage):
    """A connection for each transaction, so threads never share one."""

    def __init__(self, engine: Engine, *, jobs: MakeJobs | None = None) -> None:
        """Without `jobs`, those that are deferred wait in a table of ours."""
        self._engine = engine
        self._jobs = jobs
        self._backend = backend_of(engine)
        self._snapshots = self._backend.snapshots(engine)
        self._writers_queue = self._backend.writers_queue(engine)
        self._readers_queue = self._backend.readers_queue(engine)
        self._failures = partial(readable_failures, self._backend)
        self._recent = RecentFiles()
        self._prepared = PreparedFiles()

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        """Raises also StorageNotReadyError."""
        with self._writers_queue(), self._failures(), self._engine.begin() as connection:
            yield self._opened(connection, writable=True)

    @contextmanager
    def snapshot(self) -> Iterator[SqlTransaction]:
        """Raises also StorageNotReadyError."""
        with self._readers_queue(), self._failures(), self._snapshots.connect() as connection:
            yield self._opened(connection, writable=False)

    def prepare(self, catalogue: Catalogue, replaced: ProductFile | None = None) -> None:
        if replaced is not None:
            self._recent.kept.keep(replaced, packed_to_keep(replaced))
        if self._recent.digests.get(catalogue.file) is None:
            self._prepared.prepare(catalogue.file)
        if catalogue.shown is not catalogue.file:
            self._prepared.prepare(catalogue.shown)

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

    def _opened(self, connection: Connection, *, writable: bool) -> SqlTransaction:
        guard = self._backend.guard(connection, writable=writable)
        return SqlTransaction(
            connection, guard, self._recent, self._prepared, self._jobs, writable=writable
        )
