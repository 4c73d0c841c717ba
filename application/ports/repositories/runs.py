"""Every conversation with a device."""

from abc import abstractmethod
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from application.ports.repositories.leases import Lease
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.runs.run import Ending, Outcome, Run, RunId, RunKind


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """Which runs are wanted; None stands for all."""

    device_id: DeviceId | None = None
    kind: RunKind | None = None
    outcome: Outcome | None = None
    since: datetime | None = None


class Runs(Protocol):
    """Every conversation with a device."""

    @abstractmethod
    def start(self, lease: Lease, *, kind: RunKind, asked_by: UserId | None, at: datetime) -> RunId:
        """Record that a conversation is about to begin. Returns the number of its run."""

    @abstractmethod
    def end(self, run_id: RunId, ending: Ending) -> None:
        """Record how it ended."""

    @abstractmethod
    def page(
        self, owner_id: UserId, wanted: RunFilter, *, before: RunId | None = None, limit: int = 50
    ) -> Sequence[Run]:
        """Runs of an owner's devices, newest first; `before` continues an earlier page."""

    @abstractmethod
    def last(
        self,
        device_id: DeviceId,
        kinds: Container[RunKind] = (),
        outcomes: Container[Outcome] = (),
    ) -> Run | None:
        """A device's newest run of these kinds and outcomes; without them, of any."""

    @abstractmethod
    def prune(self, before: datetime, kind: RunKind | None = None) -> int:
        """Delete the runs that started earlier, of one kind if it is given. Returns how many."""
