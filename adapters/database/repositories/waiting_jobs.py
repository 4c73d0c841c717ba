"""The scheduler process's share of the jobs that wait in the database."""

from collections.abc import Sequence
from datetime import timedelta

from adapters.database.storage import SqlStorage
from application.ports.waiting_jobs import ClaimedJob, WaitingJobs


class SqlWaitingJobs(WaitingJobs):
    """A claim is the lease of the device, so a crash frees both at once."""

    def __init__(self, storage: SqlStorage) -> None:
        self._storage = storage

    def claim(
        self, *, done: Sequence[int], places: int, ordinary_places: int, lasts: timedelta
    ) -> Sequence[ClaimedJob]:
        if not done:
            with self._storage.snapshot() as tx:
                if not any(tx.waiting.waiting(first=each, limit=1) for each in (True, False)):
                    return []
        with self._storage.transaction() as tx:
            tx.waiting.forget(done)
            found = [
                *tx.waiting.waiting(first=True, limit=places),
                *tx.waiting.waiting(first=False, limit=min(places, ordinary_places)),
            ]
            claimed: list[ClaimedJob] = []
            for _, number, job, first in sorted(found, key=lambda each: each[:2]):
                # Of several jobs of one device, the first gets the lease.
                if len(claimed) < places and (lease := tx.leases.take(job.device_id, lasts)):
                    claimed.append(ClaimedJob(number, job, lease, first))
        return claimed
