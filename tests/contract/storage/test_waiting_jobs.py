"""What any storage promises of jobs that wait in it."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from application.ports.storage import Storage
from application.ports.waiting_jobs import ClaimedJob, WaitingJobs
from domain.devices.device import DeviceId
from domain.errors import UnknownDeviceError
from domain.runs.batch import Batch, UploadOf
from domain.runs.job import Job
from domain.runs.run import RunKind
from tests.harness import stored
from tests.harness.storages import Opened, PassTime
from tests.harness.stored import NOON, SECOND

LASTS = 15 * SECOND
Claim = Callable[..., Sequence[ClaimedJob]]
Turn = Callable[..., Job]


@pytest.fixture
def waiting(opened: Opened) -> WaitingJobs:
    if opened.waiting_jobs is None:
        pytest.skip("jobs wait elsewhere")
    return opened.waiting_jobs


@pytest.fixture
def claim(waiting: WaitingJobs) -> Claim:
    def claim(
        done: Sequence[int] = (), places: int = 10, ordinary_places: int = 10
    ) -> Sequence[ClaimedJob]:
        return waiting.claim(done=done, places=places, ordinary_places=ordinary_places, lasts=LASTS)

    return claim


@pytest.fixture
def turn(storage: Storage) -> Turn:
    def turn(device_id: DeviceId, *, doubtful: bool = False) -> Job:
        with storage.snapshot() as tx:
            owner_id = tx.devices.get(device_id).owner_id
        return Job(
            kind=RunKind.AUTO_UPDATE, device_id=device_id, owner_id=owner_id, doubtful=doubtful
        )

    return turn


def devices_of(storage: Storage, name: str, count: int) -> Sequence[DeviceId]:
    """So many devices of one new owner."""
    with storage.transaction() as tx:
        owner = stored.user(tx, f"{name}@example.com")
        return [stored.device(tx, owner, f"{name} {number}").id for number in range(count)]


def batch_of(storage: Storage, *device_ids: DeviceId) -> Batch:
    with storage.transaction() as tx:
        owner = tx.devices.get(device_ids[0]).owner_id
        return tx.batches.add(owner, device_ids, kind=RunKind.READ, upload_of=UploadOf.ALL, at=NOON)


def of_batch(batch: Batch, device_id: DeviceId) -> Job:
    return Job(kind=batch.kind, device_id=device_id, owner_id=batch.owner_id, batch_id=batch.id)


def defer(storage: Storage, *jobs: Job) -> None:
    with storage.transaction() as tx:
        tx.jobs.defer(jobs)


def jobs(claimed: Sequence[ClaimedJob]) -> list[Job]:
    return [each.job for each in claimed]


def test_nothing_waits_at_first(claim: Claim) -> None:
    assert list(claim()) == []


def test_gives_back_every_field_and_a_lease(storage: Storage, claim: Claim, turn: Turn) -> None:
    one, two = stored.stored_devices(storage, *"ab")
    batch = batch_of(storage, two)
    wanted = [of_batch(batch, two), turn(one, doubtful=True)]
    defer(storage, *wanted)
    claimed = claim()
    assert jobs(claimed) == wanted
    with storage.snapshot() as tx:
        assert all(tx.leases.holds(each.lease) for each in claimed)
    assert [each.lease.device_id for each in claimed] == [two, one]


def test_what_was_deferred_by_a_transaction_that_failed_was_not(
    storage: Storage, claim: Claim, turn: Turn
) -> None:
    device = stored.stored_device(storage)

    def fail() -> None:
        with storage.transaction() as tx:
            tx.jobs.defer([turn(device.id)])
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        fail()
    assert list(claim()) == []


def test_who_waits_longest_is_first_and_no_more_than_asked(
    storage: Storage, claim: Claim, turn: Turn
) -> None:
    one, two, three = stored.stored_devices(storage, *"abc")
    defer(storage, turn(three), turn(one))
    defer(storage, turn(two))
    assert jobs(claim(places=2)) == [turn(three), turn(one)]
    assert jobs(claim(places=0)) == []
    assert jobs(claim()) == [turn(two)]


def test_a_claimed_job_is_nobody_elses_while_its_lease_lasts(
    storage: Storage, claim: Claim, pass_time: PassTime, turn: Turn
) -> None:
    device = stored.stored_device(storage)
    defer(storage, turn(device.id))
    [first] = claim()
    assert list(claim()) == []
    pass_time(16 * SECOND)
    [second] = claim()
    assert (second.number, second.job) == (first.number, first.job)
    assert second.lease.fence > first.lease.fence


def test_what_is_done_is_forgotten(
    storage: Storage, claim: Claim, pass_time: PassTime, turn: Turn
) -> None:
    device = stored.stored_device(storage)
    defer(storage, turn(device.id))
    [claimed] = claim()
    claim(done=[claimed.number], places=0, ordinary_places=0)
    pass_time(16 * SECOND)
    assert list(claim()) == []


def test_a_turn_is_not_added_while_it_waits_and_is_afterwards(
    storage: Storage, claim: Claim, turn: Turn
) -> None:
    device = stored.stored_device(storage)
    defer(storage, turn(device.id))
    defer(storage, turn(device.id), turn(device.id, doubtful=True))
    [claimed] = claim()
    with storage.transaction() as tx:
        tx.leases.release(claimed.lease)
    assert list(claim(done=[claimed.number])) == []
    defer(storage, turn(device.id))
    assert jobs(claim()) == [turn(device.id)]


def test_jobs_of_one_device_are_done_one_after_the_other(
    storage: Storage, claim: Claim, turn: Turn
) -> None:
    device = stored.stored_device(storage)
    one, other = batch_of(storage, device.id), batch_of(storage, device.id)
    wanted = [of_batch(one, device.id), turn(device.id), of_batch(other, device.id)]
    defer(storage, *wanted)
    done: list[int] = []
    for job in wanted:
        [claimed] = claim(done=done)
        assert claimed.job == job
        with storage.transaction() as tx:
            tx.leases.release(claimed.lease)
        done = [claimed.number]


def test_a_device_in_use_keeps_its_job_and_holds_up_nobody_elses(
    storage: Storage, claim: Claim, pass_time: PassTime, turn: Turn
) -> None:
    busy, free = stored.stored_devices(storage, "busy", "free")
    stored.taken(storage, busy)
    defer(storage, turn(busy), turn(free))
    assert jobs(claim(places=1)) == [turn(free)]
    pass_time(16 * SECOND)
    assert turn(busy) in jobs(claim())


def test_owners_take_turns(storage: Storage, claim: Claim, turn: Turn) -> None:
    many, few = devices_of(storage, "anna", 6), devices_of(storage, "ben", 2)
    defer(storage, *map(turn, many))
    first, second = claim(places=2)
    defer(storage, *map(turn, few))
    assert (first.first, second.first) == (True, False)
    claimed = claim(done=[first.number, second.number])
    expected = [many[2], few[0], many[3], few[1], *many[4:]]
    assert [each.job.device_id for each in claimed] == expected
    assert [each.job.device_id for each in claimed if each.first] == [few[0]]


def test_the_first_job_of_an_owner_finds_a_place_that_others_may_not_have(
    storage: Storage, claim: Claim, turn: Turn
) -> None:
    many, [alone] = devices_of(storage, "anna", 5), devices_of(storage, "ben", 1)
    defer(storage, *map(turn, many))
    assert jobs(claim(places=5, ordinary_places=2)) == [turn(each) for each in many[:3]]
    assert jobs(claim(places=2, ordinary_places=0)) == []
    defer(storage, turn(alone))
    assert jobs(claim(places=2, ordinary_places=0)) == [turn(alone)]


def test_who_has_jobs_that_are_not_done_has_no_other_first_one(
    storage: Storage, claim: Claim, turn: Turn
) -> None:
    one, two, three = devices_of(storage, "anna", 3)
    defer(storage, turn(one))
    [first] = claim()
    defer(storage, turn(two))
    [second] = claim()
    claim(done=[first.number, second.number])
    defer(storage, turn(three))
    [third] = claim()
    assert [each.first for each in (first, second, third)] == [True, False, True]


def test_doubtful_devices_come_after_the_others_of_all_owners(
    storage: Storage, claim: Claim, turn: Turn
) -> None:
    silent, sound = devices_of(storage, "anna", 3), devices_of(storage, "ben", 3)
    doubtful = [turn(each, doubtful=True) for each in silent]
    defer(storage, *doubtful)
    defer(storage, *map(turn, sound))
    assert jobs(claim(places=2)) == [turn(each) for each in sound[:2]]
    assert jobs(claim()) == [turn(sound[2]), *doubtful]


def test_a_deleted_device_takes_its_jobs_along(storage: Storage, claim: Claim, turn: Turn) -> None:
    gone, left = stored.stored_devices(storage, "gone", "left")
    batch = batch_of(storage, gone)
    defer(storage, turn(gone), of_batch(batch, gone), turn(left))
    with storage.transaction() as tx:
        tx.devices.delete(gone)
    assert jobs(claim()) == [turn(left)]


def test_a_device_that_there_is_not_is_refused(
    storage: Storage, waiting: WaitingJobs, turn: Turn
) -> None:
    device = stored.stored_device(storage)
    with pytest.raises(UnknownDeviceError):
        defer(storage, replace(turn(device.id), device_id=DeviceId(device.id + 1)))
