"""Runs that are forgotten when the test ends."""

from collections.abc import Container, Sequence
from dataclasses import replace
from datetime import datetime

from application.ports.repositories.devices import UnknownDeviceError
from application.ports.repositories.leases import Lease
from application.ports.repositories.runs import RunFilter, Runs
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.runs.run import Ending, Outcome, Run, RunId, RunKind
from tests.fakes.remembered import InMemoryRepository


class InMemoryRuns(InMemoryRepository, Runs):
    """Every conversation with a device."""

    def start(self, lease: Lease, *, kind: RunKind, asked_by: UserId | None, at: datetime) -> RunId:
        state = self._changing
        state.require_device(lease.device_id)
        if asked_by is not None and asked_by not in state.users:
            raise UnknownDeviceError
        state.runs_ever += 1
        run_id = RunId(state.runs_ever)
        state.runs[run_id] = Run(
            id=run_id, device_id=lease.device_id, kind=kind, asked_by=asked_by, started_at=at
        )
        state.fences[run_id] = lease.fence
        return run_id

    def end(self, run_id: RunId, ending: Ending) -> None:
        runs = self._changing.runs
        if run_id in runs:
            runs[run_id] = replace(runs[run_id], ending=ending)

    def page(
        self, owner_id: UserId, wanted: RunFilter, *, before: RunId | None = None, limit: int = 50
    ) -> Sequence[Run]:
        return [
            run
            for run in self._newest_first()
            if self._seen.devices[run.device_id].owner_id == owner_id
            and (before is None or run.id < before)
            and wanted.device_id in (None, run.device_id)
            and wanted.kind in (None, run.kind)
            and wanted.outcome in (None, run.outcome)
            and (wanted.since is None or run.started_at >= wanted.since)
        ][:limit]

    def last(
        self,
        device_id: DeviceId,
        kinds: Container[RunKind] = (),
        outcomes: Container[Outcome] = (),
    ) -> Run | None:
        of_kind = {kind for kind in RunKind if kind in kinds} or set(RunKind)
        ended = {outcome for outcome in Outcome if outcome in outcomes} or set(Outcome)
        for run in self._newest_first():
            if run.device_id == device_id and run.kind in of_kind and run.outcome in ended:
                return run
        return None

    def prune(self, before: datetime, kind: RunKind | None = None) -> int:
        runs = self._changing.runs
        old = [
            run.id for run in runs.values() if run.started_at < before and kind in (None, run.kind)
        ]
        for run_id in old:
            del runs[run_id]
        return len(old)

    def find(self, run_id: RunId | None) -> Run | None:
        """The run of this number, if it is remembered."""
        return next((run for run in self._newest_first() if run.id == run_id), None)

    def _newest_first(self) -> Sequence[Run]:
        return [
            replace(run, leased=run.ending is None and self._holds_lease(run))
            for run in sorted(self._seen.runs.values(), key=lambda run: run.id, reverse=True)
        ]

    def _holds_lease(self, run: Run) -> bool:
        fence = self._seen.leases[run.device_id].fence
        return self._leased(run.device_id) and fence == self._seen.fences[run.id]
