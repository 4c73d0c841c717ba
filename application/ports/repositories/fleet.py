"""A fleet at a glance: what its owner should look after."""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, Protocol

from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.devices.state import DeviceState
from domain.products.label_check import Check
from domain.runs.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetCounts:
    """How many devices there are, with auto-update on, with a turn that has come, in each state."""

    devices: int
    auto_update: int
    due: int
    states: Mapping[DeviceState, int]


class DueDevice(NamedTuple):
    """A device and when its turn is, or was."""

    device_id: DeviceId
    name: str
    due_at: datetime


class RunningDevice(NamedTuple):
    """A device that is being talked to."""

    name: str
    run: Run


class Fleet(Protocol):
    """All devices of an owner taken together. Whoever waits for its password has no turn."""

    @abstractmethod
    def counts(self, owner_id: UserId, now: datetime) -> FleetCounts: ...

    @abstractmethod
    def oldest_late(self, owner_id: UserId, now: datetime) -> DueDevice | None:
        """Of the devices that are LATE, the one that waits longest."""

    @abstractmethod
    def next_due(self, owner_id: UserId, now: datetime) -> DueDevice | None:
        """Whose turn comes next, after now."""

    @abstractmethod
    def time_zones(self, owner_id: UserId) -> Collection[str | None]:
        """Those of the devices; None where one has none of its own."""

    @abstractmethod
    def label_checks(
        self, owner_id: UserId, today: Mapping[str | None, date]
    ) -> Mapping[Check, int]:
        """On how many devices each check finds something on the day that it is in their zones, as
        their products were when they were last saved."""

    @abstractmethod
    def running(self, owner_id: UserId) -> Sequence[RunningDevice]:
        """Conversations that go on, the one that began first first."""
