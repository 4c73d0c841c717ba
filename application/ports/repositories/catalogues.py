"""The product file of each device that was read, and the edits over it."""

from abc import abstractmethod
from typing import NamedTuple, Protocol

from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.products.catalogue import Catalogue


class ShownFile(NamedTuple):
    """A product file with its edits applied, as clients see it: the text of the JSON object
    `{"products": file}` in UTF-8, or that text compressed by gzip. The tag changes with it, and is
    the same for both."""

    body: bytes
    etag: str


class Catalogues(Protocol):
    """The product file of each device that was read, and the edits over it."""

    @abstractmethod
    def find(self, device_id: DeviceId) -> Catalogue | None:
        """None before the first read."""

    @abstractmethod
    def is_still(self, catalogue: Catalogue) -> bool:
        """Whether this is what `find` would answer, which is soon told of what it answered in
        another transaction."""

    @abstractmethod
    def save(self, catalogue: Catalogue) -> ShownFile:
        """Add or replace it, and answer what clients see now, as text."""

    @abstractmethod
    def size(self, device_id: DeviceId) -> int:
        """About how many bytes the file's text has, without reading it; 0 before the first read."""

    @abstractmethod
    def shown(self, device_id: DeviceId, *, as_gzip: bool = False) -> ShownFile | None:
        """What clients see, as text or by gzip; None before the first read."""

    @abstractmethod
    def moves(self, device_id: DeviceId) -> int | None:
        """The device's count of moves when its file was read, without reading the file; None before
        the first read."""

    @abstractmethod
    def etag(self, owner_id: UserId, device_id: DeviceId) -> str | None:
        """The tag of what clients see, without reading the file; None before the first read.

        Raises UnknownDeviceError, also when the device is another owner's.
        """
