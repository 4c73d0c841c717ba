"""Copying a database into another one: everything, verified, or nothing."""

import sqlite3
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Table, delete, insert, select, text, update

from adapters.database import copying
from adapters.database.backends.engine import backend_of
from adapters.database.copying import CannotCopyError, copied
from adapters.database.schema import ForeignDatabaseError
from adapters.database.storage import SqlStorage
from adapters.database.tables import METADATA, former_files, jobs, runs, users
from application.ports.storage import StorageNotReadyError
from domain.errors import Cause
from domain.products.catalogue import Catalogue
from domain.products.product_file import ProductFile
from domain.renewal.policy import RenewalException
from domain.runs.batch import UploadOf
from domain.runs.job import Job
from domain.runs.run import Ending, Outcome, RunKind
from tests.harness import stored
from tests.harness.postgresql import Server
from tests.harness.postgresql import opened as opened_at
from tests.harness.sqlite import opened, up_to_date, url_of
from tests.harness.stored import FILE, NOON, SECOND

ROOT = Path(__file__).parents[3]
Opening = Callable[[pytest.FixtureRequest], AbstractContextManager[Engine]]


CAUSE = Cause("ScalesRefused", {"reason": "Ошибка “7”"}, text="Ошибка “7”")


@contextmanager
def a_file(request: pytest.FixtureRequest) -> Iterator[Engine]:
    folder: Path = request.getfixturevalue("tmp_path")
    with opened(folder / "target.db") as engine:
        yield engine


@contextmanager
def a_server(request: pytest.FixtureRequest) -> Iterator[Engine]:
    server: Server = request.getfixturevalue("postgresql")
    with server.database() as name, opened_at(server.url(name)) as engine:
        yield engine


TARGETS: dict[str, Opening] = {"sqlite": a_file, "postgresql": a_server}


@pytest.fixture(params=TARGETS)
def target(request: pytest.FixtureRequest) -> Iterator[Engine]:
    with TARGETS[request.param](request) as engine:
        yield engine


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Engine]:
    """With something in every table."""
    with up_to_date(tmp_path / "source.db") as engine:
        fill(SqlStorage(engine))
        yield engine


def fill(storage: SqlStorage) -> None:
    device = stored.stored_device(storage, "Пекарня №1")
    lease = stored.taken(storage, device.id)
    with storage.transaction() as tx:
        placed = tx.leases.at(lease, [str(device.address)], timedelta(seconds=15))
        assert placed is not None
        lease = placed
        stored.user(tx, "gone@example.com")
        catalogue = Catalogue(
            device_id=device.id,
            file=FILE,
            read_at=NOON,
            moves=0,
            edits=(stored.edit(1), replace(stored.edit(2), before=None, superseded=True)),
            merged_by=device.owner_id,
        )
        tx.catalogues.save(catalogue)
        tx.schedules.save(stored.schedule(device.id))
        tx.renewal_exceptions.set_for_owner(device.owner_id, [RenewalException("plu", 7)])
        tx.renewal_exceptions.set_for_device(
            device.id, [RenewalException("category", 2**63 - 1, "Сыр"), RenewalException("code", 1)]
        )
        tx.former_files.keep(device.id, FILE, read_at=NOON, at=NOON + SECOND, most=3)
        for _ in range(3):
            run = tx.runs.start(lease, kind=RunKind.READ, asked_by=device.owner_id, at=NOON)
            tx.runs.end(run, Ending(at=NOON + SECOND, outcome=Outcome.FAILED, cause=CAUSE))
        tx.runs.start(lease, kind=RunKind.AUTO_UPDATE, asked_by=None, at=NOON)
        batch = tx.batches.add(
            device.owner_id, [device.id], kind=RunKind.READ, upload_of=UploadOf.ALL, at=NOON
        )
        tx.batches.began(batch.id, device.id, run)
        tx.leases.release(lease)
    with storage.transaction() as tx:
        user = tx.users.by_email("gone@example.com")
        assert user is not None
        tx.users.delete(user.id)
        tx.runs.prune(NOON)


def everything(engine: Engine) -> dict[str, list[Any]]:
    with engine.connect() as connection:
        return {
            table.name: list(connection.execute(select(table).order_by(*table.primary_key)))
            for table in METADATA.sorted_tables
            if table is not jobs
        }


def is_empty(engine: Engine) -> bool:
    return not any(everything(engine).values())


def test_the_source_has_rows_in_every_table(source: Engine) -> None:
    assert all(everything(source).values())


def test_every_row_comes_along(source: Engine, target: Engine) -> None:
    counts = copied(source, target)
    assert everything(target) == everything(source)
    assert counts == {name: len(rows) for name, rows in everything(source).items()}


