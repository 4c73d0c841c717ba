"""What becomes of the service when PostgreSQL cannot be reached, and when it comes back."""

import time
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from adapters.database import schema
from adapters.database.storage import SqlStorage
from application.ports.storage import StorageNotReadyError
from domain.devices.device import Device
from tests.harness import stored
from tests.harness.postgresql import Server, opened


@pytest.fixture
def engine(postgresql: Server) -> Iterator[Engine]:
    with postgresql.up_to_date() as name, opened(postgresql.url(name)) as engine:
        yield engine


@pytest.fixture
def storage(engine: Engine) -> SqlStorage:
    return SqlStorage(engine)


@pytest.fixture
def device(storage: SqlStorage) -> Device:
    """With every connection opened that the process may have."""
    device = stored.stored_device(storage)
    taken = [storage.snapshot() for _ in range(5)]
    for each in taken:
        each.__enter__().devices.get(device.id)
    for each in taken:
        each.__exit__(None, None, None)
    return device


def renamed(storage: SqlStorage, device: Device, name: str) -> str:
    with storage.transaction() as tx:
        tx.devices.save(tx.devices.get(device.id).changed(name=name))
    with storage.snapshot() as tx:
        return tx.devices.get(device.id).name


def test_a_server_that_is_not_there_is_told_at_once_without_the_password() -> None:
    with opened("postgresql://anna:hunter2@127.0.0.1:1/shop") as engine:
        storage = SqlStorage(engine)
        begun = time.monotonic()
        for ask in (storage.check, lambda: schema.upgrade(engine), storage.snapshot().__enter__):
            with pytest.raises(StorageNotReadyError) as told:
                ask()
            assert str(told.value) == "The database cannot be used: Connection refused."
            assert "hunter2" not in f"{told.value.__cause__} {told.value.__cause__!r} {engine!r}"
        assert time.monotonic() - begun < 5


def test_a_database_that_is_not_there_is_told(postgresql: Server) -> None:
    with (
        opened(postgresql.url("nowhere")) as engine,
        pytest.raises(StorageNotReadyError, match='database "nowhere" does not exist'),
    ):
        schema.upgrade(engine)


def test_a_server_that_was_restarted_meanwhile_is_not_noticed(
    postgresql: Server, storage: SqlStorage, device: Device
) -> None:
    postgresql.stop()
    postgresql.start()
    for name in "abcdef":
        assert renamed(storage, device, name) == name


def test_while_the_server_is_down_it_is_told_and_then_goes_on_by_itself(
    postgresql: Server, storage: SqlStorage, device: Device
) -> None:
    postgresql.stop()
    try:
        for _ in range(10):
            with pytest.raises(StorageNotReadyError) as told:
                renamed(storage, device, "lost")
            # Whoever reads it need not know where the server is.
            assert "/" not in str(told.value)
            with pytest.raises(StorageNotReadyError), storage.snapshot() as tx:
                tx.devices.get(device.id)
            with pytest.raises(StorageNotReadyError):
                storage.check()
    finally:
        postgresql.start()
    storage.check()
    assert renamed(storage, device, "kept") == "kept"


def test_a_transaction_that_a_restart_cut_off_is_told_and_left_nothing(
    postgresql: Server, storage: SqlStorage, device: Device
) -> None:
    with pytest.raises(StorageNotReadyError), storage.transaction() as tx:
        tx.devices.save(device.changed(name="half done"))
        postgresql.stop()
        postgresql.start()
        tx.devices.get(device.id)
    with storage.snapshot() as tx:
        assert tx.devices.get(device.id) == device
    assert renamed(storage, device, "kept") == "kept"


def test_a_commit_that_a_restart_cut_off_is_told(
    postgresql: Server, storage: SqlStorage, device: Device
) -> None:
    with pytest.raises(StorageNotReadyError), storage.transaction() as tx:
        tx.devices.save(device.changed(name="half done"))
        postgresql.stop()
        postgresql.start()
    with storage.snapshot() as tx:
        assert tx.devices.get(device.id) == device


def test_when_every_connection_is_taken_who_waited_for_one_is_told(postgresql: Server) -> None:
    with (
        postgresql.up_to_date() as name,
        opened(postgresql.url(name), busy_timeout=0.1) as engine,
    ):
        storage = SqlStorage(engine)
        taken = [storage.snapshot() for _ in range(engine.pool.size())]  # type: ignore[attr-defined]  # of a QueuePool
        try:
            for each in taken:
                each.__enter__().users.all()
            with (
                pytest.raises(StorageNotReadyError, match="all its connections are taken"),
                storage.snapshot() as tx,
            ):
                tx.users.all()
        finally:
            for each in taken:
                each.__exit__(None, None, None)
        storage.check()
