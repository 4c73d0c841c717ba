"""The scheduler's loop: what it does and when, with what it does replaced."""

import datetime
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
import schedule

from entrypoints.process.stopping import Stop
from entrypoints.scheduler.process import Bell, keep_ticking, logged

NEVER = 3600
"""Seconds: a tick that does not come while a test runs."""
TICK = 0.05
"""Seconds: `schedule` takes fractions."""
SOON = 10.0
"""Seconds within which everything here happens, or the test fails."""


class Work:
    """What the loop did: "defer", "hand on" and "prune", in order."""

    def __init__(self, *failing: str) -> None:
        self.did: list[str] = []
        self.failing = failing
        self._changed = threading.Condition()

    def doing(self, what: str) -> Callable[[], int]:
        def act() -> int:
            with self._changed:
                self.did.append(what)
                self._changed.notify_all()
            if what in self.failing:
                raise RuntimeError("the database is locked")
            return 3

        return act

    def wait_for(self, what: str, times: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.did.count(what) >= times, SOON)


@contextmanager
def running(work: Work, *, tick: float = NEVER, gather: float = 0.01) -> Iterator[Bell]:
    """The loop in a thread; asked to stop at the end of the block."""
    stop = Stop()
    bell = Bell(stop, gather)
    acts = logged(work.doing("defer")), work.doing("hand on"), work.doing("prune")
    loop = threading.Thread(target=keep_ticking, args=(*acts, bell, stop, tick))
    loop.start()
    try:
        yield bell
    finally:
        stop.ask()
        loop.join(SOON)
        assert not loop.is_alive()


def test_what_is_due_at_the_start_does_not_wait_for_a_tick() -> None:
    work = Work()
    with running(work):
        work.wait_for("prune", 1)
    assert work.did == ["defer", "hand on", "prune"]


def test_every_tick_looks_again() -> None:
    work = Work()
    with running(work, tick=TICK):
        work.wait_for("hand on", 3)
    assert work.did.count("defer") == work.did.count("hand on")


def test_a_slot_that_comes_free_gets_work_without_a_tick() -> None:
    work = Work()
    with running(work) as bell:
        work.wait_for("prune", 1)
        bell.ring()
        work.wait_for("hand on", 2)
    assert work.did == ["defer", "hand on", "prune", "hand on"]


def test_slots_that_come_free_shortly_after_one_another_get_work_together() -> None:
    work = Work()
    with running(work, gather=1.0) as bell:
        work.wait_for("prune", 1)
        for _ in range(20):
            bell.ring()
            time.sleep(0.005)
        work.wait_for("hand on", 2)
        time.sleep(0.1)
    assert work.did.count("hand on") == 2


def test_a_tick_that_fails_is_logged_and_the_next_one_comes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    work = Work("defer")
    with running(work, tick=TICK):
        work.wait_for("defer", 2)
        work.wait_for("hand on", 2)
    assert "the database is locked" in caplog.text
    assert "the next tick tries again" in caplog.text


class MachineClock:
    """The machine's clock as `schedule` sees it, which somebody moves."""

    def __init__(self) -> None:
        self.moved = datetime.timedelta()


@pytest.fixture
def machine_clock(monkeypatch: pytest.MonkeyPatch) -> MachineClock:
    clock = MachineClock()

    class Moved(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> "Moved":
            return cls.fromtimestamp((super().now(tz) + clock.moved).timestamp(), tz)

    monkeypatch.setattr(
        schedule,
        "datetime",
        SimpleNamespace(datetime=Moved, timedelta=datetime.timedelta, time=datetime.time),
    )
    return clock


def test_ticks_go_on_when_the_machines_clock_is_set_back(machine_clock: MachineClock) -> None:
    work = Work()
    with running(work, tick=TICK):
        work.wait_for("defer", 2)
        machine_clock.moved = datetime.timedelta(hours=-1)
        work.wait_for("defer", 3)


def test_old_runs_are_forgotten_at_the_start_and_every_hour(
    machine_clock: MachineClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    work = Work()
    with running(work, tick=TICK):
        work.wait_for("prune", 1)
        work.wait_for("defer", 2)
        machine_clock.moved += datetime.timedelta(minutes=59)
        work.wait_for("defer", 4)
        assert work.did.count("prune") == 1
        machine_clock.moved += datetime.timedelta(minutes=1)
        work.wait_for("prune", 2)
        work.wait_for("defer", work.did.count("defer") + 1)  # by then the next hour has begun
        machine_clock.moved += datetime.timedelta(hours=1)
        work.wait_for("prune", 3)
    assert caplog.messages.count("forgot 3 old runs") == 3


def test_old_runs_that_cannot_be_forgotten_keep_no_device_from_its_renewal(
    machine_clock: MachineClock, caplog: pytest.LogCaptureFixture
) -> None:
    work = Work("prune")
    with running(work, tick=TICK):
        work.wait_for("prune", 1)
        work.wait_for("hand on", 2)
        machine_clock.moved = datetime.timedelta(hours=1)
        work.wait_for("prune", 2)
        work.wait_for("hand on", work.did.count("hand on") + 1)
    assert caplog.text.count("could not forget old runs") == 2


def test_who_is_asked_to_stop_before_waiting_does_not_wait() -> None:
    stop = Stop()
    stop.ask()
    bell = Bell(stop)
    waiting = threading.Thread(target=bell.wait, args=(None,))
    waiting.start()
    waiting.join(SOON)
    assert not waiting.is_alive()
