"""What any storage promises of transactions."""

import threading
from collections.abc import Callable

import pytest

from application.ports.repositories.leases import Lease
from application.ports.repositories.users import EmailTakenError
from application.ports.storage import ReadOnlyError, Storage, Transaction
from domain.devices.device import Device
from domain.runs.run import Ending, Outcome, RunId, RunKind
from tests.harness import stored
from tests.harness.stored import NOON, SECOND

WRITES: dict[str, Callable[[Transaction, Device], object]] = {
    "users.add": lambda tx, _: tx.users.add("new@example.com", "a hash"),
    "users.set_password_hash": lambda tx, device: tx.users.set_password_hash(device.owner_id, "x"),
    "users.delete": lambda tx, device: tx.users.delete(device.owner_id),
    "devices.add": lambda tx, device: tx.devices.add(device.owner_id, stored.details("New")),
    "devices.save": lambda tx, device: tx.devices.save(device),
    "devices.delete": lambda tx, device: tx.devices.delete(device.id),
    "catalogues.save": lambda tx, device: tx.catalogues.save(stored.catalogue(device.id)),
    "schedules.save": lambda tx, device: tx.schedules.save(stored.schedule(device.id)),
    "runs.start": lambda tx, device: tx.runs.start(
        Lease(device.id, 1), kind=RunKind.READ, asked_by=None, at=NOON
    ),
    "runs.end": lambda tx, _: tx.runs.end(RunId(1), Ending(at=NOON, outcome=Outcome.OK)),
    "runs.prune": lambda tx, _: tx.runs.prune(NOON),
    "runs.prune of a kind": lambda tx, _: tx.runs.prune(NOON, RunKind.STATUS),
    "former_files.keep": lambda tx, device: tx.former_files.keep(
        device.id, stored.FILE, read_at=NOON, at=NOON, most=1
    ),
    "leases.take": lambda tx, device: tx.leases.take(device.id, SECOND),
    "leases.renew": lambda tx, device: tx.leases.renew(Lease(device.id, 1), SECOND),
    "leases.release": lambda tx, device: tx.leases.release(Lease(device.id, 1)),
}
LOOKS: dict[str, Callable[[Transaction, Device], object]] = {
    "devices.get": lambda tx, device: tx.devices.get(device.id),
    "devices.owned": lambda tx, device: tx.devices.owned(device.owner_id, device.id),
    "devices.summary": lambda tx, device: tx.devices.summary(device.owner_id, device.id),
    "catalogues.find": lambda tx, device: tx.catalogues.find(device.id),
    "rendered_files.find": lambda tx, device: tx.rendered_files.find(device.id),
    "rendered_files.owned_etag": lambda tx, device: tx.rendered_files.owned_etag(
        device.owner_id, device.id
    ),
    "schedules.find": lambda tx, device: tx.schedules.find(device.id),
    "schedules.enabled": lambda tx, _: tx.schedules.enabled(),
    "former_files.of_device": lambda tx, device: tx.former_files.of_device(device.id),
    "former_files.get": lambda tx, device: tx.former_files.get(device.id, 1),
    "leases.take": lambda tx, device: tx.leases.take(device.id, SECOND),
    "leases.renew": lambda tx, device: tx.leases.renew(Lease(device.id, 1), SECOND),
    "leases.holds": lambda tx, device: tx.leases.holds(Lease(device.id, 1)),
}


def claim_due(tx: Transaction, _: Device) -> object:
    """A look as well; but it may pass over what others are looking at, and so never waits."""
    return tx.schedules.claim_due(NOON, until=NOON + SECOND, limit=1)


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_snapshot_refuses_every_write_and_stays_usable(
    storage: Storage, write: Callable[[Transaction, Device], object]
) -> None:
    device = stored.stored_device(storage)
    with storage.snapshot() as tx:
        with pytest.raises(ReadOnlyError):
            write(tx, device)
        assert tx.devices.get(device.id) == device
    with storage.snapshot() as tx:
        assert tx.devices.get(device.id) == device
        assert [user.id for user in tx.users.all()] == [device.owner_id]


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_transaction_takes_every_write(
    storage: Storage, write: Callable[[Transaction, Device], object]
) -> None:
    device = stored.stored_device(storage)
    with storage.transaction() as tx:
        write(tx, device)


