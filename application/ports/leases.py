"""The right to talk to a device: one at a time has it, across threads, processes and machines."""

from abc import abstractmethod
from datetime import timedelta
from typing import NamedTuple, Protocol

from domain.device import DeviceId


class Lease(NamedTuple):
    """The right to talk to a device. `fence` grows with each lease of that device."""

    device_id: DeviceId
    fence: int


class Leases(Protocol):
    """Who may talk to which device; times are those of the database's clock."""

    @abstractmethod
    def take(self, device_id: DeviceId, lasts: timedelta) -> Lease | None:
        """None while another lease of this device lasts."""

    @abstractmethod
    def renew(self, lease: Lease, lasts: timedelta) -> bool:
        """False once it has expired, or the device is gone."""

    @abstractmethod
    def holds(self, lease: Lease) -> bool:
        """Whether it lasts; works in a snapshot."""

    @abstractmethod
    def release(self, lease: Lease) -> None:
        """End it now; nothing happens when it is not held any more."""
