"""Jobs in Procrastinate's queues on a real PostgreSQL."""

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from sqlalchemy import Engine

from adapters.database.migrations.versions.v0006_procrastinate import SCHEMA
from adapters.database.storage import SqlStorage
from adapters.procrastinate.jobs import LAST_TURNS, NEXT_TURN, ProcrastinateJobs
from adapters.procrastinate.queues import FIRST, ORDINARY, TASK, read
from application.ports.storage import ReadOnlyError, Storage
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.runs.batch import BatchId
from domain.runs.job import Job
from domain.runs.run import RunKind


@pytest.fixture
def engine(emptied_postgresql: Engine) -> Iterator[Engine]:
    yield emptied_postgresql
    with emptied_postgresql.begin() as connection:
        connection.exec_driver_sql("TRUNCATE procrastinate_jobs RESTART IDENTITY CASCADE")


@pytest.fixture
def storage(engine: Engine) -> Storage:
    return SqlStorage(engine, jobs=ProcrastinateJobs)


def turn(device: int, *, doubtful: bool = False, owner: int = 1) -> Job:
    return Job(
        kind=RunKind.AUTO_UPDATE,
        device_id=DeviceId(device),
        owner_id=UserId(owner),
        doubtful=doubtful,
    )


def of_batch(device: int, batch: int, owner: int = 1) -> Job:
    return Job(
        kind=RunKind.READ,
        device_id=DeviceId(device),
        owner_id=UserId(owner),
        batch_id=BatchId(batch),
    )


def queued(engine: Engine, *columns: str) -> list[Any]:
    with engine.begin() as connection:
        found = connection.exec_driver_sql(
            f"SELECT {', '.join(columns)} FROM procrastinate_jobs ORDER BY id"  # noqa: S608
        )
        return [row[0] if len(columns) == 1 else tuple(row) for row in found]


def jobs(engine: Engine) -> list[Job]:
    return [read(**arguments) for arguments in queued(engine, "args")]


def defer(storage: Storage, *wanted: Job) -> None:
    with storage.transaction() as tx:
        tx.jobs.defer(wanted)


def set_status(engine: Engine, status: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE procrastinate_jobs SET status = '{status}'")  # noqa: S608


def test_the_migration_makes_what_this_release_of_procrastinate_needs() -> None:
    released = files("procrastinate").joinpath("sql/schema.sql").read_text("utf-8")
    assert SCHEMA.read_text("utf-8") == released


def test_a_snapshot_defers_nothing(storage: Storage) -> None:
    with storage.snapshot() as tx, pytest.raises(ReadOnlyError):
        tx.jobs.defer([turn(1)])


def test_what_was_deferred_by_a_transaction_that_failed_was_not(
    storage: Storage, engine: Engine
) -> None:
    def fail() -> None:
        with storage.transaction() as tx:
            tx.jobs.defer([turn(1)])
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        fail()
    assert jobs(engine) == []


def test_every_field_comes_back_and_each_device_has_its_lock(
    storage: Storage, engine: Engine
) -> None:
    wanted = [turn(7, doubtful=True), of_batch(8, 3)]
    defer(storage, *wanted)
    assert jobs(engine) == wanted
    assert queued(engine, "queue_name", "task_name", "lock", "queueing_lock") == [
        (FIRST, TASK, "device-7", "device-7"),
        (ORDINARY, TASK, "device-8", None),
    ]


def in_turn(engine: Engine) -> list[int]:
    """The devices in the order in which a worker fetches their jobs."""
    with engine.begin() as connection:
        found = connection.exec_driver_sql(
            "SELECT args->'device_id' FROM procrastinate_jobs WHERE status = 'todo' "
            "ORDER BY priority DESC, id"
        )
        return [row[0] for row in found]


def test_owners_take_turns_and_doubtful_devices_come_last(storage: Storage, engine: Engine) -> None:
    defer(storage, turn(1, doubtful=True), *map(turn, (2, 3, 4)))
    defer(storage, turn(11, owner=2), turn(12, owner=2))
    assert in_turn(engine) == [2, 11, 3, 12, 4, 1]
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE procrastinate_jobs SET status = 'doing' WHERE (args->>'device_id')::int < 4"
        )
    defer(storage, turn(21, owner=3))
    defer(storage, turn(5))
    # Whoever comes now begins where the others are.
    assert in_turn(engine) == [11, 21, 12, 4, 5]


def test_the_only_job_of_an_owner_waits_where_slots_are_kept(
    storage: Storage, engine: Engine
) -> None:
    defer(storage, turn(1), turn(2))
    set_status(engine, "doing")
    defer(storage, of_batch(3, 1), turn(11, owner=2))
    assert queued(engine, "queue_name") == [FIRST, ORDINARY, ORDINARY, FIRST]


def test_what_waits_of_an_owner_is_found_by_an_index(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plans = [
            connection.connection.cursor().execute(f"EXPLAIN {asked}", values).fetchall()
            for asked, values in (
                (LAST_TURNS, {"owners": ["1"]}),
                (NEXT_TURN, {"doubtful": False}),
            )
        ]
    assert "web_scales_jobs_by_owner" in str(plans[0])
    assert "procrastinate_jobs_priority_idx_v1" in str(plans[1])


@pytest.mark.parametrize("status", ["todo", "doing"])
def test_a_turn_is_not_added_while_such_a_one_waits_or_is_done(
    storage: Storage, engine: Engine, status: str
) -> None:
    defer(storage, turn(1))
    set_status(engine, status)
    defer(storage, turn(1), turn(2), turn(2), of_batch(1, 3))
    assert jobs(engine) == [turn(1), turn(2), of_batch(1, 3)]
    set_status(engine, "succeeded")
    defer(storage, turn(1))
    assert jobs(engine)[-1] == turn(1)


def test_a_turn_that_waits_does_not_spoil_the_transaction_that_defers_it_again(
    storage: Storage, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    defer(storage, turn(2))
    # As if it had been deferred between the look and the write.
    monkeypatch.setattr(ProcrastinateJobs, "_waiting", lambda *_: set())
    with storage.transaction() as tx:
        tx.users.add("anna@example.org", "hash")
        tx.jobs.defer([turn(1), turn(2), turn(3)])
    assert jobs(engine) == [turn(2), turn(1), turn(3)]
    with storage.snapshot() as tx:
        assert tx.users.by_email("anna@example.org") is not None


def test_many_are_deferred_at_once(storage: Storage, engine: Engine) -> None:
    wanted = [turn(number) for number in range(1, 1201)]
    defer(storage, *wanted)
    assert jobs(engine) == wanted
    defer(storage, *wanted)
    assert len(jobs(engine)) == len(wanted)
