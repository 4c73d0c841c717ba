"""What any storage promises of batches of runs."""

import pytest

from application.ports.repositories.batches import UnknownBatchError
from application.ports.repositories.devices import UnknownDeviceError
from application.ports.storage import Storage
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.errors import Cause
from domain.runs.batch import Batch, BatchId, BatchItem, UploadOf
from domain.runs.run import Ending, Outcome, RunId, RunKind
from tests.harness import stored
from tests.harness.storages import PassTime
from tests.harness.stored import HOUR, NOON, SECOND


def added(storage: Storage, *device_ids: DeviceId, owner: UserId | None = None) -> Batch:
    with storage.transaction() as tx:
        owner = owner or tx.devices.get(device_ids[0]).owner_id
        return tx.batches.add(
            owner, device_ids, kind=RunKind.UPLOAD, upload_of=UploadOf.EDITS, at=NOON
        )


def items(storage: Storage, batch: Batch) -> list[BatchItem]:
    with storage.snapshot() as tx:
        return list(tx.batches.items(batch.id))


def run(storage: Storage, batch: Batch, device_id: DeviceId) -> RunId:
    lease = stored.taken(storage, device_id)
    with storage.transaction() as tx:
        run_id = tx.runs.start(lease, kind=batch.kind, asked_by=batch.owner_id, at=NOON)
        tx.batches.began(batch.id, device_id, run_id)
    return run_id


def test_gives_back_every_field(storage: Storage) -> None:
    device = stored.stored_device(storage)
    batch = added(storage, device.id)
    assert batch == Batch(
        id=batch.id,
        owner_id=device.owner_id,
        kind=RunKind.UPLOAD,
        upload_of=UploadOf.EDITS,
        created_at=NOON,
    )
    with storage.snapshot() as tx:
        assert tx.batches.get(batch.id) == tx.batches.owned(device.owner_id, batch.id) == batch


def test_there_is_none_of_another_number_or_for_another_owner(storage: Storage) -> None:
    device = stored.stored_device(storage)
    batch = added(storage, device.id)
    with storage.snapshot() as tx:
        for number in (batch.id + 1, 2**63, 2**70):
            with pytest.raises(UnknownBatchError):
                tx.batches.owned(device.owner_id, BatchId(number))
        with pytest.raises(UnknownBatchError):
            tx.batches.get(BatchId(batch.id + 1))
        with pytest.raises(UnknownBatchError):
            tx.batches.owned(UserId(device.owner_id + 1), batch.id)
        assert tx.batches.items(BatchId(batch.id + 1)) == []
        assert tx.batches.item(batch.id, DeviceId(device.id + 1)) is None


def test_a_device_that_there_is_not_is_refused(storage: Storage) -> None:
    device = stored.stored_device(storage)
    with pytest.raises(UnknownDeviceError):
        added(storage, device.id, DeviceId(device.id + 1))


def test_its_devices_wait_at_first_in_order_of_their_ids(storage: Storage) -> None:
    one, two, three = stored.stored_devices(storage, *"abc")
    batch = added(storage, three, one)
    assert items(storage, batch) == [
        BatchItem(device_id=one, device_name="a"),
        BatchItem(device_id=three, device_name="c"),
    ]
    assert [item.outcome for item in items(storage, batch)] == [None, None]
    with storage.snapshot() as tx:
        assert tx.batches.item(batch.id, two) is None
        assert tx.batches.item(batch.id, one) == items(storage, batch)[0]


def test_a_device_is_as_far_as_its_run(storage: Storage, pass_time: PassTime) -> None:
    device = stored.stored_device(storage)
    batch = added(storage, device.id)
    run_id = run(storage, batch, device.id)
    [item] = items(storage, batch)
    assert (item.run and item.run.id, item.outcome, item.ended) == (run_id, Outcome.RUNNING, False)
    pass_time(16 * SECOND)
    [item] = items(storage, batch)
    assert (item.outcome, item.ended, item.failed) == (Outcome.INTERRUPTED, False, True)
    with storage.transaction() as tx:
        ending = Ending(
            at=NOON, outcome=Outcome.REFUSED, cause=Cause("ScalesRefused", {"result": 17})
        )
        tx.runs.end(run_id, ending)
    [item] = items(storage, batch)
    assert item.run is not None
    assert (item.run.ending, item.ended, item.failed) == (ending, True, True)


def test_a_failure_before_any_run_is_told_until_a_run_begins(storage: Storage) -> None:
    device = stored.stored_device(storage)
    batch = added(storage, device.id)
    with storage.transaction() as tx:
        tx.batches.failed(batch.id, device.id, Cause("NothingRead"))
    [item] = items(storage, batch)
    assert item.cause == Cause("NothingRead")
    assert (item.outcome, item.ended, item.failed) == (Outcome.FAILED, True, True)
    run(storage, batch, device.id)
    [item] = items(storage, batch)
    assert (item.cause, item.outcome) == (None, Outcome.RUNNING)


def test_what_begins_again_waits_as_if_nothing_had_happened(storage: Storage) -> None:
    one, two, three = stored.stored_devices(storage, *"abc")
    batch = added(storage, one, two, three)
    run(storage, batch, one)
    with storage.transaction() as tx:
        for each in (two, three):
            tx.batches.failed(batch.id, each, Cause("NothingRead"))
        tx.batches.begin_again(batch.id, [one, two])
    assert [item.outcome for item in items(storage, batch)] == [None, None, Outcome.FAILED]


def test_batches_are_apart(storage: Storage) -> None:
    device = stored.stored_device(storage)
    one, other = added(storage, device.id), added(storage, device.id)
    with storage.transaction() as tx:
        tx.batches.failed(one.id, device.id, Cause("NothingRead"))
    assert one.id < other.id
    assert items(storage, other) == [BatchItem(device_id=device.id, device_name=device.name)]


def test_a_deleted_device_leaves_its_batches(storage: Storage) -> None:
    gone, left = stored.stored_devices(storage, "gone", "left")
    batch = added(storage, gone, left)
    run(storage, batch, gone)
    with storage.transaction() as tx:
        tx.devices.delete(gone)
        run_of_nobody = RunId(1)
        tx.batches.began(batch.id, gone, run_of_nobody)
        tx.batches.failed(batch.id, gone, Cause("NothingRead"))
    assert [item.device_id for item in items(storage, batch)] == [left]


def test_a_deleted_user_takes_the_batches_along(storage: Storage) -> None:
    device = stored.stored_device(storage)
    batch = added(storage, device.id)
    with storage.transaction() as tx:
        tx.users.delete(device.owner_id)
    with storage.snapshot() as tx, pytest.raises(UnknownBatchError):
        tx.batches.get(batch.id)


def test_old_ones_are_forgotten(storage: Storage) -> None:
    device = stored.stored_device(storage)
    batch = added(storage, device.id)
    with storage.transaction() as tx:
        assert tx.batches.prune(NOON) == 0
        assert tx.batches.prune(NOON + HOUR) == 1
    assert items(storage, batch) == []


def test_a_run_that_is_forgotten_leaves_its_device_in_the_batch(storage: Storage) -> None:
    device = stored.stored_device(storage)
    batch = added(storage, device.id)
    run(storage, batch, device.id)
    with storage.transaction() as tx:
        tx.runs.prune(NOON + HOUR)
    assert [item.run for item in items(storage, batch)] == [None]
