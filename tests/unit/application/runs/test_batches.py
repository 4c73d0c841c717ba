"""Users have the same done with several devices, without waiting for it."""

from unittest.mock import ANY

import pytest

from adapters.mertech.emulator import Fault
from application.conversations.errors import DeviceBusyError
from application.conversations.lease_keeper import LEASE
from application.devices.registration import DeviceChanges
from application.ports.repositories.batches import UnknownBatchError
from application.ports.repositories.devices import UnknownDeviceError
from application.runs.batches import BatchProgress
from domain.devices.device import Address, DeviceId
from domain.errors import Cause
from domain.runs.batch import UploadOf
from domain.runs.job import Job
from domain.runs.run import Outcome, RunKind
from tests.harness.failures import raises
from tests.harness.installation import InMemory
from tests.harness.products import bun, muffin
from tests.harness.work import claimed, do, do_all

THERE = Address("10.0.0.8", 1111)


@pytest.fixture
def shop() -> InMemory:
    return InMemory()


@pytest.fixture
def other(shop: InMemory) -> DeviceId:
    shop.scales.plug_in(THERE, {"products": [muffin(), bun()]})
    return shop.add_device(shop.anna, "Deli", THERE)


def started(
    shop: InMemory, kind: RunKind = RunKind.READ, *ids: DeviceId, what: UploadOf = UploadOf.ALL
) -> BatchProgress:
    return shop.cases.runs.start_batch(shop.anna, kind, list(ids) or None, what)


def seen(shop: InMemory, batch: BatchProgress) -> list[Outcome | None]:
    progress = shop.cases.runs.show_batch(shop.anna, batch.batch.id)
    return [item.outcome for item in progress.items]


def test_a_device_that_is_not_the_users_stops_all_of_it(shop: InMemory, other: DeviceId) -> None:
    ben = shop.cases.accounts.register("ben@example.org", "correct horse").id
    foreign = shop.add_device(ben, "Ben's", THERE)
    for wrong in (foreign, DeviceId(99)):
        with raises(UnknownDeviceError, match=f"no such scales: {wrong}"):
            started(shop, RunKind.READ, other, wrong)
    assert do_all(shop.cases) == 0


def test_a_batch_says_nothing_to_a_device_of_another_owner(shop: InMemory) -> None:
    batch = started(shop).batch
    ben = shop.cases.accounts.register("ben@example.org", "correct horse").id
    device = shop.scales.plug_in(THERE, {"products": [muffin()]})
    lease = shop.take_lease(shop.add_device(ben, "Ben's", THERE))
    assert lease is not None
    cases = shop.cases
    for use_case in (cases.products.read, cases.products.upload, cases.renewal.renew_dates):
        with pytest.raises(UnknownDeviceError):
            use_case.for_batch(batch, lease)
    assert device.counts["connections"] == 0


def test_all_devices_are_read_and_each_says_how_it_went(shop: InMemory, other: DeviceId) -> None:
    shop.device.fault = Fault.NOT_JSON
    batch = started(shop)
    assert seen(shop, batch) == [None, None]
    assert not batch.ended
    assert do_all(shop.cases) == 2
    assert seen(shop, batch) == [Outcome.FAILED, Outcome.OK]
    progress = shop.cases.runs.show_batch(shop.anna, batch.batch.id)
    assert progress.ended
    failed, read = progress.items
    assert (failed.device_name, read.device_name) == ("Bakery", "Deli")
    assert failed.run is not None
    assert failed.run.ending is not None
    assert failed.run.ending.cause == Cause("ScalesNonsense", {"problem": "no_json", "where": ANY})
    assert read.run is not None
    assert (read.run.kind, read.run.asked_by) == (RunKind.READ, shop.anna)
    with shop.storage.snapshot() as tx:
        assert tx.catalogues.find(other) is not None


def test_a_batch_is_its_owners_alone(shop: InMemory) -> None:
    ben = shop.cases.accounts.register("ben@example.org", "correct horse").id
    batch = started(shop)
    for ask in (shop.cases.runs.show_batch, shop.cases.runs.retry_batch):
        with pytest.raises(UnknownBatchError):
            ask(ben, batch.batch.id)


def test_uploads_send_the_edits_and_what_was_never_read_says_so(
    shop: InMemory, other: DeviceId
) -> None:
    shop.read()
    shop.edit(price=80)
    batch = started(shop, RunKind.UPLOAD)
    do_all(shop.cases)
    assert shop.held[0]["price"] == 80
    sent, never_read = shop.cases.runs.show_batch(shop.anna, batch.batch.id).items
    assert (sent.outcome, never_read.outcome) == (Outcome.OK, Outcome.FAILED)
    assert never_read.run is None
    assert never_read.cause == Cause("NothingRead")


