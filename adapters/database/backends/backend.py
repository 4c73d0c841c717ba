"""What differs from one database to another."""

from abc import abstractmethod
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any, ClassVar, Final, Protocol

from sqlalchemy import URL, Column, ColumnElement, Connection, Engine, Table
from sqlalchemy.exc import DBAPIError

from domain.devices.device import DeviceId

BUSY_TIMEOUT: Final = 15.0
"""Seconds for which a writer waits for the others."""
PATIENCE: Final = "busy_timeout"
"""The execution option that holds them, where they are others."""


class BadDatabaseUrlError(ValueError):
    """The address names no database that the service can work with."""


class Guard(Protocol):
    """Keeps one transaction right beside the others."""

    @abstractmethod
    def hold(self, device_id: DeviceId) -> None:
        """Let nobody else write to a device, or what belongs to it, until the transaction ends.

        Before anything of the device is looked at: what was read earlier may be old by then.
        """

    @abstractmethod
    def hold_all(self, device_ids: Iterable[DeviceId]) -> None:
        """The same for several devices."""

    @abstractmethod
    def note_held(self, device_ids: Iterable[DeviceId]) -> None:
        """These devices are held already, by the statement that found them."""

    @abstractmethod
    def attempt(self) -> AbstractContextManager[object]:
        """For a statement that may break a constraint, and takes nothing else with it then."""


class Backend(Protocol):
    """One kind of database. The name of an engine's dialect says which."""

    shared: ClassVar[bool]
    """Whether processes on several machines may use it. Workers do the jobs then, and everybody
    goes by its clock."""

    @abstractmethod
    def engine(self, address: URL, patience: float) -> Engine:
        """Nothing is opened yet. Raises BadDatabaseUrlError."""

    @abstractmethod
    def snapshots(self, engine: Engine) -> Engine:
        """The engine for transactions that only read, and see one moment."""

    @abstractmethod
    def writers_queue(self, engine: Engine) -> Callable[[], AbstractContextManager[object]]:
        """What each writer of this process waits for before it begins.

        Raises StorageNotReadyError.
        """

    @abstractmethod
    def readers_queue(self, engine: Engine) -> Callable[[], AbstractContextManager[object]]:
        """What each reader of this process waits for before it begins; one that has begun may begin
        again.

        Raises StorageNotReadyError.
        """

    @abstractmethod
    def guard(self, connection: Connection, *, writable: bool) -> Guard:
        """For the transaction on this connection."""

    @abstractmethod
    def tables(self, connection: Connection) -> list[str]:
        """Every table where ours are, or would be made."""

    @abstractmethod
    def migrating(self, engine: Engine) -> AbstractContextManager[Connection]:
        """The transaction that changes tables, while no other process does."""

    @abstractmethod
    def settle(self, engine: Engine) -> None:
        """What is to be done outside any transaction once the tables are up to date."""

    @abstractmethod
    def driver_address(self, engine: Engine) -> str:
        """The address in the form that other programs take, with the password."""

    @abstractmethod
    def is_unavailable(self, error: DBAPIError) -> bool:
        """Whether an error means that the database cannot be used now, beyond those that mean it
        with every database."""

    @abstractmethod
    def reason(self, error: DBAPIError) -> str:
        """The database's own words for an error."""

    @abstractmethod
    def last_number(self, connection: Connection, table: Table) -> int:
        """The last number that the database gave to a row of the table; 0 before the first."""

    @abstractmethod
    def number_after(self, connection: Connection, table: Table, last: int) -> None:
        """Give the next rows of the table numbers greater than `last`, which is at least 1."""

    @abstractmethod
    def storable(self, text: str) -> str:
        """The text as this database can hold it."""

    @abstractmethod
    def by_code_points(self, column: Column[Any]) -> ColumnElement[Any]:
        """A text column, to be ordered in the same way on every database."""

    @abstractmethod
    def allow_long(self, connection: Connection) -> None:
        """Let this transaction take longer than those of the service may."""

    @abstractmethod
    def commit_marks(self, engine: Engine) -> AbstractContextManager[Callable[[], object]]:
        """A function that returns something else after anybody has committed, where the database
        can tell at little cost."""
