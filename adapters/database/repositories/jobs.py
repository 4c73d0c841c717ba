"""Jobs in the database, for the scheduler process."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, delete, func, insert, select

from adapters.database.batching import parts
from adapters.database.repositories.conditions import FREE
from adapters.database.repositories.repository import ConstraintError, Repository
from adapters.database.tables import devices, jobs, leases
from application.ports.repositories.devices import UnknownDeviceError
from application.ports.repositories.jobs import Jobs
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.runs.batch import BatchId
from domain.runs.job import Job
from domain.runs.run import RunKind
from domain.runs.turns import Line, Waiting, next_turn, turns

ADD = insert(jobs)
WAITING_TURNS = select(jobs.c.device_id).where(
    jobs.c.batch_id.is_(None), jobs.c.device_id.in_(bindparam("ids", expanding=True))
)
LAST_TURNS = (
    select(jobs.c.owner_id, jobs.c.doubtful, func.max(jobs.c.turn))
    .where(jobs.c.owner_id.in_(bindparam("owners", expanding=True)))
    .group_by(jobs.c.owner_id, jobs.c.doubtful)
)
SMALLEST_TURN = (
    select(jobs.c.turn)
    .join_from(jobs, leases, leases.c.device_id == jobs.c.device_id)
    .where(
        FREE,
        jobs.c.is_first == bindparam("are_first"),
        jobs.c.doubtful == bindparam("are_doubtful"),
    )
    .order_by(jobs.c.turn)
    .limit(1)
)
WAITING = (
    select(
        jobs.c.turn,
        jobs.c.id,
        jobs.c.kind,
        jobs.c.device_id,
        jobs.c.owner_id,
        jobs.c.batch_id,
        jobs.c.doubtful,
    )
    .join_from(jobs, leases, leases.c.device_id == jobs.c.device_id)
    .where(FREE, jobs.c.is_first == bindparam("are_first"))
    .order_by(jobs.c.turn, jobs.c.id)
    .limit(bindparam("at_most"))
)
# Who claims passes over devices that others are writing to, other claimers among them.
CLAIM = WAITING.join(devices, devices.c.id == jobs.c.device_id).with_for_update(
    of=[devices, jobs, leases], key_share=True, skip_locked=True
)
FORGET = delete(jobs).where(jobs.c.id.in_(bindparam("ids", expanding=True)))


class WaitingJob(NamedTuple):
    """A job that waits: its turn, the number of its row, and whether it was its owner's only one
    when it came."""

    turn: int
    number: int
    job: Job
    first: bool


class SqlJobs(Repository, Jobs):
    """Work that waits for a process that claims it."""

    def defer(self, jobs: Sequence[Job]) -> None:
        own_turns = {job.device_id for job in jobs if job.batch_id is None}
        waiting = {
            row[0] for some in parts(own_turns) for row in self._read(WAITING_TURNS, {"ids": some})
        }
        wanted = [job for job in jobs if job.batch_id is not None or job.device_id not in waiting]
        added = [
            {
                "device_id": turn.job.device_id,
                "kind": turn.job.kind.value,
                "batch_id": turn.job.batch_id,
                "doubtful": turn.job.doubtful,
                "owner_id": turn.job.owner_id,
                "turn": turn.number,
                "is_first": turn.first,
            }
            for turn in turns(wanted, self.not_done({job.owner_id for job in wanted}))
        ]
        try:
            for some in parts(added):
                self._try(ADD, some)
        except ConstraintError:
            raise UnknownDeviceError from None

    def waiting(self, *, first: bool, limit: int) -> Sequence[WaitingJob]:
        """Jobs whose devices are free, in the order of their turns: either those that were their
        owner's only one when they came, or the others."""
        statement = CLAIM if self._writable else WAITING
        rows = self._read(statement, {"are_first": first, "at_most": limit})
        waiting = [
            WaitingJob(
                turn,
                number,
                Job(
                    kind=RunKind(kind),
                    device_id=DeviceId(device_id),
                    owner_id=UserId(owner_id),
                    batch_id=None if batch_id is None else BatchId(batch_id),
                    doubtful=is_doubtful,
                ),
                first,
            )
            for turn, number, kind, device_id, owner_id, batch_id, is_doubtful in rows
        ]
        self._guard.note_held(each.job.device_id for each in waiting)
        return waiting

    def forget(self, numbers: Sequence[int]) -> None:
        """They are done."""
        for some in parts(numbers):
            self._write(FORGET, {"ids": some})

    def not_done(self, owners: Collection[UserId]) -> Waiting:
        """What is to be known of the jobs that there are, so that others get their turns."""
        last = {
            Line(UserId(owner_id), bool(doubtful)): turn
            for some in parts(owners)
            for owner_id, doubtful, turn in self._read(LAST_TURNS, {"owners": some})
        }
        return Waiting(
            last, next_turn(self._smallest(doubtful=False), self._smallest(doubtful=True))
        )

    def _smallest(self, *, doubtful: bool) -> int | None:
        found = [
            row[0]
            for first in (False, True)
            for row in self._read(SMALLEST_TURN, {"are_first": first, "are_doubtful": doubtful})
        ]
        return min(found, default=None)
