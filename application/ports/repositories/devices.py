"""Every registered device."""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.accounts.user import UserId
from domain.devices.device import Device, DeviceDetails, DeviceId
from domain.devices.state import DeviceState
from domain.renewal.schedule import LastStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSummary:
    """A device, whether edits wait for it, whether it may hold an upload that got lost, and how its
    auto-update is doing.

    A device is not unverified while the conversation that will tell is still going on.
    `shared_address` says that its owner has another device at its address and port.
    """

    device: Device
    cached_dirty: bool
    unverified: bool
    replaced: bool = False
    auto_update: bool = False
    due_at: datetime | None = None
    last_run_at: datetime | None = None
    last_status: LastStatus | None = None
    last_error: str | None = None
    consecutive_failures: int = 0
    shared_address: bool = False

    @property
    def next_run_at(self) -> datetime | None:
        """None also while the device waits for the right password."""
        return None if self.device.refusals else self.due_at


class Devices(Protocol):
    """Every registered device."""

    @abstractmethod
    def add(self, owner_id: UserId, details: DeviceDetails) -> Device:
        """Raises DeviceNameTakenError."""

    @abstractmethod
    def adopt(self, device: Device) -> None:
        """Add a device that has an id already; ids that are given later are greater.

        Raises DeviceNameTakenError and UnknownUserError.
        """

    @abstractmethod
    def get(self, device_id: DeviceId) -> Device:
        """Whoever owns it. Raises UnknownDeviceError."""

    @abstractmethod
    def doubtful(self, owner_id: UserId) -> Collection[DeviceId]:
        """Those of an owner's devices that did not answer last time."""

    @abstractmethod
    def owned(self, owner_id: UserId, device_id: DeviceId) -> Device:
        """Raises UnknownDeviceError, also when it is another owner's."""

    @abstractmethod
    def summary(self, owner_id: UserId, device_id: DeviceId) -> DeviceSummary:
        """Raises UnknownDeviceError, also when it is another owner's."""

    @abstractmethod
    def summaries(self, owner_id: UserId) -> Sequence[DeviceSummary]:
        """All of an owner's devices, ordered by id."""

    @abstractmethod
    def at(self, endpoint: str) -> Sequence[DeviceId]:
        """Those that are talked to at this address and port, whoever owns them, ordered by id."""

    @abstractmethod
    def in_state(
        self, owner_id: UserId, state: DeviceState, now: datetime
    ) -> Sequence[DeviceSummary]:
        """Those that are in this state now, ordered by id."""

    @abstractmethod
    def save(self, device: Device) -> None:
        """Raises UnknownDeviceError and DeviceNameTakenError."""

    @abstractmethod
    def delete(self, device_id: DeviceId) -> None:
        """With its products, edits, schedule, runs and lease. Raises UnknownDeviceError."""
