"""What any storage promises of jobs that wait in it, to who claims them."""

from application.ports.storage import Storage
from tests.harness import stored
from tests.harness.deferred import Claim, Turn, batch_of, defer, devices_of, jobs, of_batch
from tests.harness.storages import PassTime
from tests.harness.stored import SECOND


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
