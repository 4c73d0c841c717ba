"""What any storage promises of jobs to who defers them."""

from dataclasses import replace

import pytest

from application.ports.repositories.devices import UnknownDeviceError
from application.ports.storage import Storage
from application.ports.waiting_jobs import WaitingJobs
from domain.devices.device import DeviceId
from tests.harness import stored
from tests.harness.deferred import Claim, Turn, batch_of, defer, jobs, of_batch


def test_what_was_deferred_by_a_transaction_that_failed_was_not(
    storage: Storage, claim: Claim, turn: Turn
) -> None:
    device = stored.stored_device(storage)

    def fail() -> None:
        with storage.transaction() as tx:
            tx.jobs.defer([turn(device.id)])
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        fail()
    assert list(claim()) == []


def test_a_turn_is_not_added_while_it_waits_and_is_afterwards(
    storage: Storage, claim: Claim, turn: Turn
) -> None:
    device = stored.stored_device(storage)
    defer(storage, turn(device.id))
    defer(storage, turn(device.id), turn(device.id, doubtful=True))
    [claimed] = claim()
    with storage.transaction() as tx:
        tx.leases.release(claimed.lease)
    assert list(claim(done=[claimed.number])) == []
    defer(storage, turn(device.id))
    assert jobs(claim()) == [turn(device.id)]


def test_a_deleted_device_takes_its_jobs_along(storage: Storage, claim: Claim, turn: Turn) -> None:
    gone, left = stored.stored_devices(storage, "gone", "left")
    batch = batch_of(storage, gone)
    defer(storage, turn(gone), of_batch(batch, gone), turn(left))
    with storage.transaction() as tx:
        tx.devices.delete(gone)
    assert jobs(claim()) == [turn(left)]


def test_a_device_that_there_is_not_is_refused(
    storage: Storage, waiting: WaitingJobs, turn: Turn
) -> None:
    device = stored.stored_device(storage)
    with pytest.raises(UnknownDeviceError):
        defer(storage, replace(turn(device.id), device_id=DeviceId(device.id + 1)))
