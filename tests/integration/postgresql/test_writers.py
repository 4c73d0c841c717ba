"""What becomes of data in PostgreSQL when many write at once, wait, freeze or die."""

import multiprocessing
import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine

from adapters.database.backends import postgresql as backend
from adapters.database.storage import SqlStorage
from application.ports.storage import StorageNotReadyError
from application.products.editing import EditProduct
from application.renewal.schedules import ShowAutoUpdate
from domain.renewal.schedule import ScheduleDefaults
from tests.fakes.clock import FakeClock
from tests.harness import stored
from tests.harness.postgresql import Server, opened
from tests.harness.stored import NOON
from tests.harness.threads import at_once
from tests.integration.database import processes as database_processes
from tests.integration.database.writers import PRODUCTS, with_products

SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture
def name(postgresql: Server) -> Iterator[str]:
    with postgresql.up_to_date() as name:
        yield name


@pytest.fixture
def engine(postgresql: Server, name: str) -> Iterator[Engine]:
    with opened(postgresql.url(name)) as engine:
        yield engine


@pytest.fixture
def storage(engine: Engine) -> SqlStorage:
    return SqlStorage(engine)


def test_eight_writers_of_one_catalogue_lose_nothing(storage: SqlStorage, engine: Engine) -> None:
    device = with_products(storage)

    def writer(number: int) -> Callable[[], None]:
        # Each as if in a process of its own: only the database keeps them apart.
        edit = EditProduct(SqlStorage(engine), FakeClock())

        def write() -> None:
            for plu in range(number + 1, PRODUCTS + 1, 8):
                edit(device.owner_id, device.id, plu, {"price": plu * 10})

        return write

    assert at_once(*map(writer, range(8))) == []
    with storage.snapshot() as tx:
        catalogue = tx.catalogues.find(device.id)
    assert catalogue is not None
    assert {edit.product.number: edit.after for edit in catalogue.edits} == {
        plu: plu * 10 for plu in range(1, PRODUCTS + 1)
    }
    assert len({edit.version for edit in catalogue.edits}) == PRODUCTS == catalogue.last_version


def test_eight_who_keep_former_files_at_once_number_them_in_turn(storage: SqlStorage) -> None:
    device = stored.stored_device(storage)

    def keep() -> None:
        with storage.transaction() as tx:
            tx.former_files.keep(device.id, stored.FILE, read_at=NOON, at=NOON, most=100)

    assert at_once(*[keep] * 8) == []
    with storage.snapshot() as tx:
        kept = tx.former_files.of_device(device.id)
    assert [file.number for file in kept] == list(range(8, 0, -1))


def test_a_schedule_that_eight_want_to_see_is_made_once(storage: SqlStorage) -> None:
    device = stored.stored_device(storage)
    seen = []
    show = ShowAutoUpdate(storage, FakeClock(), ScheduleDefaults())
    assert at_once(*[lambda: seen.append(show(device.owner_id, device.id))] * 8) == []
    assert len(seen) == 8
    assert len(set(seen)) == 1


def test_a_snapshot_sees_one_moment_of_all_that_is_stored(storage: SqlStorage) -> None:
    device = with_products(storage)
    with storage.snapshot() as tx:
        before = tx.devices.get(device.id)
        EditProduct(storage, FakeClock())(device.owner_id, device.id, 1, {"price": 2})
        with storage.transaction() as writing:
            writing.devices.delete(device.id)
        catalogue = tx.catalogues.find(device.id)
        assert tx.devices.get(device.id) == before
        assert catalogue is not None
        assert catalogue.edits == ()


def test_a_writer_that_waited_for_too_long_is_told_and_can_try_again(
    postgresql: Server, name: str, storage: SqlStorage
) -> None:
    device = stored.stored_device(storage)
    with opened(postgresql.url(name), busy_timeout=0.2) as engine:
        hurried = SqlStorage(engine)
        with storage.transaction() as tx:
            tx.users.set_password_hash(device.owner_id, "a new hash")
            tx.devices.get(device.id)
            begun = time.monotonic()
            with (
                pytest.raises(StorageNotReadyError, match="lock timeout"),
                hurried.transaction() as second,
            ):
                second.devices.get(device.id)
            with (
                pytest.raises(StorageNotReadyError, match="lock timeout") as told,
                hurried.transaction() as second,
            ):
                second.users.set_password_hash(device.owner_id, "hunter2")
            assert time.monotonic() - begun < 5
            assert "hunter2" not in f"{told.value} {told.value.__cause__}"
            assert "\n" not in str(told.value)
            with hurried.snapshot() as beside:
                assert beside.devices.get(device.id) == device
        with hurried.transaction() as tx:
            tx.devices.delete(device.id)


def test_who_freezes_within_a_transaction_does_not_keep_the_others_for_ever(
    postgresql: Server, name: str, storage: SqlStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = stored.stored_device(storage)
    monkeypatch.setattr(backend, "IDLE_TIMEOUT", 0.2)
    with opened(postgresql.url(name)) as engine:
        frozen = SqlStorage(engine)
        with (
            pytest.raises(StorageNotReadyError, match="idle-in-transaction timeout"),
            frozen.transaction() as tx,
        ):
            tx.devices.save(device.changed(name="Renamed"))
            with storage.transaction() as other:
                assert other.devices.get(device.id) == device
            time.sleep(0.1)
            tx.devices.get(device.id)
        with frozen.transaction() as tx:
            assert tx.devices.get(device.id) == device


def test_what_was_committed_survives_kill_9(
    postgresql: Server, name: str, storage: SqlStorage
) -> None:
    ours, theirs = SPAWN.Pipe(duplex=False)
    process = SPAWN.Process(
        target=database_processes.add_users_for_ever, args=(postgresql.url(name), theirs)
    )
    process.start()
    theirs.close()
    committed = []
    for _ in range(50):
        assert ours.poll(30)
        committed.append(ours.recv())
    process.kill()
    process.join(30)
    with storage.snapshot() as tx:
        kept = [user.email for user in tx.users.all()]
    assert kept[: len(committed)] == committed
    stored.stored_device(storage)
