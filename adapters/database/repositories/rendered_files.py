"""Rendered files in the database: packed by gzip, beside their catalogues."""

from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, select

from adapters.database.backends.backend import Guard
from adapters.database.packing import size_of, unpacked
from adapters.database.recent_files import RecentFiles
from adapters.database.repositories.repository import Repository
from adapters.database.tables import MAX_ID, catalogues, devices, held_files, shown_files
from application.ports.repositories.devices import UnknownDeviceError
from application.ports.repositories.rendered_files import RenderedFile, RenderedFiles
from domain.accounts.user import UserId
from domain.devices.device import DeviceId

# A body is read only when it is needed: that of the held file only where no other is shown.
FIND = (
    select(func.coalesce(shown_files.c.body, held_files.c.body), catalogues.c.etag)
    .join_from(catalogues, held_files, held_files.c.device_id == catalogues.c.device_id)
    .outerjoin(shown_files, shown_files.c.device_id == catalogues.c.device_id)
    .where(catalogues.c.device_id == bindparam("id"))
)
ETAG = (
    select(catalogues.c.etag)
    .select_from(devices.outerjoin(catalogues, catalogues.c.device_id == devices.c.id))
    .where(devices.c.id == bindparam("id"), devices.c.owner_id == bindparam("user_id"))
)
ENDING = select(func.substr(held_files.c.body, func.length(held_files.c.body) - 3)).where(
    held_files.c.device_id == bindparam("id")
)


class _Saved(NamedTuple):
    device_id: DeviceId
    file: RenderedFile


class SqlRenderedFiles(Repository, RenderedFiles):
    """Reads what SqlCatalogues has written, from memory where it is still there."""

    def __init__(
        self, connection: Connection, guard: Guard, recent: RecentFiles, *, writable: bool
    ) -> None:
        super().__init__(connection, guard, writable=writable)
        self._recent = recent
        self._etags: dict[DeviceId, str] = {}
        self._saved: _Saved | None = None

    def find(self, device_id: DeviceId, *, as_gzip: bool = False) -> RenderedFile | None:
        self._guard.hold(device_id)
        if self._saved is not None and self._saved.device_id == device_id and not as_gzip:
            return self._saved.file
        etag = self._etags.get(device_id)
        body = etag and self._recent.rendered.get((etag, as_gzip))
        if etag and body:
            return RenderedFile(body, etag)
        row = self._read(FIND, {"id": device_id}).first()
        if row is None:
            return None
        body, etag = row
        if not as_gzip:
            body = unpacked(body)
        self._recent.rendered.keep((etag, as_gzip), body, len(body))
        return RenderedFile(body, etag)

    def owned_etag(self, owner_id: UserId, device_id: DeviceId) -> str | None:
        # An address may name any number, also one that no column holds.
        if device_id > MAX_ID:
            raise UnknownDeviceError
        self._guard.hold(device_id)
        row = self._read(ETAG, {"user_id": owner_id, "id": device_id}).first()
        if row is None:
            raise UnknownDeviceError
        etag: str | None = row[0]
        if etag is not None:
            self._etags[device_id] = etag
        return etag

    def size(self, device_id: DeviceId) -> int:
        self._guard.hold(device_id)
        etag = self._etags.get(device_id)
        size = etag and self._recent.sizes.get(etag)
        if size:
            return size
        ending: bytes | None = self._read(ENDING, {"id": device_id}).scalar_one_or_none()
        return 0 if ending is None else size_of(ending)

    def forget(self, device_id: DeviceId) -> None:
        """Forget what this transaction knows of the device: another file is about to be saved."""
        self._etags.pop(device_id, None)
        self._saved = None

    def remember(self, device_id: DeviceId, file: RenderedFile) -> None:
        """This text has just been saved. Only the last one is remembered: they are large."""
        self._recent.sizes.keep(file.etag, len(file.body), 1)
        self._saved = _Saved(device_id, file)
