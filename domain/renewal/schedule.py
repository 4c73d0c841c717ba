"""When the dates on a device's labels are renewed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final, Literal, Self

from domain.devices.device import DeviceId
from domain.errors import Cause
from domain.renewal.calendar import Calendar, is_ahead
from domain.renewal.policy import Dates

FIRST_PAUSE: Final = timedelta(minutes=1)
"""The pause after a failure. It doubles with each further failure in a row."""
LONGEST_PAUSE: Final = timedelta(minutes=5)
CLOCKS_DIFFER: Final = timedelta(seconds=5)
"""How much the clocks of processes that share the work may differ unnoticed."""
LastStatus = Literal["OK", "ERROR"]


@dataclass(frozen=True, slots=True)
class ScheduleDefaults:
    """The schedule a device starts with."""

    enabled: bool = False
    interval: timedelta = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoUpdate:
    """The schedule of one device, how its last run ended, and when it is next due.

    `daily_at` are times of day, in order; they replace the `interval`. `dates` says which products
    are renewed: all, or those that have a date already.

    `dates_written` is the local date on the labels since the last run that succeeded, and
    `dates_from` the instant at which that day begins there. `clock_read` is what the device's clock
    showed at the last turn, in its zone at that time: earlier times of day have had their turn.

    `due_at` is None while the schedule is off. `looked_at` is when `due_at` was decided, or when
    the turn was last handed on. If a clock shows an earlier instant, the former clock was ahead,
    and what it decided is void.
    """

    device_id: DeviceId
    enabled: bool
    interval: timedelta
    due_at: datetime | None
    daily_at: tuple[time, ...] = ()
    dates: Dates = "all"
    dates_written: date | None = None
    clock_read: datetime | None = None
    last_run_at: datetime | None = None
    last_status: LastStatus | None = None
    last_error: Cause | None = None
    consecutive_failures: int = 0
    looked_at: datetime | None = None
    dates_from: datetime | None = None

    @classmethod
    def new(cls, device_id: DeviceId, *, enabled: bool, interval: timedelta, now: datetime) -> Self:
        """Returns the schedule of a new device: due at once if it is on."""
        return cls(
            device_id=device_id,
            enabled=enabled,
            interval=interval,
            due_at=now if enabled else None,
            looked_at=now if enabled else None,
        )

    def clock_was_ahead(self, now: datetime) -> bool:
        """Whether the labels have a date in the future, or a clock that was ahead decided the next
        turn.

        The device is due then, whatever `due_at` says.
        """
        if self.due_at is None:
            return False
        latest = now + CLOCKS_DIFFER
        return any(at is not None and at > latest for at in (self.looked_at, self.dates_from))

    def changed(
        self,
        *,
        enabled: bool,
        interval: timedelta,
        daily_at: Iterable[time] | None = None,
        dates: Dates | None = None,
        now: datetime,
        calendar: Calendar,
    ) -> Self:
        """Returns the schedule with other settings: due at once if switched on, else as the
        settings say.

        A turn that has come already is kept. None leaves the times of day, or the choice of
        products, as they are.
        """
        times = self.daily_at if daily_at is None else tuple(sorted(set(daily_at)))
        changed = replace(
            self, enabled=enabled, interval=interval, daily_at=times, dates=dates or self.dates
        )
        if not enabled:
            return replace(changed, due_at=None, looked_at=None)
        if not self.enabled:
            return replace(changed, due_at=now, looked_at=now)
        return self if changed == self else changed.rescheduled(now, calendar)

    def rescheduled(self, now: datetime, calendar: Calendar) -> Self:
        """Returns the schedule with another calendar, as if that had always been the calendar.

        A turn that has come already is kept, and a retry does not become later.
        """
        if self.due_at is None:
            return self
        begins = None if self.dates_written is None else calendar.begins(self.dates_written)
        moved = replace(self, dates_from=begins)
        if moved.clock_was_ahead(now):
            return moved.due_at_once(now)
        if self.due_at <= now:
            return moved
        if self.last_status == "OK":
            due_at = self._next_turn(now, calendar)
        else:
            due_at = min(self.due_at, self._turn_after(now, calendar))
        return moved if due_at == self.due_at else replace(moved, due_at=due_at, looked_at=now)

    def due_at_once(self, now: datetime) -> Self:
        """Returns the schedule as due at once, because what kept it from running is gone.

        A schedule that is off stays off.
        """
        if self.due_at is None:
            return self
        return replace(self, due_at=min(self.due_at, now), looked_at=now)

    def looked_at_again(self, now: datetime) -> Self:
        """Returns the schedule as decided now, with no other change."""
        return self if self.due_at is None else replace(self, looked_at=now)

    def dates_unknown(self, now: datetime) -> Self:
        """Returns the schedule as due at once, because the dates on the labels are unknown: it may
        be another scale, or it may have got other dates."""
        return replace(self, dates_written=None, dates_from=None).due_at_once(now)

    def succeeded(
        self,
        *,
        at: datetime,
        dated_at: datetime,
        written: date,
        calendar: Calendar,
        but: Cause | None = None,
    ) -> Self:
        """Returns the schedule after a run that ended now and wrote the local date `written`.

        The date was read at `dated_at`; a turn that came in between is due. `but` is a reason for
        an error, although nothing failed.
        """
        ended = replace(
            self,
            clock_read=self._clock_read(dated_at, calendar),
            last_run_at=at,
            last_status="OK" if but is None else "ERROR",
            last_error=but,
            dates_written=written,
            dates_from=calendar.begins(written),
            consecutive_failures=0,
            looked_at=max(at, dated_at) if self.enabled else None,
        )
        return replace(ended, due_at=ended._next_turn(dated_at, calendar) if self.enabled else None)

    def failed(self, *, at: datetime, cause: Cause, calendar: Calendar) -> Self:
        """Returns the schedule after a run that failed: tried again after a pause.

        The retry is not later than the next turn, nor than it would have been without this run: a
        run that a user asked for postpones nothing.
        """
        ended = replace(
            self,
            clock_read=self._clock_read(at, calendar),
            last_run_at=at,
            last_status="ERROR",
            last_error=cause,
            consecutive_failures=self.consecutive_failures + 1,
        )
        pause = pause_after(ended.consecutive_failures, self.device_id)
        due_at = min(at + pause, ended._turn_after(at, calendar))
        if self.due_at is not None and self.due_at > at:
            due_at = min(due_at, self.due_at)
        if not self.enabled:
            return replace(ended, due_at=None, looked_at=None)
        return replace(ended, due_at=due_at, looked_at=at)

    def _next_turn(self, now: datetime, calendar: Calendar) -> datetime:
        """Returns the next turn after a run that succeeded. It is in the past if it has come
        meanwhile."""
        if self.dates_written is None:
            return now
        end_of_day = calendar.end_of_day(self.dates_written, now)
        return min(end_of_day, self._time_or_interval(now, calendar))

    def _turn_after(self, now: datetime, calendar: Calendar) -> datetime:
        """Returns the next turn in the future. The one that was missed is being tried again."""
        return min(calendar.next_day(now), self._time_or_interval(now, calendar))

    def _time_or_interval(self, now: datetime, calendar: Calendar) -> datetime:
        if self.daily_at:
            return calendar.next_time(self.daily_at, now, self.clock_read)
        return calendar.spread_out((self.last_run_at or now) + self.interval, self.interval)

    def _clock_read(self, at: datetime, calendar: Calendar) -> datetime:
        """Returns the clock of the device. If it was put back, by daylight saving or a move west,
        no turn is repeated."""
        shown = calendar.clock(at - calendar.delay)
        before = self.clock_read
        return before if before and is_ahead(before, shown) else shown


def pause_after(failures: int, device_id: DeviceId) -> timedelta:
    """Returns how long to wait after this many failures in a row.

    It starts with a minute and doubles up to five minutes. Up to a quarter is taken off, so that
    devices that failed at once are not tried again at once.
    """
    doublings = min(failures - 1, (LONGEST_PAUSE // FIRST_PAUSE).bit_length())
    pause = min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)
    return pause * (1 - share(device_id + failures) / 4)


def share(number: int) -> float:
    """Returns a fraction from 0 to below 1 for each number. Numbers in a row get fractions far from
    each other."""
    return number * 2_654_435_769 % 2**32 / 2**32
