"""What the storage in memory remembers."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from application.ports.storage import FormerFile, ShownFile
from domain.auto_update import AutoUpdate
from domain.catalogue import Catalogue
from domain.device import Device, DeviceId
from domain.errors import UnknownDeviceError
from domain.run import Run, RunId
from domain.user import User, UserId


class Kept(NamedTuple):
    """A catalogue, its file as text, and what clients see."""

    catalogue: Catalogue
    body: bytes
    shown: ShownFile


class Held(NamedTuple):
    """The last lease of a device; it ended where there is no expiry."""

    fence: int
    expires_at: datetime | None


@dataclass
class State:
    """Everything that is remembered; its values are never changed in place."""

    users: dict[UserId, User] = field(default_factory=dict)
    devices: dict[DeviceId, Device] = field(default_factory=dict)
    catalogues: dict[DeviceId, Kept] = field(default_factory=dict)
    auto_updates: dict[DeviceId, AutoUpdate] = field(default_factory=dict)
    runs: dict[RunId, Run] = field(default_factory=dict)
    fences: dict[RunId, int] = field(default_factory=dict)
    former_files: dict[DeviceId, tuple[tuple[FormerFile, bytes], ...]] = field(default_factory=dict)
    files_ever: dict[DeviceId, int] = field(default_factory=dict)
    leases: dict[DeviceId, Held] = field(default_factory=dict)
    users_ever: int = 0
    devices_ever: int = 0
    runs_ever: int = 0

    def copy(self) -> "State":
        """Independent of this one."""
        return replace(
            self,
            users=dict(self.users),
            devices=dict(self.devices),
            catalogues=dict(self.catalogues),
            auto_updates=dict(self.auto_updates),
            runs=dict(self.runs),
            fences=dict(self.fences),
            former_files=dict(self.former_files),
            files_ever=dict(self.files_ever),
            leases=dict(self.leases),
        )

    def require_device(self, device_id: DeviceId) -> Device:
        """Raises UnknownDeviceError."""
        if device_id not in self.devices:
            raise UnknownDeviceError
        return self.devices[device_id]

    def forget_device(self, device_id: DeviceId) -> None:
        """With everything that belongs to it."""
        del self.devices[device_id], self.leases[device_id]
        self.catalogues.pop(device_id, None)
        self.auto_updates.pop(device_id, None)
        self.former_files.pop(device_id, None)
        self.runs = {id_: run for id_, run in self.runs.items() if run.device_id != device_id}
