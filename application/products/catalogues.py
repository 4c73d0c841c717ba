"""Finding catalogues, and noting what was seen at their devices."""

from dataclasses import replace
from datetime import datetime

from application.ports.repositories.rendered_files import RenderedFile
from application.ports.storage import Transaction
from domain.devices.device import Device, DeviceId
from domain.errors import NothingReadError
from domain.products.catalogue import Catalogue
from domain.products.product_file import ProductFile


def require_catalogue(tx: Transaction, device_id: DeviceId) -> Catalogue:
    """Returns the catalogue of a device. Raises NothingReadError when it was never read."""
    catalogue = tx.catalogues.find(device_id)
    if catalogue is None:
        raise NothingReadError
    return catalogue


def rendered_file(tx: Transaction, device_id: DeviceId) -> RenderedFile:
    """Returns what clients see of a device. Raises NothingReadError when it was never read."""
    rendered = tx.rendered_files.find(device_id)
    if rendered is None:
        raise NothingReadError
    return rendered


def note_replaced(tx: Transaction, device_id: DeviceId) -> None:
    """Remember that the device lacks most of what was read before: another stands there."""
    catalogue = tx.catalogues.find(device_id)
    if catalogue is not None and not catalogue.replaced:
        tx.catalogues.save(replace(catalogue, replaced=True))


def note_dates_unknown(tx: Transaction, device_id: DeviceId, now: datetime) -> None:
    """Have the device renewed at once: it may hold other dates than the last renewal wrote."""
    schedule = tx.schedules.find(device_id)
    if schedule is not None:
        tx.schedules.save(schedule.dates_unknown(now))


def catalogue_after_reading(
    before: Catalogue | None, device: Device, file: ProductFile, at: datetime
) -> Catalogue:
    """Returns a device's catalogue with the file that was just read from it."""
    if before is None:
        return Catalogue(device_id=device.id, file=file, read_at=at, moves=device.moves)
    return before.read(file, at=at, moves=device.moves)
