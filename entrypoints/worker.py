"""The worker process: does the jobs that wait in PostgreSQL, beside others on any machine."""

import logging
import os
from collections.abc import Callable
from typing import Final

from application.conversations.errors import DeviceBusyError
from application.log_context import device_id
from application.ports.clock import ClockWrongError
from application.ports.storage import StorageNotReadyError
from domain.runs.job import Job
from entrypoints.bootstrap import bootstrap, worker_of
from entrypoints.database import bring_up_to_date
from entrypoints.process.failures import CommandFailedError
from entrypoints.process.memory import share_one_heap
from entrypoints.process.stopping import Stop
from entrypoints.settings import Settings

log = logging.getLogger(__name__)

GRACE: Final = 5.0
"""Seconds that a conversation may take beyond its deadline, to store its result."""


class NoWorkersError(CommandFailedError):
    """There is no work for workers on this database."""

    def __init__(self) -> None:
        super().__init__(
            "Workers need PostgreSQL: on SQLite, web-scales scheduler does their work. "
            "DATABASE_URL says which it is."
        )


def run_worker(settings: Settings, stop: Stop) -> None:
    """Do jobs until asked to stop, then finish what is in flight.

    Raises NoWorkersError and UnusableDatabaseError.
    """
    share_one_heap()
    bring_up_to_date(settings)
    cases = bootstrap(settings)
    if cases.runs.claim_jobs is not None:
        raise NoWorkersError
    patience = settings.conversation_timeout + GRACE
    worker = worker_of(settings, logged(cases.runs.do_job), patience=patience, on_overdue=_cut_off)
    stop.wakes(worker.stop)
    log.info("doing up to %d jobs at once", settings.worker_concurrency)
    worker.run()
    log.info("stopped")


def logged(do: Callable[[Job], None]) -> Callable[[Job], None]:
    """Do a job, with its device in each line of the log.

    Unforeseen failures are logged and not raised: doing the job again would fail again.
    """

    def act(job: Job) -> None:
        device_id.set(job.device_id)
        try:
            do(job)
        except (ClockWrongError, DeviceBusyError, StorageNotReadyError):
            raise
        except Exception:
            log.exception("a job failed unforeseen")
        finally:
            device_id.set(None)

    return act


def _cut_off() -> None:
    """A job that hangs must not keep the process from ending."""
    log.warning("conversations that take too long were cut off")
    os._exit(0)
