"""What the service remembers."""

from abc import abstractmethod
from collections.abc import Collection, Container, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from application.ports.fleet import DeviceState, Fleet
from application.ports.jobs import Batches, Jobs
from application.ports.labels import LabelChecks, RenewalExceptions
from application.ports.leases import Lease, Leases, Refusals
from domain.accounts.user import User, UserId
from domain.devices.device import Device, DeviceDetails, DeviceId
from domain.errors import Failure
from domain.products.catalogue import Catalogue
from domain.products.product_file import ProductFile
from domain.renewal.schedule import AutoUpdate, LastStatus
from domain.runs.run import Ending, Outcome, Run, RunId, RunKind


class StorageNotReadyError(Failure):
    """The database cannot be reached, or its schema is not the one this version needs."""

    code = "StorageNotReady"


class ReadOnlyError(Failure):
    """A snapshot was written to: a mistake in the code."""

    code = "ReadOnly"


class ShownFile(NamedTuple):
    """A product file with its edits applied, as clients see it: the text of the JSON object
    `{"products": file}` in UTF-8, or that text compressed by gzip. The tag changes with it, and is
    the same for both."""

    body: bytes
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSummary:
    """A device, whether edits wait for it, whether it may hold an upload that got lost, and how its
    auto-update is doing.

    A device is not unverified while the conversation that will tell is still going on.
    `shared_address` says that its owner has another device at its address and port.
    """

    device: Device
    cached_dirty: bool
    unverified: bool
    replaced: bool = False
    auto_update: bool = False
    due_at: datetime | None = None
    last_run_at: datetime | None = None
    last_status: LastStatus | None = None
    last_error: str | None = None
    consecutive_failures: int = 0
    shared_address: bool = False

    @property
    def next_run_at(self) -> datetime | None:
        """None also while the device waits for the right password."""
        return None if self.device.refusals else self.due_at


class Due(NamedTuple):
    """A device whose turn has come; `doubtful` when it did not answer last time."""

    device_id: DeviceId
    owner_id: UserId
    doubtful: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """Which runs are wanted; None stands for all."""

    device_id: DeviceId | None = None
    kind: RunKind | None = None
    outcome: Outcome | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerFile:
    """A product file that is kept: when it was read, when it was replaced, what it held."""

    number: int
    read_at: datetime
    replaced_at: datetime
    products: int
    size: int


class Users(Protocol):
    """Everyone who may sign in."""

    @abstractmethod
    def add(self, email: str, password_hash: str) -> User:
        """Raises EmailTakenError."""

    @abstractmethod
    def adopt(self, user: User) -> None:
        """Add a user who has an id already; ids that are given later are greater.

        Raises EmailTakenError.
        """

    @abstractmethod
    def get(self, user_id: UserId) -> User:
        """Raises UnknownUserError."""

    @abstractmethod
    def exists(self, user_id: UserId) -> bool: ...

    @abstractmethod
    def by_email(self, email: str) -> User | None:
        """Whose address this is, compared without case and in Unicode's compatible form."""

    @abstractmethod
    def all(self) -> Sequence[User]:
        """Ordered by id."""

    @abstractmethod
    def set_password_hash(self, user_id: UserId, password_hash: str) -> None:
        """Raises UnknownUserError."""

    @abstractmethod
    def replace_password_hash(self, user_id: UserId, former: str, password_hash: str) -> bool:
        """Set it where it still is `former`; False, and nothing is set, where it is not."""

    @abstractmethod
    def delete(self, user_id: UserId) -> None:
        """With all devices and what belongs to them. Raises UnknownUserError."""


class Devices(Protocol):
    """Every registered device."""

    @abstractmethod
    def add(self, owner_id: UserId, details: DeviceDetails) -> Device:
        """Raises DeviceNameTakenError."""

    @abstractmethod
    def adopt(self, device: Device) -> None:
        """Add a device that has an id already; ids that are given later are greater.

        Raises DeviceNameTakenError and UnknownUserError.
        """

    @abstractmethod
    def get(self, device_id: DeviceId) -> Device:
        """Whoever owns it. Raises UnknownDeviceError."""

    @abstractmethod
    def doubtful(self, owner_id: UserId) -> Collection[DeviceId]:
        """Those of an owner's devices that did not answer last time."""

    @abstractmethod
    def owned(self, owner_id: UserId, device_id: DeviceId) -> Device:
        """Raises UnknownDeviceError, also when it is another owner's."""

    @abstractmethod
    def summary(self, owner_id: UserId, device_id: DeviceId) -> DeviceSummary:
        """Raises UnknownDeviceError, also when it is another owner's."""

    @abstractmethod
    def summaries(self, owner_id: UserId) -> Sequence[DeviceSummary]:
        """All of an owner's devices, ordered by id."""

    @abstractmethod
    def at(self, endpoint: str) -> Sequence[DeviceId]:
        """Those that are talked to at this address and port, whoever owns them, ordered by id."""

    @abstractmethod
    def in_state(
        self, owner_id: UserId, state: DeviceState, now: datetime
    ) -> Sequence[DeviceSummary]:
        """Those that are in this state now, ordered by id."""

    @abstractmethod
    def save(self, device: Device) -> None:
        """Raises UnknownDeviceError and DeviceNameTakenError."""

    @abstractmethod
    def delete(self, device_id: DeviceId) -> None:
        """With its products, edits, schedule, runs and lease. Raises UnknownDeviceError."""


