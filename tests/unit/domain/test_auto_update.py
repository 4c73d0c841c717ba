"""When a device's dates are due."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.auto_update import AutoUpdate, next_midnight
from tests.unit.domain.products import DEVICE

MOSCOW = ZoneInfo("Europe/Moscow")
NOON = datetime(2026, 11, 23, 9, tzinfo=UTC)
"""Noon in Moscow."""


def schedule(*, enabled: bool = True, hours: int = 12) -> AutoUpdate:
    return AutoUpdate.new(DEVICE, enabled=enabled, interval=timedelta(hours=hours), now=NOON)


def succeeded(auto_update: AutoUpdate, at: datetime = NOON) -> AutoUpdate:
    return auto_update.succeeded(at=at, written=at.astimezone(MOSCOW).date(), zone=MOSCOW)


def test_is_never_due_while_it_is_off() -> None:
    assert schedule(enabled=False).due_at is None
    off = schedule().changed(enabled=False, interval=timedelta(hours=1), now=NOON, zone=MOSCOW)
    assert off.due_at is None
    assert succeeded(off).due_at is None
    assert off.failed(at=NOON, error="-").due_at is None


def test_is_due_at_once_when_it_is_switched_on() -> None:
    assert schedule().due_at == NOON
    later = NOON + timedelta(days=3)
    on = schedule(enabled=False).changed(
        enabled=True, interval=timedelta(hours=1), now=later, zone=MOSCOW
    )
    assert on.due_at == later


def test_a_failed_run_is_due_again_after_five_minutes() -> None:
    failed = schedule().failed(at=NOON, error="no answer")
    assert failed.due_at == NOON + timedelta(minutes=5)
    assert (failed.last_status, failed.last_error) == ("ERROR", "no answer")


def test_success_forgets_the_error() -> None:
    ended = succeeded(schedule().failed(at=NOON, error="no answer"))
    assert (ended.last_status, ended.last_error) == ("OK", None)


def test_is_due_after_the_interval() -> None:
    assert succeeded(schedule(hours=2)).due_at == NOON + timedelta(hours=2)


def test_is_due_at_local_midnight_before_that() -> None:
    assert succeeded(schedule(hours=24)).due_at == datetime(2026, 11, 23, 21, tzinfo=UTC)


def test_a_run_that_crossed_midnight_is_due_at_once() -> None:
    at = datetime(2026, 11, 23, 21, 0, 5, tzinfo=UTC)
    ended = schedule(hours=24).succeeded(at=at, written=date(2026, 11, 23), zone=MOSCOW)
    assert ended.due_at is not None
    assert ended.due_at <= at


def test_saving_the_same_settings_changes_nothing() -> None:
    running = succeeded(schedule())
    same = running.changed(
        enabled=True, interval=running.interval, now=NOON + timedelta(hours=5), zone=MOSCOW
    )
    assert same == running


def test_another_interval_counts_from_the_last_run() -> None:
    running = succeeded(schedule(hours=12))
    changed = running.changed(
        enabled=True, interval=timedelta(hours=1), now=NOON + timedelta(hours=5), zone=MOSCOW
    )
    assert changed.due_at == NOON + timedelta(hours=1)


def test_another_interval_does_not_postpone_a_retry() -> None:
    failed = succeeded(schedule()).failed(at=NOON, error="-")
    changed = failed.changed(enabled=True, interval=timedelta(days=9), now=NOON, zone=MOSCOW)
    assert changed.due_at == failed.due_at


def test_another_zone_makes_it_due_at_that_zones_midnight() -> None:
    running = succeeded(schedule(hours=24))
    tokyo = ZoneInfo("Asia/Tokyo")
    assert running.in_zone(tokyo).due_at == datetime(2026, 11, 23, 15, tzinfo=UTC)
    assert running.in_zone(ZoneInfo("America/New_York")).due_at == running.due_at


@pytest.mark.parametrize(
    ("zone", "day", "midnight"),
    [
        ("Europe/Berlin", date(2026, 3, 28), datetime(2026, 3, 28, 23, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 3, 29), datetime(2026, 3, 29, 22, tzinfo=UTC)),
        ("Asia/Beirut", date(2026, 3, 28), datetime(2026, 3, 28, 22, tzinfo=UTC)),
        ("America/Havana", date(2026, 10, 31), datetime(2026, 11, 1, 4, tzinfo=UTC)),
    ],
)
def test_midnight_follows_daylight_saving(zone: str, day: date, midnight: datetime) -> None:
    """Berlin changes at two o'clock, Beirut skips midnight, Havana has it twice."""
    assert next_midnight(day, ZoneInfo(zone)) == midnight


ZONES = st.sampled_from(
    ["Europe/Moscow", "Asia/Kamchatka", "Asia/Beirut", "America/Havana", "Australia/Lord_Howe"]
).map(ZoneInfo)


@given(
    at=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)).map(  # noqa: DTZ001  # made aware
        lambda at: at.replace(tzinfo=UTC)
    ),
    zone=ZONES,
    hours=st.integers(1, 1000),
)
def test_no_label_keeps_a_date_past_its_local_day(at: datetime, zone: ZoneInfo, hours: int) -> None:
    today = at.astimezone(zone).date()
    ended = schedule(hours=hours).succeeded(at=at, written=today, zone=zone)
    assert ended.due_at is not None
    assert at < ended.due_at
    assert (ended.due_at - timedelta(microseconds=1)).astimezone(zone).date() <= today
    assert ended.due_at == at + timedelta(hours=hours) or (
        ended.due_at.astimezone(zone).date() > today
    )
