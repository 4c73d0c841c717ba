"""The whole fleet of an owner at a glance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from application.ports.clock import Clock
from application.ports.repositories.fleet import DueDevice, FleetCounts, RunningDevice
from application.ports.storage import Storage
from domain.accounts.user import UserId
from domain.products.label_checks.checks import Check
from domain.renewal.time_zones import TimeZones


@dataclass(frozen=True, slots=True)
class FleetAtAGlance:
    """How the fleet is at one moment."""

    counts: FleetCounts
    oldest_late: DueDevice | None
    next_due: DueDevice | None
    running: Sequence[RunningDevice]
    label_checks: Mapping[Check, int]


@dataclass(frozen=True, slots=True)
class ShowFleet:
    """What of their fleet an owner should look after, and what goes on."""

    storage: Storage
    clock: Clock
    zones: TimeZones

    def __call__(self, owner_id: UserId) -> FleetAtAGlance:
        now = self.clock.now()
        with self.storage.snapshot() as tx:
            today = {zone: self.zones.day(zone, now) for zone in tx.fleet.time_zones(owner_id)}
            return FleetAtAGlance(
                counts=tx.fleet.counts(owner_id, now),
                oldest_late=tx.fleet.oldest_late(owner_id, now),
                next_due=tx.fleet.next_due(owner_id, now),
                running=tx.fleet.running(owner_id),
                label_checks=tx.fleet.label_checks(owner_id, today),
            )
