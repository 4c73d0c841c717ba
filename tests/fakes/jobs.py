"""Batches of runs and jobs that are forgotten when the test ends."""

from collections.abc import Sequence
from datetime import datetime

from application.ports.repositories.batches import Batches, UnknownBatchError
from application.ports.repositories.devices import UnknownDeviceError
from application.ports.repositories.jobs import Jobs
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.errors import Cause
from domain.runs.batch import Batch, BatchId, BatchItem, UploadOf
from domain.runs.job import Job
from domain.runs.run import RunId, RunKind
from domain.runs.turns import Line, Turn, Waiting, next_turn, turns
from tests.fakes.remembered import InMemoryRepository, Item
from tests.fakes.runs import InMemoryRuns


class InMemoryBatches(InMemoryRepository, Batches):
    """What users asked to be done with several devices."""

    def add(
        self,
        owner_id: UserId,
        device_ids: Sequence[DeviceId],
        *,
        kind: RunKind,
        upload_of: UploadOf,
        at: datetime,
    ) -> Batch:
        state = self._changing
        if owner_id not in state.users or not set(device_ids) <= set(state.devices):
            raise UnknownDeviceError
        state.batches_ever += 1
        batch = Batch(
            id=BatchId(state.batches_ever),
            owner_id=owner_id,
            kind=kind,
            upload_of=upload_of,
            created_at=at,
        )
        state.batches[batch.id] = batch
        for device_id in device_ids:
            state.batch_items[batch.id, device_id] = Item()
        return batch

    def get(self, batch_id: BatchId) -> Batch:
        if batch_id not in self._seen.batches:
            raise UnknownBatchError
        return self._seen.batches[batch_id]

    def owned(self, owner_id: UserId, batch_id: BatchId) -> Batch:
        batch = self.get(batch_id)
        if batch.owner_id != owner_id:
            raise UnknownBatchError
        return batch

    def items(self, batch_id: BatchId) -> Sequence[BatchItem]:
        ids = sorted(each for batch, each in self._seen.batch_items if batch == batch_id)
        return [item for each in ids if (item := self.item(batch_id, each)) is not None]

    def item(self, batch_id: BatchId, device_id: DeviceId) -> BatchItem | None:
        item = self._seen.batch_items.get((batch_id, device_id))
        if item is None:
            return None
        runs = InMemoryRuns(self._seen, self._now, writable=False)
        return BatchItem(
            device_id=device_id,
            device_name=self._seen.devices[device_id].name,
            run=runs.find(item.run_id),
            unbegun=item.unbegun,
        )

    def began(self, batch_id: BatchId, device_id: DeviceId, run_id: RunId) -> None:
        self._set(batch_id, device_id, Item(run_id))

    def failed(self, batch_id: BatchId, device_id: DeviceId, cause: Cause) -> None:
        before = self._seen.batch_items.get((batch_id, device_id), Item())
        self._set(batch_id, device_id, before._replace(unbegun=cause))

    def begin_again(self, batch_id: BatchId, device_ids: Sequence[DeviceId]) -> None:
        for device_id in device_ids:
            self._set(batch_id, device_id, Item())

    def prune(self, before: datetime) -> int:
        state = self._changing
        old = [batch.id for batch in state.batches.values() if batch.created_at < before]
        for batch_id in old:
            state.forget_batch(batch_id)
        return len(old)

    def _set(self, batch_id: BatchId, device_id: DeviceId, item: Item) -> None:
        if (batch_id, device_id) in self._changing.batch_items:
            self._changing.batch_items[batch_id, device_id] = item


class InMemoryJobs(InMemoryRepository, Jobs):
    """Work that waits for a process that claims it."""

    def defer(self, jobs: Sequence[Job]) -> None:
        state = self._changing
        for job in jobs:
            assert state.require_device(job.device_id).owner_id == job.owner_id
            own = {each.job.device_id for each in state.jobs.values() if each.job.batch_id is None}
            if job.batch_id is None and job.device_id in own:
                continue
            [turn] = turns([job], self._not_done)
            state.jobs_ever += 1
            state.jobs[state.jobs_ever] = turn

    @property
    def waiting(self) -> Sequence[tuple[int, Turn]]:
        """Those whose turn is next first."""
        return sorted(self._seen.jobs.items(), key=lambda each: (each[1].number, each[0]))

    @property
    def _not_done(self) -> Waiting:
        last: dict[Line, int] = {}
        smallest: dict[bool, int] = {}
        for job, number, _ in self._seen.jobs.values():
            line = Line(job.owner_id, job.doubtful)
            last[line] = max(number, last.get(line, number))
            if not self._leased(job.device_id):
                smallest[job.doubtful] = min(number, smallest.get(job.doubtful, number))
        return Waiting(last, next_turn(smallest.get(False), smallest.get(True)))

    def forget(self, numbers: Sequence[int]) -> None:
        """They are done."""
        for number in numbers:
            self._changing.jobs.pop(number, None)
