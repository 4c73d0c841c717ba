"""The whole fleet of an owner at a glance."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.ports.clock import Clock
from application.ports.fleet import DueDevice, FleetCounts, RunningDevice
from application.ports.storage import Storage
from domain.user import UserId


@dataclass(frozen=True, slots=True)
class FleetAtAGlance:
    """How the fleet is at one moment."""

    counts: FleetCounts
    oldest_late: DueDevice | None
    next_due: DueDevice | None
    running: Sequence[RunningDevice]


@dataclass(frozen=True, slots=True)
class ShowFleet:
    """What of their fleet an owner should look after, and what goes on."""

    storage: Storage
    clock: Clock

    def __call__(self, owner_id: UserId) -> FleetAtAGlance:
        now = self.clock.now()
        with self.storage.snapshot() as tx:
            return FleetAtAGlance(
                counts=tx.fleet.counts(owner_id, now),
                oldest_late=tx.fleet.oldest_late(owner_id, now),
                next_due=tx.fleet.next_due(owner_id, now),
                running=tx.fleet.running(owner_id),
            )