def test_numbers_go_on_after_the_last_one_ever_given(source: Engine, target: Engine) -> None:
    copied(source, target)
    with source.connect() as old, target.connect() as new:
        numbers = [
            tuple(backend_of(each.engine).last_number(each, table) for each in (old, new))
            for table in (users, runs)
        ]
    assert all(old == new for old, new in numbers)
    storage = SqlStorage(target)
    with storage.transaction() as tx:
        assert stored.user(tx, "new@example.com") == numbers[0][0] + 1 == 3


def test_the_service_works_on_the_copy(source: Engine, target: Engine) -> None:
    copied(source, target)
    storage = SqlStorage(target)
    with storage.snapshot() as tx:
        (owner,) = tx.users.all()
        (summary,) = tx.devices.summaries(owner.id)
        assert summary.cached_dirty
        catalogue = tx.catalogues.find(summary.device.id)
        assert catalogue is not None
        assert (catalogue.file, len(catalogue.edits)) == (FILE, 2)
        assert tx.former_files.get(summary.device.id, 1) == FILE
        assert len(stored.runs_of(tx, summary.device)) == 4
    stored.taken(storage, summary.device.id)


def test_an_empty_database_is_copied_too(tmp_path: Path, target: Engine) -> None:
    with up_to_date(tmp_path / "source.db") as source:
        assert set(copied(source, target).values()) == {0}


def test_a_lease_that_is_held_is_told(source: Engine, target: Engine) -> None:
    with SqlStorage(source).snapshot() as tx:
        (device,) = tx.devices.summaries(tx.users.all()[0].id)
    stored.taken(SqlStorage(source), device.device.id)
    with pytest.raises(CannotCopyError, match="1 of its devices are being talked to"):
        copied(source, target)
    assert is_empty(target)


def test_runs_that_users_asked_for_are_done_first(source: Engine, target: Engine) -> None:
    storage = SqlStorage(source)
    with storage.transaction() as tx:
        (owner,) = tx.users.all()
        devices = [each.device.id for each in tx.devices.summaries(owner.id)]
        batch = tx.batches.add(
            owner.id, devices, kind=RunKind.READ, upload_of=UploadOf.ALL, at=NOON
        )
    with pytest.raises(CannotCopyError, match="1 runs that users asked for wait"):
        copied(source, target)
    assert is_empty(target)
    with storage.transaction() as tx:
        tx.batches.failed(batch.id, devices[0], CAUSE)
    copied(source, target)


def test_the_devices_own_turns_are_handed_on_anew(source: Engine, target: Engine) -> None:
    storage = SqlStorage(source)
    with storage.transaction() as tx:
        (owner,) = tx.users.all()
        (device,) = [each.device.id for each in tx.devices.summaries(owner.id)]
        assert tx.schedules.claim_due(NOON, until=NOON + SECOND, limit=9)
        tx.jobs.defer([Job(kind=RunKind.AUTO_UPDATE, device_id=device, owner_id=owner.id)])
    copied(source, target)
    with SqlStorage(target).transaction() as tx:
        later = NOON + 2 * SECOND
        assert [due.device_id for due in tx.schedules.claim_due(later, until=later, limit=9)] == [
            device
        ]
    with target.connect() as connection:
        assert connection.execute(select(jobs)).all() == []


def test_a_lease_that_a_crash_left_comes_along_as_released(source: Engine, target: Engine) -> None:
    with SqlStorage(source).snapshot() as tx:
        (device,) = tx.devices.summaries(tx.users.all()[0].id)
    lease = stored.taken(SqlStorage(source), device.device.id, timedelta(milliseconds=1))
    time.sleep(0.01)
    copied(source, target)
    with target.connect() as connection:
        (row,) = connection.execute(select(METADATA.tables["leases"]))
    assert (row.fence, row.expires_at) == (lease.fence, None)


def test_a_target_in_use_is_left_alone(source: Engine, target: Engine) -> None:
    copied(source, target)
    before = everything(target)
    with pytest.raises(CannotCopyError, match=r"its table \w+ has rows"):
        copied(source, target)
    assert everything(target) == before


def test_another_programs_database_is_left_alone(source: Engine, target: Engine) -> None:
    with target.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE theirs (id INTEGER)")
    with pytest.raises(ForeignDatabaseError):
        copied(source, target)


def test_a_source_of_an_older_version_is_told(source: Engine, target: Engine) -> None:
    with source.begin() as connection:
        connection.execute(text("UPDATE web_scales_schema SET version_num = '0001'"))
    with pytest.raises(CannotCopyError, match="“web-scales db upgrade” first"):
        copied(source, target)


