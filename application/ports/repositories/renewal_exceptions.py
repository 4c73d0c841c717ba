"""Products that keep their dates."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.renewal.policy import RenewalException, RenewalPolicy


class RenewalExceptions(Protocol):
    """Products that keep their dates, on one device or on all devices of an owner."""

    @abstractmethod
    def of_owner(self, owner_id: UserId) -> Sequence[RenewalException]:
        """Those that hold for all devices, in the order in which they were listed."""

    @abstractmethod
    def of_device(self, device_id: DeviceId) -> Sequence[RenewalException]:
        """Those that hold for this device alone, likewise."""

    @abstractmethod
    def set_for_owner(self, owner_id: UserId, exceptions: Sequence[RenewalException]) -> None:
        """In place of those that there were. Raises UnknownUserError."""

    @abstractmethod
    def set_for_device(self, device_id: DeviceId, exceptions: Sequence[RenewalException]) -> None:
        """In place of those that there were. Raises UnknownDeviceError."""

    @abstractmethod
    def policy_of(self, device_id: DeviceId) -> RenewalPolicy:
        """What a renewal does to a device: by its schedule, by its own exceptions and then by those
        of its owner. A device that is not there has none."""
