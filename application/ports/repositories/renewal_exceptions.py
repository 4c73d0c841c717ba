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
        """The exceptions for all devices of an owner, in the order in which they were set."""

    @abstractmethod
    def of_device(self, device_id: DeviceId) -> Sequence[RenewalException]:
        """The exceptions for this device alone, in the order in which they were set."""

    @abstractmethod
    def set_for_owner(self, owner_id: UserId, exceptions: Sequence[RenewalException]) -> None:
        """Replace those of the owner. Raises UnknownUserError when there is no such user."""

    @abstractmethod
    def set_for_device(self, device_id: DeviceId, exceptions: Sequence[RenewalException]) -> None:
        """Replace those of the device. Raises UnknownDeviceError when it is not there."""

    @abstractmethod
    def policy_of(self, device_id: DeviceId) -> RenewalPolicy:
        """What a renewal does to a device, by its schedule, its own exceptions, and those of its
        owner. A device that is not there has the default policy."""