class Catalogues(Protocol):
    """The product file of each device that was read, and the edits over it."""

    @abstractmethod
    def find(self, device_id: DeviceId) -> Catalogue | None:
        """None before the first read."""

    @abstractmethod
    def is_still(self, catalogue: Catalogue) -> bool:
        """Whether this is what `find` would answer, which is soon told of what it answered in
        another transaction."""

    @abstractmethod
    def save(self, catalogue: Catalogue) -> ShownFile:
        """Add or replace it, and answer what clients see now, as text."""

    @abstractmethod
    def size(self, device_id: DeviceId) -> int:
        """About how many bytes the file's text has, without reading it; 0 before the first read."""

    @abstractmethod
    def shown(self, device_id: DeviceId, *, as_gzip: bool = False) -> ShownFile | None:
        """What clients see, as text or by gzip; None before the first read."""

    @abstractmethod
    def moves(self, device_id: DeviceId) -> int | None:
        """The device's count of moves when its file was read, without reading the file; None before
        the first read."""

    @abstractmethod
    def etag(self, owner_id: UserId, device_id: DeviceId) -> str | None:
        """The tag of what clients see, without reading the file; None before the first read.

        Raises UnknownDeviceError, also when the device is another owner's.
        """


class AutoUpdates(Protocol):
    """The schedule of each device."""

    @abstractmethod
    def find(self, device_id: DeviceId) -> AutoUpdate | None: ...

    @abstractmethod
    def save(self, auto_update: AutoUpdate) -> None:
        """Add it, or replace what was saved for the same device."""

    @abstractmethod
    def any_due(self, now: datetime) -> bool:
        """Whether `claim_due` would answer any; works in a snapshot."""

    @abstractmethod
    def claim_due(self, now: datetime, *, until: datetime, limit: int) -> Sequence[Due]:
        """Devices whose turn has come, longest due first.

        Those that refused their password wait for the user and are not among them. None of them
        is answered again before `until`, unless its schedule is saved; two callers never get the
        same one. Devices that another transaction is looking at may be passed over.
        """

    @abstractmethod
    def hasten(self, owner_id: UserId, now: datetime, *, apart: timedelta) -> None:
        """Have an owner's doubtful devices tried again at once, or so long from now where they
        were tried less than so long ago; none later than it would be anyway.

        Those that another transaction is looking at may be passed over.
        """

    @abstractmethod
    def enabled(self) -> Sequence[tuple[AutoUpdate, str | None]]:
        """Every schedule that is on, with its device's own time zone, ordered by device."""


class Runs(Protocol):
    """Every conversation with a device."""

    @abstractmethod
    def start(self, lease: Lease, *, kind: RunKind, asked_by: UserId | None, at: datetime) -> RunId:
        """Remember that a conversation begins, before it does."""

    @abstractmethod
    def end(self, run_id: RunId, ending: Ending) -> None:
        """Remember how it ended."""

    @abstractmethod
    def page(
        self, owner_id: UserId, wanted: RunFilter, *, before: RunId | None = None, limit: int = 50
    ) -> Sequence[Run]:
        """Runs of an owner's devices, newest first; `before` continues an earlier page."""

    @abstractmethod
    def last(
        self,
        device_id: DeviceId,
        kinds: Container[RunKind] = (),
        outcomes: Container[Outcome] = (),
    ) -> Run | None:
        """The newest of a device, of these kinds and with these outcomes, where they are given."""

    @abstractmethod
    def prune(self, before: datetime, kind: RunKind | None = None) -> int:
        """Forget the runs that started earlier, where a kind is given those of that kind, and
        answer how many."""


class FormerFiles(Protocol):
    """Product files that were replaced by different ones, numbered from 1 for each device."""

    @abstractmethod
    def keep(
        self, device_id: DeviceId, file: ProductFile, *, read_at: datetime, at: datetime, most: int
    ) -> None:
        """Remember a file that is replaced now, and forget all but the `most` last ones."""

    @abstractmethod
    def of_device(self, device_id: DeviceId) -> Sequence[FormerFile]:
        """Newest first."""

    @abstractmethod
    def get(self, device_id: DeviceId, number: int) -> ProductFile:
        """Raises UnknownFileError, and FileTooLargeError for one from before files were bounded."""


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
    def auto_updates(self) -> AutoUpdates: ...

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
        """For writing; commits when the block ends well, else rolls back.

        Of a device that it has looked at, nothing changes under it until it ends: neither the
        device nor its catalogue, schedule, exceptions, former files or lease. Others who look at
        that device in order to write wait. Writers of different devices may go on at once.
        """

    @abstractmethod
    def snapshot(self) -> AbstractContextManager[Transaction]:
        """For reading, beside any writer: sees one moment; writing in it raises ReadOnlyError."""

    @abstractmethod
    def prepare(self, catalogue: Catalogue, replaced: ProductFile | None = None) -> None:
        """Work out what saving this catalogue, and keeping the file that it replaces, would work
        out while other writers wait. It is remembered for as long as these files are in use."""

    @abstractmethod
    def check(self) -> None:
        """Raises StorageNotReadyError."""
