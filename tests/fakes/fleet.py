"""What a fleet in memory looks like at a glance."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from application.ports.repositories.devices import Devices, DeviceSummary
from application.ports.repositories.fleet import (
    CLOCK_OFF,
    LATE_AFTER,
    DeviceState,
    DueDevice,
    Fleet,
    FleetCounts,
    RunningDevice,
)
from application.ports.repositories.label_checks import LabelChecks
from application.ports.repositories.runs import RunFilter, Runs
from application.ports.repositories.schedules import Schedules
from domain.accounts.user import UserId
from domain.products.label_check import Check
from domain.renewal.schedule import AutoUpdate
from domain.runs.run import Outcome


class InMemoryFleet(Fleet):
    """Looks at every device, one by one."""

    def __init__(
        self, devices: Devices, schedules: Schedules, runs: Runs, label_checks: LabelChecks
    ) -> None:
        self._devices = devices
        self._schedules = schedules
        self._runs = runs
        self._label_checks = label_checks

    def counts(self, owner_id: UserId, now: datetime) -> FleetCounts:
        summaries = self._devices.summaries(owner_id)
        return FleetCounts(
            devices=len(summaries),
            auto_update=sum(each.auto_update for each in summaries),
            due=sum(
                at <= now or self._clock_was_ahead(each, now) for at, each in self._turns(owner_id)
            ),
            states={
                state: sum(
                    is_in(state, each, self._schedules.find(each.device.id), now)
                    for each in summaries
                )
                for state in DeviceState
            },
        )

    def oldest_late(self, owner_id: UserId, now: datetime) -> DueDevice | None:
        return next(
            (
                due(each)
                for at, each in self._turns(owner_id)
                if at <= now - LATE_AFTER or self._clock_was_ahead(each, now)
            ),
            None,
        )

    def next_due(self, owner_id: UserId, now: datetime) -> DueDevice | None:
        return next(
            (
                due(each)
                for at, each in self._turns(owner_id)
                if at > now and not self._clock_was_ahead(each, now)
            ),
            None,
        )

    def running(self, owner_id: UserId) -> Sequence[RunningDevice]:
        newest_first = self._runs.page(owner_id, RunFilter(outcome=Outcome.RUNNING), limit=1000)
        return [
            RunningDevice(self._devices.get(run.device_id).name, run)
            for run in reversed(newest_first)
        ]

    def _clock_was_ahead(self, summary: DeviceSummary, now: datetime) -> bool:
        schedule = self._schedules.find(summary.device.id)
        return schedule is not None and schedule.clock_was_ahead(now)

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

    def _turns(self, owner_id: UserId) -> Iterator[tuple[datetime, DeviceSummary]]:
        turns = [
            (each.next_run_at, each.device.id, each)
            for each in self._devices.summaries(owner_id)
            if each.next_run_at is not None
        ]
        for at, _, each in sorted(turns, key=lambda turn: turn[:2]):
            yield at, each


def is_in(
    state: DeviceState, summary: DeviceSummary, schedule: AutoUpdate | None, now: datetime
) -> bool:
    """Whether a device is in this state."""
    due_at = summary.next_run_at
    ahead = schedule is not None and schedule.clock_was_ahead(now)
    return {
        DeviceState.FAILING: summary.auto_update and summary.consecutive_failures > 0,
        DeviceState.LATE: due_at is not None and (due_at <= now - LATE_AFTER or ahead),
        DeviceState.UNVERIFIED: summary.unverified,
        DeviceState.REPLACED: summary.replaced,
        DeviceState.WRONG_PASSWORD: summary.device.refusals > 0,
        DeviceState.WRONG_CLOCK: abs(summary.device.clock_ahead or timedelta()) > CLOCK_OFF,
        DeviceState.EDITED: summary.cached_dirty,
    }[state]


def due(summary: DeviceSummary) -> DueDevice:
    assert summary.due_at is not None
    return DueDevice(summary.device.id, summary.device.name, summary.due_at)
