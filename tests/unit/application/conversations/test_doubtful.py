"""Devices that did not answer last time: they are asked shortly, and come back together."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest

from adapters.mertech.emulator import Fault
from application.conversations.doubtful import SHORT
from application.ports.repositories.runs import RunFilter
from application.ports.scales import ScalesError, ScalesTimedOutError
from application.ports.storage import StorageNotReadyError
from domain.devices.device import Address, DeviceId
from domain.errors import Cause
from domain.runs.run import Outcome, RunKind
from tests.fakes.scales import FakeDevice
from tests.fakes.storage import InMemorySchedules
from tests.harness.installation import InMemory
from tests.harness.products import bun
from tests.harness.work import do_all

TEN_MINUTES = timedelta(minutes=10)
INTERVAL = timedelta(hours=99)


@pytest.fixture
def shop() -> InMemory:
    return InMemory()


def auto_updated(shop: InMemory, device_id: DeviceId) -> None:
    shop.cases.renewal.change_schedule(shop.anna, device_id, enabled=True, interval=INTERVAL)


def doubtful(shop: InMemory) -> bool:
    with shop.storage.snapshot() as tx:
        return tx.devices.get(shop.id).doubtful


def runs(shop: InMemory) -> int:
    """How many there were of all devices."""
    return len(shop.cases.runs.list(shop.anna, RunFilter(), before=None, limit=100))


def has_been_silent(shop: InMemory) -> None:
    """Its last turn came to nothing, and another has come."""
    shop.read()
    auto_updated(shop, shop.id)
    shop.device.fault = Fault.SILENT
    assert do_all(shop.cases) == 1
    shop.clock.advance(TEN_MINUTES)


def read(shop: InMemory) -> None:
    shop.read()


def upload(shop: InMemory) -> None:
    shop.edit(price=33)
    shop.cases.products.upload.for_user(shop.anna, shop.id)


def status(shop: InMemory) -> None:
    shop.cases.devices.show_status(shop.anna, shop.id)


def renew(shop: InMemory) -> None:
    shop.renew()


def batch(shop: InMemory) -> None:
    shop.cases.runs.start_batch(shop.anna, RunKind.READ, [shop.id])
    do_all(shop.cases)


@pytest.mark.parametrize("speak", [read, upload, status, renew, batch])
@pytest.mark.parametrize("fault", [Fault.SILENT, Fault.REFUSE_CONNECTIONS])
def test_no_answer_makes_doubtful_and_any_success_ends_it(
    shop: InMemory, fault: Fault, speak: Callable[[InMemory], None]
) -> None:
    shop.read()
    shop.device.fault = fault
    if speak is upload:
        shop.edit(price=34)
    with suppress(ScalesError):
        speak(shop)
    assert doubtful(shop)
    shop.device.fault = None
    speak(shop)
    assert not doubtful(shop)


@pytest.mark.parametrize("fault", [Fault.WRONG_PASSWORD, Fault.NOT_JSON, Fault.UNKNOWN_RESULT])
def test_whoever_answers_is_not_doubtful_whatever_the_answer(shop: InMemory, fault: Fault) -> None:
    has_been_silent(shop)
    assert doubtful(shop)
    shop.device.fault = fault
    do_all(shop.cases)
    assert shop.run.outcome is not Outcome.OK
    assert not doubtful(shop)


def test_another_address_is_not_doubted_before_it_was_tried(shop: InMemory) -> None:
    has_been_silent(shop)
    with shop.storage.transaction() as tx:
        device = tx.devices.get(shop.id)
        assert device.changed(address=device.address).doubtful
        assert not device.changed(address=Address("10.0.0.9", 1111)).doubtful


def test_a_silent_device_is_not_tried_again_within_its_turn(shop: InMemory) -> None:
    auto_updated(shop, shop.id)
    shop.device.fault = Fault.SILENT
    do_all(shop.cases)
    assert shop.device.counts["connections"] == 1
    shop.cases.runs.start_batch(shop.anna, RunKind.READ, [shop.id])
    shop.cases.renewal.renew_dates.conversations.second_tries.acquire()
    do_all(shop.cases)
    assert shop.run.ending is not None
    assert shop.run.ending.retries == 0


def test_a_doubtful_device_holds_its_place_for_a_short_time_only(shop: InMemory) -> None:
    has_been_silent(shop)
    second_tries = shop.cases.renewal.renew_dates.conversations.second_tries
    while second_tries.acquire(blocking=False):
        pass
    connections, began = shop.device.counts["connections"], shop.clock.monotonic()
    do_all(shop.cases)
    assert shop.clock.monotonic() - began == SHORT
    assert shop.device.counts["connections"] == connections + 1
    assert shop.run.ending is not None
    assert shop.run.ending.cause == Cause("ScalesTimedOut", {"problem": "twice", "seconds": 2})


def test_one_that_is_slow_is_waited_for_where_there_is_a_place_for_that(shop: InMemory) -> None:
    has_been_silent(shop)
    shop.device.fault = None
    shop.device.takes = SHORT + 1
    do_all(shop.cases)
    assert shop.run.outcome is Outcome.OK
    second_tries = shop.cases.renewal.renew_dates.conversations.second_tries
    free = 0
    while second_tries.acquire(blocking=False):
        free += 1
    assert free == 4, "the place is given up"


def test_a_user_who_waits_is_not_put_off_with_a_short_try(shop: InMemory) -> None:
    has_been_silent(shop)
    began = shop.clock.monotonic()
    with pytest.raises(ScalesTimedOutError):
        shop.read()
    assert shop.clock.monotonic() - began > 5


class TestNeighbours:
    """An owner's other doubtful devices."""

    @pytest.fixture
    def others(self, shop: InMemory) -> list[FakeDevice]:
        """Five of them, all out of reach as the first is, with failures enough for the longest
        pause."""
        auto_updated(shop, shop.id)
        shop.device.fault = Fault.REFUSE_CONNECTIONS
        devices = []
        for number in range(5):
            address = Address("10.0.1.1", 2000 + number)
            device = shop.scales.plug_in(address, {"products": [bun()]})
            device.fault = Fault.REFUSE_CONNECTIONS
            devices.append(device)
            auto_updated(shop, shop.add_device(shop.anna, f"Scale {number}", address))
        for _ in range(4):
            do_all(shop.cases)
            shop.clock.advance(TEN_MINUTES)
        do_all(shop.cases)
        for each in devices:
            each.fault = None
            each.counts.clear()
        shop.device.fault = None
        return devices

    def test_are_tried_as_soon_as_one_answers(
        self, shop: InMemory, others: list[FakeDevice]
    ) -> None:
        shop.clock.sleep(11)
        assert do_all(shop.cases) == 0, "they pause"
        shop.read()
        assert do_all(shop.cases) == 6
        assert [each.counts["accepted"] for each in others] == [1] * 5
        with shop.storage.snapshot() as tx:
            assert not tx.devices.doubtful(shop.anna)

    def test_are_tried_before_a_long_conversation_is_over(
        self, shop: InMemory, others: list[FakeDevice]
    ) -> None:
        shop.clock.sleep(11)
        due: list[int] = []
        shop.when("reading", lambda: due.append(shop.cases.runs.defer_due_devices()))
        shop.cases.runs.start_batch(shop.anna, RunKind.READ, [shop.id])
        do_all(shop.cases)
        assert due[0] == 6
        assert do_all(shop.cases) == 6

    def test_are_not_tried_again_and_again(self, shop: InMemory, others: list[FakeDevice]) -> None:
        for each in others:
            each.fault = Fault.REFUSE_CONNECTIONS
        shop.clock.sleep(11)
        shop.read()
        do_all(shop.cases)
        tried = runs(shop)
        for _ in range(3):
            with shop.storage.transaction() as tx:
                tx.schedules.hasten(shop.anna, shop.clock.now(), spacing=timedelta(seconds=10))
        assert do_all(shop.cases) == 0
        assert runs(shop) == tried
        shop.clock.sleep(11)
        assert do_all(shop.cases) == 5

    def test_of_another_owner_pause_on(self, shop: InMemory, others: list[FakeDevice]) -> None:
        ben = shop.cases.accounts.register("ben@example.org", "correct horse").id
        address = Address("10.0.2.1", 1111)
        device = shop.scales.plug_in(address, {"products": [bun()]})
        device.fault = Fault.REFUSE_CONNECTIONS
        device_id = shop.add_device(ben, "Ben's", address)
        shop.cases.renewal.change_schedule(ben, device_id, enabled=True, interval=INTERVAL)
        for _ in range(3):
            do_all(shop.cases)
            shop.clock.advance(TEN_MINUTES)
        device.fault = Fault.REFUSE_CONNECTIONS
        shop.device.fault = Fault.REFUSE_CONNECTIONS
        for each in others:
            each.fault = Fault.REFUSE_CONNECTIONS
        do_all(shop.cases)
        shop.device.fault = device.fault = None
        device.counts.clear()
        shop.clock.sleep(11)
        shop.read()
        do_all(shop.cases)
        assert device.counts["connections"] == 0

    def test_that_cannot_be_hastened_spoil_nothing(
        self, shop: InMemory, others: list[FakeDevice], caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise StorageNotReadyError("The database is locked.")

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(InMemorySchedules, "hasten", fail)
            assert shop.read()
        assert shop.run.outcome is Outcome.OK
        assert "The database is locked" in caplog.text
