"""Jobs in Procrastinate's queues, deferred by the transaction that they belong to."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from procrastinate import SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Job as Queued
from procrastinate.manager import JobManager
from psycopg import Connection

from adapters.procrastinate.queues import (
    TASK,
    lock_of,
    priority_of,
    queue_of,
    turn_of,
    written,
)
from application.ports.repositories.jobs import Jobs
from application.ports.storage import ReadOnlyError
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.runs.job import Job
from domain.runs.turns import Line, Turn, Waiting, next_turn, turns

# Each half has a partial index of its own.
WAITING_TURNS: Final = """
SELECT queueing_lock FROM procrastinate_jobs
WHERE status = 'todo' AND queueing_lock = ANY(%(locks)s)
UNION ALL
SELECT queueing_lock FROM procrastinate_jobs
WHERE status = 'doing' AND lock = ANY(%(locks)s) AND queueing_lock IS NOT NULL
"""
# Uses an index of the unfinished jobs by owner.
LAST_TURNS: Final = """
SELECT (args->>'owner_id')::bigint, (args->>'doubtful')::boolean, min(priority)
FROM procrastinate_jobs
WHERE status IN ('todo', 'doing') AND args->>'owner_id' = ANY(%(owners)s)
GROUP BY 1, 2
"""
# Uses the index with which workers look for jobs.
NEXT_TURN: Final = """
SELECT priority FROM procrastinate_jobs
WHERE status = 'todo' AND (args->>'doubtful')::boolean = %(doubtful)s
ORDER BY priority DESC, id LIMIT 1
"""
AT_ONCE: Final = 500


class ProcrastinateJobs(Jobs):
    """Jobs that wait for the first free worker, on any machine."""

    def __init__(self, connection: "Connection[Any]", *, writable: bool) -> None:
        """`connection` is the connection of the open transaction."""
        self._connection = connection
        self._writable = writable
        self._manager = JobManager(SyncPsycopgConnector())

    def defer(self, jobs: Sequence[Job]) -> None:
        """Raises ReadOnlyError in a snapshot."""
        if not self._writable:
            raise ReadOnlyError("A snapshot cannot be written to.")
        for start in range(0, len(jobs), AT_ONCE):
            self._defer(jobs[start : start + AT_ONCE])

    def _defer(self, jobs: Sequence[Job]) -> None:
        waiting = self._waiting([job.device_id for job in jobs if job.batch_id is None])
        added = {
            (job.device_id, job.batch_id): job
            for job in jobs
            if job.batch_id is not None or lock_of(job.device_id) not in waiting
        }.values()
        not_done = self._not_done({job.owner_id for job in added})
        wanted = [_queued(turn) for turn in turns(list(added), not_done)]
        if wanted and not self._put(wanted):
            # Another process has deferred one of them in between, and does not know the others.
            for one in wanted:
                self._put([one])

    def _put(self, wanted: list[Queued]) -> bool:
        """Adds all of them or none. Returns whether it added them."""
        try:
            # A refused statement would end the whole transaction.
            with self._connection.transaction():
                self._manager.batch_defer_jobs(wanted, connection=self._connection)
        except AlreadyEnqueued:
            return False
        return True

    def _waiting(self, device_ids: Sequence[DeviceId]) -> set[str]:
        if not device_ids:
            return set()
        locks = [lock_of(each) for each in device_ids]
        return {row[0] for row in self._connection.execute(WAITING_TURNS, {"locks": locks})}

    def _not_done(self, owners: Collection[UserId]) -> Waiting:
        rows = self._connection.execute(LAST_TURNS, {"owners": [str(each) for each in owners]})
        last = {
            Line(UserId(owner_id), doubtful): turn_of(priority)
            for owner_id, doubtful, priority in rows
        }
        return Waiting(last, next_turn(self._next(doubtful=False), self._next(doubtful=True)))

    def _next(self, *, doubtful: bool) -> int | None:
        found = self._connection.execute(NEXT_TURN, {"doubtful": doubtful}).fetchone()
        return None if found is None else turn_of(found[0])


def _queued(turn: Turn) -> Queued:
    job = turn.job
    lock = lock_of(job.device_id)
    return Queued(
        id=None,
        queue=queue_of(turn),
        priority=priority_of(turn),
        lock=lock,
        queueing_lock=lock if job.batch_id is None else None,
        task_name=TASK,
        task_kwargs=written(job),
    )
