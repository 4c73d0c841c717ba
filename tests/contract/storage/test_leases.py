"""What any storage promises of leases."""

import threading
import time
from datetime import timedelta

import pytest

from application.ports.repositories.devices import UnknownDeviceError
from application.ports.repositories.leases import Lease
from application.ports.storage import Storage
from domain.devices.device import DeviceId
from tests.harness import stored
from tests.harness.storages import PassTime
from tests.harness.stored import SECOND

LASTS = 15 * SECOND


@pytest.fixture
def device_id(storage: Storage) -> DeviceId:
    return stored.stored_device(storage).id


def take(storage: Storage, device_id: DeviceId) -> Lease | None:
    with storage.transaction() as tx:
        return tx.leases.take(device_id, LASTS)


def renew(storage: Storage, lease: Lease) -> bool:
    with storage.transaction() as tx:
        return tx.leases.renew(lease, LASTS)


def release(storage: Storage, lease: Lease) -> None:
    with storage.transaction() as tx:
        tx.leases.release(lease)


def test_only_one_has_it_at_a_time(storage: Storage, device_id: DeviceId) -> None:
    lease = take(storage, device_id)
    assert lease is not None
    assert lease.device_id == device_id
    assert take(storage, device_id) is None


def test_devices_are_leased_apart(storage: Storage, device_id: DeviceId) -> None:
    stored.taken(storage, device_id)
    other = stored.stored_device(storage, "other")
    assert take(storage, other.id) is not None


def test_it_lasts_from_when_it_is_taken_however_long_ago_the_transaction_began(
    storage: Storage, device_id: DeviceId
) -> None:
    lasts = SECOND / 5
    with storage.transaction() as tx:
        assert tx.users.all()
        time.sleep(2 * lasts.total_seconds())
        lease = tx.leases.take(device_id, lasts)
    assert lease is not None
    with storage.snapshot() as tx:
        assert tx.leases.holds(lease)


def test_it_expires(storage: Storage, device_id: DeviceId, pass_time: PassTime) -> None:
    stored.taken(storage, device_id)
    pass_time(LASTS - SECOND)
    assert take(storage, device_id) is None
    pass_time(SECOND)
    assert take(storage, device_id) is not None


def test_renewed_it_lasts_from_then_on(
    storage: Storage, device_id: DeviceId, pass_time: PassTime
) -> None:
    lease = stored.taken(storage, device_id)
    pass_time(10 * SECOND)
    assert renew(storage, lease)
    pass_time(10 * SECOND)
    assert take(storage, device_id) is None
    assert renew(storage, lease)
    pass_time(LASTS)
    assert take(storage, device_id) is not None


def test_expired_it_cannot_be_renewed(
    storage: Storage, device_id: DeviceId, pass_time: PassTime
) -> None:
    lease = stored.taken(storage, device_id)
    pass_time(LASTS)
    assert not renew(storage, lease)
    assert take(storage, device_id) is not None
    assert not renew(storage, lease)


def test_released_it_is_free_and_cannot_be_renewed(storage: Storage, device_id: DeviceId) -> None:
    lease = stored.taken(storage, device_id)
    release(storage, lease)
    assert not renew(storage, lease)
    assert take(storage, device_id) is not None
    assert not renew(storage, lease)


def test_releasing_a_lost_one_takes_nothing_from_the_next(
    storage: Storage, device_id: DeviceId, pass_time: PassTime
) -> None:
    lost = stored.taken(storage, device_id)
    pass_time(LASTS)
    mine = stored.taken(storage, device_id)
    release(storage, lost)
    assert take(storage, device_id) is None
    assert renew(storage, mine)


def test_the_fence_grows_whatever_became_of_the_lease_before(
    storage: Storage, device_id: DeviceId, pass_time: PassTime
) -> None:
    first = stored.taken(storage, device_id)
    release(storage, first)
    second = stored.taken(storage, device_id)
    pass_time(LASTS)
    third = stored.taken(storage, device_id)
    assert first.fence < second.fence < third.fence


