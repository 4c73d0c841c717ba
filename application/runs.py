"""What was said to devices, and how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from application.ports.clock import Clock
from application.ports.storage import RunFilter, Storage
from domain.run import Run, RunId
from domain.user import UserId


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
    """Forget old runs, and the batches that asked for them."""

    storage: Storage
    clock: Clock
    keep: timedelta

    def __call__(self) -> int:
        """How many were forgotten."""
        with self.storage.transaction() as tx:
            before = self.clock.now() - self.keep
            tx.batches.prune(before)
            return tx.runs.prune(before)
