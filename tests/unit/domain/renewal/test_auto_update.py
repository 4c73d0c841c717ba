"""When a device's dates are due."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.devices.device import DeviceId
from domain.errors import Cause
from domain.renewal.calendar import Calendar
from domain.renewal.schedule import LONGEST_PAUSE, AutoUpdate, pause_after
from tests.harness.products import DEVICE
from tests.unit.domain.renewal.test_calendar import AT, DELAY, TIMES, ZONE

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
MOSCOW = Calendar(ZoneInfo("Europe/Moscow"))
VLADIVOSTOK = Calendar(ZoneInfo("Asia/Vladivostok"))
"""Seven hours ahead of Moscow."""
NOON = datetime(2026, 11, 23, 9, tzinfo=UTC)
"""Noon in Moscow."""
MIDNIGHT = datetime(2026, 11, 23, 21, tzinfo=UTC)
"""The one after it."""
SIX_AND_SIX = (time(6), time(18))
MINUTES = st.lists(st.integers(0, 400), max_size=5)


def schedule(
    *, enabled: bool = True, hours: int = 12, daily_at: tuple[time, ...] = ()
) -> AutoUpdate:
    new = AutoUpdate.new(DEVICE, enabled=enabled, interval=hours * HOUR, now=NOON)
    return replace(new, daily_at=daily_at)


def succeeded(
    auto_update: AutoUpdate, at: datetime = NOON, calendar: Calendar = MOSCOW
) -> AutoUpdate:
    written = calendar.clock(at).date()
    return auto_update.succeeded(at=at, dated_at=at, written=written, calendar=calendar)


def failed(auto_update: AutoUpdate, at: datetime = NOON, calendar: Calendar = MOSCOW) -> AutoUpdate:
    return auto_update.failed(at=at, cause=Cause("ScalesTimedOut"), calendar=calendar)


def changed(
    auto_update: AutoUpdate,
    *,
    enabled: bool = True,
    hours: int = 12,
    daily_at: tuple[time, ...] | None = None,
    now: datetime = NOON,
) -> AutoUpdate:
    return auto_update.changed(
        enabled=enabled, interval=hours * HOUR, daily_at=daily_at, now=now, calendar=MOSCOW
    )


def test_is_never_due_while_it_is_off() -> None:
    assert schedule(enabled=False).due_at is None
    off = changed(schedule(), enabled=False)
    assert off.due_at is None
    assert succeeded(off).due_at is None
    assert failed(off).due_at is None
    assert off.due_at_once(NOON).due_at is None
    assert off.rescheduled(NOON, VLADIVOSTOK) == off
    assert changed(off, enabled=False, daily_at=SIX_AND_SIX).due_at is None


@pytest.mark.parametrize("daily_at", [(), SIX_AND_SIX])
def test_is_due_at_once_when_it_is_switched_on(daily_at: tuple[time, ...]) -> None:
    assert schedule().due_at == NOON
    later = NOON + timedelta(days=3)
    assert changed(schedule(enabled=False), daily_at=daily_at, now=later).due_at == later


def test_success_forgets_the_failures() -> None:
    ended = succeeded(failed(failed(schedule())))
    assert (ended.last_status, ended.last_error, ended.consecutive_failures) == ("OK", None, 0)


def test_is_due_after_the_interval() -> None:
    assert succeeded(schedule(hours=2)).due_at == NOON + 2 * HOUR


def test_is_due_at_local_midnight_before_that() -> None:
    assert succeeded(schedule(hours=24)).due_at == MIDNIGHT


def test_times_of_day_stand_in_place_of_the_interval() -> None:
    ended = succeeded(schedule(hours=1, daily_at=SIX_AND_SIX))
    assert ended.due_at == NOON + 6 * HOUR
    assert ended.due_at is not None
    ended = succeeded(ended, ended.due_at)
    assert ended.due_at == MIDNIGHT
    ended = succeeded(ended, MIDNIGHT)
    assert ended.due_at == MIDNIGHT + 6 * HOUR


def test_a_turn_that_came_while_it_ran_is_due() -> None:
    dated_at = MIDNIGHT - 5 * SECOND
    ended = schedule(hours=24).succeeded(
        at=MIDNIGHT + MINUTE, dated_at=dated_at, written=date(2026, 11, 23), calendar=MOSCOW
    )
    assert ended.due_at == MIDNIGHT
    six = NOON + 6 * HOUR
    ended = schedule(daily_at=SIX_AND_SIX).succeeded(
        at=six + MINUTE, dated_at=six - MINUTE, written=date(2026, 11, 23), calendar=MOSCOW
    )
    assert ended.due_at == six


def test_what_was_missed_is_made_up_for_once() -> None:
    back = NOON + timedelta(days=3)
    for daily_at, following in ((SIX_AND_SIX, 6 * HOUR), ((), 2 * HOUR)):
        ended = succeeded(succeeded(schedule(hours=2, daily_at=daily_at)), back)
        assert ended.due_at == back + following


def test_saving_the_same_settings_changes_nothing() -> None:
    running = succeeded(schedule(daily_at=SIX_AND_SIX))
    assert changed(running, now=NOON + 5 * HOUR) == running
    assert changed(running, daily_at=SIX_AND_SIX, now=NOON + 5 * HOUR) == running


def test_another_interval_counts_from_the_last_run() -> None:
    running = succeeded(schedule(hours=12))
    assert changed(running, hours=1, now=NOON + 5 * HOUR).due_at == NOON + HOUR
    assert changed(running, hours=7, now=NOON + 5 * HOUR).due_at == NOON + 7 * HOUR


def test_times_of_day_are_merged_and_put_in_order() -> None:
    times = (time(18), time(6), time(18))
    assert changed(succeeded(schedule()), daily_at=times).daily_at == SIX_AND_SIX


def test_times_of_day_can_be_set_and_taken_back() -> None:
    running = succeeded(schedule(hours=12))
    daily = changed(running, daily_at=(time(11), time(14)), now=NOON + HOUR)
    assert daily.due_at == NOON + 2 * HOUR
    assert changed(daily, now=NOON + HOUR).daily_at == daily.daily_at
    back = changed(daily, daily_at=(), now=NOON + HOUR)
    assert back == replace(running, looked_at=NOON + HOUR)


def test_a_change_takes_no_turn_away_that_has_come() -> None:
    running = succeeded(schedule(hours=1))
    for now in (NOON + HOUR, NOON + 3 * HOUR):
        assert changed(running, hours=12, daily_at=(time(11),), now=now).due_at == NOON + HOUR
        assert running.rescheduled(now, VLADIVOSTOK).due_at == NOON + HOUR


def test_another_interval_does_not_postpone_a_retry() -> None:
    again = failed(succeeded(schedule()))
    assert changed(again, hours=99).due_at == again.due_at
    assert changed(again, daily_at=SIX_AND_SIX).due_at == again.due_at


def test_pauses_grow_from_a_minute_to_five() -> None:
    for device_id in range(1, 500):
        for failures, minutes in enumerate([1, 2, 4, 5, 5, 5], start=1):
            pause = pause_after(failures, DeviceId(device_id))
            assert 0.75 * minutes * MINUTE < pause <= minutes * MINUTE
    assert pause_after(10**9, DEVICE) > 0.75 * LONGEST_PAUSE


def test_devices_that_failed_together_are_not_tried_again_together() -> None:
    pauses = sorted(pause_after(1, DeviceId(device_id)) for device_id in range(1, 101))
    assert max(later - sooner for sooner, later in pairwise(pauses)) < timedelta(seconds=0.5)
    assert pauses[-1] - pauses[0] > timedelta(seconds=14)


def test_failures_are_counted_and_the_pauses_grow() -> None:
    running, now = succeeded(schedule(hours=24)), NOON
    for failures in range(1, 6):
        running = failed(running, now)
        assert (running.last_status, running.last_error) == ("ERROR", Cause("ScalesTimedOut"))
        assert running.consecutive_failures == failures
        assert running.due_at == now + pause_after(failures, DEVICE)
        now = running.due_at


def test_a_retry_never_comes_after_the_next_turn() -> None:
    failing = replace(succeeded(schedule(hours=24)), consecutive_failures=20)
    assert failed(failing, MIDNIGHT - MINUTE).due_at == MIDNIGHT
    assert failed(failing, MIDNIGHT).due_at == MIDNIGHT + pause_after(21, DEVICE)
    daily = replace(failing, daily_at=SIX_AND_SIX)
    assert failed(daily, NOON + 6 * HOUR - MINUTE).due_at == NOON + 6 * HOUR
    often = replace(failing, interval=MINUTE)
    assert failed(often, NOON).due_at == NOON + MINUTE


def test_a_retry_comes_no_later_than_a_turn_within_the_window() -> None:
    late = Calendar(MOSCOW.zone, 20 * MINUTE)
    failing = replace(succeeded(schedule(hours=99)), consecutive_failures=20)
    assert failed(failing, MIDNIGHT + 17 * MINUTE, late).due_at == MIDNIGHT + 20 * MINUTE


def test_a_failed_midnight_is_tried_again_and_again_but_not_at_once() -> None:
    failing = failed(succeeded(schedule(hours=24)), MIDNIGHT)
    assert failing.due_at == MIDNIGHT + pause_after(1, DEVICE)
    assert failed(failing, MIDNIGHT + HOUR).due_at == MIDNIGHT + HOUR + pause_after(2, DEVICE)


def test_another_zone_makes_it_due_at_that_zones_midnight() -> None:
    running = succeeded(schedule(hours=24))
    tokyo = Calendar(ZoneInfo("Asia/Tokyo"))
    assert running.rescheduled(NOON, tokyo).due_at == datetime(2026, 11, 23, 15, tzinfo=UTC)
    new_york = Calendar(ZoneInfo("America/New_York"))
    assert running.rescheduled(NOON, new_york).due_at == NOON + 20 * HOUR


def test_another_zone_in_which_it_is_another_day_makes_it_due_at_once() -> None:
    evening = NOON + 6 * HOUR  # 18:00 in Moscow, 01:00 tomorrow in Vladivostok
    in_moscow = succeeded(schedule(hours=24), evening)
    moved = in_moscow.rescheduled(evening + MINUTE, VLADIVOSTOK)
    assert moved.due_at is not None
    assert moved.due_at < evening
    in_vladivostok = succeeded(schedule(hours=24), evening, VLADIVOSTOK)
    moved = in_vladivostok.rescheduled(evening + MINUTE, MOSCOW)
    assert moved.due_at == evening + MINUTE


def test_a_zone_that_changed_in_mid_run_counts() -> None:
    evening = NOON + 6 * HOUR
    ended = schedule(hours=24).succeeded(
        at=evening, dated_at=evening, written=date(2026, 11, 24), calendar=MOSCOW
    )
    assert ended.due_at == evening


def test_a_time_past_in_the_new_zone_is_not_made_up_for() -> None:
    running = succeeded(schedule(daily_at=(time(15),)), NOON - HOUR)
    moved = running.rescheduled(NOON, VLADIVOSTOK)  # where it is 19:00
    assert moved.due_at == datetime(2026, 11, 23, 14, tzinfo=UTC)  # its midnight


def test_a_time_that_was_had_today_does_not_come_again_in_the_new_zone() -> None:
    nine = datetime(2026, 11, 22, 23, tzinfo=UTC)  # in Vladivostok, on the 23rd
    ran = succeeded(schedule(daily_at=(time(9), time(18))), nine, VLADIVOSTOK)
    now = nine + 2 * HOUR  # 04:00 in Moscow
    moved = ran.rescheduled(now, MOSCOW)
    assert moved.due_at == datetime(2026, 11, 23, 15, tzinfo=UTC)  # 18:00 and not 09:00
    # Nor after it has run there for another reason, or with other times, or yet another zone.
    at_once = succeeded(moved, now, MOSCOW)
    assert at_once.due_at == moved.due_at
    others = at_once.changed(
        enabled=True, interval=HOUR, daily_at=(time(8), time(18)), now=now, calendar=MOSCOW
    )
    assert others.due_at == moved.due_at
    assert moved.rescheduled(now, MOSCOW) == moved


def test_a_failed_turn_is_tried_again_in_the_new_zone_too() -> None:
    failing = failed(succeeded(schedule(daily_at=SIX_AND_SIX)), NOON + 6 * HOUR)
    moved = failing.rescheduled(NOON + 6 * HOUR, VLADIVOSTOK)
    assert moved.due_at == failing.due_at


def test_what_waited_for_the_user_is_due_at_once() -> None:
    now = NOON + 10 * MINUTE
    assert succeeded(schedule()).due_at_once(now).due_at == now
    assert failed(schedule()).due_at_once(now).due_at == NOON + pause_after(1, DEVICE)


def test_a_device_comes_the_same_part_of_the_window_later_each_time() -> None:
    late = Calendar(MOSCOW.zone, 20 * MINUTE)
    running = succeeded(schedule(daily_at=SIX_AND_SIX), NOON, late)
    turns = []
    for _ in range(4):
        assert running.due_at is not None
        turns.append(running.due_at - 20 * MINUTE)
        running = succeeded(running, running.due_at, late)
    assert turns == [NOON + 6 * HOUR, MIDNIGHT, MIDNIGHT + 6 * HOUR, MIDNIGHT + 18 * HOUR]


def test_neither_a_retry_nor_what_is_due_at_once_comes_later() -> None:
    late = Calendar(MOSCOW.zone, 20 * MINUTE)
    assert failed(succeeded(schedule()), NOON, late).due_at == NOON + pause_after(1, DEVICE)
    assert succeeded(schedule(hours=2), NOON, late).due_at == NOON + 2 * HOUR


def test_a_run_in_the_window_takes_no_turn_of_the_same_window_away() -> None:
    late = Calendar(MOSCOW.zone, 20 * MINUTE)
    at_once = succeeded(schedule(daily_at=SIX_AND_SIX), NOON + 6 * HOUR + 5 * MINUTE, late)
    assert at_once.due_at == NOON + 6 * HOUR + 20 * MINUTE
    # A new day wants its date once.
    today = succeeded(schedule(hours=99), MIDNIGHT + 5 * MINUTE, late)
    assert today.due_at == MIDNIGHT + 24 * HOUR + 20 * MINUTE


def test_another_window_doubles_no_turn() -> None:
    late = Calendar(MOSCOW.zone, 20 * MINUTE)
    running = succeeded(schedule(daily_at=SIX_AND_SIX), NOON)
    moved = running.rescheduled(NOON + 6 * HOUR - MINUTE, late)
    assert moved.due_at == NOON + 6 * HOUR + 20 * MINUTE
    ran = succeeded(running, NOON + 6 * HOUR)
    assert ran.rescheduled(NOON + 6 * HOUR + MINUTE, late).due_at == MIDNIGHT + 20 * MINUTE


@given(at=AT, zone=ZONE, delay=DELAY, hours=st.integers(1, 1000), times=st.just(()) | TIMES)
def test_no_label_keeps_a_date_past_its_local_day(
    at: datetime, zone: ZoneInfo, delay: timedelta, hours: int, times: tuple[time, ...]
) -> None:
    calendar = Calendar(zone, delay)
    ended = succeeded(schedule(hours=hours, daily_at=times), at, calendar)
    assert ended.due_at is not None
    assert at < ended.due_at
    just_before = ended.due_at - delay - timedelta(microseconds=1)
    assert calendar.clock(just_before).date() <= calendar.clock(at).date()


@given(
    at=AT, zone=ZONE, delay=DELAY, times=TIMES, minutes=st.lists(st.integers(0, 400), max_size=5)
)
def test_asking_again_what_is_due_changes_nothing(
    at: datetime, zone: ZoneInfo, delay: timedelta, times: tuple[time, ...], minutes: list[int]
) -> None:
    """So a restart neither skips nor doubles a turn."""
    calendar, now = Calendar(zone, delay), at
    ended = succeeded(schedule(daily_at=times), at, calendar)
    for each in minutes:
        now += each * MINUTE
        assert ended.rescheduled(now, calendar) == ended


@given(
    at=AT,
    zones=st.lists(st.tuples(ZONE, st.integers(1, 30 * 60)), min_size=2, max_size=6),
    delay=DELAY,
    times=TIMES,
)
def test_however_it_is_moved_each_time_of_each_day_comes_at_most_once(
    at: datetime, zones: list[tuple[ZoneInfo, int]], delay: timedelta, times: tuple[time, ...]
) -> None:
    """But for midnight, which comes again where a move west has brought the day before back. What
    is due once it has run is always yet to come."""
    calendar, now = Calendar(zones[0][0], delay), at
    running = succeeded(schedule(daily_at=times), at, calendar)
    came: list[datetime] = []
    for zone, minutes in zones:
        calendar = Calendar(zone, delay)
        running = running.rescheduled(now, calendar)
        until = now + minutes * MINUTE
        while running.due_at is not None and running.due_at <= until:
            now = max(now, running.due_at)
            shown = calendar.clock(now - delay)
            new_day = calendar.clock(now - delay - SECOND).date() != shown.date()
            if shown.time() in times and running.due_at == now and not new_day:
                came.append(shown)
            running = succeeded(running, now, calendar)
            assert running.due_at is not None
            assert running.due_at > now
        now = until
    assert len(came) == len(set(came))


@pytest.mark.parametrize("before", [0, 3, 6])
def test_a_run_that_a_user_asked_for_and_that_fails_postpones_no_turn(before: int) -> None:
    waiting = replace(succeeded(schedule()), consecutive_failures=before)
    assert waiting.due_at is not None
    soon = waiting.due_at - 10 * SECOND
    assert failed(waiting, soon).due_at == waiting.due_at
    again = failed(waiting, waiting.due_at)
    assert again.due_at is not None
    assert failed(again, again.due_at - SECOND).due_at == again.due_at


def test_intervals_that_end_at_the_same_minute_are_spread_and_stay_so() -> None:
    window = 30 * MINUTE
    turns: list[datetime] = []
    for place in range(6):
        calendar = Calendar(MOSCOW.zone, delay=place * 5 * MINUTE, window=window)
        waiting, at = schedule(hours=3), NOON
        for number in range(1, 4):
            waiting = succeeded(waiting, at, calendar)
            assert waiting.due_at is not None
            apart = waiting.due_at - at
            assert 3 * HOUR - window < apart <= 3 * HOUR
            if number > 1:
                assert apart >= 3 * HOUR - MINUTE, "from then on at the same place"
            turns.append(waiting.due_at)
            at = waiting.due_at + 20 * SECOND
    assert len(set(turns)) == len(turns)
    first = sorted(turns)[:6]
    assert all(later - earlier == 5 * MINUTE for earlier, later in pairwise(first))


def test_an_interval_too_short_for_the_window_is_kept() -> None:
    calendar = Calendar(MOSCOW.zone, delay=7 * MINUTE, window=2 * HOUR)
    assert succeeded(schedule(hours=3), NOON, calendar).due_at == NOON + 3 * HOUR