def test_a_lease_that_was_rolled_back_was_never_taken(
    storage: Storage, device_id: DeviceId
) -> None:
    with pytest.raises(RuntimeError), storage.transaction() as tx:
        assert tx.leases.take(device_id, LASTS) is not None
        raise RuntimeError
    assert take(storage, device_id) is not None


def holds(storage: Storage, lease: Lease) -> bool:
    """As a snapshot says, and a transaction too."""
    with storage.snapshot() as tx:
        held = tx.leases.holds(lease)
    with storage.transaction() as tx:
        assert tx.leases.holds(lease) is held
    return held


def test_is_held_until_it_expires(
    storage: Storage, device_id: DeviceId, pass_time: PassTime
) -> None:
    lease = stored.taken(storage, device_id)
    assert holds(storage, lease)
    pass_time(10 * SECOND)
    assert renew(storage, lease)
    pass_time(10 * SECOND)
    assert holds(storage, lease)
    pass_time(5 * SECOND)
    assert not holds(storage, lease)


def test_is_not_held_once_it_is_released_or_anothers(storage: Storage, device_id: DeviceId) -> None:
    lease = stored.taken(storage, device_id)
    release(storage, lease)
    assert not holds(storage, lease)
    mine = stored.taken(storage, device_id)
    assert not holds(storage, lease)
    assert holds(storage, mine)
    assert not holds(storage, Lease(DeviceId(device_id + 1), mine.fence))


def test_ends_with_its_device(storage: Storage, device_id: DeviceId) -> None:
    lease = stored.taken(storage, device_id)
    with storage.transaction() as tx:
        tx.devices.delete(device_id)
        assert not tx.leases.renew(lease, LASTS)
        assert not tx.leases.holds(lease)
        tx.leases.release(lease)
        with pytest.raises(UnknownDeviceError):
            tx.leases.take(device_id, LASTS)