def test_forgets_all_that_a_failed_transaction_did(storage: Storage) -> None:
    device = stored.stored_device(storage)
    with pytest.raises(RuntimeError), storage.transaction() as tx:
        tx.users.add("new@example.com", "a hash")
        tx.users.set_password_hash(device.owner_id, "changed")
        tx.catalogues.save(stored.catalogue(device.id))
        tx.schedules.save(stored.schedule(device.id))
        lease = tx.leases.take(device.id, SECOND)
        assert lease is not None
        tx.runs.start(lease, kind=RunKind.READ, asked_by=None, at=NOON)
        tx.former_files.keep(device.id, stored.FILE, read_at=NOON, at=NOON, most=1)
        tx.devices.delete(device.id)
        raise RuntimeError
    with storage.transaction() as tx:
        assert [user.password_hash for user in tx.users.all()] == ["a hash"]
        assert tx.devices.get(device.id) == device
        assert tx.catalogues.find(device.id) is None
        assert tx.schedules.find(device.id) is None
        assert stored.runs_of(tx, device) == []
        assert list(tx.former_files.of_device(device.id)) == []
        assert tx.leases.take(device.id, SECOND) is not None


def test_an_error_that_is_caught_inside_undoes_nothing_else(storage: Storage) -> None:
    with storage.transaction() as tx:
        tx.users.add("one@example.com", "a hash")
        with pytest.raises(EmailTakenError):
            tx.users.add("one@example.com", "a hash")
        tx.users.add("two@example.com", "a hash")
    with storage.snapshot() as tx:
        assert [user.email for user in tx.users.all()] == ["one@example.com", "two@example.com"]


def test_sees_its_own_changes(storage: Storage) -> None:
    with storage.transaction() as tx:
        device = stored.device(tx)
        assert tx.devices.owned(device.owner_id, device.id) == device


def test_a_snapshot_sees_one_moment_beside_a_writer(storage: Storage) -> None:
    with storage.snapshot() as tx:
        assert list(tx.users.all()) == []
        with storage.transaction() as writing:
            stored.user(writing)
            assert list(tx.users.all()) == []
        assert list(tx.users.all()) == []
    with storage.snapshot() as tx:
        assert len(tx.users.all()) == 1


@pytest.fixture
def device(storage: Storage) -> Device:
    """With something of everything."""
    device = stored.stored_device(storage)
    with storage.transaction() as tx:
        tx.catalogues.save(stored.catalogue(device.id))
        tx.schedules.save(stored.schedule(device.id))
        tx.former_files.keep(device.id, stored.FILE, read_at=NOON, at=NOON, most=1)
    return device


@pytest.mark.parametrize("look", [*LOOKS.values(), claim_due], ids=[*LOOKS, "claim_due"])
def test_what_a_writer_has_looked_at_of_a_device_does_not_change_under_it(
    storage: Storage, device: Device, look: Callable[[Transaction, Device], object]
) -> None:
    renamed = device.changed(name="Renamed")

    def rename() -> None:
        with storage.transaction() as tx:
            tx.devices.save(renamed)

    with storage.transaction() as tx:
        look(tx, device)
        second = waiting(rename)
        assert tx.devices.get(device.id) == device
    second.join(10)
    with storage.snapshot() as tx:
        assert tx.devices.get(device.id) == renamed


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_writer_that_looks_at_a_device_waits_for_the_one_before(
    storage: Storage, device: Device, look: Callable[[Transaction, Device], object]
) -> None:
    names = []

    def look_second() -> None:
        with storage.transaction() as tx:
            look(tx, device)
            names.append(tx.devices.get(device.id).name)

    with storage.transaction() as tx:
        tx.devices.save(device.changed(name="Renamed"))
        second = waiting(look_second)
    second.join(10)
    assert names == ["Renamed"]


def waiting(action: Callable[[], object]) -> threading.Thread:
    """A thread that has begun this, and cannot end it yet."""
    begins = threading.Event()

    def act() -> None:
        begins.set()
        action()

    thread = threading.Thread(target=act)
    thread.start()
    assert begins.wait(10)
    thread.join(0.05)
    assert thread.is_alive()
    return thread


def test_a_failed_writer_lets_the_next_one_in(storage: Storage) -> None:
    with pytest.raises(RuntimeError), storage.transaction():
        raise RuntimeError
    with storage.transaction() as tx:
        stored.user(tx)


def test_is_ready(storage: Storage) -> None:
    storage.check()
