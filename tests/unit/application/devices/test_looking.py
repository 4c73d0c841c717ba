"""Edits, runs and status: what users see of what goes on."""

from contextlib import ExitStack
from datetime import timedelta

import pytest

from adapters.mertech.emulator import Fault
from application.conversations.errors import TooManyConversationsError
from application.devices.registration import DeviceChanges
from application.ports.repositories.devices import UnknownDeviceError
from application.ports.repositories.runs import RunFilter
from application.ports.scales import ScalesUnreachableError
from domain.devices.device import Address
from domain.errors import InvalidFieldsError, UnknownEditError
from domain.products.edit import EditVersion
from domain.runs.run import Ending, Outcome, Run, RunKind
from tests.harness.installation import HERE, InMemory
from tests.harness.products import bun, muffin


@pytest.fixture
def shop() -> InMemory:
    return InMemory()


class TestEdits:
    def test_are_listed_with_who_and_what(self, shop: InMemory) -> None:
        assert shop.cases.products.list_edits(shop.anna, shop.id) == []
        shop.read()
        shop.edit(price=80)
        [pending] = shop.cases.products.list_edits(shop.anna, shop.id)
        assert (pending.who, pending.state) == ("anna@example.org", "waiting")
        assert (pending.edit.before, pending.edit.after) == (76.0, 80)
        assert pending.product is not None
        assert pending.product["code"] == 50

    def test_of_a_product_that_is_gone_are_orphaned(self, shop: InMemory) -> None:
        shop.read()
        shop.edit(price=80)
        shop.device.document = {"products": [bun()]}
        shop.read()
        [pending] = shop.cases.products.list_edits(shop.anna, shop.id)
        assert (pending.product, pending.state) == (None, "orphaned")

    def test_are_discarded_one_or_all(self, shop: InMemory) -> None:
        assert shop.cases.products.discard_edits(shop.anna, shop.id) == []
        with pytest.raises(UnknownEditError):
            shop.cases.products.discard_edits(shop.anna, shop.id, EditVersion(1))
        shop.read()
        shop.edit(price=80, name="Кекс")
        shop.edit(608, price=9)
        [gone] = shop.cases.products.discard_edits(shop.anna, shop.id, EditVersion(1))
        assert gone.edit.version == 1
        with pytest.raises(UnknownEditError):
            shop.cases.products.discard_edits(shop.anna, shop.id, EditVersion(1))
        assert len(shop.cases.products.discard_edits(shop.anna, shop.id)) == 2
        assert shop.catalogue.shown.products == [muffin(), bun()]


class TestRuns:
    def runs(
        self, shop: InMemory, before: Run | None = None, limit: int = 50, **wanted: object
    ) -> list[Run]:
        return list(
            shop.cases.runs.list(
                shop.anna,
                RunFilter(**wanted),  # type: ignore[arg-type]  # as each test has it
                before=before.id if before else None,
                limit=limit,
            )
        )

    def test_are_listed_newest_first_and_paged(self, shop: InMemory) -> None:
        for _ in range(5):
            shop.read()
        first = self.runs(shop, limit=2)
        second = self.runs(shop, before=first[-1], limit=2)
        assert [run.id for run in first + second] == [5, 4, 3, 2]

    def test_are_filtered(self, shop: InMemory) -> None:
        shop.read()
        shop.clock.sleep(60)
        noon = shop.clock.now()
        shop.renew()
        shop.device.fault = Fault.REFUSE_CONNECTIONS
        with pytest.raises(ScalesUnreachableError):
            shop.read()
        assert [run.id for run in self.runs(shop, kind=RunKind.AUTO_UPDATE)] == [2]
        assert [run.id for run in self.runs(shop, outcome=Outcome.FAILED)] == [3]
        assert [run.id for run in self.runs(shop, since=noon)] == [3, 2]
        assert [run.id for run in self.runs(shop, device_id=shop.id)] == [3, 2, 1]

    def test_of_others_are_not_there(self, shop: InMemory) -> None:
        shop.read()
        boris = shop.cases.accounts.register("boris@example.org", "correct horse").id
        assert not shop.cases.runs.list(boris, RunFilter(), before=None, limit=50)
        with pytest.raises(UnknownDeviceError):
            shop.cases.runs.list(boris, RunFilter(device_id=shop.id), before=None, limit=50)

    def test_cut_off_by_a_crash_read_interrupted(self, shop: InMemory) -> None:
        def crash() -> None:
            raise KeyboardInterrupt

        shop.when("reading", crash)
        with pytest.raises(KeyboardInterrupt):
            shop.read()
        assert self.runs(shop, outcome=Outcome.RUNNING) == [shop.run]
        shop.clock.sleep(16)
        assert len(self.runs(shop, outcome=Outcome.INTERRUPTED)) == 1
        shop.when("never", lambda: None)
        shop.read()
        assert len(self.runs(shop, outcome=Outcome.INTERRUPTED)) == 1

    def test_are_pruned_when_they_are_old(self, shop: InMemory) -> None:
        shop.read()
        shop.clock.sleep(timedelta(days=89).total_seconds())
        shop.read()
        assert shop.cases.runs.prune() == 0
        shop.clock.sleep(timedelta(days=2).total_seconds())
        assert shop.cases.runs.prune() == 1
        assert [run.id for run in self.runs(shop)] == [2]


