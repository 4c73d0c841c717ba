"""The product file of each device that was read, and the edits over it."""

from abc import abstractmethod
from typing import Protocol

from domain.devices.device import DeviceId
from domain.products.catalogue import Catalogue


class Catalogues(Protocol):
    """The product file of each device that was read, and the edits over it."""

    @abstractmethod
    def find(self, device_id: DeviceId) -> Catalogue | None:
        """None before the first read."""

    @abstractmethod
    def is_still(self, catalogue: Catalogue) -> bool:
        """Whether `find` would return this. Costs little where it returned this very catalogue in
        another transaction."""

    @abstractmethod
    def save(self, catalogue: Catalogue) -> None:
        """Add it, or replace what was saved for the same device. Raises UnknownDeviceError."""

    @abstractmethod
    def moves(self, device_id: DeviceId) -> int | None:
        """The device's count of moves when its file was read, without reading the file; None before
        the first read."""