def test_what_is_written_meanwhile_ends_the_copy(
    source: Engine, target: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(_writing: Connection) -> None:
        with SqlStorage(source).transaction() as tx:
            stored.user(tx, "late@example.com")

    after(monkeypatch, runs, meanwhile)
    with pytest.raises(CannotCopyError, match="Something was written while it was copied"):
        copied(source, target)
    assert is_empty(target)


ALTERED = {
    "rounded": update(former_files).values(size=former_files.c.size + 1),
    "cut": update(former_files).values(body=b""),
    "recoded": update(runs).where(runs.c.error.is_not(None)).values(error="?????? “7”"),
    "moved": update(runs).values(started_at=NOON.replace(microsecond=0)),
    "lost": delete(former_files),
}


@pytest.mark.parametrize("how", ALTERED)
def test_a_row_that_reads_otherwise_ends_the_copy(
    how: str, source: Engine, target: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    altering = ALTERED[how]
    after(monkeypatch, altering.table, lambda writing: writing.execute(altering))
    with pytest.raises(CannotCopyError, match=r"The row \[1.* reads otherwise in the copy"):
        copied(source, target)
    assert is_empty(target)


def after(
    monkeypatch: pytest.MonkeyPatch, table: object, act: Callable[[Connection], object]
) -> None:
    """Act in the copy, when a table is in it."""
    really = copying._transfer

    def transfer(each: Table, reading: Connection, writing: Connection) -> None:
        really(each, reading, writing)
        if each is table:
            act(writing)

    monkeypatch.setattr(copying, "_transfer", transfer)


def test_a_row_too_many_ends_the_copy(
    source: Engine, target: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {"id": 99, "email": "x", "email_key": "x", "password_hash": "x"}
    after(monkeypatch, users, lambda writing: writing.execute(insert(users).values(values)))
    with pytest.raises(CannotCopyError, match=r"The row \[99\] of the table users"):
        copied(source, target)
    assert is_empty(target)


class TestPostgreSqlIsStricter:
    @pytest.fixture
    def server(self, request: pytest.FixtureRequest) -> Iterator[Engine]:
        with a_server(request) as engine:
            yield engine

    def test_a_number_that_does_not_fit_is_told(self, source: Engine, server: Engine) -> None:
        with source.begin() as connection:
            connection.execute(update(former_files).values(products=2**40))
        with pytest.raises(CannotCopyError, match="does not take a row of the table former_files"):
            copied(source, server)
        assert is_empty(server)

    def test_a_devices_words_come_without_nul(self, source: Engine, server: Engine) -> None:
        with source.begin() as connection:
            connection.execute(update(runs).values(error="Er\0ror"))
        copied(source, server)
        with server.connect() as connection:
            assert set(connection.scalars(select(runs.c.error))) == {"Er\ufffdror"}


def test_a_database_that_cannot_be_reached_is_told(source: Engine, tmp_path: Path) -> None:
    with (
        opened(tmp_path / "no such folder" / "target.db") as target,
        pytest.raises(StorageNotReadyError),
    ):
        copied(source, target)


def test_a_copy_that_is_killed_leaves_nothing(source: Engine, tmp_path: Path) -> None:
    with source.begin() as connection:
        many = [
            {"email": f"user{number}", "email_key": f"user{number}", "password_hash": "x" * 500}
            for number in range(20_000)
        ]
        connection.execute(insert(users), many)
    copy = subprocess.Popen(  # noqa: S603 - code of ours
        [
            sys.executable,
            "-c",
            "import os, sys\n"
            "from adapters.database import copying\n"
            "from adapters.database.backends.engine import make_engine\n"
            "copying._verified = lambda *_: os.kill(os.getpid(), 9)\n"
            "copying.copied(make_engine(sys.argv[1]), make_engine(sys.argv[2]))",
            url_of(tmp_path / "source.db"),
            url_of(tmp_path / "target.db"),
        ],
        cwd=ROOT,
    )
    assert copy.wait(60) == -9
    with opened(tmp_path / "target.db") as target:
        assert is_empty(target)
        copied(source, target)
        assert everything(target) == everything(source)


def test_large_files_take_no_more_memory_than_a_few_of_them(tmp_path: Path, target: Engine) -> None:
    size = 2**20
    with up_to_date(tmp_path / "source.db") as source:
        storage = SqlStorage(source)
        large = ProductFile.of({"products": [], "padding": "x" * size})
        for number in range(40):
            device = stored.stored_device(storage, f"Scale {number}")
            with storage.transaction() as tx:
                tx.catalogues.save(stored.catalogue(device.id, large))
        tracemalloc.start()
        try:
            copied(source, target)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 30 * size


def test_the_source_is_only_read(source: Engine, target: Engine, tmp_path: Path) -> None:
    before = everything(source)
    copied(source, target)
    assert everything(source) == before
    with sqlite3.connect(tmp_path / "source.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