class TestStatus:
    def test_says_what_the_device_says(self, shop: InMemory) -> None:
        shop.read()
        read = shop.run
        status = shop.cases.devices.show_status(shop.anna, shop.id)
        assert (status.reachable, status.error) == (True, None)
        assert status.information == {"scaleModel": "M-ER 725 PM-15.2"}
        assert status.latency is not None
        assert (status.last_run, status.last_read, status.last_upload) == (read, read, None)

    def test_is_an_answer_when_the_device_gives_none(self, shop: InMemory) -> None:
        shop.read()
        shop.device.fault = Fault.SILENT
        status = shop.cases.devices.show_status(shop.anna, shop.id)
        assert status.reachable is False
        assert status.error is not None
        assert status.error.facts["problem"] == "no_answer"
        assert shop.clock.monotonic() < 10

    def test_a_device_that_does_not_know_the_question_is_there(self, shop: InMemory) -> None:
        shop.device.information = None
        status = shop.cases.devices.show_status(shop.anna, shop.id)
        assert (status.reachable, status.information, status.error) == (True, {}, None)
        assert shop.run.outcome is Outcome.OK

    def test_a_busy_device_is_not_disturbed(self, shop: InMemory) -> None:
        lease = shop.lease()
        status = shop.cases.devices.show_status(shop.anna, shop.id)
        assert status.reachable is None
        assert shop.device.counts["connections"] == 0
        with shop.storage.transaction() as tx:
            tx.leases.release(lease)
            assert tx.runs.last(shop.id) is None, "nothing was said"

    def test_is_recorded_and_leaves_no_lease(self, shop: InMemory) -> None:
        shop.cases.devices.show_status(shop.anna, shop.id)
        run = shop.run
        assert (run.kind, run.asked_by) == (RunKind.STATUS, shop.anna)
        assert run.ending == Ending(at=shop.clock.now(), outcome=Outcome.OK)
        shop.lease()

    def test_without_an_answer_is_recorded_with_the_reason(self, shop: InMemory) -> None:
        shop.read()
        shop.device.fault = Fault.SILENT
        status = shop.cases.devices.show_status(shop.anna, shop.id)
        ending = shop.run.ending
        assert ending == Ending(
            at=shop.clock.now(),
            outcome=Outcome.FAILED,
            cause=status.error,
        )
        assert status.error is not None
        assert status.error.code == "ScalesTimedOut"
        shop.lease()

    def test_cut_off_by_a_crash_reads_interrupted(self, shop: InMemory) -> None:
        def crash(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        shop.scales.conversation = crash  # type: ignore[method-assign,assignment]  # for this test
        with pytest.raises(KeyboardInterrupt):
            shop.cases.devices.show_status(shop.anna, shop.id)
        assert (shop.run.kind, shop.run.outcome) == (RunKind.STATUS, Outcome.RUNNING)
        shop.clock.sleep(16)
        assert shop.run.outcome is Outcome.INTERRUPTED

    def test_is_forgotten_after_a_day_and_what_moved_products_is_not(self, shop: InMemory) -> None:
        shop.read()
        shop.cases.devices.show_status(shop.anna, shop.id)
        shop.clock.sleep(timedelta(hours=23).total_seconds())
        shop.cases.devices.show_status(shop.anna, shop.id)
        assert shop.cases.runs.prune() == 0
        shop.clock.sleep(timedelta(hours=2).total_seconds())
        assert shop.cases.runs.prune() == 1
        runs = shop.cases.runs.list(shop.anna, RunFilter(), before=None, limit=50)
        assert [run.kind for run in runs] == [RunKind.STATUS, RunKind.READ]

    def test_of_a_device_that_is_deleted_meanwhile_is_of_an_unknown_device(
        self, shop: InMemory
    ) -> None:
        tell = shop.device.count

        def deleted(what: str) -> None:
            tell(what)
            shop.cases.devices.remove(shop.anna, shop.id)

        shop.device.count = deleted  # type: ignore[method-assign]  # for this test
        with pytest.raises(UnknownDeviceError):
            shop.cases.devices.show_status(shop.anna, shop.id)


class TestNetworks:
    def test_a_device_outside_is_refused(self, shop: InMemory) -> None:
        with pytest.raises(InvalidFieldsError, match="ip: network_not_allowed"):
            shop.add_device(shop.anna, "Metadata", Address("169.254.169.254", 80))
        with pytest.raises(InvalidFieldsError, match="ip: network_not_allowed"):
            shop.cases.devices.change(shop.anna, shop.id, DeviceChanges(host="127.0.0.1"))

    def test_other_fields_of_one_outside_can_be_changed(self, shop: InMemory) -> None:
        with shop.storage.transaction() as tx:
            outside = tx.devices.get(shop.id).changed(address=Address("127.0.0.1", 1111))
            tx.devices.save(outside)
        changes = DeviceChanges(name="Отдел", host="127.0.0.1", port=1112)
        summary = shop.cases.devices.change(shop.anna, shop.id, changes)
        assert summary.device.address == Address("127.0.0.1", 1112)


def test_requests_beyond_the_bulkhead_are_turned_away_at_once(shop: InMemory) -> None:
    ids = [shop.id]
    for number in range(8):
        address = Address("10.0.1.1", 2000 + number)
        shop.scales.plug_in(address, {"products": []})
        ids.append(shop.add_device(shop.anna, f"Scale {number}", address))
    turned_away: list[bool] = []

    def ask(left: list[int]) -> None:
        """Each device is asked while the one before it is being asked."""
        device_id, *others = left
        device = shop.scales.devices[
            shop.cases.devices.show(shop.anna, device_id).device.address  # type: ignore[arg-type]
        ]
        device.during = lambda stage: ask(others) if others and stage == "reading" else None
        try:
            shop.cases.products.read.for_user(shop.anna, device_id)  # type: ignore[arg-type]
        except TooManyConversationsError:
            turned_away.append(True)

    ask(list(ids))
    assert turned_away == [True]
    assert sum(each.counts["reads"] for each in shop.scales.devices.values()) == 6
    assert shop.clock.monotonic() == 0, "nobody was made to wait"
    shop.scales.devices[HERE].during = lambda stage: None
    shop.read()


def test_an_owner_whose_scales_are_silent_keeps_no_other_from_being_answered(
    shop: InMemory,
) -> None:
    ben = shop.cases.accounts.register("ben@example.org", "correct horse").id
    there = Address("10.0.1.9", 1111)
    shop.scales.plug_in(there, {"products": []})
    other = shop.add_device(ben, "Ben's", there)
    bulkhead = shop.cases.products.read.conversations.places
    with ExitStack() as held:
        with pytest.raises(TooManyConversationsError):
            while True:
                held.enter_context(bulkhead.taken(shop.anna))
        with pytest.raises(TooManyConversationsError):
            shop.read()
        assert shop.cases.products.read.for_user(ben, other)
