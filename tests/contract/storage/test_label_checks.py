"""What any storage promises of labels that a shop should look at."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from application.ports.storage import ReadOnlyError, Storage
from domain.accounts.user import UserId
from domain.devices.device import Device, DeviceId
from domain.products import editing
from domain.products.label_checks.checks import Check
from domain.products.label_checks.report import DeviceCheck, device_checks, report
from domain.products.product import Product
from domain.products.product_file import ProductFile
from domain.renewal.policy import RenewalException, RenewalPolicy
from tests.harness import stored
from tests.harness.products import bun, file_of, muffin

TODAY = date(2026, 11, 23)
MUFFIN = RenewalException("code", 50)


def dated(made: str, sell_by: str, **more: object) -> Product:
    return muffin(manufactureDate=made, sellByDate=sell_by, **more)  # type: ignore[arg-type]  # JSON


FILES = [
    file_of(),
    file_of(muffin(deleted=True, price=0)),
    file_of(dated("23-11-26", "30-11-26")),
    file_of(dated("22-11-26", "29-11-26"), bun(name="", message=7)),
    file_of(dated("24-11-26", "01-12-26", price=0)),
    file_of(dated("15-11-26", "22-11-26", shelfLifeType="HOURS", shelfLife=168)),
    file_of(dated("", "", shelfLifeType="years", code=51), bun(buttonNumber=607)),
]


def save(storage: Storage, device: Device, file: ProductFile) -> None:
    with storage.transaction() as tx:
        tx.catalogues.save(stored.catalogue(device.id, file))


def of_device(storage: Storage, device: Device) -> list[DeviceCheck]:
    with storage.snapshot() as tx:
        return list(tx.label_checks.of_device(device.id))


def forgotten(storage: Storage) -> list[DeviceId]:
    with storage.snapshot() as tx:
        return list(tx.label_checks.forgotten(10))


def check_again(storage: Storage, device: Device) -> None:
    with storage.transaction() as tx:
        catalogue = tx.catalogues.find(device.id)
        assert catalogue is not None
        tx.catalogues.save(catalogue)


def test_before_the_first_read_there_are_none(storage: Storage) -> None:
    assert of_device(storage, stored.stored_device(storage)) == []
    assert forgotten(storage) == []


def test_they_are_those_of_the_file_that_was_saved(storage: Storage) -> None:
    device = stored.stored_device(storage)
    for file in (*FILES, *reversed(FILES)):
        save(storage, device, file)
        assert of_device(storage, device) == device_checks(file)
    assert forgotten(storage) == []


def test_they_follow_a_file_that_replaces_one_that_was_found(storage: Storage) -> None:
    device = stored.stored_device(storage)
    save(storage, device, FILES[0])
    for file in FILES:
        with storage.transaction() as tx:
            catalogue = tx.catalogues.find(device.id)
            assert catalogue is not None
            tx.catalogues.save(replace(catalogue, file=file))
        assert of_device(storage, device) == device_checks(file)


def test_edits_are_checked_when_the_catalogue_is_saved_once_more(storage: Storage) -> None:
    device = stored.stored_device(storage)
    save(storage, device, FILES[2])
    before = of_device(storage, device)
    with storage.transaction() as tx:
        catalogue = tx.catalogues.find(device.id)
        assert catalogue is not None
        edited = editing.edited(catalogue, 607, {"price": 0}, by=UserId(1), at=stored.NOON)
        tx.catalogues.save(edited)
    assert (of_device(storage, device), forgotten(storage)) == (before, [device.id])
    check_again(storage, device)
    assert of_device(storage, device) == device_checks(edited.shown)
    assert Check.ZERO_PRICE in {each.check for each in of_device(storage, device)}
    assert forgotten(storage) == []


def test_exceptions_and_dates_count_when_the_catalogue_is_saved_once_more(
    storage: Storage,
) -> None:
    device = stored.stored_device(storage)
    other = stored.stored_device(storage, "Fish")
    for each in (device, other):
        save(storage, each, FILES[3])
    before = of_device(storage, device)
    with storage.transaction() as tx:
        tx.renewal_exceptions.set_for_device(device.id, [MUFFIN])
        tx.label_checks.forget(device.id)
    assert (of_device(storage, device), forgotten(storage)) == (before, [device.id])
    check_again(storage, device)
    with_exception = of_device(storage, device)
    assert with_exception == device_checks(FILES[3], RenewalPolicy(exceptions=(MUFFIN,)).renews)
    assert with_exception != before
    with storage.transaction() as tx:
        tx.renewal_exceptions.set_for_device(device.id, [])
        tx.renewal_exceptions.set_for_owner(device.owner_id, [MUFFIN, RenewalException("plu", 608)])
        tx.label_checks.forget_all(device.owner_id)
    assert forgotten(storage) == [device.id]
    check_again(storage, device)
    assert Check.DATES_NOT_TODAY not in {each.check for each in of_device(storage, device)}
    with storage.transaction() as tx:
        tx.renewal_exceptions.set_for_owner(device.owner_id, [])
        tx.schedules.save(replace(stored.schedule(device.id), dates="dated"))
        tx.label_checks.forget(device.id)
    save(storage, device, FILES[6])
    dated = RenewalPolicy(dates="dated")
    assert of_device(storage, device) == device_checks(FILES[6], dated.renews)
    assert of_device(storage, other) == before


def test_a_catalogue_whose_file_stays_is_not_forgotten(storage: Storage) -> None:
    device = stored.stored_device(storage)
    save(storage, device, FILES[4])
    before = of_device(storage, device)
    with storage.transaction() as tx:
        catalogue = tx.catalogues.find(device.id)
        assert catalogue is not None
        tx.catalogues.save(catalogue.uploading(()))
    assert (of_device(storage, device), forgotten(storage)) == (before, [])


def test_the_fleet_counts_devices_by_the_day_of_their_zone(storage: Storage) -> None:
    """As the domain says of each of them."""
    zones = [None, "Asia/Tokyo", "Europe/Berlin", None, "Asia/Tokyo", "Asia/Tokyo", None]
    with storage.transaction() as tx:
        owner = stored.user(tx, "anna@example.com")
        for place, (file, zone) in enumerate(zip(FILES, zones, strict=True)):
            device = replace(stored.device(tx, owner, f"Device {place}"), time_zone=zone)
            tx.devices.save(device)
            tx.catalogues.save(stored.catalogue(device.id, file))
        stored.device(tx, owner, "never read")
        tx.catalogues.save(stored.catalogue(stored.device(tx).id, FILES[3]))
    for days in range(-12, 12):
        day = TODAY + timedelta(days)
        today = {None: day, "Asia/Tokyo": day + timedelta(1), "Europe/Berlin": day}
        expected = dict.fromkeys(Check, 0)
        for file, zone in zip(FILES, zones, strict=True):
            for check, count in report(file, today[zone]).counts.items():
                expected[check] += bool(count)
        with storage.snapshot() as tx:
            assert set(tx.fleet.time_zones(owner)) == set(today)
            assert dict(tx.fleet.label_checks(owner, today)) == expected


def test_an_owner_without_devices_has_nothing_to_look_at(storage: Storage) -> None:
    with storage.transaction() as tx:
        owner = stored.user(tx)
        tx.label_checks.forget_all(owner)
    with storage.snapshot() as tx:
        assert list(tx.fleet.time_zones(owner)) == []
        assert set(tx.fleet.label_checks(owner, {}).values()) == {0}


def test_they_go_with_the_device(storage: Storage) -> None:
    device = stored.stored_device(storage)
    save(storage, device, FILES[3])
    with storage.transaction() as tx:
        tx.label_checks.forget(device.id)
        tx.devices.delete(device.id)
    assert (of_device(storage, device), forgotten(storage)) == ([], [])


def test_no_more_are_answered_than_were_asked_for(storage: Storage) -> None:
    ids = []
    for name in "abc":
        device = stored.stored_device(storage, name)
        save(storage, device, FILES[0])
        with storage.transaction() as tx:
            tx.label_checks.forget(device.id)
        ids.append(device.id)
    with storage.snapshot() as tx:
        assert list(tx.label_checks.forgotten(2)) == ids[:2]
        with pytest.raises(ReadOnlyError):
            tx.label_checks.forget(ids[0])
        with pytest.raises(ReadOnlyError):
            tx.label_checks.forget_all(device.owner_id)