def test_of_eight_who_want_it_at_once_one_gets_it(storage: Storage, device_id: DeviceId) -> None:
    together, leases = threading.Barrier(8), []

    def want() -> None:
        together.wait(10)
        leases.append(take(storage, device_id))

    threads = [threading.Thread(target=want) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(leases) == 8
    assert len([lease for lease in leases if lease is not None]) == 1


HERE, THERE = "10.0.0.7:1111", "10.0.0.8:1111"


def take_at(storage: Storage, device_id: DeviceId, *endpoints: str) -> Lease | None:
    with storage.transaction() as tx:
        return tx.leases.take(device_id, LASTS, endpoints)


@pytest.fixture
def other_id(storage: Storage, device_id: DeviceId) -> DeviceId:
    return stored.stored_device(storage, "other").id


def test_an_endpoint_is_leased_to_one_device_at_a_time(
    storage: Storage, device_id: DeviceId, other_id: DeviceId, pass_time: PassTime
) -> None:
    mine = take_at(storage, device_id, HERE)
    assert mine is not None
    assert [each.endpoint for each in mine.endpoints] == [HERE]
    assert holds(storage, mine)
    assert take_at(storage, other_id, HERE) is None
    assert take_at(storage, other_id, THERE, HERE) is None
    elsewhere = take_at(storage, other_id, THERE)
    assert elsewhere is not None
    release(storage, elsewhere)
    pass_time(LASTS - SECOND)
    assert renew(storage, mine)
    pass_time(LASTS - SECOND)
    assert take_at(storage, other_id, HERE) is None
    release(storage, mine)
    assert not holds(storage, mine)
    theirs = take_at(storage, other_id, HERE)
    assert theirs is not None
    assert theirs.endpoints[0].fence > mine.endpoints[0].fence


def test_who_gets_not_all_endpoints_gets_nothing(
    storage: Storage, device_id: DeviceId, other_id: DeviceId
) -> None:
    assert take_at(storage, device_id, THERE) is not None
    assert take_at(storage, other_id, HERE, THERE) is None
    third = stored.stored_device(storage, "third").id
    assert take_at(storage, third, HERE) is not None
    assert take(storage, other_id) is not None


def test_a_lost_endpoint_is_a_lost_lease(
    storage: Storage, device_id: DeviceId, other_id: DeviceId, pass_time: PassTime
) -> None:
    lost = take_at(storage, device_id, HERE)
    assert lost is not None
    pass_time(LASTS)
    mine = take_at(storage, other_id, HERE)
    assert mine is not None
    assert take(storage, device_id) is not None
    assert not renew(storage, lost)
    assert not holds(storage, lost)
    release(storage, lost)
    assert holds(storage, mine)


def test_a_lease_is_taken_to_an_endpoint_and_from_there_to_another(
    storage: Storage, device_id: DeviceId, other_id: DeviceId
) -> None:
    lease = stored.taken(storage, device_id)
    with storage.transaction() as tx:
        here = tx.leases.at(lease, [HERE], LASTS)
    assert here is not None
    assert take_at(storage, other_id, HERE) is None
    with storage.transaction() as tx:
        assert tx.leases.at(here, [HERE], LASTS) == here
        there = tx.leases.at(here, [THERE], LASTS)
    assert there is not None
    assert holds(storage, there)
    assert not holds(storage, here)
    theirs = take_at(storage, other_id, HERE)
    assert theirs is not None
    with storage.transaction() as tx:
        assert tx.leases.at(there, [THERE, HERE], LASTS) is None
    assert holds(storage, there)


def test_an_endpoint_stays_leased_when_its_device_is_deleted(
    storage: Storage, device_id: DeviceId, other_id: DeviceId, pass_time: PassTime
) -> None:
    lease = take_at(storage, device_id, HERE)
    assert lease is not None
    with storage.transaction() as tx:
        tx.devices.delete(device_id)
    assert not holds(storage, lease)
    assert take_at(storage, other_id, HERE) is None
    release(storage, lease)
    assert take_at(storage, other_id, HERE) is not None


def test_of_eight_devices_at_one_endpoint_one_gets_it(storage: Storage) -> None:
    ids = [stored.stored_device(storage, f"device {number}").id for number in range(8)]
    for _ in range(2):  # once while nobody has ever been there, and once later
        together, leases = threading.Barrier(8), []

        def want(device_id: DeviceId) -> None:
            together.wait(10)  # noqa: B023  # joined within the turn
            leases.append(take_at(storage, device_id, HERE))  # noqa: B023  # likewise

        threads = [threading.Thread(target=want, args=[device_id]) for device_id in ids]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert len(leases) == 8
        [mine] = [lease for lease in leases if lease is not None]
        release(storage, mine)


def test_a_lease_of_a_clock_that_was_ahead_holds_nobody_up(
    storage: Storage, device_id: DeviceId, other_id: DeviceId, pass_time: PassTime
) -> None:
    early = take_at(storage, device_id, HERE)
    assert early is not None
    pass_time(-LASTS + SECOND)
    assert holds(storage, early)
    assert take_at(storage, other_id, HERE) is None
    pass_time(-2 * SECOND)
    assert not holds(storage, early)
    assert not renew(storage, early)
    mine = take_at(storage, device_id, HERE)
    assert mine is not None
    assert mine.fence > early.fence
    assert mine.endpoints[0].fence > early.endpoints[0].fence
    pass_time(LASTS)
    assert not holds(storage, mine)


def test_endpoints_that_nobody_talks_to_are_forgotten_unless_they_refused(
    storage: Storage, device_id: DeviceId, pass_time: PassTime
) -> None:
    for endpoint in HERE, THERE:
        lease = take_at(storage, device_id, endpoint)
        assert lease is not None
        release(storage, lease)
    with storage.transaction() as tx:
        tx.refusals.add([THERE])
        assert tx.leases.prune() == 0
    pass_time(timedelta(days=1, seconds=1))
    with storage.transaction() as tx:
        assert tx.leases.prune() == 1
        assert tx.leases.prune() == 0
        assert tx.refusals.count([THERE]) == 1
