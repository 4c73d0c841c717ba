"""The right to talk to a device: one at a time has it, across threads, processes and machines."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple, Protocol

from domain.devices.device import DeviceId


class LeasedEndpoint(NamedTuple):
    """The right to talk to whatever listens at an address and port, such as 10.0.0.7:1111.
    `fence` grows with each lease of that endpoint."""

    endpoint: str
    fence: int


class Lease(NamedTuple):
    """The right to talk to a device. `fence` grows with each lease of that device.

    Several devices may be registered at one endpoint: connections go only to those of `endpoints`.
    """

    device_id: DeviceId
    fence: int
    endpoints: tuple[LeasedEndpoint, ...] = ()

    @property
    def where(self) -> Sequence[str]:
        """The names of its endpoints."""
        return [each.endpoint for each in self.endpoints]


class Leases(Protocol):
    """Who may talk to which device. Times are those of the database's clock.

    A lease that lasts for more than twice its length from now on was taken by a clock that was
    ahead, and counts as expired.
    """

    @abstractmethod
    def take(
        self, device_id: DeviceId, lasts: timedelta, endpoints: Sequence[str] = ()
    ) -> Lease | None:
        """Take the lease of a device and of its endpoints. Returns None while another lease of one
        of them lasts."""

    @abstractmethod
    def at(self, lease: Lease, endpoints: Sequence[str], lasts: timedelta) -> Lease | None:
        """Exchange the endpoints of a lease for these; the others are released. Returns None, and
        changes nothing, while another lease of one of them lasts."""

    @abstractmethod
    def renew(self, lease: Lease, lasts: timedelta) -> bool:
        """Extend a lease. Returns False when it has expired or the device is gone."""

    @abstractmethod
    def holds(self, lease: Lease) -> bool:
        """Whether the lease and those of its endpoints last. Works in a snapshot."""

    @abstractmethod
    def release(self, lease: Lease) -> None:
        """End a lease now. Does nothing when it has ended."""

    @abstractmethod
    def prune(self) -> int:
        """Delete the endpoints that nobody has talked to for a day and that have refused no
        password since they last took one. Returns how many."""
