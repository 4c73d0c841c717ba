"""Local days and times of day as instants."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.renewal.calendar import Calendar, instant_of, next_midnight

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]  # year, month, …


# Berlin changes at two o'clock, Sao Paulo and Beirut skipped midnight, Havana has it twice, Sao
# Paulo had the last hour of a day twice, St. John's put clocks back a minute after midnight, Lord
# Howe moves by half an hour, Apia left out a whole day, Kathmandu is off by a quarter of an hour.
ZONES = [
    "Europe/Berlin",
    "Europe/Moscow",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Havana",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Kamchatka",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "UTC",
]


@pytest.mark.parametrize(
    ("zone", "day", "at", "instant"),
    [
        ("Europe/Berlin", date(2026, 3, 29), time(1, 59), utc(2026, 3, 29, 0, 59)),
        ("Europe/Berlin", date(2026, 3, 29), time(2, 0), utc(2026, 3, 29, 1)),
        ("Europe/Berlin", date(2026, 3, 29), time(2, 30), utc(2026, 3, 29, 1)),
        ("Europe/Berlin", date(2026, 3, 29), time(3, 0), utc(2026, 3, 29, 1)),
        ("Europe/Berlin", date(2026, 10, 25), time(2, 30), utc(2026, 10, 25, 0, 30)),
        ("America/Sao_Paulo", date(2018, 11, 4), time(0, 10), utc(2018, 11, 4, 3)),
        ("America/Sao_Paulo", date(2018, 2, 17), time(23, 30), utc(2018, 2, 18, 1, 30)),
        ("Asia/Kathmandu", date(2026, 3, 29), time(6, 0), utc(2026, 3, 29, 0, 15)),
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 10), utc(2026, 10, 3, 15, 30)),
        ("Pacific/Apia", date(2011, 12, 29), time(23, 59), utc(2011, 12, 30, 9, 59)),
        ("Pacific/Apia", date(2011, 12, 30), time(18, 0), utc(2011, 12, 30, 10)),
        ("Pacific/Apia", date(2011, 12, 31), time(0, 0), utc(2011, 12, 30, 10)),
    ],
)
def test_a_skipped_time_is_the_end_of_the_gap_and_a_doubled_one_the_first(
    zone: str, day: date, at: time, instant: datetime
) -> None:
    assert instant_of(day, at, ZoneInfo(zone)) == instant


@pytest.mark.parametrize(
    ("zone", "after", "midnight"),
    [
        ("Europe/Berlin", utc(2026, 3, 28, 12), utc(2026, 3, 28, 23)),
        ("Europe/Berlin", utc(2026, 3, 28, 23), utc(2026, 3, 29, 22)),
        ("Asia/Beirut", utc(2026, 3, 28, 12), utc(2026, 3, 28, 22)),
        ("America/Sao_Paulo", utc(2018, 11, 3, 12), utc(2018, 11, 4, 3)),
        ("America/Havana", utc(2026, 10, 31, 12), utc(2026, 11, 1, 4)),
        ("America/Havana", utc(2026, 11, 1, 4), utc(2026, 11, 2, 5)),
        ("Pacific/Apia", utc(2011, 12, 30, 9), utc(2011, 12, 30, 10)),
        # Clocks showed 00:00 a first time at 2:30, and after being put back again at 3:30.
        ("America/St_Johns", utc(2010, 11, 7, 2, 29), utc(2010, 11, 7, 2, 30)),
        ("America/St_Johns", utc(2010, 11, 7, 2, 40), utc(2010, 11, 7, 3, 30)),
    ],
)
def test_midnight_follows_daylight_saving(zone: str, after: datetime, midnight: datetime) -> None:
    assert next_midnight(after, ZoneInfo(zone)) == midnight


INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)).map(  # noqa: DTZ001  # made aware
    lambda at: at.replace(tzinfo=UTC)
)
# Where something happens: a few days around every change of any of these clocks.
CHANGES = [
    at
    for name in ZONES
    for at in (utc(2005, 1, 1) + number * DAY for number in range(16 * 366))
    if at.astimezone(ZoneInfo(name)).utcoffset()
    != (at + DAY).astimezone(ZoneInfo(name)).utcoffset()
]
NEAR_CHANGES = st.builds(
    lambda at, minutes: at + timedelta(minutes=minutes),
    st.sampled_from(CHANGES),
    st.integers(-3000, 3000),
)
AT = INSTANTS | NEAR_CHANGES
ZONE = st.sampled_from(ZONES).map(ZoneInfo)
TIMES = st.sets(
    st.builds(time, st.integers(0, 23), st.sampled_from([0, 1, 15, 30, 59])), min_size=1, max_size=5
).map(lambda times: tuple(sorted(times)))
DELAY = st.sampled_from([0, 1, 600, 5400, 21600]).map(lambda seconds: timedelta(seconds=seconds))


@given(at=AT, zone=ZONE)
def test_the_next_midnight_is_the_first_instant_of_another_day(
    at: datetime, zone: ZoneInfo
) -> None:
    midnight = next_midnight(at, zone)
    assert at < midnight
    before, after = (each.astimezone(zone) for each in (midnight - SECOND, midnight))
    assert before.date() <= at.astimezone(zone).date() < after.date()


@given(day=st.dates(date(2000, 1, 1), date(2040, 1, 1)), at=TIMES, zone=ZONE)
def test_a_time_is_reached_when_clocks_first_show_it_or_more(
    day: date, at: tuple[time, ...], zone: ZoneInfo
) -> None:
    for each in at:
        instant = instant_of(day, each, zone)
        wanted = datetime.combine(day, each)
        shown, before = (
            moment.astimezone(zone).replace(tzinfo=None) for moment in (instant, instant - SECOND)
        )
        assert before < wanted <= shown
        assert shown == wanted or shown - before > SECOND  # shown later only after a gap


@given(at=AT, zone=ZONE, times=TIMES, delay=DELAY)
def test_turns_follow_each_other_none_left_out_and_none_twice(
    at: datetime, zone: ZoneInfo, times: tuple[time, ...], delay: timedelta
) -> None:
    """Against every time of every day, one by one."""
    calendar = Calendar(zone, delay)
    end = at + 4 * DAY
    first = at.astimezone(zone).date() - 2 * DAY
    every = {
        instant_of(first + days * DAY, each, zone) + delay for days in range(9) for each in times
    }
    expected = sorted(turn for turn in every if at < turn <= end)
    turns, now = [], at
    while (now := calendar.next_time(times, now)) <= end:
        turns.append(now)
    assert turns == expected


@given(at=AT, zone=ZONE, delay=DELAY)
def test_each_day_begins_with_one_turn(at: datetime, zone: ZoneInfo, delay: timedelta) -> None:
    calendar = Calendar(zone, delay)
    turns = [at]
    for _ in range(4):
        turns.append(calendar.next_day(turns[-1]))
    for one, other in pairwise(turns[1:]):
        shown = [(turn - delay).astimezone(zone).date() for turn in (one, other)]
        # But for the day that began twice.
        assert shown[0] < shown[1] or (other - one) <= timedelta(hours=1)


def test_what_the_clock_has_shown_in_another_zone_is_not_repeated() -> None:
    berlin, six = Calendar(BERLIN), (time(6), time(9))
    assert berlin.next_time(six, utc(2026, 11, 23, 3)) == utc(2026, 11, 23, 5)
    had = datetime(2026, 11, 23, 6, 0, 7)  # noqa: DTZ001  # on the wall
    assert berlin.next_time(six, utc(2026, 11, 23, 3), had) == utc(2026, 11, 23, 8)
    had = datetime(2026, 11, 24, 7)  # noqa: DTZ001
    assert berlin.next_time(six, utc(2026, 11, 23, 21), had) == utc(2026, 11, 24, 8)


def test_what_no_zone_can_have_shown_counts_for_nothing() -> None:
    had = datetime(2099, 1, 1)  # noqa: DTZ001
    assert Calendar(BERLIN).next_time((time(6),), utc(2026, 11, 23, 3), had) == utc(2026, 11, 23, 5)


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        (date(2026, 11, 23), utc(2026, 11, 23, 23, 10)),
        (date(2026, 11, 22), utc(2026, 11, 22, 23, 10)),
        (date(2026, 11, 20), utc(2026, 11, 20, 23, 10)),
        (date(2026, 11, 24), utc(2026, 11, 23, 12)),
    ],
)
def test_labels_want_another_date_when_theirs_is_not_todays(
    written: date, wanted: datetime
) -> None:
    calendar = Calendar(BERLIN, timedelta(minutes=10))
    assert calendar.end_of_day(written, utc(2026, 11, 23, 12)) == wanted
