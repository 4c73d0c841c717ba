"""When the dates on a device's labels are renewed."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal, Self
from zoneinfo import ZoneInfo

from domain.device import DeviceId

RETRY_AFTER_FAILURE: Final = timedelta(minutes=5)
LastStatus = Literal["OK", "ERROR"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoUpdate:
    """The schedule of one device, how its last run ended, and when it is next due.

    `dates_written` is the local day that the labels bear since the last run that ended well.
    `due_at` is None while the schedule is off.
    """

    device_id: DeviceId
    enabled: bool
    interval: timedelta
    due_at: datetime | None
    dates_written: date | None = None
    last_run_at: datetime | None = None
    last_status: LastStatus | None = None
    last_error: str | None = None

    @classmethod
    def new(cls, device_id: DeviceId, *, enabled: bool, interval: timedelta, now: datetime) -> Self:
        """A new device's schedule: due at once when it is on."""
        return cls(
            device_id=device_id,
            enabled=enabled,
            interval=interval,
            due_at=now if enabled else None,
        )

    def changed(self, *, enabled: bool, interval: timedelta, now: datetime, zone: ZoneInfo) -> Self:
        """With other settings: due at once when switched on, on time for a new interval."""
        due_at = self.due_at
        if not enabled:
            due_at = None
        elif not self.enabled:
            due_at = now
        elif interval != self.interval and self.last_status == "OK":
            due_at = replace(self, interval=interval)._due_after_success(zone)
        return replace(self, enabled=enabled, interval=interval, due_at=due_at)

    def succeeded(self, *, at: datetime, written: date, zone: ZoneInfo) -> Self:
        """After a run that left every label with the dates of the local day `written`."""
        ended = replace(
            self, last_run_at=at, last_status="OK", last_error=None, dates_written=written
        )
        return replace(ended, due_at=ended._due_after_success(zone) if self.enabled else None)

    def failed(self, *, at: datetime, error: str) -> Self:
        """After a run that failed: tried again soon."""
        return replace(
            self,
            last_run_at=at,
            last_status="ERROR",
            last_error=error,
            due_at=at + RETRY_AFTER_FAILURE if self.enabled else None,
        )

    def in_zone(self, zone: ZoneInfo) -> Self:
        """Due no later than this zone's next midnight after the day written."""
        if self.due_at is None or self.dates_written is None:
            return self
        return replace(self, due_at=min(self.due_at, next_midnight(self.dates_written, zone)))

    def _due_after_success(self, zone: ZoneInfo) -> datetime:
        """An interval after the last run, and at the latest when its local day is over."""
        if self.last_run_at is None or self.dates_written is None:
            raise ValueError("A schedule that has not run has no next turn.")
        return min(self.last_run_at + self.interval, next_midnight(self.dates_written, zone))


def next_midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a local day is over, in UTC.

    Where the clocks skip midnight, that is the end of the gap.
    """
    return datetime.combine(day + timedelta(days=1), time.min, zone).astimezone(UTC)
