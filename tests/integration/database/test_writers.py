"""What becomes of data when many write, a process dies, or the disk is full."""

import multiprocessing
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from adapters.database.storage import SqlStorage
from application.ports.repositories.devices import UnknownDeviceError
from application.ports.storage import StorageNotReadyError
from application.products.editing import EditProduct
from application.products.showing import ShowCachedProducts
from domain.devices.device import Device
from domain.products.catalogue import Catalogue
from domain.products.product_file import ProductFile
from tests.fakes.clock import FakeClock
from tests.harness import stored
from tests.harness.sqlite import asked, opened, up_to_date, url_of
from tests.integration.database import processes as database_processes

SPAWN = multiprocessing.get_context("spawn")
PRODUCTS = 100


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    with up_to_date(path) as engine:
        yield engine


def device_with_products(storage: SqlStorage, padding: str = "") -> Device:
    device = stored.stored_device(storage)
    file = ProductFile.of(
        {
            "products": [
                {"code": number, "pluNumber": number, "name": f"Хлеб{padding}", "price": 1}
                for number in range(1, PRODUCTS + 1)
            ]
        }
    )
    with storage.transaction() as tx:
        tx.catalogues.save(stored.catalogue(device.id, file))
    return device


def found(storage: SqlStorage, device: Device) -> Catalogue:
    with storage.snapshot() as tx:
        catalogue = tx.catalogues.find(device.id)
    assert catalogue is not None
    return catalogue


def test_eight_writers_of_one_catalogue_lose_nothing(engine: Engine) -> None:
    device = device_with_products(SqlStorage(engine))
    together, failures = threading.Barrier(8), []

    def write(writer: int) -> None:
        # Each as if in a process of its own: only the database keeps them apart.
        edit = EditProduct(SqlStorage(engine), FakeClock())
        together.wait(10)
        try:
            for plu in range(writer + 1, PRODUCTS + 1, 8):
                edit(device.owner_id, device.id, plu, {"price": plu * 10})
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    catalogue = found(SqlStorage(engine), device)
    assert {edit.product.number: edit.after for edit in catalogue.edits} == {
        plu: plu * 10 for plu in range(1, PRODUCTS + 1)
    }
    assert len({edit.version for edit in catalogue.edits}) == PRODUCTS == catalogue.last_version


def test_what_was_committed_survives_kill_9(engine: Engine, path: Path) -> None:
    ours, theirs = SPAWN.Pipe(duplex=False)
    process = SPAWN.Process(
        target=database_processes.add_users_for_ever, args=(url_of(path), theirs)
    )
    process.start()
    theirs.close()
    committed = []
    for _ in range(50):
        assert ours.poll(30)
        committed.append(ours.recv())
    process.kill()
    process.join(30)
    assert process.exitcode == -9
    while ours.poll():
        try:
            committed.append(ours.recv())
        except EOFError:
            break
    with SqlStorage(engine).snapshot() as tx:
        kept = [user.email for user in tx.users.all()]
    assert kept[: len(committed)] == committed
    assert len(kept) <= len(committed) + 1
    assert asked(path, "PRAGMA integrity_check") == [("ok",)]
    stored.stored_device(SqlStorage(engine))


def test_a_database_locked_by_another_program_is_told_and_can_still_be_read(
    engine: Engine, path: Path
) -> None:
    device = stored.stored_device(SqlStorage(engine))
    with opened(path, busy_timeout=0.05) as hurried:
        storage = SqlStorage(hurried)
        with engine.begin():
            with pytest.raises(StorageNotReadyError, match="locked"), storage.transaction():
                pytest.fail("must not get in")
            with storage.snapshot() as tx:
                assert tx.devices.get(device.id) == device
            storage.check()
        with storage.transaction() as tx:
            tx.devices.delete(device.id)


def test_a_writer_that_waited_for_too_long_for_another_thread_is_told(path: Path) -> None:
    with up_to_date(path, busy_timeout=0.05) as engine:
        storage = SqlStorage(engine)
        with storage.transaction() as tx:
            with pytest.raises(StorageNotReadyError, match="busy"), storage.transaction():
                pytest.fail("must not get in")
            stored.user(tx)
        with storage.snapshot() as tx:
            assert len(tx.users.all()) == 1


