"""A scale that is registered twice is one scale."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from application.conversations.errors import DeviceBusyError
from application.devices.registration import DeviceChanges
from application.ports.scales import ScalesUnreachableError
from domain.accounts.user import UserId
from domain.devices.device import Address, DeviceId
from domain.runs.job import Job
from domain.runs.run import Outcome, RunKind
from tests.harness.failures import raises
from tests.harness.installation import HERE, THERE, InMemory
from tests.harness.work import claimed, do, do_all

HOUR = timedelta(hours=1)
NAME = Address("Bakery.shop", HERE.port)


@pytest.fixture
def shop() -> InMemory:
    shop = InMemory()
    shop.scales.names = {"Bakery.shop": (HERE.host,)}
    return shop


@pytest.fixture
def boris(shop: InMemory) -> UserId:
    return shop.cases.accounts.register("boris@example.org", "battery staple").id


SAME = {
    "as it stands": HERE,
    "inside an address of IPv6": Address("::ffff:10.0.0.7", HERE.port),
    "by a name": NAME,
}


@pytest.fixture(params=list(SAME.values()), ids=list(SAME))
def twin(request: pytest.FixtureRequest, shop: InMemory, boris: UserId) -> DeviceId:
    """Another user's device, at the same address."""
    return shop.add_device(boris, "Theirs", request.param)


def when_read(shop: InMemory, act: Callable[[], object]) -> None:
    """Act once in the middle of the next read."""

    def during(stage: str) -> None:
        shop.device.during = lambda _: None
        act()

    shop.device.during = during


def test_it_is_never_talked_to_twice_at_once(shop: InMemory, boris: UserId, twin: DeviceId) -> None:
    busy = []

    def try_it() -> None:
        with pytest.raises(DeviceBusyError):
            shop.cases.products.read.for_user(boris, twin)
        busy.append(shop.device.open)

    when_read(shop, try_it)
    shop.read()
    assert busy == [1]
    shop.cases.products.read.for_user(boris, twin)


def test_edits_of_both_arrive(shop: InMemory, boris: UserId, twin: DeviceId) -> None:
    shop.read()
    shop.cases.products.read.for_user(boris, twin)
    shop.edit(price=1.5)
    shop.cases.products.edit(boris, twin, 607, {"name": "Theirs"})
    when_read(shop, lambda: refused(shop, boris, twin))
    shop.cases.products.upload.for_user(shop.anna, shop.id)
    shop.cases.products.upload.for_user(boris, twin)
    [product] = [each for each in shop.held if each["pluNumber"] == 607]
    assert (product["price"], product["name"]) == (1.5, "Theirs")


def refused(shop: InMemory, owner: UserId, device: DeviceId) -> None:
    with pytest.raises(DeviceBusyError):
        shop.cases.products.upload.for_user(owner, device)


def test_both_are_renewed_one_after_the_other(
    shop: InMemory, boris: UserId, twin: DeviceId
) -> None:
    for owner, device in (shop.anna, shop.id), (boris, twin):
        shop.cases.renewal.change_schedule(owner, device, enabled=True, interval=12 * HOUR)
    first, second = claimed(shop.cases)

    def try_the_second() -> None:
        with pytest.raises(DeviceBusyError):
            shop.cases.runs.do_job(second.job, second.lease)

    when_read(shop, try_the_second)
    do(shop.cases, first)
    assert claimed(shop.cases) == []  # not at once again
    shop.clock.sleep(1.5)
    assert do_all(shop.cases) == 1
    for owner, device in (shop.anna, shop.id), (boris, twin):
        schedule = shop.cases.renewal.show_schedule(owner, device)
        assert (schedule.last_status, schedule.consecutive_failures) == ("OK", 0)
    with shop.storage.snapshot() as tx:
        last = tx.runs.last(twin)
        assert last is not None
        assert (last.id, last.outcome) == (2, Outcome.NOTHING_TO_DO)


def test_a_batch_waits_for_the_other(shop: InMemory, boris: UserId, twin: DeviceId) -> None:
    batch = shop.cases.runs.start_batch(boris, RunKind.READ, [twin]).batch
    [job] = claimed(shop.cases)

    def try_it() -> None:
        with pytest.raises(DeviceBusyError):
            shop.cases.runs.do_job(job.job, job.lease)

    when_read(shop, try_it)
    shop.read()
    [item] = shop.cases.runs.show_batch(boris, batch.id).items
    assert item.outcome is None
    shop.clock.sleep(1.5)
    assert do_all(shop.cases) == 1
    [item] = shop.cases.runs.show_batch(boris, batch.id).items
    assert item.outcome is Outcome.OK


def test_a_name_that_leads_to_several_keeps_all_of_them(shop: InMemory, boris: UserId) -> None:
    shop.scales.names = {"Bakery.shop": (THERE.host, HERE.host)}
    twin = shop.add_device(boris, "Theirs", NAME)
    there = shop.scales.plug_in(THERE, {"products": []})
    when_read(shop, lambda: refused_reading(shop, boris, twin))
    shop.read()
    assert there.counts["connections"] == 0


