"""Showing the products of a device as clients get them."""

import gzip
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from application.ports.repositories.rendered_files import RenderedFile
from application.ports.storage import Storage
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.notices import Notice


@dataclass(frozen=True, slots=True)
class ShownProducts:
    """What clients see of a device's products, and what they should be warned of."""

    file: RenderedFile
    warnings: Sequence[Notice]


class NotChanged(NamedTuple):
    """The client has the products as they are."""

    etag: str


NOTHING_READ: Final = RenderedFile(body=b'{"products":{"products":[]}}', etag="nothing-read")


def _by_gzip(file: RenderedFile) -> RenderedFile:
    return file._replace(body=gzip.compress(file.body, mtime=0))


@dataclass(frozen=True, slots=True)
class ShowCachedProducts:
    """The products as last read, with the waiting edits; the device is not asked."""

    storage: Storage

    def __call__(
        self,
        owner_id: UserId,
        device_id: DeviceId,
        *,
        known: Container[str] = (),
        as_gzip: bool = False,
    ) -> RenderedFile | NotChanged:
        """Returns the file as text or by gzip; an empty one before the first read. Where the client
        knows the present tag, no file is read. Raises UnknownDeviceError."""
        with self.storage.snapshot() as tx:
            # This is the most frequent request: one statement asks for the owner and the tag.
            etag = tx.rendered_files.owned_etag(owner_id, device_id) or NOTHING_READ.etag
            if etag in known:
                return NotChanged(etag)
            shown = tx.rendered_files.find(device_id, as_gzip=as_gzip)
        if shown is not None:
            return shown
        return _by_gzip(NOTHING_READ) if as_gzip else NOTHING_READ
