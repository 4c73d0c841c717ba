"""Jobs in the database, for a process that does them itself."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple, Protocol

from application.ports.repositories.leases import Lease
from domain.runs.job import Job


class ClaimedJob(NamedTuple):
    """A job that is this caller's to do, with the lease of its device; `first` when its owner had
    no other when it was deferred."""

    number: int
    job: Job
    lease: Lease
    first: bool


class WaitingJobs(Protocol):
    """The jobs that `Jobs.defer` left in the database, for a process that does them itself."""

    @abstractmethod
    def claim(
        self, *, done: Sequence[int], places: int, ordinary_places: int, lasts: timedelta
    ) -> Sequence[ClaimedJob]:
        """Take the jobs whose turn is next (see `domain.runs.turns`) and whose devices are free.

        At most `places`, of them at most `ordinary_places` that are not the first of their owner.

        Deletes the jobs that are `done` first. Leases each device, so that nobody else claims it.
        A job whose lease ends before it is named in `done` can be claimed again.
        """
