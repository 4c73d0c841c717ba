"""What a shop should look at on the labels of each device."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.products.label_checks.report import DeviceCheck


class LabelChecks(Protocol):
    """What a shop should look at on the labels of each device.

    Saving a catalogue works it out, from the products and from what a renewal does to the device.
    """

    @abstractmethod
    def of_device(self, device_id: DeviceId) -> Sequence[DeviceCheck]:
        """A device's checks, ordered by name; none before the first read."""

    @abstractmethod
    def forget(self, device_id: DeviceId) -> None:
        """Mark the checks as outdated, because what a renewal does to the device has changed. They
        stay as they are until its catalogue is saved again."""

    @abstractmethod
    def forget_all(self, owner_id: UserId) -> None:
        """The same for all devices of an owner."""

    @abstractmethod
    def forgotten(self, limit: int) -> Sequence[DeviceId]:
        """Devices whose catalogue must be saved for their labels to be checked. Works in a
        snapshot."""