def test_an_upload_sends_what_was_asked(shop: InMemory) -> None:
    shop.read()
    shop.edit(price=80)
    started(shop, RunKind.UPLOAD, what=UploadOf.EDITS)
    do_all(shop.cases)
    assert shop.run.ending is not None
    assert shop.run.ending.products == 1


def test_dates_are_renewed_on_request_also_where_the_schedule_is_off(shop: InMemory) -> None:
    batch = started(shop, RunKind.AUTO_UPDATE, shop.id)
    do_all(shop.cases)
    assert seen(shop, batch) == [Outcome.OK]
    assert shop.held[0]["manufactureDate"] != muffin()["manufactureDate"]
    assert (shop.run.kind, shop.run.asked_by) == (RunKind.AUTO_UPDATE, shop.anna)
    assert shop.schedule.due_at is None


def test_a_retry_repeats_only_what_failed(shop: InMemory, other: DeviceId) -> None:
    shop.device.fault = Fault.NOT_JSON
    batch = started(shop)
    do_all(shop.cases)
    shop.device.fault = None
    shop.cases.runs.retry_batch(shop.anna, batch.batch.id)
    assert seen(shop, batch) == [None, Outcome.OK]
    assert do_all(shop.cases) == 1
    assert seen(shop, batch) == [Outcome.OK, Outcome.OK]
    shop.cases.runs.retry_batch(shop.anna, batch.batch.id)
    assert do_all(shop.cases) == 0


def test_a_retry_leaves_what_still_waits_alone(shop: InMemory) -> None:
    batch = started(shop)
    shop.cases.runs.retry_batch(shop.anna, batch.batch.id)
    assert do_all(shop.cases) == 1


def test_a_job_that_comes_twice_is_done_once(shop: InMemory) -> None:
    started(shop)
    [(_, job, lease, _)] = claimed(shop.cases)
    shop.cases.runs.do_job(job, lease)
    first = shop.run
    shop.cases.runs.do_job(job)
    assert shop.run == first


def test_a_job_that_a_crash_cut_off_is_done_again(shop: InMemory) -> None:
    batch = started(shop)
    [(_, job, lease, _)] = claimed(shop.cases)
    with shop.storage.transaction() as tx:
        run_id = tx.runs.start(lease, kind=job.kind, asked_by=shop.anna, at=shop.clock.now())
        tx.batches.began(batch.batch.id, shop.id, run_id)
    assert seen(shop, batch) == [Outcome.RUNNING]
    shop.clock.sleep(16)
    assert seen(shop, batch) == [Outcome.INTERRUPTED]
    assert do_all(shop.cases) == 1
    assert seen(shop, batch) == [Outcome.OK]


def test_a_device_deleted_meanwhile_ends_its_job_and_leaves_the_batch(
    shop: InMemory, other: DeviceId
) -> None:
    batch = started(shop)
    jobs = claimed(shop.cases)
    shop.cases.devices.remove(shop.anna, shop.id)
    do(shop.cases, *jobs)
    assert seen(shop, batch) == [Outcome.OK]


def test_a_password_that_is_not_tried_is_a_failure_without_a_run(shop: InMemory) -> None:
    shop.device.password = "9999"  # noqa: S105  # the device's
    started(shop)
    do_all(shop.cases)
    batch = started(shop)
    do_all(shop.cases)
    [item] = shop.cases.runs.show_batch(shop.anna, batch.batch.id).items
    assert item.cause is not None
    assert (item.outcome, item.cause.code, item.run) == (Outcome.FAILED, "PasswordNotTried", None)
    assert shop.device.counts["wrong passwords"] == 1
    shop.cases.devices.change(shop.anna, shop.id, DeviceChanges(password="9999"))  # noqa: S106
    shop.cases.runs.retry_batch(shop.anna, batch.batch.id)
    do_all(shop.cases)
    assert seen(shop, batch) == [Outcome.OK]


def test_every_device_is_free_afterwards(shop: InMemory, other: DeviceId) -> None:
    shop.device.fault = Fault.REFUSE_CONNECTIONS
    started(shop, RunKind.UPLOAD)
    started(shop)
    while do_all(shop.cases):
        pass
    for each in (shop.id, other):
        with shop.storage.transaction() as tx:
            assert tx.leases.take(each, LEASE)


def test_a_device_in_use_is_waited_for_and_then_its_job_is_still_to_be_done(shop: InMemory) -> None:
    batch = started(shop)
    shop.lease()
    with pytest.raises(DeviceBusyError):
        shop.cases.runs.do_job(
            Job(
                kind=RunKind.READ,
                device_id=shop.id,
                owner_id=shop.anna,
                batch_id=batch.batch.id,
            )
        )
    assert seen(shop, batch) == [None]
