"""What the service remembers."""

from abc import abstractmethod
from contextlib import AbstractContextManager
from typing import Protocol

from application.ports.repositories.batches import Batches
from application.ports.repositories.catalogues import Catalogues
from application.ports.repositories.devices import Devices
from application.ports.repositories.fleet import Fleet
from application.ports.repositories.former_files import FormerFiles
from application.ports.repositories.jobs import Jobs
from application.ports.repositories.label_checks import LabelChecks
from application.ports.repositories.leases import Leases
from application.ports.repositories.refusals import Refusals
from application.ports.repositories.rendered_files import RenderedFiles
from application.ports.repositories.renewal_exceptions import RenewalExceptions
from application.ports.repositories.runs import Runs
from application.ports.repositories.schedules import Schedules
from application.ports.repositories.users import Users
from domain.errors import Failure
from domain.products.catalogue import Catalogue
from domain.products.product_file import ProductFile


class StorageNotReadyError(Failure):
    """The database cannot be reached, or its schema is not the one this version needs."""

    code = "StorageNotReady"


class ReadOnlyError(Failure):
    """A snapshot was written to: a mistake in the code."""

    code = "ReadOnly"


class Transaction(Protocol):
    """The repositories, seen inside one transaction."""

    @property
    @abstractmethod
    def users(self) -> Users: ...

    @property
    @abstractmethod
    def devices(self) -> Devices: ...

    @property
    @abstractmethod
    def catalogues(self) -> Catalogues: ...

    @property
    @abstractmethod
    def rendered_files(self) -> RenderedFiles: ...

    @property
    @abstractmethod
    def schedules(self) -> Schedules: ...

    @property
    @abstractmethod
    def renewal_exceptions(self) -> RenewalExceptions: ...

    @property
    @abstractmethod
    def label_checks(self) -> LabelChecks: ...

    @property
    @abstractmethod
    def runs(self) -> Runs: ...

    @property
    @abstractmethod
    def former_files(self) -> FormerFiles: ...

    @property
    @abstractmethod
    def leases(self) -> Leases: ...

    @property
    @abstractmethod
    def refusals(self) -> Refusals: ...

    @property
    @abstractmethod
    def batches(self) -> Batches: ...

    @property
    @abstractmethod
    def jobs(self) -> Jobs: ...

    @property
    @abstractmethod
    def fleet(self) -> Fleet: ...


class Storage(Protocol):
    """Opens transactions; safe to share between threads."""

    @abstractmethod
    def transaction(self) -> AbstractContextManager[Transaction]:
        """For writing. Commits when the block ends normally, else rolls back.

        A device that it has looked at does not change until it ends, and neither do the device's
        catalogue, schedule, exceptions, former files and lease: other writers that look at the
        device wait. Writers of different devices may work at the same time.
        """

    @abstractmethod
    def snapshot(self) -> AbstractContextManager[Transaction]:
        """For reading one moment, beside any writer. Writing in it raises ReadOnlyError."""

    @abstractmethod
    def prepare(self, catalogue: Catalogue, replaced: ProductFile | None = None) -> None:
        """Do the costly part of saving this catalogue, and of keeping the file that it replaces,
        before a transaction makes other writers wait. The result lasts as long as the files are in
        use."""

    @abstractmethod
    def check(self) -> None:
        """Raises StorageNotReadyError when the database cannot be used."""
