"""Former product files in the database."""

import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from adapters.database.backends.backend import Guard
from adapters.database.recent_files import RecentFiles
from adapters.database.repositories.repository import AnyRow, Repository
from adapters.database.tables import MAX_ID, devices, former_files
from adapters.file_text import file_document
from adapters.json_text import dumps
from application.ports.repositories.devices import UnknownDeviceError
from application.ports.repositories.former_files import FormerFile, FormerFiles, UnknownFileError
from domain.devices.device import DeviceId
from domain.products.product_file import LARGEST_FILE, ProductFile

LEVEL: Final = 6
"""Of compression. A file shrinks to about a tenth."""

_ID = former_files.c.device_id == bindparam("id")

COUNT = (
    update(devices)
    .where(devices.c.id == bindparam("device_id"))
    .values(files_replaced=devices.c.files_replaced + 1)
    .returning(devices.c.files_replaced)
)
ADD = insert(former_files)
FORGET = delete(former_files).where(_ID, former_files.c.number <= bindparam("last"))
OF_DEVICE = (
    select(
        former_files.c.number,
        former_files.c.read_at,
        former_files.c.replaced_at,
        former_files.c.products,
        former_files.c.size,
    )
    .where(_ID)
    .order_by(former_files.c.number.desc())
)
GET = select(former_files.c.body).where(_ID, former_files.c.number == bindparam("its_number"))


class SqlFormerFiles(Repository, FormerFiles):
    """Product files that were replaced, compressed."""

    def __init__(
        self, connection: Connection, guard: Guard, recent: RecentFiles, *, writable: bool
    ) -> None:
        super().__init__(connection, guard, writable=writable)
        self._recent = recent

    def keep(
        self, device_id: DeviceId, file: ProductFile, *, read_at: datetime, at: datetime, most: int
    ) -> None:
        """Raises UnknownDeviceError."""
        self._guard.hold(device_id)
        counted = self._write(COUNT, {"device_id": device_id}).first()
        if counted is None:
            raise UnknownDeviceError
        size, body = self._recent.kept.get(file) or packed_to_keep(file)
        values = {
            "device_id": device_id,
            "number": counted[0],
            "read_at": read_at,
            "replaced_at": at,
            "products": len(file.products),
            "size": size,
            "body": body,
        }
        self._write(ADD, values)
        self._write(FORGET, {"id": device_id, "last": counted[0] - most})

    def of_device(self, device_id: DeviceId) -> Sequence[FormerFile]:
        self._guard.hold(device_id)
        return [_former_file(row) for row in self._read(OF_DEVICE, {"id": device_id})]

    def get(self, device_id: DeviceId, number: int) -> ProductFile:
        # An address may name any number, also one that no column holds.
        if number > MAX_ID:
            raise UnknownFileError
        self._guard.hold(device_id)
        row = self._read(GET, {"id": device_id, "its_number": number}).first()
        if row is None:
            raise UnknownFileError
        # One that was kept before files were bounded may hold anything.
        text = zlib.decompressobj().decompress(row[0], LARGEST_FILE + 1)
        return ProductFile.of(file_document(text)).bounded()


def packed_to_keep(file: ProductFile) -> tuple[int, bytes]:
    """The bytes of its text, and the body that stands for it."""
    text = dumps(file.document)
    return len(text), zlib.compress(text, LEVEL)


def _former_file(row: AnyRow) -> FormerFile:
    number, read_at, replaced_at, products, size = row
    return FormerFile(
        number=number, read_at=read_at, replaced_at=replaced_at, products=products, size=size
    )
