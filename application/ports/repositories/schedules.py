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
    def find(self, device_id: DeviceId) -> AutoUpdate | None: ...

    @abstractmethod
    def save(self, auto_update: AutoUpdate) -> None:
        """Add it, or replace what was saved for the same device."""

    @abstractmethod
    def any_due(self, now: datetime) -> bool:
        """Whether `claim_due` would answer any; works in a snapshot."""

    @abstractmethod
    def claim_due(self, now: datetime, *, until: datetime, limit: int) -> Sequence[Due]:
        """Devices whose turn has come, longest due first.

        Those that refused their password wait for the user and are not among them. None of them
        is answered again before `until`, unless its schedule is saved; two callers never get the
        same one. Devices that another transaction is looking at may be passed over.
        """

    @abstractmethod
    def hasten(self, owner_id: UserId, now: datetime, *, apart: timedelta) -> None:
        """Have an owner's doubtful devices tried again at once, or so long from now where they
        were tried less than so long ago; none later than it would be anyway.

        Those that another transaction is looking at may be passed over.
        """

    @abstractmethod
    def enabled(self) -> Sequence[tuple[AutoUpdate, str | None]]:
        """Every schedule that is on, with its device's own time zone, ordered by device."""
