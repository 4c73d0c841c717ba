"""When dates renew themselves."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import time, timedelta
from typing import Final

from application.ports.clock import Clock
from application.ports.storage import Storage, Transaction
from domain.accounts.user import UserId
from domain.devices.device import Device, DeviceId
from domain.renewal.policy import Dates
from domain.renewal.schedule import AutoUpdate, ScheduleDefaults
from domain.renewal.time_zones import TimeZones

AT_ONCE: Final = 500
"""Schedules that are written in one transaction, so that others who write need not wait long."""


@dataclass(frozen=True, slots=True)
class ShowAutoUpdate:
    """The schedule of a device; made with the defaults where there is none.

    Nothing is due while the device waits for the right password.
    """

    storage: Storage
    clock: Clock
    defaults: ScheduleDefaults

    def __call__(self, owner_id: UserId, device_id: DeviceId) -> AutoUpdate:
        """Raises UnknownDeviceError."""
        with self.storage.snapshot() as tx:
            device = tx.devices.owned(owner_id, device_id)
            found = tx.schedules.find(device_id)
        if found is None:
            with self.storage.transaction() as tx:
                device = tx.devices.owned(owner_id, device_id)
                found = schedule_of(tx, device_id, self.defaults, self.clock)
        return _seen(found, device)


@dataclass(frozen=True, slots=True)
class ChangeAutoUpdate:
    """Switch the renewal of a device on or off, and say when."""

    storage: Storage
    clock: Clock
    zones: TimeZones
    defaults: ScheduleDefaults

    def __call__(
        self,
        owner_id: UserId,
        device_id: DeviceId,
        *,
        enabled: bool,
        interval: timedelta,
        daily_at: Iterable[time] | None = None,
        dates: Dates | None = None,
    ) -> AutoUpdate:
        """Where there are times of day, the interval is not used. None leaves a setting as it is.

        Raises UnknownDeviceError.
        """
        with self.storage.transaction() as tx:
            device = tx.devices.owned(owner_id, device_id)
            before = schedule_of(tx, device_id, self.defaults, self.clock)
            changed = before.changed(
                enabled=enabled,
                interval=interval,
                daily_at=daily_at,
                dates=dates,
                now=self.clock.now(),
                calendar=self.zones.calendar(device),
            )
            tx.schedules.save(changed)
            if changed.dates != before.dates:
                tx.label_checks.forget(device_id)
        return _seen(changed, device)


@dataclass(frozen=True, slots=True)
class FollowServiceZone:
    """Move the next turn of every device after the service's time zone or spread was changed. What
    is due already stays due."""

    storage: Storage
    clock: Clock
    zones: TimeZones

    def __call__(self) -> None:
        now = self.clock.now()
        with self.storage.snapshot() as tx:
            moved = [
                (schedule.device_id, calendar)
                for schedule, time_zone in tx.schedules.enabled()
                for calendar in [self.zones.calendar_of(schedule.device_id, time_zone)]
                if schedule.rescheduled(now, calendar) != schedule
            ]
        for first in range(0, len(moved), AT_ONCE):
            with self.storage.transaction() as tx:
                for device_id, calendar in moved[first : first + AT_ONCE]:
                    # Found again, since somebody may have changed it, or deleted the device.
                    schedule = tx.schedules.find(device_id)
                    if schedule is not None:
                        tx.schedules.save(schedule.rescheduled(now, calendar))


def schedule_of(
    tx: Transaction, device_id: DeviceId, defaults: ScheduleDefaults, clock: Clock
) -> AutoUpdate:
    """The schedule of a device; made with the defaults where there is none."""
    found = tx.schedules.find(device_id)
    if found is None:
        found = AutoUpdate.new(
            device_id, enabled=defaults.enabled, interval=defaults.interval, now=clock.now()
        )
        tx.schedules.save(found)
    return found


def _seen(schedule: AutoUpdate, device: Device) -> AutoUpdate:
    """Returns it as its owner sees it: no turn comes while the device waits for a password."""
    return replace(schedule, due_at=None) if device.refusals else schedule
