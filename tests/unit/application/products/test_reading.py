"""Products are read from the device."""

from datetime import timedelta

import pytest

from adapters.mertech.emulator import Fault
from application.conversations.errors import DeviceBusyError, StoredPasswordError
from application.ports.repositories.devices import UnknownDeviceError
from application.ports.repositories.leases import Lease
from application.ports.scales import (
    ScalesNonsenseError,
    ScalesTimedOutError,
    ScalesUnreachableError,
    ScalesWrongPasswordError,
)
from application.products.showing import NOTHING_READ, NotChanged
from domain.errors import Cause, NothingReadError
from domain.runs.run import Outcome, RunKind
from tests.harness.installation import InMemory
from tests.harness.products import bun, muffin


@pytest.fixture
def shop() -> InMemory:
    return InMemory()


def test_another_owners_device_does_not_exist(shop: InMemory) -> None:
    boris = shop.cases.accounts.register("boris@example.org", "correct horse").id
    with pytest.raises(UnknownDeviceError):
        shop.cases.products.read.for_user(boris, shop.id)
    assert shop.device.counts["connections"] == 0


def test_before_the_first_read_there_is_an_empty_file(shop: InMemory) -> None:
    assert shop.cases.products.show_cached(shop.anna, shop.id) == NOTHING_READ
    known = shop.cases.products.show_cached(shop.anna, shop.id, known={NOTHING_READ.etag})
    assert known == NotChanged(NOTHING_READ.etag)


def test_what_was_read_is_shown_and_kept(shop: InMemory) -> None:
    assert shop.read() == [muffin(), bun()]
    cached = shop.cases.products.show_cached(shop.anna, shop.id)
    assert not isinstance(cached, NotChanged)
    again = shop.cases.products.show_cached(shop.anna, shop.id, known={cached.etag})
    assert again == NotChanged(cached.etag)


def test_a_new_device_without_a_file_is_an_empty_catalogue(shop: InMemory) -> None:
    shop.device.document = None
    assert shop.read() == []
    shop.cases.products.upload.for_user(shop.anna, shop.id)


def test_edits_stay_on_top(shop: InMemory) -> None:
    shop.read()
    shop.edit(price=80)
    assert shop.read() == [muffin(price=80), bun()]
    assert shop.held == [muffin(), bun()]


def test_a_read_is_recorded(shop: InMemory) -> None:
    shop.read()
    run = shop.run
    assert (run.kind, run.asked_by) == (RunKind.READ, shop.anna)
    assert run.ending is not None
    assert (run.ending.outcome, run.ending.products) == (Outcome.OK, 2)
    assert run.ending.bytes


@pytest.mark.parametrize(
    ("fault", "error", "retries"),
    [
        (Fault.REFUSE_CONNECTIONS, ScalesUnreachableError, 2),
        (Fault.RESET_IN_DOWNLOAD, ScalesUnreachableError, 2),
        (Fault.SILENT, ScalesTimedOutError, 2),
        (Fault.NEVER_READY, ScalesTimedOutError, 0),
        (Fault.NOT_JSON, ScalesNonsenseError, 0),
        (Fault.WRONG_PASSWORD, ScalesWrongPasswordError, 0),
    ],
)
def test_a_failure_changes_nothing_and_is_recorded(
    shop: InMemory, fault: Fault, error: type[Exception], retries: int
) -> None:
    shop.read()
    shop.edit(price=80)
    before = shop.catalogue
    shop.device.fault = fault
    started = shop.clock.monotonic()
    with pytest.raises(error) as failed:
        shop.read()
    assert shop.clock.monotonic() - started <= 61
    assert shop.catalogue == before
    ending = shop.run.ending
    assert ending is not None
    assert (ending.retries, ending.cause) == (retries, Cause.of(failed.value))
    assert ending.outcome in (Outcome.FAILED, Outcome.REFUSED)
    shop.device.fault = None
    shop.clock.sleep(60)  # for the password
    assert shop.read() == [muffin(price=80), bun()]


def test_a_lost_line_is_tried_again_from_the_start(shop: InMemory) -> None:
    shop.device.fault = Fault.RESET_IN_DOWNLOAD

    def recover(stage: str) -> None:
        if shop.device.counts["connections"] == 2:
            shop.device.fault = None

    shop.device.during = recover
    assert shop.read() == [muffin(), bun()]
    assert shop.run.ending is not None
    assert shop.run.ending.retries == 1


def test_a_busy_device_is_waited_for_and_not_for_ever(shop: InMemory) -> None:
    lease = shop.lease()
    started = shop.clock.monotonic()
    with pytest.raises(DeviceBusyError):
        shop.read()
    assert 3 <= shop.clock.monotonic() - started < 3.5
    with shop.storage.transaction() as tx:
        tx.leases.release(lease)
    shop.read()


def test_a_crash_keeps_the_device_for_fifteen_seconds(shop: InMemory) -> None:
    shop.lease()
    shop.clock.sleep(15.1)
    shop.read()


def test_a_long_conversation_keeps_its_lease(shop: InMemory) -> None:
    shop.device.takes = 8.0

    others: list[Lease | None] = []

    def somebody_else_tries() -> None:
        with shop.storage.transaction() as tx:
            others.append(tx.leases.take(shop.id, timedelta(seconds=15)))

    shop.when("reading", somebody_else_tries)
    shop.read()
    assert others == [None]


def test_a_device_deleted_in_mid_conversation_is_gone(shop: InMemory) -> None:
    shop.device.during = lambda stage: shop.cases.devices.remove(shop.anna, shop.id)
    with pytest.raises(UnknownDeviceError):
        shop.read()


def test_a_password_of_another_key_says_what_to_do(shop: InMemory) -> None:
    shop.cipher._key = "another"
    with pytest.raises(StoredPasswordError):
        shop.read()
    assert shop.device.counts["connections"] == 0


def test_nothing_is_edited_before_the_first_read(shop: InMemory) -> None:
    with pytest.raises(NothingReadError):
        shop.edit(price=1)


def test_before_the_first_read_no_tag_is_stale(shop: InMemory) -> None:
    with pytest.raises(NothingReadError):
        shop.cases.products.edit(shop.anna, shop.id, 607, {"price": 1}, only_if={"nothing-read"})
