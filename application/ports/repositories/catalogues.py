"""The product file of each device that was read, and the edits over it."""

from abc import abstractmethod
from typing import Protocol

from domain.devices.device import DeviceId
from domain.products.catalogue import Catalogue


class Catalogues(Protocol):
    """The product file of each device that was read, and the edits over it."""

    @abstractmethod
    def find(self, device_id: DeviceId) -> Catalogue | None:
        """A device's catalogue; None before the first read."""

    @abstractmethod
    def is_still(self, catalogue: Catalogue) -> bool:
        """Whether `find` would return this. Costs little where it returned this very catalogue in
        another transaction."""

    @abstractmethod
    def save(self, catalogue: Catalogue) -> None:
        """Add it, or replace what was saved for the same device. Raises
        UnknownDeviceError when the device is gone."""

    @abstractmethod
    def moves(self, device_id: DeviceId) -> int | None:
        """How often the device had changed its address when its file was read; None before the
        first read. Does not load the file."""
