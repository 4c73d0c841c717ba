"""Every registered device."""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.accounts.user import UserId
from domain.devices.device import Device, DeviceDetails, DeviceId
from domain.devices.state import DeviceState
from domain.errors import Cause, DomainError
from domain.renewal.schedule import LastStatus


class UnknownDeviceError(DomainError):
    """No such device, or another owner's: the two cannot be told apart."""

    code = "UnknownDevice"


class UnknownDevicesError(UnknownDeviceError):
    """Several devices were named, and some do not exist or are another owner's."""

    code = "UnknownDevices"

    def __init__(self, ids: Sequence[int]) -> None:
        super().__init__(ids=list(ids[:10]), count=len(ids))


class DeviceNameTakenError(DomainError):
    """The owner has another device of this name."""

    code = "DeviceNameTaken"

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSummary:
    """A device and how it is doing.

    `cached_dirty`: edits wait for it. `unverified`: it may hold an upload that was interrupted,
    and no conversation that would find out is going on. `shared_address`: its owner has another
    device at its address and port.
    """

    device: Device
    cached_dirty: bool
    unverified: bool
    replaced: bool = False
    auto_update: bool = False
    due_at: datetime | None = None
    last_run_at: datetime | None = None
    last_status: LastStatus | None = None
    last_error: Cause | None = None
    consecutive_failures: int = 0
    shared_address: bool = False

    @property
    def next_run_at(self) -> datetime | None:
        """When its dates are renewed next. None when nothing is due, and while the device waits for
        the right password."""
        return None if self.device.refusals else self.due_at


class Devices(Protocol):
    """Every registered device."""

    @abstractmethod
    def add(self, owner_id: UserId, details: DeviceDetails) -> Device:
        """Raises DeviceNameTakenError when the owner has another device of this name."""

    @abstractmethod
    def adopt(self, device: Device) -> None:
        """Add a device that has an id already. Ids given later are greater.

        Raises DeviceNameTakenError and UnknownUserError.
        """

    @abstractmethod
    def get(self, device_id: DeviceId) -> Device:
        """A device, no matter who owns it. Raises UnknownDeviceError when there is none."""

    @abstractmethod
    def doubtful(self, owner_id: UserId) -> Collection[DeviceId]:
        """The owner's devices that did not answer last time."""

    @abstractmethod
    def owned(self, owner_id: UserId, device_id: DeviceId) -> Device:
        """An owner's device. Raises UnknownDeviceError when it is not there or another owner's."""

    @abstractmethod
    def summary(self, owner_id: UserId, device_id: DeviceId) -> DeviceSummary:
        """Raises UnknownDeviceError when it is not there or another owner's."""

    @abstractmethod
    def summaries(self, owner_id: UserId) -> Sequence[DeviceSummary]:
        """All of an owner's devices, ordered by id."""

    @abstractmethod
    def at(self, endpoint: str) -> Sequence[DeviceId]:
        """The devices at this address and port, no matter who owns them, ordered by id."""

    @abstractmethod
    def in_state(
        self, owner_id: UserId, state: DeviceState, now: datetime
    ) -> Sequence[DeviceSummary]:
        """The owner's devices that are in this state now, ordered by id."""

    @abstractmethod
    def save(self, device: Device) -> None:
        """Raises UnknownDeviceError when it is gone, and DeviceNameTakenError when the owner has
        another device of this name."""

    @abstractmethod
    def delete(self, device_id: DeviceId) -> None:
        """Delete a device with its products, edits, schedule, runs and lease.

        Raises UnknownDeviceError when it is not there.
        """
