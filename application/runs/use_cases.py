"""What may be asked about runs, and about the work that leads to them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from application.conversations.opening import Conversations
from application.ports.clock import Clock
from application.ports.storage import Storage
from application.ports.waiting_jobs import WaitingJobs
from application.products.use_cases import ProductCases
from application.renewal.use_cases import RenewalCases
from application.runs.batches import RetryBatch, ShowBatch, StartBatch
from application.runs.claim_jobs import ClaimJobs
from application.runs.do_job import DoJob
from application.runs.due_devices import DeferDueDevices
from application.runs.history import ListRuns, PruneRuns


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCases:
    """The use cases of runs, batches and jobs.

    `claim_jobs` is None where workers get the jobs by themselves.
    """

    list: ListRuns
    prune: PruneRuns
    start_batch: StartBatch
    show_batch: ShowBatch
    retry_batch: RetryBatch
    defer_due_devices: DeferDueDevices
    claim_jobs: ClaimJobs | None
    do_job: DoJob

    @classmethod
    def wired(
        cls,
        *,
        storage: Storage,
        waiting_jobs: WaitingJobs | None,
        conversations: Conversations,
        clock: Clock,
        products: ProductCases,
        renewal: RenewalCases,
        runs_kept: timedelta,
    ) -> Self:
        """With these parts behind them. A job reads, uploads or renews."""
        return cls(
            list=ListRuns(storage),
            prune=PruneRuns(storage, clock, runs_kept),
            start_batch=StartBatch(storage, clock),
            show_batch=ShowBatch(storage),
            retry_batch=RetryBatch(storage),
            defer_due_devices=DeferDueDevices(storage, clock),
            claim_jobs=None if waiting_jobs is None else ClaimJobs(waiting_jobs),
            do_job=DoJob(
                storage,
                conversations,
                clock,
                products.read,
                products.upload,
                renewal.renew_dates,
            ),
        )