def test_a_name_that_leads_to_several_leaves_those_that_it_does_not_talk_to(
    shop: InMemory, boris: UserId
) -> None:
    shop.scales.names = {"Bakery.shop": (THERE.host, HERE.host)}
    twin = shop.add_device(boris, "Theirs", NAME)
    there = shop.scales.plug_in(THERE, {"products": []})
    mine = shop.add_device(shop.anna, "There", THERE)

    def meanwhile(_: str) -> None:
        there.during = lambda stage: None
        shop.read()
        refused_reading(shop, shop.anna, mine)

    there.during = meanwhile
    shop.cases.products.read.for_user(boris, twin)
    assert there.counts["reads"] == 1


def test_a_job_without_a_lease_waits_too(shop: InMemory, boris: UserId) -> None:
    twin = shop.add_device(boris, "Theirs", HERE)
    batch = shop.cases.runs.start_batch(boris, RunKind.READ, [twin]).batch
    job = Job(kind=RunKind.READ, device_id=twin, owner_id=boris, batch_id=batch.id)

    def try_it() -> None:
        with pytest.raises(DeviceBusyError):
            shop.cases.runs.do_job(job)

    when_read(shop, try_it)
    shop.read()
    shop.cases.runs.do_job(job)
    [item] = shop.cases.runs.show_batch(boris, batch.id).items
    assert item.outcome is Outcome.OK


def refused_reading(shop: InMemory, owner: UserId, device: DeviceId) -> None:
    with pytest.raises(DeviceBusyError):
        shop.cases.products.read.for_user(owner, device)


def test_a_name_that_leads_elsewhere_by_now_is_followed(shop: InMemory, boris: UserId) -> None:
    twin = shop.add_device(boris, "Theirs", NAME)
    shop.scales.names = {"Bakery.shop": (THERE.host,)}
    there = shop.scales.plug_in(THERE, {"products": []})
    when_read(shop, lambda: shop.cases.products.read.for_user(boris, twin))
    shop.read()
    assert there.counts["reads"] == 1


def test_a_name_that_is_unknown_is_a_failed_run(shop: InMemory) -> None:
    shop.scales.names = {}
    device = shop.add_device(shop.anna, "Unknown", NAME)
    with pytest.raises(ScalesUnreachableError):
        shop.cases.products.read.for_user(shop.anna, device)
    with shop.storage.snapshot() as tx:
        run = tx.runs.last(device)
    assert run is not None
    assert run.outcome is Outcome.FAILED


def test_a_move_in_mid_conversation_keeps_the_former_address_until_it_is_over(
    shop: InMemory, boris: UserId, twin: DeviceId
) -> None:
    shop.scales.plug_in(THERE, {"products": []})

    def move() -> None:
        shop.cases.devices.change(shop.anna, shop.id, DeviceChanges(host=THERE.host))
        refused_reading(shop, boris, twin)

    when_read(shop, move)
    shop.read()
    shop.cases.products.read.for_user(boris, twin)
    when_read(shop, lambda: shop.cases.products.read.for_user(shop.anna, shop.id))
    shop.cases.products.read.for_user(boris, twin)


def test_a_device_that_is_deleted_leaves_its_address_free(
    shop: InMemory, boris: UserId, twin: DeviceId
) -> None:
    when_read(shop, lambda: shop.cases.devices.remove(shop.anna, shop.id))
    with raises(Exception, match="no such scale"):
        shop.read()
    shop.cases.products.read.for_user(boris, twin)


def shared(shop: InMemory, device: DeviceId) -> bool:
    [summary] = [each for each in shop.cases.devices.list(shop.anna) if each.device.id == device]
    assert shop.cases.devices.show(shop.anna, device) == summary
    return summary.shared_address


@pytest.mark.parametrize("address", SAME.values(), ids=SAME)
def test_an_owner_is_told(shop: InMemory, address: Address) -> None:
    assert not shared(shop, shop.id)
    second = shop.add_device(shop.anna, "Second", address)
    assert shared(shop, shop.id)
    assert shared(shop, second)
    moved = shop.cases.devices.change(shop.anna, second, DeviceChanges(port=1112))
    assert not moved.shared_address
    assert not shared(shop, shop.id)
    back = shop.cases.devices.change(shop.anna, second, DeviceChanges(port=1111))
    assert back.shared_address


def test_a_name_that_was_not_known_when_it_was_registered_is_told_later(shop: InMemory) -> None:
    names, shop.scales.names = shop.scales.names, {}
    second = shop.add_device(shop.anna, "Second", NAME)
    assert not shared(shop, second)
    shop.scales.names = names
    shop.cases.products.read.for_user(shop.anna, second)
    assert shared(shop, second)
    assert shared(shop, shop.id)


def test_nobody_is_told_of_anothers(shop: InMemory, boris: UserId, twin: DeviceId) -> None:
    assert not shared(shop, shop.id)
    assert not shop.cases.devices.show(boris, twin).shared_address
