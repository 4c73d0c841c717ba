"""In which zone a device's labels are dated."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from domain.device import Device


@dataclass(frozen=True, slots=True)
class TimeZones:
    """The service's zone, and what devices make of it."""

    service: ZoneInfo

    def of(self, device: Device) -> ZoneInfo:
        """The device's own, else the service's."""
        return ZoneInfo(device.time_zone) if device.time_zone else self.service
