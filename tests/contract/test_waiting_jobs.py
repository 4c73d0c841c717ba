"""What any storage promises of jobs that wait in it."""

from collections.abc import Callable, Sequence

import pytest

from application.ports.jobs import ClaimedJob, WaitingJobs
from application.ports.storage import Storage
from domain.device import DeviceId
from domain.errors import UnknownDeviceError
from domain.job import Batch, Job, UploadOf
from domain.run import RunKind
from tests.contract import stored
from tests.contract.conftest import Opened, PassTime
from tests.contract.stored import NOON, SECOND

LASTS = 15 * SECOND
Claim = Callable[..., Sequence[ClaimedJob]]


@pytest.fixture
def waiting(opened: Opened) -> WaitingJobs:
    if opened.waiting_jobs is None:
        pytest.skip("jobs wait elsewhere")
    return opened.waiting_jobs


@pytest.fixture
def claim(waiting: WaitingJobs) -> Claim:
    def claim(
        done: Sequence[int] = (), slots: int = 10, doubtful_slots: int = 10
    ) -> Sequence[ClaimedJob]:
        return waiting.claim(done=done, slots=slots, doubtful_slots=doubtful_slots, lasts=LASTS)

    return claim


def turn(device_id: DeviceId, *, doubtful: bool = False) -> Job:
    return Job(kind=RunKind.AUTO_UPDATE, device_id=device_id, doubtful=doubtful)


def batch_of(storage: Storage, *device_ids: DeviceId) -> Batch:
    with storage.transaction() as tx:
        owner = tx.devices.get(device_ids[0]).owner_id
        return tx.batches.add(owner, device_ids, kind=RunKind.READ, upload_of=UploadOf.ALL, at=NOON)


def of_batch(batch: Batch, device_id: DeviceId) -> Job:
    return Job(kind=batch.kind, device_id=device_id, batch_id=batch.id)


def defer(storage: Storage, *jobs: Job) -> None:
    with storage.transaction() as tx:
        tx.jobs.defer(jobs)


def jobs(claimed: Sequence[ClaimedJob]) -> list[Job]:
    return [each.job for each in claimed]


def test_nothing_waits_at_first(claim: Claim) -> None:
    assert list(claim()) == []


def test_gives_back_every_field_and_a_lease(storage: Storage, claim: Claim) -> None:
    one, two = stored.stored_devices(storage, *"ab")
    batch = batch_of(storage, two)
    wanted = [turn(one, doubtful=True), of_batch(batch, two)]
    defer(storage, *wanted)
    claimed = claim()
    assert jobs(claimed) == wanted
    with storage.snapshot() as tx:
        assert all(tx.leases.holds(each.lease) for each in claimed)
    assert [each.lease.device_id for each in claimed] == [one, two]


def test_what_was_deferred_by_a_transaction_that_failed_was_not(
    storage: Storage, claim: Claim
) -> None:
    device = stored.stored_device(storage)

    def fail() -> None:
        with storage.transaction() as tx:
            tx.jobs.defer([turn(device.id)])
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        fail()
    assert list(claim()) == []


def test_who_waits_longest_is_first_and_no_more_than_asked(storage: Storage, claim: Claim) -> None:
    one, two, three = stored.stored_devices(storage, *"abc")
    defer(storage, turn(three), turn(one))
    defer(storage, turn(two))
    assert jobs(claim(slots=2)) == [turn(three), turn(one)]
    assert jobs(claim(slots=0)) == []
    assert jobs(claim()) == [turn(two)]


def test_a_claimed_job_is_nobody_elses_while_its_lease_lasts(
    storage: Storage, claim: Claim, pass_time: PassTime
) -> None:
    device = stored.stored_device(storage)
    defer(storage, turn(device.id))
    [first] = claim()
    assert list(claim()) == []
    pass_time(16 * SECOND)
    [second] = claim()
    assert (second.number, second.job) == (first.number, first.job)
    assert second.lease.fence > first.lease.fence


def test_what_is_done_is_forgotten(storage: Storage, claim: Claim, pass_time: PassTime) -> None:
    device = stored.stored_device(storage)
    defer(storage, turn(device.id))
    [claimed] = claim()
    claim(done=[claimed.number], slots=0, doubtful_slots=0)
    pass_time(16 * SECOND)
    assert list(claim()) == []


def test_a_turn_is_not_added_while_it_waits_and_is_afterwards(
    storage: Storage, claim: Claim
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


def test_jobs_of_one_device_are_done_one_after_the_other(storage: Storage, claim: Claim) -> None:
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
    storage: Storage, claim: Claim, pass_time: PassTime
) -> None:
    busy, free = stored.stored_devices(storage, "busy", "free")
    stored.taken(storage, busy)
    defer(storage, turn(busy), turn(free))
    assert jobs(claim(slots=1)) == [turn(free)]
    pass_time(16 * SECOND)
    assert turn(busy) in jobs(claim())


def test_doubtful_devices_get_no_more_than_their_share(storage: Storage, claim: Claim) -> None:
    ids = stored.stored_devices(storage, *"abcdef")
    defer(storage, *(turn(each, doubtful=True) for each in ids[:4]), *map(turn, ids[4:]))
    claimed = jobs(claim(slots=4, doubtful_slots=1))
    assert claimed == [turn(ids[0], doubtful=True), turn(ids[4]), turn(ids[5])]
    assert jobs(claim(slots=4, doubtful_slots=0)) == []
    assert len(jobs(claim(slots=4, doubtful_slots=2))) == 2


def test_a_deleted_device_takes_its_jobs_along(storage: Storage, claim: Claim) -> None:
    gone, left = stored.stored_devices(storage, "gone", "left")
    batch = batch_of(storage, gone)
    defer(storage, turn(gone), of_batch(batch, gone), turn(left))
    with storage.transaction() as tx:
        tx.devices.delete(gone)
    assert jobs(claim()) == [turn(left)]


def test_a_device_that_there_is_not_is_refused(storage: Storage, waiting: WaitingJobs) -> None:
    device = stored.stored_device(storage)
    with pytest.raises(UnknownDeviceError):
        defer(storage, turn(DeviceId(device.id + 1)))
