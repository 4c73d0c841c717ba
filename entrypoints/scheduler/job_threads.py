"""Doing the jobs that wait in the database, with a pool of threads."""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Protocol

from application.conversations.errors import DeviceBusyError
from application.log_context import device_id
from application.ports.repositories.leases import Lease
from application.ports.storage import StorageNotReadyError
from application.ports.waiting_jobs import ClaimedJob
from domain.runs.job import Job

log = logging.getLogger(__name__)

Do = Callable[[Job, Lease], None]


class Claim(Protocol):
    """Claims jobs for this process; see `WaitingJobs.claim`."""

    def __call__(
        self, *, done: Sequence[int], places: int, ordinary_places: int
    ) -> Sequence[ClaimedJob]: ...


def eighth_of(places: int) -> int:
    """Returns how many places devices may hold that are waited for although they did not answer.

    The other devices hardly wait for them.
    """
    return max(1, places // 8)


def kept_of(places: int) -> int:
    """Returns how many places are kept for owners with no other job.

    This way an owner whose scales are all silent keeps nobody else waiting.
    """
    return min(eighth_of(places), places - 1)


class JobThreads:
    """Hands waiting jobs to threads, at most one to each thread.

    Claiming a job leases its device, so no job is claimed before its conversation can begin.
    """

    def __init__(
        self, claim: Claim, do: Do, *, places: int, on_place_free: Callable[[], None]
    ) -> None:
        self._claim = claim
        self._do = do
        self._places = places
        self._on_place_free = on_place_free
        self._pool = ThreadPoolExecutor(places, thread_name_prefix="job")
        self._running: dict[Future[None], ClaimedJob] = {}
        self._done: deque[int] = deque()

    def hand_on(self) -> None:
        """Begin as many waiting jobs as there are free places. Logs failures."""
        running = list(self._running.values())
        ordinary = sum(not claimed.first for claimed in running)
        free = self._places - len(running)
        if free == 0:
            return
        for claimed in self._claimed(free, self._places - kept_of(self._places) - ordinary):
            future = self._pool.submit(self._run, claimed)
            self._running[future] = claimed
            future.add_done_callback(self._ended)

    def finish(self, patience: float) -> bool:
        """Wait for the jobs in flight for this many seconds. Returns whether all of them have
        ended."""
        ended = not wait(list(self._running), patience).not_done
        self._claimed(0, 0)
        return ended

    def _claimed(self, places: int, ordinary_places: int) -> Sequence[ClaimedJob]:
        done = [self._done.popleft() for _ in range(len(self._done))]
        try:
            return self._claim(done=done, places=places, ordinary_places=ordinary_places)
        except Exception:
            # Jobs that are not forgotten are claimed again, and then found to be done.
            self._done.extend(done)
            log.exception("could not look for waiting jobs; the next tick tries again")
            return []

    def _run(self, claimed: ClaimedJob) -> None:
        device_id.set(claimed.job.device_id)
        try:
            self._do(claimed.job, claimed.lease)
        except DeviceBusyError:
            log.debug("another device is talked to at the same address: this job waits for it")
            return
        except StorageNotReadyError as error:
            log.warning("a job could not be done and waits for its turn again: %s", error)
            return
        except Exception:
            log.exception("a job failed unforeseen")
        finally:
            device_id.set(None)
        self._done.append(claimed.number)

    def _ended(self, future: Future[None]) -> None:
        del self._running[future]
        self._on_place_free()
