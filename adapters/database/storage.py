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
from adapters.database.repositories.leases import SqlLeases, SqlRefusals
from adapters.database.repositories.rendered_files import SqlRenderedFiles
from adapters.database.repositories.renewal_exceptions import SqlRenewalExceptions
from adapters.database.repositories.runs import SqlRuns
from adapters.database.repositories.schedules import SqlSchedules
from adapters.database.repositories.users import SqlUsers
from application.ports.repositories.jobs import Jobs
from application.ports.storage import Storage, StorageNotReadyError, Transaction
from domain.products.catalogue import Catalogue
from domain.products.product_file import ProductFile


class MakeJobs(Protocol):
    """Jobs that are deferred through another engine, by the driver's connection that a transaction
    is open on."""

    def __call__(self, connection: Any, /, *, writable: bool) -> Jobs: ...


class SqlTransaction(Transaction):
    """The repositories on one connection."""

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
        self._users = SqlUsers(connection, guard, writable=writable)
        self._devices = SqlDevices(connection, guard, writable=writable)
        self._label_checks = SqlLabelChecks(connection, guard, writable=writable)
        self._rendered_files = SqlRenderedFiles(connection, guard, recent, writable=writable)
        self._catalogues = SqlCatalogues(
            connection,
            guard,
            recent,
            prepared,
            self._rendered_files,
            self._label_checks,
            writable=writable,
        )
        self._schedules = SqlSchedules(connection, guard, writable=writable)
        self._renewal_exceptions = SqlRenewalExceptions(connection, guard, writable=writable)
        self._runs = SqlRuns(connection, guard, writable=writable)
        self._former_files = SqlFormerFiles(connection, guard, recent, writable=writable)
        self._leases = SqlLeases(connection, guard, writable=writable)
        self._refusals = SqlRefusals(connection, guard, writable=writable)
        self._batches = SqlBatches(connection, guard, writable=writable)
        self._waiting = SqlJobs(connection, guard, writable=writable)
        self._jobs_elsewhere = jobs and partial(
            jobs, connection.connection.driver_connection, writable=writable
        )
        self._fleet = SqlFleet(connection, guard, writable=writable)

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
    def rendered_files(self) -> SqlRenderedFiles:
        return self._rendered_files

    @property
    def schedules(self) -> SqlSchedules:
        return self._schedules

    @property
    def renewal_exceptions(self) -> SqlRenewalExceptions:
        return self._renewal_exceptions

    @property
    def label_checks(self) -> SqlLabelChecks:
        return self._label_checks

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
    def refusals(self) -> SqlRefusals:
        return self._refusals

    @property
    def batches(self) -> SqlBatches:
        return self._batches

    @property
    def jobs(self) -> Jobs:
        return self._jobs_elsewhere() if self._jobs_elsewhere else self._waiting

    @property
    def waiting(self) -> SqlJobs:
        """The jobs that wait here, for the process that does them."""
        return self._waiting

    @property
    def fleet(self) -> SqlFleet:
        return self._fleet


class SqlStorage(Storage):
    """A connection for each transaction, so threads never share one."""

    def __init__(self, engine: Engine, *, jobs: MakeJobs | None = None) -> None:
        """Without `jobs`, those that are deferred wait in a table of ours."""
        self._engine = engine
        self._jobs = jobs
        self._backend = backend_of(engine)
        self._snapshots = self._backend.snapshots(engine)
        self._turn = self._backend.turns(engine)
        self._reading_turn = self._backend.reading_turns(engine)
        self._failures = partial(readable_failures, self._backend)
        self._recent = RecentFiles()
        self._prepared = PreparedFiles()

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        """Raises also StorageNotReadyError."""
        with self._turn(), self._failures(), self._engine.begin() as connection:
            yield self._opened(connection, writable=True)

    @contextmanager
    def snapshot(self) -> Iterator[SqlTransaction]:
        """Raises also StorageNotReadyError."""
        with self._reading_turn(), self._failures(), self._snapshots.connect() as connection:
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
