"""What any storage promises of refused passwords."""

import pytest

from application.ports.storage import ReadOnlyError, Storage
from tests.harness import stored
from tests.harness.stored import SECOND

HERE, THERE = "10.0.0.7:1111", "10.0.0.8:1111"


def test_they_are_counted_by_endpoint(storage: Storage) -> None:
    device = stored.stored_device(storage)
    with storage.transaction() as tx:
        assert tx.leases.take(device.id, 15 * SECOND, [HERE, THERE]) is not None
    with storage.transaction() as tx:
        assert tx.refusals.count([]) == tx.refusals.count([HERE, THERE, "10.0.0.9:1111"]) == 0
        tx.refusals.add([HERE])
        tx.refusals.add([HERE, THERE])
    with storage.snapshot() as tx:
        assert tx.refusals.count([HERE]) == tx.refusals.count([THERE, HERE]) == 2
        assert tx.refusals.count([THERE]) == 1
    with storage.transaction() as tx:
        assert tx.refusals.clear([HERE]) == 2
        assert tx.refusals.clear([HERE]) == 0
        assert tx.refusals.count([THERE]) == 1


def test_they_outlive_the_lease_and_the_device(storage: Storage) -> None:
    device = stored.stored_device(storage)
    with storage.transaction() as tx:
        lease = tx.leases.take(device.id, 15 * SECOND, [HERE])
        assert lease is not None
        tx.refusals.add([HERE])
        tx.leases.release(lease)
    with storage.transaction() as tx:
        tx.devices.delete(device.id)
    with storage.snapshot() as tx:
        assert tx.refusals.count([HERE]) == 1


def test_a_snapshot_adds_and_clears_none(storage: Storage) -> None:
    device = stored.stored_device(storage)
    with storage.transaction() as tx:
        assert tx.leases.take(device.id, 15 * SECOND, [HERE]) is not None
        tx.refusals.add([HERE])
    with storage.snapshot() as tx:
        with pytest.raises(ReadOnlyError):
            tx.refusals.add([HERE])
        with pytest.raises(ReadOnlyError):
            tx.refusals.clear([HERE])
