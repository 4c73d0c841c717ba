"""What any storage promises of devices."""

from dataclasses import replace

import pytest

from application.ports.repositories.devices import (
    DeviceNameTakenError,
    DeviceSummary,
    UnknownDeviceError,
)
from application.ports.repositories.former_files import UnknownFileError
from application.ports.repositories.leases import Lease
from application.ports.repositories.runs import RunFilter
from application.ports.repositories.users import UnknownUserError
from application.ports.storage import Storage
from domain.accounts.user import UserId
from domain.devices.device import Address, Device, DeviceId
from domain.products.product import ProductKey
from domain.runs.run import RunKind
from tests.harness import stored
from tests.harness.failures import raises
from tests.harness.storages import PassTime
from tests.harness.stored import CIPHERTEXT, NOON, SECOND


def test_gives_back_every_detail_of_a_new_one(storage: Storage) -> None:
    with storage.transaction() as tx:
        owner = stored.user(tx)
        added = tx.devices.add(owner, stored.details("Пекарня №1"))
    assert added == Device(
        id=added.id,
        owner_id=owner,
        name="Пекарня №1",
        description="By the door – слева",
        address=Address("fe80::1", 65535),
        protocol="TCP",
        encrypted_password=CIPHERTEXT,
        time_zone=None,
        moves=0,
        refusals=0,
        refused_at=None,
    )
    with storage.snapshot() as tx:
        assert tx.devices.get(added.id) == added
        assert tx.devices.owned(owner, added.id) == added
        assert tx.devices.summary(owner, added.id).device == added
        assert [summary.device for summary in tx.devices.summaries(owner)] == [added]


def test_gives_back_every_detail_that_was_changed(storage: Storage) -> None:
    device = stored.stored_device(storage)
    changed = replace(
        device,
        name="Renamed",
        description="",
        address=Address("scales.shop.example", 1),
        protocol="UDP",
        encrypted_password=CIPHERTEXT[::-1],
        time_zone="Asia/Vladivostok",
        moves=3,
        refusals=4,
        refused_at=NOON,
        clock_ahead=-37 * SECOND,
    )
    with storage.transaction() as tx:
        tx.devices.save(changed)
    with storage.snapshot() as tx:
        assert tx.devices.get(device.id) == changed
        assert tx.devices.owned(device.owner_id, device.id) == changed
        assert tx.devices.summary(device.owner_id, device.id).device == changed
    with storage.transaction() as tx:
        tx.devices.save(changed.password_taken())
    with storage.snapshot() as tx:
        assert tx.devices.get(device.id) == replace(changed, refusals=0, refused_at=None)


def test_one_owner_has_each_name_once(storage: Storage) -> None:
    with storage.transaction() as tx:
        device = stored.device(tx, name="Bakery")
        other = stored.device(tx, device.owner_id, "Fish")
        with raises(DeviceNameTakenError, match="Bakery"):
            tx.devices.add(device.owner_id, stored.details("Bakery"))
        with raises(DeviceNameTakenError, match="Bakery"):
            tx.devices.save(other.changed(name="Bakery"))
        tx.devices.save(device.changed(description="Same name as before"))
        stranger = stored.user(tx, "stranger@example.com")
        assert tx.devices.add(stranger, stored.details("Bakery")).name == "Bakery"
    with storage.snapshot() as tx:
        assert tx.devices.get(other.id).name == "Fish"


def test_a_name_is_free_again_once_its_device_is_gone(storage: Storage) -> None:
    with storage.transaction() as tx:
        device = stored.device(tx)
        tx.devices.delete(device.id)
        assert stored.device(tx, device.owner_id).name == device.name


@pytest.mark.parametrize("unknown", [0, -1, 10**6, 2**63 - 1, 2**63, 10**30])
def test_knows_no_device_it_was_not_told_of(storage: Storage, unknown: int) -> None:
    device = stored.stored_device(storage)
    with storage.snapshot() as tx:
        with pytest.raises(UnknownDeviceError):
            tx.devices.owned(device.owner_id, DeviceId(unknown))
        with pytest.raises(UnknownDeviceError):
            tx.devices.summary(device.owner_id, DeviceId(unknown))


def test_cannot_change_a_device_that_is_gone(storage: Storage) -> None:
    device = stored.stored_device(storage)
    with storage.transaction() as tx:
        tx.devices.delete(device.id)
        with pytest.raises(UnknownDeviceError):
            tx.devices.get(device.id)
        with pytest.raises(UnknownDeviceError):
            tx.devices.save(device)
        with pytest.raises(UnknownDeviceError):
            tx.devices.delete(device.id)


def test_an_unknown_user_cannot_own_one(storage: Storage) -> None:
    with storage.transaction() as tx, pytest.raises(UnknownUserError):
        tx.devices.add(UserId(999), stored.details())


def test_another_owners_device_reads_like_none(storage: Storage) -> None:
    mine, theirs = stored.stored_device(storage, "mine"), stored.stored_device(storage, "theirs")
    with storage.snapshot() as tx:
        with pytest.raises(UnknownDeviceError):
            tx.devices.owned(mine.owner_id, theirs.id)
        with pytest.raises(UnknownDeviceError):
            tx.devices.summary(mine.owner_id, theirs.id)
        assert [summary.device for summary in tx.devices.summaries(mine.owner_id)] == [mine]
        assert tx.devices.get(theirs.id) == theirs


