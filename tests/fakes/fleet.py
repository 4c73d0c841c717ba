"""What a fleet in memory looks like at a glance."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime

from application.ports.repositories.devices import Devices
from application.ports.repositories.fleet import DueDevice, Fleet, FleetCounts, RunningDevice
from application.ports.repositories.label_checks import LabelChecks
from application.ports.repositories.runs import RunFilter, Runs
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.devices.state import DeviceFacts, DeviceState, states_of
from domain.products.label_checks.checks import Check
from domain.runs.run import Outcome


class InMemoryFleet(Fleet):
    """Looks at every device, one by one."""

    def __init__(
        self,
        devices: Devices,
        facts: Callable[[DeviceId, datetime], DeviceFacts],
        runs: Runs,
        label_checks: LabelChecks,
    ) -> None:
        self._devices = devices
        self._facts = facts
        self._runs = runs
        self._label_checks = label_checks

    def counts(self, owner_id: UserId, now: datetime) -> FleetCounts:
        every = [self._facts(each.device.id, now) for each in self._devices.summaries(owner_id)]
        return FleetCounts(
            devices=len(every),
            auto_update=sum(each.auto_update for each in every),
            due=sum(each.is_due(now) for each in every),
            states={
                state: sum(state in states_of(each, now) for each in every) for state in DeviceState
            },
        )

    def oldest_late(self, owner_id: UserId, now: datetime) -> DueDevice | None:
        return self._first(owner_id, now, lambda facts: DeviceState.LATE in states_of(facts, now))

    def next_due(self, owner_id: UserId, now: datetime) -> DueDevice | None:
        return self._first(owner_id, now, lambda facts: not facts.is_due(now))

    def running(self, owner_id: UserId) -> Sequence[RunningDevice]:
        newest_first = self._runs.page(owner_id, RunFilter(outcome=Outcome.RUNNING), limit=1000)
        return [
            RunningDevice(self._devices.get(run.device_id).name, run)
            for run in reversed(newest_first)
        ]

    def time_zones(self, owner_id: UserId) -> Collection[str | None]:
        return {each.device.time_zone for each in self._devices.summaries(owner_id)}

    def label_checks(
        self, owner_id: UserId, today: Mapping[str | None, date]
    ) -> Mapping[Check, int]:
        counts = dict.fromkeys(Check, 0)
        for summary in self._devices.summaries(owner_id):
            for each in self._label_checks.of_device(summary.device.id):
                counts[each.check] += each.finds_on(today[summary.device.time_zone])
        return counts

    def _first(
        self, owner_id: UserId, now: datetime, wanted: Callable[[DeviceFacts], bool]
    ) -> DueDevice | None:
        """Of the devices that have a turn, the one whose turn is first."""
        turns = [
            DueDevice(device.id, device.name, facts.next_turn)
            for device in (each.device for each in self._devices.summaries(owner_id))
            if (facts := self._facts(device.id, now)).next_turn is not None and wanted(facts)
        ]
        return min(turns, key=lambda turn: (turn.due_at, turn.device_id), default=None)
