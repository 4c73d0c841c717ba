"""The time zones of devices: for the dates on labels, and for the turns of schedules."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.devices.device import Device, DeviceId
from domain.renewal.calendar import Calendar
from domain.renewal.schedule import share


@dataclass(frozen=True, slots=True)
class TimeZones:
    """The zone of the service, and those of devices.

    Turns of many devices at the same minute are spread over a window of the length `spread`: after
    a time of day or midnight, and before the end of an interval.
    """

    service: ZoneInfo
    spread: timedelta = timedelta()

    def of(self, device: Device) -> ZoneInfo:
        """Returns the device's own zone, or else the zone of the service."""
        return self._named(device.time_zone)

    def day(self, time_zone: str | None, at: datetime) -> date:
        """Returns the date at an instant in a device's own zone, or else in the zone of the
        service."""
        return at.astimezone(self._named(time_zone)).date()

    def calendar(self, device: Device) -> Calendar:
        """Returns the days and turns of a device."""
        return self.calendar_of(device.id, device.time_zone)

    def calendar_of(self, device_id: DeviceId, time_zone: str | None) -> Calendar:
        """Returns the days and turns of a device of which only this is known."""
        return Calendar(self._named(time_zone), self.spread * share(device_id), self.spread)

    def _named(self, time_zone: str | None) -> ZoneInfo:
        return ZoneInfo(time_zone) if time_zone else self.service
