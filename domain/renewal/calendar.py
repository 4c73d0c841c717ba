"""Local days and times of day as instants, daylight saving included."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Final
from zoneinfo import ZoneInfo

DAY: Final = timedelta(days=1)
SECOND: Final = timedelta(seconds=1)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
WIDEST: Final = timedelta(hours=26)
"""The most by which the clocks of two zones differ."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of a device, and its turns: at the start of each day, and at times of day.

    `delay` is how much later than its time each turn of this device comes. Devices with the same
    time are spread over a `window` in this way.
    """

    zone: ZoneInfo
    delay: timedelta = timedelta()
    window: timedelta = timedelta()

    def clock(self, at: datetime) -> datetime:
        """Returns what a clock on the wall shows at an instant, without a zone."""
        return at.astimezone(self.zone).replace(tzinfo=None)

    def begins(self, day: date) -> datetime:
        """Returns the instant at which a day begins."""
        return instant_of(day, time.min, self.zone)

    def next_day(self, after: datetime) -> datetime:
        """Returns the first turn of a new day after an instant."""
        return next_midnight(after - self.delay, self.zone) + self.delay

    def end_of_day(self, written: date, now: datetime) -> datetime:
        """Returns when labels with the date `written` need another date.

        It is in the past if they should have it already, and `now` if their date is in the future.
        """
        today = self.clock(now).date()
        if written > today:
            return now
        if written == today:
            return next_midnight(now, self.zone) + self.delay
        return instant_of(written + DAY, time.min, self.zone) + self.delay

    def spread_out(self, turn: datetime, interval: timedelta) -> datetime:
        """Returns this device's place in the window that ends with a turn.

        That is at most a window earlier, and always at the same place. An interval shorter than two
        windows stays as it is.
        """
        if not self.window or interval < 2 * self.window:
            return turn
        return turn - (turn - EPOCH - self.delay) % self.window

    def next_time(
        self, times: Sequence[time], after: datetime, had: datetime | None = None
    ) -> datetime:
        """Returns the first turn after an instant at one of these times of day, which are in order.

        `had` is a day and time on the clock of the device, perhaps in another zone than now. Times
        before it have had their turn, and get no second one.
        """
        began = after - self.delay
        now = self.clock(began)
        had = had if had and is_ahead(had, now) else now
        days = (had.date() + number * DAY for number in count())
        turns = (
            instant_of(day, at, self.zone)
            for day in days
            for at in times
            if datetime.combine(day, at) > had
        )
        return next(turn for turn in turns if turn > began) + self.delay


def is_ahead(mark: datetime, now: datetime) -> bool:
    """Whether the clock was put back since the mark. A difference that no change of zone explains
    comes from a machine whose clock was wrong."""
    return now < mark <= now + WIDEST


def instant_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Returns the instant in UTC at which a local time is reached on a day.

    If clocks show the time twice, it is the first one; if they skip it, the end of the gap.
    """
    local = datetime.combine(day, at, zone)
    first = local.astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return first
    return _gap_end(local.replace(fold=1).astimezone(UTC), first, zone)


def next_midnight(after: datetime, zone: ZoneInfo) -> datetime:
    """Returns the first instant after this one at which a local day begins, in UTC."""
    tomorrow = after.astimezone(zone).date() + DAY
    begins = instant_of(tomorrow, time.min, zone)
    if begins > after:
        return begins
    # Clocks were put back to before midnight just after it: the day begins a second time.
    return datetime.combine(tomorrow, time.min, zone).replace(fold=1).astimezone(UTC)


def _gap_end(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Returns the instant between these two, in whole seconds, from which clocks show what they
    show after the gap."""
    new = after.astimezone(zone).utcoffset()
    while after - before > SECOND:
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == new:
            after = middle
        else:
            before = middle
    return after