def test_a_full_disk_is_told_and_harms_nothing(engine: Engine, path: Path) -> None:
    device = device_with_products(SqlStorage(engine))
    before = found(SqlStorage(engine), device)
    [(pages,)] = asked(path, "PRAGMA page_count")
    with opened(path) as full:
        event.listen(
            full,
            "connect",
            lambda connection, _record: connection.execute(f"PRAGMA max_page_count = {pages + 5}"),
        )
        storage = SqlStorage(full)
        # Random, so that it stays large however it is stored.
        large = ProductFile.of({"products": [{"code": 1, "name": os.urandom(50_000).hex()}]})
        with pytest.raises(StorageNotReadyError, match="full"), storage.transaction() as tx:
            tx.users.add("lost@example.com", "a hash")
            tx.catalogues.save(stored.catalogue(device.id, large))
        with (
            pytest.raises(StorageNotReadyError, match="full") as told,
            storage.transaction() as tx,
        ):
            tx.users.add("lost@example.com", "secret" * 50_000)
        assert "secret" not in f"{told.value} {told.value.__cause__}"
        assert found(storage, device) == before
        with storage.transaction() as tx:
            assert tx.users.by_email("lost@example.com") is None
            tx.devices.save(device.changed(name="Small changes still fit"))
    assert asked(path, "PRAGMA integrity_check") == [("ok",)]
    with SqlStorage(engine).transaction() as tx:
        tx.catalogues.save(stored.catalogue(device.id, large))


def test_sixty_four_readers_at_once_are_served(engine: Engine) -> None:
    storage = SqlStorage(engine)
    device = stored.stored_device(storage)
    together, seen = threading.Barrier(64), []

    def read() -> None:
        together.wait(30)
        with storage.snapshot() as tx:
            seen.append(tx.devices.get(device.id))

    threads = [threading.Thread(target=read) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert seen == [device] * 64


def test_an_edit_is_seen_by_who_had_read_the_file_before(engine: Engine) -> None:
    mine, theirs = SqlStorage(engine), SqlStorage(engine)
    device = device_with_products(mine)
    assert found(theirs, device) == found(mine, device)
    with theirs.transaction() as tx:
        tx.catalogues.save(stored.catalogue(device.id))
    assert found(mine, device) == stored.catalogue(device.id)


@pytest.mark.parametrize("as_gzip", [False, True])
def test_what_is_remembered_is_shown_only_while_it_is_of_today(
    engine: Engine, *, as_gzip: bool
) -> None:
    mine, theirs = SqlStorage(engine), SqlStorage(engine)
    device = device_with_products(mine)

    def shown(storage: SqlStorage) -> object:
        return ShowCachedProducts(storage)(device.owner_id, device.id, as_gzip=as_gzip)

    before = shown(mine)
    EditProduct(theirs, FakeClock())(device.owner_id, device.id, 7, {"price": 2})
    assert shown(mine) != before
    assert shown(mine) == shown(theirs)
    with mine.transaction() as tx:
        first = tx.rendered_files.owned_etag(device.owner_id, device.id)
        tx.catalogues.save(stored.catalogue(device.id))
        saved = tx.rendered_files.find(device.id, as_gzip=as_gzip)
        assert saved is not None
        assert saved.etag != first
    with theirs.transaction() as tx:
        tx.devices.delete(device.id)
    with pytest.raises(UnknownDeviceError):
        shown(mine)


def test_a_file_is_read_and_written_only_where_it_must_be(engine: Engine, path: Path) -> None:
    storage = SqlStorage(engine)
    device = device_with_products(storage)
    statements: list[str] = []
    event.listen(
        engine, "before_cursor_execute", lambda _c, _cursor, sql, *_: statements.append(sql)
    )
    for as_gzip in (False, True):
        statements.clear()
        shown = ShowCachedProducts(storage)(device.owner_id, device.id, as_gzip=as_gzip)
        assert any("_files" in sql for sql in statements)

        statements.clear()
        again = ShowCachedProducts(storage)(device.owner_id, device.id, as_gzip=as_gzip)
        ShowCachedProducts(storage)(device.owner_id, device.id, known={shown.etag})
        assert again == shown
        assert not any("_files" in sql for sql in statements)

    statements.clear()
    EditProduct(storage, FakeClock())(device.owner_id, device.id, 7, {"price": 2})
    assert not any("held_files" in sql for sql in statements if not sql.startswith("SELECT"))
    assert asked(path, "SELECT count(*) FROM shown_files") == [(1,)]

    EditProduct(storage, FakeClock())(device.owner_id, device.id, 7, {"price": 1})
    assert asked(path, "SELECT count(*) FROM shown_files") == [(0,)]


def test_readers_of_one_process_take_turns_and_none_waits_for_itself(path: Path) -> None:
    with up_to_date(path, busy_timeout=0.05) as engine:
        storage = SqlStorage(engine)
        refused: list[Exception] = []

        def read() -> None:
            try:
                with storage.snapshot():
                    pass
            except StorageNotReadyError as error:
                refused.append(error)

        def read_beside() -> None:
            beside = threading.Thread(target=read)
            beside.start()
            beside.join()

        with storage.snapshot(), storage.snapshot():
            read_beside()
        assert [str(error) for error in refused] == [
            "The database cannot be used: other readers keep it busy."
        ]
        read_beside()
        assert len(refused) == 1
        with storage.transaction():
            read_beside()
        assert len(refused) == 1
