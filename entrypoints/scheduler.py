"""The scheduler as a process: renews the dates of devices as they fall due."""

import logging
import os
import queue
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Final

import schedule

from application.context import device_id
from application.ports.storage import Lease
from entrypoints.bootstrap import bootstrap
from entrypoints.database import bring_up_to_date
from entrypoints.memory import share_one_heap
from entrypoints.settings import Settings
from entrypoints.stopping import Stop

log = logging.getLogger(__name__)

TICK: Final = 1
"""Seconds."""
GRACE: Final = 5.0
"""Seconds that a conversation may take beyond its deadline, for what is kept of it."""

Claim = Callable[[int], Sequence[Lease]]
Renew = Callable[[Lease], None]
Prune = Callable[[], int]


def run_scheduler(settings: Settings, stop: Stop) -> None:
    """Renew what falls due until asked to stop, then finish what is in flight.

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
    cases.follow_service_zone()
    renewals = Renewals(
        cases.claim_due_devices,
        cases.renew_dates,
        slots=settings.scheduler_concurrency,
        on_slot_free=bell.ring,
    )
    log.info("renewing up to %d devices at once", settings.scheduler_concurrency)
    keep_renewing(renewals, cases.prune_runs, bell, stop)
    if not renewals.finish(settings.conversation_timeout + GRACE):
        log.warning("conversations that take too long were cut off")
        # Whatever holds them, it is not to hold the process.
        os._exit(0)
    log.info("stopped")


class Bell:
    """Wakes the loop: when the process is asked to stop, and when a slot comes free."""

    def __init__(self, stop: Stop) -> None:
        # Of all that threads can wait on, only this may be put to from a signal handler.
        self._rung: queue.SimpleQueue[None] = queue.SimpleQueue()
        stop.wakes(self.ring)

    def ring(self) -> None:
        self._rung.put(None)

    def wait(self, seconds: float | None) -> None:
        """Until it rings, or has rung since the last wait, but no longer than this."""
        try:
            self._rung.get(timeout=seconds)
            while True:
                self._rung.get_nowait()
        except queue.Empty:
            pass


class Renewals:
    """Hands due devices to a pool of threads, never more than it has threads.

    A device is leased when it is claimed, so none is claimed before its conversation can begin.
    """

    def __init__(
        self, claim: Claim, renew: Renew, *, slots: int, on_slot_free: Callable[[], None]
    ) -> None:
        self.more_due = False
        self._claim = claim
        self._renew = renew
        self._slots = slots
        self._on_slot_free = on_slot_free
        self._pool = ThreadPoolExecutor(slots, thread_name_prefix="renewal")
        self._running: set[Future[None]] = set()

    def hand_on(self) -> None:
        """Begin with as many due devices as there are free slots. A failure is logged."""
        free = self._slots - sum(not future.done() for future in list(self._running))
        if free == 0:
            self.more_due = True
            return
        try:
            leases = self._claim(free)
        except Exception:
            log.exception("could not look for due devices; the next tick tries again")
            self.more_due = False
            return
        self.more_due = len(leases) == free
        for lease in leases:
            future = self._pool.submit(self._run, lease)
            self._running.add(future)
            future.add_done_callback(self._ended)

    def finish(self, patience: float) -> bool:
        """Wait for what is in flight for as many seconds; whether all of it has ended."""
        return not wait(list(self._running), patience).not_done

    def _run(self, lease: Lease) -> None:
        device_id.set(lease.device_id)
        try:
            self._renew(lease)
        except Exception:
            log.exception("a renewal failed unforeseen")
        finally:
            device_id.set(None)

    def _ended(self, future: Future[None]) -> None:
        self._running.discard(future)
        self._on_slot_free()


def keep_renewing(
    renewals: Renewals, prune: Prune, bell: Bell, stop: Stop, tick: int = TICK
) -> None:
    """Look for due devices at every tick, and whenever a slot comes free while more are due.

    Prune at the start and then every hour: it is quick work, and need not be on time.
    """
    metronome = schedule.Scheduler()
    renewals.hand_on()
    prune_logged(prune)
    while not stop.asked:
        pause = metronome.idle_seconds
        # None: there is no tick yet. Far away: the machine's clock was set back, and schedule
        # would wait until it has caught up.
        if pause is None or pause > tick:
            metronome.clear()
            metronome.every(tick).seconds.do(renewals.hand_on)
            metronome.every().hour.do(prune_logged, prune)
            pause = tick
        bell.wait(max(pause, 0))
        if stop.asked:
            return
        if renewals.more_due:
            renewals.hand_on()
        metronome.run_pending()


def prune_logged(prune: Prune) -> None:
    """Forget old runs. A failure is logged, and is no reason to renew nothing."""
    try:
        forgotten = prune()
    except Exception:
        log.exception("could not forget old runs; in an hour it is tried again")
        return
    if forgotten:
        log.info("forgot %d old runs", forgotten)
