"""What any storage promises of products that keep their dates."""

from dataclasses import replace

import pytest

from application.ports.repositories.devices import UnknownDeviceError
from application.ports.repositories.users import UnknownUserError
from application.ports.storage import ReadOnlyError, Storage
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.renewal.policy import EVERYTHING, MOST_EXCEPTIONS, RenewalException, RenewalPolicy
from tests.harness import stored

CHEESE = RenewalException("code", 7, "сыр – made by “Ivanov”")
MILK = RenewalException("plu", 2**63 - 1)
DAIRY = RenewalException("category", 3, "")


def test_there_are_none_at_first(storage: Storage) -> None:
    device = stored.stored_device(storage)
    with storage.snapshot() as tx:
        assert list(tx.renewal_exceptions.of_owner(device.owner_id)) == []
        assert list(tx.renewal_exceptions.of_device(device.id)) == []
        assert tx.renewal_exceptions.policy_of(device.id) == EVERYTHING
        assert tx.renewal_exceptions.policy_of(DeviceId(99)) == EVERYTHING


def test_lists_come_back_in_their_order(storage: Storage) -> None:
    device = stored.stored_device(storage)
    with storage.transaction() as tx:
        tx.renewal_exceptions.set_for_owner(device.owner_id, [MILK, CHEESE])
        tx.renewal_exceptions.set_for_device(device.id, [DAIRY, MILK])
    with storage.snapshot() as tx:
        assert list(tx.renewal_exceptions.of_owner(device.owner_id)) == [MILK, CHEESE]
        assert list(tx.renewal_exceptions.of_device(device.id)) == [DAIRY, MILK]


def test_a_list_takes_the_place_of_the_one_before(storage: Storage) -> None:
    device = stored.stored_device(storage)
    for each in ([CHEESE, MILK], [DAIRY], []):
        with storage.transaction() as tx:
            tx.renewal_exceptions.set_for_owner(device.owner_id, each)
            tx.renewal_exceptions.set_for_device(device.id, each)
            assert list(tx.renewal_exceptions.of_owner(device.owner_id)) == each
        with storage.snapshot() as tx:
            assert list(tx.renewal_exceptions.of_device(device.id)) == each


def test_the_longest_list_is_kept(storage: Storage) -> None:
    device = stored.stored_device(storage)
    longest = [RenewalException("code", number) for number in range(MOST_EXCEPTIONS)]
    with storage.transaction() as tx:
        tx.renewal_exceptions.set_for_device(device.id, longest)
    with storage.snapshot() as tx:
        assert list(tx.renewal_exceptions.of_device(device.id)) == longest


def test_a_device_has_its_own_exceptions_and_then_those_of_its_owner(storage: Storage) -> None:
    device, other = stored.stored_device(storage), stored.stored_device(storage, "Other")
    with storage.transaction() as tx:
        second = stored.device(tx, device.owner_id, "Fish")
        tx.renewal_exceptions.set_for_owner(device.owner_id, [MILK, CHEESE])
        tx.renewal_exceptions.set_for_device(device.id, [DAIRY])
        tx.schedules.save(replace(stored.schedule(device.id), dates="dated"))
    with storage.snapshot() as tx:
        of = tx.renewal_exceptions.policy_of
        assert of(device.id) == RenewalPolicy(dates="dated", exceptions=(DAIRY, MILK, CHEESE))
        assert of(second.id) == RenewalPolicy(dates="all", exceptions=(MILK, CHEESE))
        assert of(other.id) == EVERYTHING


def test_they_go_with_the_device_and_with_the_user(storage: Storage) -> None:
    device = stored.stored_device(storage)
    with storage.transaction() as tx:
        tx.renewal_exceptions.set_for_owner(device.owner_id, [MILK])
        tx.renewal_exceptions.set_for_device(device.id, [DAIRY])
        tx.devices.delete(device.id)
        assert list(tx.renewal_exceptions.of_device(device.id)) == []
        assert list(tx.renewal_exceptions.of_owner(device.owner_id)) == [MILK]
    with storage.transaction() as tx:
        again = stored.device(tx, device.owner_id)
        tx.renewal_exceptions.set_for_device(again.id, [DAIRY])
        tx.users.delete(device.owner_id)
    with storage.snapshot() as tx:
        assert list(tx.renewal_exceptions.of_device(again.id)) == []
        assert list(tx.renewal_exceptions.of_owner(device.owner_id)) == []


@pytest.mark.parametrize("exceptions", [[], [DAIRY]])
def test_nobody_else_has_any(storage: Storage, exceptions: list[RenewalException]) -> None:
    with storage.transaction() as tx:
        with pytest.raises(UnknownUserError):
            tx.renewal_exceptions.set_for_owner(UserId(99), exceptions)
        with pytest.raises(UnknownDeviceError):
            tx.renewal_exceptions.set_for_device(DeviceId(99), exceptions)


def test_a_snapshot_takes_none(storage: Storage) -> None:
    device = stored.stored_device(storage)
    with storage.snapshot() as tx:
        with pytest.raises(ReadOnlyError):
            tx.renewal_exceptions.set_for_owner(device.owner_id, [])
        with pytest.raises(ReadOnlyError):
            tx.renewal_exceptions.set_for_device(device.id, [])
