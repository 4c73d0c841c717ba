"""Jobs to defer, and how they are claimed."""

from collections.abc import Callable, Sequence

from application.ports.storage import Storage
from application.ports.waiting_jobs import ClaimedJob
from domain.devices.device import DeviceId
from domain.runs.batch import Batch, UploadOf
from domain.runs.job import Job
from domain.runs.run import RunKind
from tests.harness import stored
from tests.harness.stored import NOON

Claim = Callable[..., Sequence[ClaimedJob]]
Turn = Callable[..., Job]


def devices_of(storage: Storage, name: str, count: int) -> Sequence[DeviceId]:
    """So many devices of one new owner."""
    with storage.transaction() as tx:
        owner = stored.user(tx, f"{name}@example.com")
        return [stored.device(tx, owner, f"{name} {number}").id for number in range(count)]


def batch_of(storage: Storage, *device_ids: DeviceId) -> Batch:
    with storage.transaction() as tx:
        owner = tx.devices.get(device_ids[0]).owner_id
        return tx.batches.add(owner, device_ids, kind=RunKind.READ, upload_of=UploadOf.ALL, at=NOON)


def of_batch(batch: Batch, device_id: DeviceId) -> Job:
    return Job(kind=batch.kind, device_id=device_id, owner_id=batch.owner_id, batch_id=batch.id)


def defer(storage: Storage, *jobs: Job) -> None:
    with storage.transaction() as tx:
        tx.jobs.defer(jobs)


def jobs(claimed: Sequence[ClaimedJob]) -> list[Job]:
    return [each.job for each in claimed]
