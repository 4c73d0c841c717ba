"""Conversations with devices that have been: listing them, and forgetting them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from application.ports.clock import Clock
from application.ports.repositories.runs import RunFilter
from application.ports.storage import Storage
from domain.accounts.user import UserId
from domain.runs.run import Run, RunId, RunKind

STATUS_KEPT: Final = timedelta(days=1)
"""How long runs that only asked for the status are remembered: long enough to look into a fault. A
screen that asks every few seconds makes thousands of them a day."""


@dataclass(frozen=True, slots=True)
class ListRuns:
    """Runs of an owner's devices, newest first."""

    storage: Storage

    def __call__(
        self, owner_id: UserId, wanted: RunFilter, *, before: RunId | None, limit: int
    ) -> Sequence[Run]:
        """Raises UnknownDeviceError when the filter names a device that is not the owner's."""
        with self.storage.snapshot() as tx:
            if wanted.device_id is not None:
                tx.devices.owned(owner_id, wanted.device_id)
            return tx.runs.page(owner_id, wanted, before=before, limit=limit)


@dataclass(frozen=True, slots=True)
class PruneRuns:
    """Forget old runs and their batches, and much sooner the runs that only asked for the status.
    Endpoints that nobody talks to any more are forgotten too."""

    storage: Storage
    clock: Clock
    keep: timedelta

    def __call__(self) -> int:
        """How many were forgotten."""
        with self.storage.transaction() as tx:
            now = self.clock.now()
            tx.batches.prune(now - self.keep)
            asked = tx.runs.prune(now - STATUS_KEPT, RunKind.STATUS)
            count = asked + tx.runs.prune(now - self.keep)
        with self.storage.transaction() as tx:
            tx.leases.prune()
        return count
