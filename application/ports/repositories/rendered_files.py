"""The product file of each device as clients get it: JSON text, plain or by gzip, and its ETag."""

from abc import abstractmethod
from typing import NamedTuple, Protocol

from domain.accounts.user import UserId
from domain.devices.device import DeviceId


class RenderedFile(NamedTuple):
    """A product file with its edits applied: the text of the JSON object `{"products": file}` in
    UTF-8, or that text compressed by gzip.

    The tag changes with the text, and is the same for both forms.
    """

    body: bytes
    etag: str


class RenderedFiles(Protocol):
    """Kept ready in step with the catalogues: saving a catalogue renders it."""

    @abstractmethod
    def find(self, device_id: DeviceId, *, as_gzip: bool = False) -> RenderedFile | None:
        """The file as text or by gzip; None before the first read. What this transaction has just
        saved is not rendered again."""

    @abstractmethod
    def owned_etag(self, owner_id: UserId, device_id: DeviceId) -> str | None:
        """The tag of what `find` returns, without reading the file; None before the first read.

        Raises UnknownDeviceError when the device is not there or another owner's.
        """

    @abstractmethod
    def size(self, device_id: DeviceId) -> int:
        """About how many bytes the text has, without reading it; 0 before the first read."""
