"""A clock that was ahead, for however short a time, stops no renewal, whatever storage is used."""

from datetime import datetime, timedelta

import pytest

from adapters.mertech.emulator import Fault
from application.devices.registration import DeviceChanges
from application.ports.storage import Storage
from domain.devices.device import DeviceId
from domain.devices.state import DeviceState
from tests.fakes.clock import FakeClock
from tests.harness.installation import FakeScalesWithDevice
from tests.harness.work import claimed, do, do_all

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
AHEAD = [DAY, 31 * DAY, 366 * DAY]


class Scene(FakeScalesWithDevice[Storage]):
    """An installation with one device that renews its dates, noon by its clock."""

    def __init__(self, storage: Storage) -> None:
        super().__init__(storage, FakeClock())
        self.cases.renewal.change_schedule(self.anna, self.id, enabled=True, interval=12 * HOUR)

    @property
    def dates(self) -> set[object]:
        return {product["manufactureDate"] for product in self.held}

    @property
    def late(self) -> list[DeviceId]:
        """Those that are late, as both ways to ask for it tell."""
        found = [each.device.id for each in self.cases.devices.list(self.anna, DeviceState.LATE)]
        fleet = self.cases.devices.show_fleet(self.anna)
        assert fleet.counts.states[DeviceState.LATE] == len(found)
        assert (fleet.oldest_late is not None) == bool(found)
        return found

    def jump(self, by: timedelta) -> datetime:
        """Set the clock, and answer what it showed."""
        at = self.clock.now()
        self.clock.set(at + by)
        return at


@pytest.fixture
def scene(storage: Storage) -> Scene:
    return Scene(storage)


@pytest.mark.parametrize("ahead", AHEAD)
def test_dates_of_a_day_to_come_are_seen_and_put_right_at_once(
    scene: Scene, ahead: timedelta
) -> None:
    assert do_all(scene.cases) == 1
    scene.jump(ahead)
    assert do_all(scene.cases) == 1
    assert scene.dates != {"02-03-26"}
    assert scene.late == []
    scene.jump(-ahead)
    assert scene.late == [scene.id]
    assert scene.cases.devices.show_fleet(scene.anna).counts.due == 1
    assert scene.cases.devices.show_fleet(scene.anna).next_due is None
    assert do_all(scene.cases) == 1
    assert scene.dates == {"02-03-26"}
    assert scene.late == []
    assert scene.schedule.due_at == scene.schedule.dates_from + DAY  # type: ignore[operator]
    assert do_all(scene.cases) == 0


def test_seconds_ahead_are_enough_when_midnight_is_near(scene: Scene) -> None:
    scene.clock.advance(9 * HOUR - 10 * SECOND)
    scene.jump(20 * SECOND)
    do_all(scene.cases)
    assert scene.dates == {"03-03-26"}
    scene.jump(-20 * SECOND)
    assert scene.late == [scene.id]
    assert do_all(scene.cases) == 1
    assert scene.dates == {"02-03-26"}
    scene.clock.advance(10 * SECOND)
    assert do_all(scene.cases) == 1
    assert scene.dates == {"03-03-26"}


@pytest.mark.parametrize("ahead", AHEAD)
def test_a_retry_that_a_clock_put_off_which_was_ahead_comes_at_once(
    scene: Scene, ahead: timedelta
) -> None:
    do_all(scene.cases)
    scene.device.fault = Fault.REFUSE_CONNECTIONS
    scene.jump(ahead)
    do_all(scene.cases)
    scene.jump(-ahead)
    scene.device.fault = None
    assert scene.late == [scene.id]
    assert do_all(scene.cases) == 1
    assert scene.schedule.last_status == "OK"


@pytest.mark.parametrize("ahead", AHEAD)
def test_a_job_that_got_lost_while_the_clock_was_ahead_is_handed_on_again(
    scene: Scene, ahead: timedelta
) -> None:
    scene.jump(ahead)
    [(number, _, lease, _)] = claimed(scene.cases)
    assert scene.cases.runs.claim_jobs is not None
    scene.cases.runs.claim_jobs(done=[number], places=0, ordinary_places=0)
    with scene.storage.transaction() as tx:
        tx.leases.release(lease)
    assert do_all(scene.cases) == 0
    scene.jump(-ahead)
    assert do_all(scene.cases) == 1
    assert scene.dates == {"02-03-26"}


@pytest.mark.parametrize("ahead", AHEAD)
def test_a_job_that_came_of_a_clock_that_was_ahead_disturbs_no_device(
    scene: Scene, ahead: timedelta
) -> None:
    do_all(scene.cases)
    before = scene.schedule.due_at
    asked = scene.device.counts["connections"]
    scene.jump(ahead)
    jobs = claimed(scene.cases)
    scene.jump(-ahead)
    do(scene.cases, *jobs)
    assert (len(jobs), scene.device.counts["connections"]) == (1, asked)
    assert scene.schedule.due_at == before
    assert do_all(scene.cases) == 0
    scene.clock.advance(9 * HOUR)
    assert do_all(scene.cases) == 1


def test_another_zone_set_by_a_clock_that_was_ahead_stops_nothing(scene: Scene) -> None:
    do_all(scene.cases)
    scene.jump(31 * DAY)
    do_all(scene.cases)
    scene.cases.devices.change(scene.anna, scene.id, DeviceChanges(time_zone="Asia/Tokyo"))
    scene.jump(-31 * DAY)
    assert do_all(scene.cases) == 1
    assert scene.dates == {"02-03-26"}


def test_a_start_by_the_right_clock_finds_what_a_wrong_one_settled(scene: Scene) -> None:
    do_all(scene.cases)
    scene.jump(31 * DAY)
    do_all(scene.cases)
    scene.jump(-31 * DAY)
    scene.cases.renewal.follow_service_zone()
    assert scene.schedule.due_at == scene.clock.now()
    assert scene.late == [scene.id]


def test_a_worker_whose_clock_is_behind_costs_no_more_than_that(scene: Scene) -> None:
    do_all(scene.cases)
    scene.clock.advance(9 * HOUR)  # midnight in Moscow
    jobs = claimed(scene.cases)
    scene.jump(-20 * SECOND)
    do(scene.cases, *jobs)
    assert scene.dates == {"02-03-26"}
    scene.clock.advance(20 * SECOND)
    assert do_all(scene.cases) == 1
    assert scene.dates == {"03-03-26"}
