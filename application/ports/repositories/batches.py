"""What users asked to be done with several devices."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.runs.batch import Batch, BatchId, BatchItem, UploadOf
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
