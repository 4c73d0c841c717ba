"""Work on devices that waits to be done apart from whoever asked for it."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from application.ports.leases import Lease
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.runs.job import Batch, BatchId, BatchItem, Job, UploadOf
from domain.runs.run import RunId, RunKind


class Batches(Protocol):
    """What users asked to be done with several devices, and how far it is."""

    @abstractmethod
    def add(
        self,
        owner_id: UserId,
        device_ids: Sequence[DeviceId],
        *,
        kind: RunKind,
        upload_of: UploadOf,
        at: datetime,
    ) -> Batch:
        """Raises UnknownDeviceError."""

    @abstractmethod
    def get(self, batch_id: BatchId) -> Batch:
        """Whoever owns it. Raises UnknownBatchError."""

    @abstractmethod
    def owned(self, owner_id: UserId, batch_id: BatchId) -> Batch:
        """Raises UnknownBatchError, also when it is another owner's."""

    @abstractmethod
    def items(self, batch_id: BatchId) -> Sequence[BatchItem]:
        """Its devices, ordered by id; none for a batch that there is not."""

    @abstractmethod
    def item(self, batch_id: BatchId, device_id: DeviceId) -> BatchItem | None:
        """One of them; None when the device or the batch is gone."""

    @abstractmethod
    def began(self, batch_id: BatchId, device_id: DeviceId, run_id: RunId) -> None:
        """A run of this device began."""

    @abstractmethod
    def failed(
        self, batch_id: BatchId, device_id: DeviceId, *, error_type: str, error: str
    ) -> None:
        """It came to no run."""

    @abstractmethod
    def begin_again(self, batch_id: BatchId, device_ids: Sequence[DeviceId]) -> None:
        """These wait again, as if nothing had happened."""

    @abstractmethod
    def prune(self, before: datetime) -> int:
        """Forget the batches that were asked for earlier, and answer how many."""


class Jobs(Protocol):
    """Work that waits to be done by whichever process does such work."""

    @abstractmethod
    def defer(self, jobs: Sequence[Job]) -> None:
        """Have these done soon after the transaction has committed, each at least once.

        Owners take turns (see `domain.turns`). A job for a device's own turn is not added while
        such a one waits. Raises UnknownDeviceError where that is seen at once.
        """


class ClaimedJob(NamedTuple):
    """A job that is this caller's to do, with the lease of its device; `first` when its owner had
    no other when it was deferred."""

    number: int
    job: Job
    lease: Lease
    first: bool


class WaitingJobs(Protocol):
    """The jobs that `Jobs.defer` left in the database, for a process that does them itself."""

    @abstractmethod
    def claim(
        self, *, done: Sequence[int], slots: int, ordinary_slots: int, lasts: timedelta
    ) -> Sequence[ClaimedJob]:
        """The jobs whose turn is next (see `domain.turns`) and whose devices are free: at most
        `slots`, of them at most `ordinary_slots` that are not the first of their owner.

        Each device is leased, so that nobody else claims it; a job whose lease ends before it is
        named in `done` is claimed anew. First forgets those that are `done`.
        """
