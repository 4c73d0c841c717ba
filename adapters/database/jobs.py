"""Jobs in the database, for the scheduler process."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, delete, insert, select

from adapters.database.devices import FREE
from adapters.database.repository import ConstraintError, Repository, parts
from adapters.database.rows import devices, jobs, leases
from application.ports.jobs import Jobs
from domain.device import DeviceId
from domain.errors import UnknownDeviceError
from domain.job import BatchId, Job
from domain.run import RunKind

ADD = insert(jobs)
WAITING_TURNS = select(jobs.c.device_id).where(
    jobs.c.batch_id.is_(None), jobs.c.device_id.in_(bindparam("ids", expanding=True))
)
WAITING = (
    select(jobs.c.id, jobs.c.kind, jobs.c.device_id, jobs.c.batch_id, jobs.c.doubtful)
    .join_from(jobs, leases, leases.c.device_id == jobs.c.device_id)
    .where(FREE, jobs.c.doubtful == bindparam("are_doubtful"))
    .order_by(jobs.c.id)
    .limit(bindparam("at_most"))
)
# Who claims passes over devices that others are writing to, other claimers among them.
CLAIM = WAITING.join(devices, devices.c.id == jobs.c.device_id).with_for_update(
    of=[devices, jobs, leases], key_share=True, skip_locked=True
)
FORGET = delete(jobs).where(jobs.c.id.in_(bindparam("ids", expanding=True)))


class Waiting(NamedTuple):
    """A job that waits, and the number of its row."""

    number: int
    job: Job


class SqlJobs(Repository, Jobs):
    """Work that waits for a process that claims it."""

    def defer(self, jobs: Sequence[Job]) -> None:
        turns = {job.device_id for job in jobs if job.batch_id is None}
        waiting = {
            row[0] for some in parts(turns) for row in self._read(WAITING_TURNS, {"ids": some})
        }
        added = [
            {
                "device_id": job.device_id,
                "kind": job.kind.value,
                "batch_id": job.batch_id,
                "doubtful": job.doubtful,
            }
            for job in jobs
            if job.batch_id is not None or job.device_id not in waiting
        ]
        try:
            for some in parts(added):
                self._try(ADD, some)
        except ConstraintError:
            raise UnknownDeviceError from None

    def waiting(self, *, doubtful: bool, limit: int) -> Sequence[Waiting]:
        """Jobs whose devices are free, those that waited longest first."""
        statement = CLAIM if self._writable else WAITING
        rows = self._read(statement, {"are_doubtful": doubtful, "at_most": limit})
        waiting = [
            Waiting(
                number,
                Job(
                    kind=RunKind(kind),
                    device_id=DeviceId(device_id),
                    batch_id=None if batch_id is None else BatchId(batch_id),
                    doubtful=is_doubtful,
                ),
            )
            for number, kind, device_id, batch_id, is_doubtful in rows
        ]
        self._guard.held(each.job.device_id for each in waiting)
        return waiting

    def forget(self, numbers: Sequence[int]) -> None:
        """They are done."""
        for some in parts(numbers):
            self._write(FORGET, {"ids": some})
