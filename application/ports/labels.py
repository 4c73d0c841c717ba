"""What the service remembers of labels: which products keep their dates, and what to look at."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.products.label_report import StandingCheck
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


class LabelChecks(Protocol):
    """What a shop should look at on the labels of each device: worked out of its products, and by
    what a renewal does to it, whenever its catalogue is saved."""

    @abstractmethod
    def of_device(self, device_id: DeviceId) -> Sequence[StandingCheck]:
        """In the order of their names; none before the first read."""

    @abstractmethod
    def forget(self, device_id: DeviceId) -> None:
        """What a renewal does to the device has changed. Until its catalogue is saved again, the
        checks are as they were."""

    @abstractmethod
    def forget_all(self, owner_id: UserId) -> None:
        """The same for all devices of an owner."""

    @abstractmethod
    def forgotten(self, limit: int) -> Sequence[DeviceId]:
        """Devices whose catalogue should be saved for its labels to be checked; works in a
        snapshot."""
