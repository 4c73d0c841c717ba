"""A fleet at a glance: what its owner should look after."""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, Protocol

from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.devices.state import DeviceState
from domain.products.label_checks.checks import Check
from domain.runs.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetCounts:
    """How many devices there are in all, with auto-update on, due, and in each state."""

    devices: int
    auto_update: int
    due: int
    states: Mapping[DeviceState, int]


class DueDevice(NamedTuple):
    """A device and when it is, or was, due."""

    device_id: DeviceId
    name: str
    due_at: datetime


class RunningDevice(NamedTuple):
    """A device with a run that goes on."""

    name: str
    run: Run


class Fleet(Protocol):
    """All devices of an owner taken together. A device that waits for its password is not due."""

    @abstractmethod
    def counts(self, owner_id: UserId, now: datetime) -> FleetCounts: ...

    @abstractmethod
    def oldest_late(self, owner_id: UserId, now: datetime) -> DueDevice | None:
        """The device that has been LATE for the longest time."""

    @abstractmethod
    def next_due(self, owner_id: UserId, now: datetime) -> DueDevice | None:
        """The device that is due next, after now."""

    @abstractmethod
    def time_zones(self, owner_id: UserId) -> Collection[str | None]:
        """The time zones of the devices; None stands for devices without one of their own."""

    @abstractmethod
    def label_checks(
        self, owner_id: UserId, today: Mapping[str | None, date]
    ) -> Mapping[Check, int]:
        """On how many devices each check finds something, going by their products as last saved and
        by the present day in their time zones."""

    @abstractmethod
    def running(self, owner_id: UserId) -> Sequence[RunningDevice]:
        """Runs that go on, oldest first."""
