"""When the dates of each device are renewed."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.renewal.schedule import AutoUpdate


class Due(NamedTuple):
    """A device whose turn has come; `doubtful` when it did not answer last time."""

    device_id: DeviceId
    owner_id: UserId
    doubtful: bool


class Schedules(Protocol):
    """The schedule of each device."""

    @abstractmethod
    def find(self, device_id: DeviceId) -> AutoUpdate | None:
        """A device's schedule; None when it has none."""

    @abstractmethod
    def save(self, auto_update: AutoUpdate) -> None:
        """Add it, or replace what was saved for the same device. Raises UnknownDeviceError when the
        device is gone."""

    @abstractmethod
    def any_due(self, now: datetime) -> bool:
        """Whether `claim_due` would return any. Works in a snapshot."""

    @abstractmethod
    def claim_due(self, now: datetime, *, until: datetime, limit: int) -> Sequence[Due]:
        """Devices whose turn has come, the longest due first.

        Devices that refused their password wait for the user and are left out. None is returned
        again before `until`, unless its schedule is saved. Two callers never get the same device.
        Devices that another transaction is looking at may be left out.
        """

    @abstractmethod
    def hasten(self, owner_id: UserId, now: datetime, *, spacing: timedelta) -> None:
        """Make an owner's doubtful devices due now, or `spacing` from now if they were tried less
        than `spacing` ago. None becomes due later than before.

        Devices that another transaction is looking at may be left out.
        """

    @abstractmethod
    def enabled(self) -> Sequence[tuple[AutoUpdate, str | None]]:
        """Every schedule that is on, with its device's own time zone, ordered by device."""
