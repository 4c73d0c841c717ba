"""What users asked to be done with several devices."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.errors import Cause, DomainError
from domain.runs.batch import Batch, BatchId, BatchItem, UploadOf
from domain.runs.run import RunId, RunKind


class UnknownBatchError(DomainError):
    """No such batch of runs, or another owner's, or it is remembered no more."""

    code = "UnknownBatch"


class Batches(Protocol):
    """Work that users asked for on several devices, and its progress."""

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
        """Raises UnknownDeviceError when one of the devices is not there."""

    @abstractmethod
    def get(self, batch_id: BatchId) -> Batch:
        """A batch, no matter who owns it. Raises UnknownBatchError when there is none."""

    @abstractmethod
    def owned(self, owner_id: UserId, batch_id: BatchId) -> Batch:
        """An owner's batch. Raises UnknownBatchError when it is not there or another owner's."""

    @abstractmethod
    def items(self, batch_id: BatchId) -> Sequence[BatchItem]:
        """The devices of a batch, ordered by id; none when the batch is gone."""

    @abstractmethod
    def item(self, batch_id: BatchId, device_id: DeviceId) -> BatchItem | None:
        """One device of a batch; None when the device or the batch is gone."""

    @abstractmethod
    def began(self, batch_id: BatchId, device_id: DeviceId, run_id: RunId) -> None:
        """Record that a run of this device has begun."""

    @abstractmethod
    def failed(self, batch_id: BatchId, device_id: DeviceId, cause: Cause) -> None:
        """Record why no run of this device began."""

    @abstractmethod
    def begin_again(self, batch_id: BatchId, device_ids: Sequence[DeviceId]) -> None:
        """Let these devices wait again, as if nothing had happened."""

    @abstractmethod
    def prune(self, before: datetime) -> int:
        """Delete the batches that were asked for earlier. Returns how many."""
