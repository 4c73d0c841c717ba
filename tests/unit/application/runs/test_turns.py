"""When devices have their turns, whatever is changed meanwhile."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from adapters.mertech.emulator import Fault
from application.devices.registration import DeviceChanges
from application.renewal.schedules import FollowServiceZone
from domain.devices.device import Address, DeviceId
from domain.renewal.schedule import AutoUpdate
from domain.renewal.time_zones import TimeZones
from tests.harness.installation import HERE, MOSCOW, InMemory
from tests.harness.products import bun, muffin
from tests.harness.work import do_all

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SIX = datetime(2026, 3, 2, 15, tzinfo=UTC)
"""18:00 in Moscow."""
MIDNIGHT = datetime(2026, 3, 2, 21, tzinfo=UTC)


@pytest.fixture
def shop() -> InMemory:
    shop = InMemory()
    daily(shop, time(18))
    return shop


def daily(shop: InMemory, *at: time) -> None:
    shop.cases.renewal.change_schedule(shop.anna, shop.id, enabled=True, interval=HOUR, daily_at=at)


def run_due(shop: InMemory) -> int:
    return do_all(shop.cases)


def move(shop: InMemory, time_zone: str) -> None:
    shop.cases.devices.change(shop.anna, shop.id, DeviceChanges(time_zone=time_zone))


def sleep_until(shop: InMemory, at: datetime) -> None:
    shop.clock.advance(at - shop.clock.now())


def restart(shop: InMemory, zone: ZoneInfo = MOSCOW, spread: timedelta = timedelta()) -> None:
    """As the scheduler begins, with these settings."""
    FollowServiceZone(shop.storage, shop.clock, TimeZones(zone, spread))()


def test_a_device_runs_at_once_and_at_its_times_and_at_midnight(shop: InMemory) -> None:
    assert run_due(shop) == 1
    for turn in (SIX, MIDNIGHT, SIX + 24 * HOUR):
        assert shop.schedule.due_at == turn
        sleep_until(shop, turn - timedelta(seconds=1))
        assert run_due(shop) == 0
        sleep_until(shop, turn)
        assert run_due(shop) == 1
    assert {each["manufactureDate"] for each in shop.held} == {"03-03-26"}


def test_what_fell_due_while_nothing_ran_runs_once(shop: InMemory) -> None:
    run_due(shop)
    sleep_until(shop, SIX + 72 * HOUR + 5 * MINUTE)
    restart(shop)
    assert run_due(shop) == 1
    assert {each["manufactureDate"] for each in shop.held} == {"05-03-26"}
    assert shop.schedule.due_at == MIDNIGHT + 72 * HOUR
    assert run_due(shop) == 0


def test_labels_are_dated_in_the_devices_own_zone(shop: InMemory) -> None:
    move(shop, "Pacific/Apia")  # where it is tomorrow already
    run_due(shop)
    assert {each["manufactureDate"] for each in shop.held} == {"03-03-26"}


def test_another_zone_has_its_own_turns(shop: InMemory) -> None:
    run_due(shop)
    move(shop, "Europe/Berlin")
    assert shop.schedule.due_at == SIX + 2 * HOUR
    move(shop, "")
    assert shop.schedule.due_at == SIX


def test_a_turn_that_was_had_is_not_had_again_in_another_zone(shop: InMemory) -> None:
    run_due(shop)
    sleep_until(shop, SIX)
    run_due(shop)
    move(shop, "Europe/Berlin")  # where it is 16:00
    assert shop.schedule.due_at == MIDNIGHT + 2 * HOUR


def test_another_date_in_another_zone_is_written_at_once(shop: InMemory) -> None:
    run_due(shop)
    move(shop, "Pacific/Apia")
    assert run_due(shop) == 1
    assert {each["manufactureDate"] for each in shop.held} == {"03-03-26"}
    move(shop, "")
    assert run_due(shop) == 1
    assert {each["manufactureDate"] for each in shop.held} == {"02-03-26"}


def test_a_zone_set_in_mid_run_counts_from_then_on(shop: InMemory) -> None:
    shop.when("taken", lambda: move(shop, "Pacific/Apia"))
    assert run_due(shop) == 1
    assert {each["manufactureDate"] for each in shop.held} == {"02-03-26"}
    assert run_due(shop) == 1
    assert {each["manufactureDate"] for each in shop.held} == {"03-03-26"}


def test_other_changes_of_a_device_leave_its_turns_alone(shop: InMemory) -> None:
    run_due(shop)
    before = shop.schedule
    changes = DeviceChanges(name="Fish", password="4321", time_zone="Europe/Moscow")  # noqa: S106
    shop.cases.devices.change(shop.anna, shop.id, changes)
    assert shop.schedule == before


def test_changes_never_postpone_another_device(shop: InMemory) -> None:
    shop.scales.plug_in(Address("10.0.0.9", 1111), {"products": [muffin(), bun()]})
    other = shop.add_device(shop.anna, "Fish", Address("10.0.0.9", 1111))
    shop.cases.renewal.change_schedule(shop.anna, other, enabled=True, interval=2 * HOUR)
    run_due(shop)
    before = shop.cases.renewal.show_schedule(shop.anna, other)
    shop.clock.advance(HOUR)
    daily(shop, time(20))
    move(shop, "Pacific/Apia")
    shop.cases.devices.remove(shop.anna, shop.id)
    restart(shop)
    assert shop.cases.renewal.show_schedule(shop.anna, other) == before


def test_a_right_password_is_tried_at_once(shop: InMemory) -> None:
    shop.device.password = "9999"  # noqa: S105  # the device's
    run_due(shop)
    assert shop.schedule.due_at is None
    shop.clock.advance(timedelta(seconds=1))
    shop.cases.devices.change(shop.anna, shop.id, DeviceChanges(password="9999"))  # noqa: S106
    assert shop.schedule.due_at == shop.clock.now()
    assert run_due(shop) == 1
    assert (shop.schedule.last_status, shop.schedule.consecutive_failures) == ("OK", 0)


def test_a_right_password_wakes_no_device_that_is_off(shop: InMemory) -> None:
    shop.device.password = "9999"  # noqa: S105  # the device's
    run_due(shop)
    shop.cases.renewal.change_schedule(shop.anna, shop.id, enabled=False, interval=HOUR)
    shop.cases.devices.change(shop.anna, shop.id, DeviceChanges(password="9999"))  # noqa: S106
    assert run_due(shop) == 0


def test_failures_are_tried_again_after_ever_longer_pauses(shop: InMemory) -> None:
    shop.device.fault = Fault.REFUSE_CONNECTIONS
    for failures in range(1, 6):
        assert run_due(shop) == 1
        assert shop.schedule.consecutive_failures == failures
        assert shop.schedule.due_at is not None
        pause = shop.schedule.due_at - shop.clock.now()
        longest = min(2 ** (failures - 1), 5) * MINUTE
        assert 0.75 * longest < pause <= longest
        sleep_until(shop, shop.schedule.due_at)


def test_a_restart_changes_nothing_where_no_setting_changed(shop: InMemory) -> None:
    run_due(shop)
    before = shop.schedule
    for _ in range(5):
        shop.clock.advance(HOUR)
        restart(shop)
        assert shop.schedule == before


def test_a_restart_in_another_zone_moves_who_follows_it(shop: InMemory) -> None:
    own = shop.add_device(shop.anna, "Fish", HERE)
    shop.cases.devices.change(shop.anna, own, DeviceChanges(time_zone="Europe/Moscow"))
    shop.cases.renewal.change_schedule(
        shop.anna, own, enabled=True, interval=HOUR, daily_at=[time(18)]
    )
    run_due(shop)
    before = shop.cases.renewal.show_schedule(shop.anna, own)
    restart(shop, ZoneInfo("Europe/Berlin"))
    assert shop.schedule.due_at == SIX + 2 * HOUR
    assert shop.cases.renewal.show_schedule(shop.anna, own) == before
    restart(shop)
    assert shop.schedule.due_at == SIX


def test_a_restart_finds_a_schedule_as_it_is_by_then(shop: InMemory) -> None:
    run_due(shop)
    storage, change = shop.storage.transaction, shop.cases.renewal.change_schedule

    class Meanwhile:
        """Somebody switches it off between the look and the change."""

        snapshot = shop.storage.snapshot

        def transaction(self) -> object:
            change(shop.anna, shop.id, enabled=False, interval=HOUR)
            return storage()

    zones = TimeZones(ZoneInfo("Europe/Berlin"))
    FollowServiceZone(Meanwhile(), shop.clock, zones)()  # type: ignore[arg-type]  # as far as it needs
    assert (shop.schedule.enabled, shop.schedule.due_at) == (False, None)


def test_devices_with_one_hour_are_spread_over_the_window(shop: InMemory) -> None:
    run_due(shop)
    [schedule] = [schedule for schedule, _ in enabled(shop)]
    zones = TimeZones(MOSCOW, 10 * MINUTE)
    turns = sorted(
        ran.due_at - SIX
        for number in range(1, 101)
        for ran in [
            replace(schedule, device_id=DeviceId(number)).rescheduled(
                shop.clock.now(), zones.calendar_of(DeviceId(number), None)
            )
        ]
        if ran.due_at is not None
    )
    assert len(turns) == 100
    assert timedelta() <= turns[0] <= turns[-1] < 10 * MINUTE
    for part in range(10):
        within = [turn for turn in turns if part * MINUTE <= turn < (part + 1) * MINUTE]
        assert 8 <= len(within) <= 12


def test_another_window_after_a_restart_counts_from_the_next_turn(shop: InMemory) -> None:
    run_due(shop)
    restart(shop, spread=HOUR)
    moved = shop.schedule.due_at
    assert moved is not None
    assert SIX < moved < SIX + HOUR
    restart(shop)
    assert shop.schedule.due_at == SIX


def enabled(shop: InMemory) -> list[tuple[AutoUpdate, str | None]]:
    with shop.storage.snapshot() as tx:
        return list(tx.schedules.enabled())
