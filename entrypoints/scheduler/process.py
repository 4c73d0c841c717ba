"""The scheduler process: hands on due devices, and does the jobs where no workers do."""

import logging
import os
import queue
import time
from collections.abc import Callable
from typing import Final

import schedule

from entrypoints.bootstrap import bootstrap
from entrypoints.database import bring_up_to_date
from entrypoints.process.memory import share_one_heap
from entrypoints.process.stopping import Stop
from entrypoints.scheduler.job_threads import JobThreads
from entrypoints.settings import Settings

log = logging.getLogger(__name__)

TICK: Final = 1
"""Seconds."""
GATHER: Final = 0.05
"""Seconds. Places that become free within them get work in one transaction."""
GRACE: Final = 5.0
"""Seconds that a conversation may take beyond its deadline, to store its result."""

Act = Callable[[], object]


def run_scheduler(settings: Settings, stop: Stop) -> None:
    """Hand on due devices until asked to stop, then finish what is in flight.

    With SQLite, this process also does the jobs that were handed on, and the batches of users.
    Raises UnusableDatabaseError.
    """
    share_one_heap()
    bring_up_to_date(settings)
    cases = bootstrap(settings)
    bell = Bell(stop)
    if not settings.scheduler_service_enabled:
        log.info("SCHEDULER_SERVICE_ENABLED is false: nothing is renewed")
        while not stop.asked:
            bell.wait(None)
        return
    cases.renewal.follow_service_zone()

    def look_after() -> None:
        logged(cases.runs.defer_due_devices)()
        logged(cases.products.check_forgotten_labels, "check the labels of edited devices")()

    if cases.runs.claim_jobs is None:
        log.info("handing on what falls due to the workers")
        keep_ticking(look_after, lambda: None, cases.runs.prune, bell, stop)
        log.info("stopped")
        return
    threads = JobThreads(
        cases.runs.claim_jobs,
        cases.runs.do_job,
        places=settings.scheduler_concurrency,
        on_place_free=bell.ring,
    )
    log.info("renewing up to %d devices at once", settings.scheduler_concurrency)
    keep_ticking(look_after, threads.hand_on, cases.runs.prune, bell, stop)
    if not threads.finish(settings.conversation_timeout + GRACE):
        log.warning("conversations that take too long were cut off")
        # A job that hangs must not keep the process from ending.
        os._exit(0)
    log.info("stopped")


class Bell:
    """Wakes the loop when the process is asked to stop, and when a place becomes free."""

    def __init__(self, stop: Stop, gather: float = GATHER) -> None:
        self._stop = stop
        self._gather = gather
        # A signal handler may put only into this kind of queue.
        self._rung: queue.SimpleQueue[None] = queue.SimpleQueue()
        stop.wakes(self.ring)

    def ring(self) -> None:
        self._rung.put(None)

    def wait(self, seconds: float | None) -> bool:
        """Wait until it rings, at most for so many seconds. Returns whether it rang.

        It counts if it rang since the last wait. Rings shortly after each other count as one.
        """
        try:
            self._rung.get(timeout=seconds)
        except queue.Empty:
            return False
        if not self._stop.asked:
            time.sleep(self._gather)
        try:
            while True:
                self._rung.get_nowait()
        except queue.Empty:
            return True


def keep_ticking(
    defer_due: Act,
    hand_on: Act,
    prune: Callable[[], int],
    bell: Bell,
    stop: Stop,
    tick: int = TICK,
) -> None:
    """Hand on due devices at every tick, and fill free places whenever one becomes free.

    Prune old runs at the start and then every hour; this is quick, and need not be on time.
    """

    def work() -> None:
        defer_due()
        hand_on()

    metronome = schedule.Scheduler()
    work()
    prune_logged(prune)
    while not stop.asked:
        pause = metronome.idle_seconds
        # None: there is no tick yet. Too long: the clock of the machine was set back, and schedule
        # would wait until it has caught up.
        if pause is None or pause > tick:
            metronome.clear()
            metronome.every(tick).seconds.do(work)
            metronome.every().hour.do(prune_logged, prune)
            pause = tick
        rung = bell.wait(max(pause, 0))
        if stop.asked:
            return
        if rung:
            hand_on()
        metronome.run_pending()


def logged(work: Act, what: str = "look for due devices") -> Act:
    """Returns the work as a function that logs failures: the next tick tries again."""

    def act() -> None:
        try:
            work()
        except Exception:
            log.exception("could not %s; the next tick tries again", what)

    return act


def prune_logged(prune: Callable[[], int]) -> None:
    """Forget old runs. Logs failures, so that renewals go on."""
    try:
        forgotten = prune()
    except Exception:
        log.exception("could not forget old runs; in an hour it is tried again")
        return
    if forgotten:
        log.info("forgot %d old runs", forgotten)
