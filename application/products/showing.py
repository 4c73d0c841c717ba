"""What the use cases that work on catalogues share."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from application.ports.repositories.rendered_files import RenderedFile
from application.ports.storage import Transaction
from domain.devices.device import Device, DeviceId
from domain.errors import NothingReadError
from domain.notices import Notice
from domain.products.catalogue import Catalogue
from domain.products.product_file import ProductFile


@dataclass(frozen=True, slots=True)
class ShownProducts:
    """What clients see of a device's products, and what they should be warned of."""

    file: RenderedFile
    warnings: Sequence[Notice]


def read_catalogue(tx: Transaction, device_id: DeviceId) -> Catalogue:
    """The catalogue of a device that was read before. Raises NothingReadError."""
    catalogue = tx.catalogues.find(device_id)
    if catalogue is None:
        raise NothingReadError
    return catalogue


def rendered_file(tx: Transaction, device_id: DeviceId) -> RenderedFile:
    """What clients see of a device that was read before. Raises NothingReadError."""
    rendered = tx.rendered_files.find(device_id)
    if rendered is None:
        raise NothingReadError
    return rendered


def note_replaced(tx: Transaction, device_id: DeviceId) -> None:
    """The device that stands there lacks most of what was read before."""
    catalogue = tx.catalogues.find(device_id)
    if catalogue is not None and not catalogue.replaced:
        tx.catalogues.save(replace(catalogue, replaced=True))


def note_dates_unknown(tx: Transaction, device_id: DeviceId, now: datetime) -> None:
    """Other dates than the last renewal's may be on the device: it is due at once."""
    schedule = tx.schedules.find(device_id)
    if schedule is not None:
        tx.schedules.save(schedule.dates_unknown(now))


def catalogue_read(
    before: Catalogue | None, device: Device, file: ProductFile, at: datetime
) -> Catalogue:
    """A device's catalogue with the file that was just read from it."""
    if before is None:
        return Catalogue(device_id=device.id, file=file, read_at=at, moves=device.moves)
    return before.read(file, at=at, moves=device.moves)
