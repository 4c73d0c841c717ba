"""Writers of one device take turns in PostgreSQL, and no two wait for each other."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import cycle
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from adapters.database.repositories.waiting_jobs import SqlWaitingJobs
from adapters.database.storage import SqlStorage
from application.ports.repositories.leases import Lease
from application.products.editing import EditProduct
from application.renewal.schedules import FollowServiceZone
from application.runs.batches import RetryBatch, StartBatch
from application.runs.due_devices import DeferDueDevices
from application.runs.history import PruneRuns
from domain.devices.device import DeviceId
from domain.errors import Cause, DomainError
from domain.renewal.schedule import AutoUpdate
from domain.renewal.time_zones import TimeZones
from domain.runs.batch import UploadOf
from domain.runs.job import Job
from domain.runs.run import RunKind
from tests.fakes.clock import FakeClock
from tests.harness import stored
from tests.harness.installation import MOSCOW
from tests.harness.postgresql import Server, opened
from tests.harness.stored import NOON, SECOND
from tests.harness.threads import at_once
from tests.integration.database.writers import with_products


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


def test_writers_of_different_devices_do_not_wait_for_each_other(storage: SqlStorage) -> None:
    one, two = stored.stored_devices(storage, "one", "two")
    with storage.transaction() as first, storage.transaction() as second:
        first.devices.save(first.devices.get(one).changed(name="renamed"))
        second.devices.save(second.devices.get(two).changed(name="renamed"))
        stored.user(second, "new@example.com")


def test_two_schedulers_claim_different_devices_at_the_same_moment(storage: SqlStorage) -> None:
    ids = stored.stored_devices(storage, *"abcd")
    with storage.transaction() as tx:
        for device_id in ids:
            tx.schedules.save(stored.schedule(device_id))
    with storage.transaction() as first, storage.transaction() as second:
        mine = first.schedules.claim_due(NOON, until=NOON + SECOND, limit=2)
        theirs = second.schedules.claim_due(NOON, until=NOON + SECOND, limit=4)
        assert len(mine) == len(theirs) == 2
        assert sorted(each.device_id for each in (*mine, *theirs)) == list(ids)


@pytest.mark.parametrize("known", [False, True], ids=["no statistics", "with statistics"])
def test_a_scheduler_claims_as_many_as_it_asked_for(
    storage: SqlStorage, engine: Engine, known: bool
) -> None:
    owner = stored.stored_device(storage).owner_id
    with storage.transaction() as tx:
        for number in range(300):
            device = stored.device(tx, owner, str(number))
            tx.schedules.save(stored.schedule(device.id))
    if known:
        with engine.begin() as connection:
            connection.exec_driver_sql("ANALYZE")
    for _ in range(3):
        with storage.transaction() as tx:
            claimed = tx.schedules.claim_due(NOON, until=NOON + SECOND, limit=100)
        assert len(claimed) == 100
    with storage.snapshot() as tx:
        assert not tx.schedules.any_due(NOON)


def test_two_schedulers_claim_different_jobs_at_the_same_moment(storage: SqlStorage) -> None:
    ids = stored.stored_devices(storage, *"abcd")
    with storage.transaction() as tx:
        jobs = [
            Job(
                kind=RunKind.AUTO_UPDATE,
                device_id=device_id,
                owner_id=tx.devices.get(device_id).owner_id,
            )
            for device_id in ids
        ]
        tx.jobs.defer(jobs)
    with storage.transaction() as first, storage.transaction() as second:
        mine = first.waiting.waiting(first=True, limit=2)
        theirs = second.waiting.waiting(first=True, limit=4)
        assert [each.job for each in (*mine, *theirs)] == jobs
        assert len(mine) == len(theirs) == 2


def test_a_batch_that_two_have_done_again_at_once_is_done_again_once(storage: SqlStorage) -> None:
    device = with_products(storage)
    batch = StartBatch(storage, FakeClock(NOON))(device.owner_id, RunKind.READ, None).batch
    with storage.transaction() as tx:
        tx.batches.failed(batch.id, device.id, Cause("Some"))
        tx.waiting.forget([each.number for each in tx.waiting.waiting(first=True, limit=9)])
    retry = RetryBatch(storage)
    assert at_once(*[lambda: retry(device.owner_id, batch.id)] * 8) == []
    with storage.snapshot() as tx:
        assert len(tx.waiting.waiting(first=True, limit=9)) == 1


def test_a_device_that_someone_writes_to_keeps_its_turn(storage: SqlStorage) -> None:
    device = with_products(storage)
    hand_on = DeferDueDevices(storage, FakeClock(NOON))
    with storage.transaction() as tx:
        tx.devices.save(tx.devices.get(device.id).changed(name="Renamed"))
        assert hand_on() == 0
    assert hand_on() == 1


@contextmanager
def beside(action: Callable[[], object]) -> Iterator[None]:
    """The action begins before the block, and may wait for it. Raises what it raised."""
    with ThreadPoolExecutor(1) as pool:
        acting = pool.submit(action)
        wait([acting], timeout=0.1)
        yield
    acting.result(0)


def test_a_user_is_deleted_after_a_conversation_that_is_just_beginning(storage: SqlStorage) -> None:
    device = with_products(storage)

    def delete() -> None:
        with storage.transaction() as tx:
            tx.users.delete(device.owner_id)

    with ExitStack() as deletion, storage.transaction() as tx:
        lease = tx.leases.take(device.id, SECOND)
        assert lease is not None
        deletion.enter_context(beside(delete))
        tx.runs.start(lease, kind=RunKind.READ, asked_by=device.owner_id, at=NOON)
    with storage.snapshot() as tx:
        assert list(tx.users.all()) == []


def test_old_runs_are_forgotten_without_waiting_for_a_device_that_is_being_deleted(
    storage: SqlStorage,
) -> None:
    going, staying = with_products(storage, "going"), with_products(storage, "staying")
    with storage.transaction() as tx:
        for device in (going, staying):
            lease = Lease(device.id, 1)
            tx.runs.start(lease, kind=RunKind.READ, asked_by=device.owner_id, at=NOON)
    prune = PruneRuns(storage, FakeClock(NOON + timedelta(2)), timedelta(1))
    with storage.transaction() as tx:
        tx.devices.delete(going.id)
        assert prune() == 1


def follows_the_zone(device_id: DeviceId) -> AutoUpdate:
    """A schedule whose next turn is midnight, and so another one in another zone."""
    return replace(
        stored.schedule(device_id, NOON + timedelta(1)),
        interval=timedelta(9),
        dates_written=NOON.date(),
        last_run_at=NOON,
        last_status="OK",
    )


def test_schedules_follow_the_zone_after_who_is_writing_to_one(storage: SqlStorage) -> None:
    device = with_products(storage)
    schedule = follows_the_zone(device.id)
    with storage.transaction() as tx:
        tx.schedules.save(schedule)
    written = replace(schedule, interval=timedelta(hours=1), due_at=NOON + timedelta(2))
    with ExitStack() as following, storage.transaction() as tx:
        assert tx.schedules.find(device.id) == schedule
        follow = FollowServiceZone(storage, FakeClock(NOON), TimeZones(MOSCOW))
        following.enter_context(beside(follow))
        tx.schedules.save(written)
    with storage.snapshot() as tx:
        found = tx.schedules.find(device.id)
    assert found == replace(
        written,
        due_at=NOON + timedelta(hours=1),
        looked_at=NOON,
        dates_from=datetime(2026, 3, 1, 21, tzinfo=UTC),
    )


def test_no_two_wait_for_each_other_whatever_is_done_at_once(storage: SqlStorage) -> None:
    """PostgreSQL would end one of them, after a second."""
    devices = [with_products(storage, str(number)) for number in range(4)]
    clock, give_up = FakeClock(NOON), time.monotonic() + 2
    edit, claim = EditProduct(storage, clock), SqlWaitingJobs(storage).claim
    zones = cycle([MOSCOW, ZoneInfo("Asia/Tokyo")])
    with storage.transaction() as tx:
        for device in devices[:3]:
            tx.schedules.save(follows_the_zone(device.id))
        batch = tx.batches.add(
            devices[0].owner_id,
            [device.id for device in devices[:3]],
            kind=RunKind.READ,
            upload_of=UploadOf.ALL,
            at=NOON,
        )
        for device in devices[:3]:
            tx.batches.failed(batch.id, device.id, Cause("Some"))
    counts: dict[str, int] = {}

    def edit_all() -> None:
        for device in devices:
            edit(device.owner_id, device.id, 7, {"price": counts["edit_all"] % 99})

    def converse() -> None:
        for device in reversed(devices):
            with storage.transaction() as tx:
                lease = tx.leases.take(device.id, SECOND / 50)
                if lease:
                    tx.runs.start(lease, kind=RunKind.READ, asked_by=device.owner_id, at=NOON)

    def come_and_go() -> None:
        with storage.transaction() as tx:
            device = stored.device(tx, name="passing")
            tx.schedules.save(stored.schedule(device.id))
            lease = tx.leases.take(device.id, SECOND)
            assert lease is not None
            tx.runs.start(lease, kind=RunKind.READ, asked_by=device.owner_id, at=NOON)
            devices[3:] = [device]
        with storage.transaction() as tx:
            tx.users.delete(device.owner_id)

    actions: dict[str, Callable[[], object]] = {
        "edit_all": edit_all,
        "converse": converse,
        "come_and_go": come_and_go,
        "hand_on": DeferDueDevices(storage, clock),
        "start": lambda: StartBatch(storage, clock)(devices[0].owner_id, RunKind.READ, None),
        "claim": lambda: claim(done=[], places=9, ordinary_places=9, lasts=SECOND / 50),
        "retry": lambda: RetryBatch(storage)(batch.owner_id, batch.id),
        "follow": lambda: FollowServiceZone(storage, clock, TimeZones(next(zones)))(),
        "prune": PruneRuns(storage, FakeClock(NOON + timedelta(2)), timedelta(1)),
    }

    def again(name: str) -> Callable[[], None]:
        def act() -> None:
            while time.monotonic() < give_up:
                counts[name] = counts.get(name, 0) + 1
                try:
                    actions[name]()
                except DomainError:
                    continue  # The device was deleted.

        return act

    assert at_once(*map(again, actions)) == []
    assert min(counts.values()) > 3, counts
