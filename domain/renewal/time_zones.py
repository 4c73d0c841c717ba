"""In which zone a device's labels are dated, and when in its days its turns come."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.devices.device import Device, DeviceId
from domain.renewal.calendar import Calendar
from domain.renewal.schedule import share


@dataclass(frozen=True, slots=True)
class TimeZones:
    """The service's zone, and what devices make of it.

    Turns that many devices have at the same minute are spread over a window of the length
    `spread`: the one after a time of day or midnight, the one before the end of an interval.
    """

    service: ZoneInfo
    spread: timedelta = timedelta()

    def of(self, device: Device) -> ZoneInfo:
        """The device's own, else the service's."""
        return self._named(device.time_zone)

    def day(self, time_zone: str | None, at: datetime) -> date:
        """The date at an instant in a device's own zone, else in the service's."""
        return at.astimezone(self._named(time_zone)).date()

    def calendar(self, device: Device) -> Calendar:
        """The device's days and turns."""
        return self.calendar_of(device.id, device.time_zone)

    def calendar_of(self, device_id: DeviceId, time_zone: str | None) -> Calendar:
        """Those of a device of which no more is known."""
        return Calendar(self._named(time_zone), self.spread * share(device_id), self.spread)

    def _named(self, time_zone: str | None) -> ZoneInfo:
        return ZoneInfo(time_zone) if time_zone else self.service
