"""Jobs for a process that does them itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.conversations.lease_keeper import LEASE
from application.ports.waiting_jobs import ClaimedJob, WaitingJobs


@dataclass(frozen=True, slots=True)
class ClaimJobs:
    """Take jobs that wait, with the leases of their devices."""

    waiting_jobs: WaitingJobs

    def __call__(
        self, *, done: Sequence[int], places: int, ordinary_places: int
    ) -> Sequence[ClaimedJob]:
        """At most `places` jobs, of them at most `ordinary_places` that are not the first of their
        owner. Forgets those that are `done`."""
        return self.waiting_jobs.claim(
            done=done, places=places, ordinary_places=ordinary_places, lasts=LEASE
        )
