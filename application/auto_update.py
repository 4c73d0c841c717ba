"""When dates renew themselves."""

from dataclasses import dataclass
from datetime import timedelta

from application.devices import ScheduleDefaults
from application.ports.clock import Clock
from application.ports.storage import Storage, Transaction
from application.time_zones import TimeZones
from domain.auto_update import AutoUpdate
from domain.device import DeviceId
from domain.user import UserId


@dataclass(frozen=True, slots=True)
class ShowAutoUpdate:
    """The schedule of a device; made with the defaults where there is none."""

    storage: Storage
    clock: Clock
    defaults: ScheduleDefaults

    def __call__(self, owner_id: UserId, device_id: DeviceId) -> AutoUpdate:
        """Raises UnknownDeviceError."""
        with self.storage.snapshot() as tx:
            tx.devices.owned(owner_id, device_id)
            found = tx.auto_updates.find(device_id)
        if found is not None:
            return found
        with self.storage.transaction() as tx:
            tx.devices.owned(owner_id, device_id)
            return schedule_of(tx, device_id, self.defaults, self.clock)


@dataclass(frozen=True, slots=True)
class ChangeAutoUpdate:
    """Switch the renewal of a device on or off, and say how often."""

    storage: Storage
    clock: Clock
    zones: TimeZones
    defaults: ScheduleDefaults

    def __call__(
        self, owner_id: UserId, device_id: DeviceId, *, enabled: bool, interval: timedelta
    ) -> AutoUpdate:
        """Raises UnknownDeviceError."""
        with self.storage.transaction() as tx:
            device = tx.devices.owned(owner_id, device_id)
            changed = schedule_of(tx, device_id, self.defaults, self.clock).changed(
                enabled=enabled,
                interval=interval,
                now=self.clock.now(),
                zone=self.zones.of(device),
            )
            tx.auto_updates.save(changed)
        return changed


@dataclass(frozen=True, slots=True)
class FollowServiceZone:
    """After a restart with another SCHEDULER_TIMEZONE, no device waits past its new midnight."""

    storage: Storage
    zones: TimeZones

    def __call__(self) -> None:
        with self.storage.transaction() as tx:
            for auto_update in tx.auto_updates.enabled():
                zone = self.zones.of(tx.devices.get(auto_update.device_id))
                moved = auto_update.in_zone(zone)
                if moved != auto_update:
                    tx.auto_updates.save(moved)


def schedule_of(
    tx: Transaction, device_id: DeviceId, defaults: ScheduleDefaults, clock: Clock
) -> AutoUpdate:
    """The schedule of a device; made with the defaults where there is none."""
    found = tx.auto_updates.find(device_id)
    if found is None:
        found = AutoUpdate.new(
            device_id, enabled=defaults.enabled, interval=defaults.interval, now=clock.now()
        )
        tx.auto_updates.save(found)
    return found
