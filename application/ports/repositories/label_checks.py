"""What a shop should look at on the labels of each device."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.products.label_report import DeviceCheck


class LabelChecks(Protocol):
    """What a shop should look at on the labels of each device: worked out of its products, and by
    what a renewal does to it, whenever its catalogue is saved."""

    @abstractmethod
    def of_device(self, device_id: DeviceId) -> Sequence[DeviceCheck]:
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
