"""Devices whose turn to have their dates renewed has come."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from application.ports.clock import Clock
from application.ports.storage import Storage
from domain.runs.job import Job
from domain.runs.run import RunKind

LOOK_AGAIN: Final = timedelta(minutes=2)
"""After so long a due device whose job got lost is handed on once more."""
AT_ONCE: Final = 500
"""Devices handed on in one transaction, so that it does not keep other writers waiting."""


@dataclass(frozen=True, slots=True)
class DeferDueDevices:
    """Hand on the devices whose turn has come, each once, as jobs to be done."""

    storage: Storage
    clock: Clock

    def __call__(self) -> int:
        """Returns how many were handed on."""
        with self.storage.snapshot() as tx:
            if not tx.schedules.any_due(self.clock.now()):
                return 0
        count = 0
        while True:
            with self.storage.transaction() as tx:
                now = self.clock.now()
                due = tx.schedules.claim_due(now, until=now + LOOK_AGAIN, limit=AT_ONCE)
                tx.jobs.defer(
                    [
                        Job(
                            kind=RunKind.AUTO_UPDATE,
                            device_id=each.device_id,
                            owner_id=each.owner_id,
                            doubtful=each.doubtful,
                        )
                        for each in due
                    ]
                )
            count += len(due)
            if len(due) < AT_ONCE:
                return count
