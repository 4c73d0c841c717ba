"""Runs on request: what users want done with several devices, without waiting for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.ports.clock import Clock
from application.ports.repositories.devices import UnknownDevicesError
from application.ports.storage import Storage, Transaction
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.runs.batch import Batch, BatchId, BatchItem, UploadOf
from domain.runs.job import Job
from domain.runs.run import RunKind


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """A batch, and how far each of its devices is."""

    batch: Batch
    items: Sequence[BatchItem]

    @property
    def ended(self) -> bool:
        """Whether nothing more happens by itself."""
        return all(item.ended for item in self.items)


@dataclass(frozen=True, slots=True)
class StartBatch:
    """Have the same done with several devices, soon, each on its own."""

    storage: Storage
    clock: Clock

    def __call__(
        self,
        owner_id: UserId,
        kind: RunKind,
        device_ids: Sequence[DeviceId] | None,
        upload_of: UploadOf = UploadOf.ALL,
    ) -> BatchProgress:
        """None stands for all of the owner's devices.

        Raises UnknownDevicesError when one of them is not the owner's; nothing is begun then.
        """
        with self.storage.transaction() as tx:
            owned = {each.device.id for each in tx.devices.summaries(owner_id)}
            wanted = sorted(owned if device_ids is None else set(device_ids))
            unknown = [device_id for device_id in wanted if device_id not in owned]
            if unknown:
                raise UnknownDevicesError(unknown)
            batch = tx.batches.add(
                owner_id, wanted, kind=kind, upload_of=upload_of, at=self.clock.now()
            )
            tx.jobs.defer(_jobs(tx, batch, wanted))
            return BatchProgress(batch, tx.batches.items(batch.id))


@dataclass(frozen=True, slots=True)
class ShowBatch:
    """How far a batch is, and how each device fared."""

    storage: Storage

    def __call__(self, owner_id: UserId, batch_id: BatchId) -> BatchProgress:
        """Raises UnknownBatchError."""
        with self.storage.snapshot() as tx:
            batch = tx.batches.owned(owner_id, batch_id)
            return BatchProgress(batch, tx.batches.items(batch_id))


@dataclass(frozen=True, slots=True)
class RetryBatch:
    """Have a batch done again on the devices on which it failed, and on no other."""

    storage: Storage

    def __call__(self, owner_id: UserId, batch_id: BatchId) -> BatchProgress:
        """Raises UnknownBatchError."""
        with self.storage.transaction() as tx:
            batch = tx.batches.owned(owner_id, batch_id)
            failed = [item.device_id for item in tx.batches.items(batch_id) if item.failed]
            tx.batches.begin_again(batch_id, failed)
            tx.jobs.defer(_jobs(tx, batch, failed))
            return BatchProgress(batch, tx.batches.items(batch_id))


def _jobs(tx: Transaction, batch: Batch, device_ids: Sequence[DeviceId]) -> Sequence[Job]:
    doubtful = tx.devices.doubtful(batch.owner_id)
    return [
        Job(
            kind=batch.kind,
            device_id=device_id,
            owner_id=batch.owner_id,
            batch_id=batch.id,
            doubtful=device_id in doubtful,
        )
        for device_id in device_ids
    ]