def test_lists_by_id(storage: Storage) -> None:
    with storage.transaction() as tx:
        owner = stored.user(tx)
        devices = [stored.device(tx, owner, name) for name in "cab"]
        assert [summary.device for summary in tx.devices.summaries(owner)] == devices


def test_an_id_is_never_given_again(storage: Storage) -> None:
    with storage.transaction() as tx:
        device = stored.device(tx)
    with storage.transaction() as tx:
        tx.devices.delete(device.id)
    with storage.transaction() as tx:
        assert stored.device(tx, device.owner_id).id > device.id


def test_takes_all_that_belongs_to_it_along(storage: Storage) -> None:
    gone, kept = stored.stored_device(storage, "gone"), stored.stored_device(storage, "kept")
    for device in (gone, kept):
        lease = stored.taken(storage, device.id)
        with storage.transaction() as tx:
            tx.runs.start(lease, kind=RunKind.READ, asked_by=None, at=NOON)
            tx.schedules.save(stored.schedule(device.id))
            tx.catalogues.save(replace(stored.catalogue(device.id), edits=(stored.edit(1),)))
            tx.former_files.keep(device.id, stored.FILE, read_at=NOON, at=NOON, most=10)
    with storage.transaction() as tx:
        tx.devices.delete(gone.id)
    with storage.snapshot() as tx:
        assert stored.runs_of(tx, gone) == []
        assert list(tx.runs.page(gone.owner_id, RunFilter())) == []
        assert tx.runs.last(gone.id) is None
        assert not tx.leases.holds(Lease(gone.id, 1))
        assert list(tx.former_files.of_device(gone.id)) == []
        with pytest.raises(UnknownFileError):
            tx.former_files.get(gone.id, 1)
        assert tx.schedules.find(gone.id) is None
        assert tx.catalogues.find(gone.id) is None
        assert tx.rendered_files.find(gone.id) is None
        assert len(stored.runs_of(tx, kept)) == 1
        assert [former.number for former in tx.former_files.of_device(kept.id)] == [1]
        assert tx.schedules.find(kept.id) is not None
        catalogue = tx.catalogues.find(kept.id)
        assert catalogue is not None
        assert catalogue.edits == (stored.edit(1),)


def flags(storage: Storage, device: Device) -> tuple[bool, bool]:
    """Dirty and unverified, as both ways to ask say."""
    with storage.snapshot() as tx:
        summary = tx.devices.summary(device.owner_id, device.id)
        assert list(tx.devices.summaries(device.owner_id)) == [summary]
    assert summary == DeviceSummary(
        device=device, cached_dirty=summary.cached_dirty, unverified=summary.unverified
    )
    assert type(summary.cached_dirty) is bool
    assert type(summary.unverified) is bool
    return summary.cached_dirty, summary.unverified


def test_is_neither_dirty_nor_unverified_before_the_first_read(storage: Storage) -> None:
    assert flags(storage, stored.stored_device(storage)) == (False, False)


def test_is_dirty_while_an_edit_waits(storage: Storage) -> None:
    device = stored.stored_device(storage)
    catalogue = stored.catalogue(device.id)
    waiting = replace(catalogue, edits=(stored.edit(1),))
    orphaned = replace(catalogue, edits=(stored.edit(2, product=ProductKey("code", 999)),))
    superseded = replace(catalogue, edits=(replace(stored.edit(3), superseded=True),))
    seen = []
    for each in (catalogue, waiting, orphaned, superseded):
        with storage.transaction() as tx:
            tx.catalogues.save(each)
        seen.append(flags(storage, device))
    assert seen == [(False, False), (True, False), (False, False), (False, False)]


def test_is_unverified_only_once_the_conversation_is_over(
    storage: Storage, pass_time: PassTime
) -> None:
    device = stored.stored_device(storage)
    lease = stored.taken(storage, device.id)
    with storage.transaction() as tx:
        tx.catalogues.save(replace(stored.catalogue(device.id), unverified=True))
    assert flags(storage, device) == (False, False)
    with storage.transaction() as tx:
        tx.leases.release(lease)
    assert flags(storage, device) == (False, True)
    stored.taken(storage, device.id)
    assert flags(storage, device) == (False, False)
    pass_time(16 * SECOND)
    assert flags(storage, device) == (False, True)


def test_adopts_a_device_with_the_id_it_has(storage: Storage) -> None:
    with storage.transaction() as tx:
        anna = stored.user(tx)
        adopted = replace(
            stored.device(tx, anna), id=DeviceId(41), name="adopted", moves=3, refusals=2
        )
        tx.devices.adopt(adopted)
        with pytest.raises(DeviceNameTakenError):
            tx.devices.adopt(replace(adopted, id=DeviceId(42)))
    with storage.transaction() as tx:
        assert tx.devices.get(adopted.id) == adopted
        assert stored.device(tx, anna, "new").id > adopted.id
    stored.taken(storage, adopted.id)


def test_adopts_no_device_of_an_unknown_owner(storage: Storage) -> None:
    with storage.transaction() as tx:
        device = stored.device(tx)
        with pytest.raises(UnknownUserError):
            tx.devices.adopt(replace(device, id=DeviceId(41), owner_id=UserId(device.owner_id + 1)))
