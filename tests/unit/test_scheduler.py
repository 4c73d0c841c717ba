"""The scheduler's loop: what it hands on and when, with what it hands on replaced."""

import datetime
import logging
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
import schedule

from application import context
from application.ports.storage import Lease
from domain.device import DeviceId
from entrypoints.scheduler import Bell, Renewals, keep_renewing
from entrypoints.stopping import Stop

NEVER = 3600
"""Seconds: a tick that does not come while a test runs."""
SOON = 10.0
"""Seconds within which everything here happens, or the test fails."""


class DueDevices:
    """What falls due, in order, and what becomes of it. Devices in `slow` take until released."""

    def __init__(self, due: Iterable[int] = (), slow: Iterable[int] = ()) -> None:
        self.due = deque(due)
        self.slow = {device: threading.Event() for device in slow}
        self.asked: list[int] = []
        self.began: list[int] = []
        self.renewed: list[int] = []
        self.pruned: list[None] = []
        self.at_once = 0
        self.most_at_once = 0
        self.changed = threading.Condition()

    def claim(self, limit: int) -> Sequence[Lease]:
        with self.changed:
            self.asked.append(limit)
            self.changed.notify_all()
            claimed = [self.due.popleft() for _ in range(min(limit, len(self.due)))]
        return [Lease(DeviceId(device), fence=1) for device in claimed]

    def renew(self, lease: Lease) -> None:
        with self.changed:
            self.began.append(lease.device_id)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            self.changed.notify_all()
        if lease.device_id in self.slow:
            assert self.slow[lease.device_id].wait(SOON)
        with self.changed:
            self.at_once -= 1
            self.renewed.append(lease.device_id)
            self.changed.notify_all()

    def prune(self) -> int:
        with self.changed:
            self.pruned.append(None)
            self.changed.notify_all()
        return 3

    def wait_for(self, what: str, number: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(getattr(self, what)) >= number, SOON)


@contextmanager
def running(devices: DueDevices, *, slots: int, tick: int = NEVER) -> Iterator[None]:
    """The loop in a thread; asked to stop at the end of the block."""
    stop = Stop()
    bell = Bell(stop)
    renewals = Renewals(devices.claim, devices.renew, slots=slots, on_slot_free=bell.ring)
    loop = threading.Thread(target=keep_renewing, args=(renewals, devices.prune, bell, stop, tick))
    loop.start()
    try:
        yield
    finally:
        stop.ask()
        loop.join(SOON)
        for event in devices.slow.values():
            event.set()
        assert renewals.finish(SOON)
        assert not loop.is_alive()


def test_what_is_due_at_the_start_does_not_wait_for_a_tick() -> None:
    devices = DueDevices(due=[1, 2])
    with running(devices, slots=4):
        devices.wait_for("renewed", 2)
    assert sorted(devices.renewed) == [1, 2]


def test_never_more_at_once_than_there_are_slots_and_never_a_tick_between() -> None:
    devices = DueDevices(due=range(100))
    with running(devices, slots=8):
        devices.wait_for("renewed", 100)
    assert sorted(devices.renewed) == list(range(100))
    assert devices.most_at_once <= 8
    assert max(devices.asked) == 8


def test_a_device_is_claimed_only_when_its_conversation_can_begin() -> None:
    devices = DueDevices(due=range(6), slow=[0, 1])
    freed = threading.Event()
    renewals = Renewals(devices.claim, devices.renew, slots=2, on_slot_free=freed.set)
    renewals.hand_on()
    renewals.hand_on()
    assert devices.asked == [2]
    assert renewals.more_due
    devices.slow[0].set()
    assert freed.wait(SOON)
    renewals.hand_on()
    assert devices.asked == [2, 1]
    devices.slow[1].set()
    assert renewals.finish(SOON)
    assert sorted(devices.renewed) == [0, 1, 2]


def test_a_device_that_hangs_holds_one_slot_and_no_more() -> None:
    devices = DueDevices(due=range(50), slow=[0])
    with running(devices, slots=2):
        devices.wait_for("renewed", 49)
        assert 0 not in devices.renewed


def test_every_tick_looks_again() -> None:
    devices = DueDevices()
    with running(devices, slots=4, tick=1):
        devices.wait_for("asked", 1)
        devices.due.append(7)
        devices.wait_for("renewed", 1)
    assert devices.renewed == [7]


def test_a_tick_that_fails_is_logged_and_the_next_one_comes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class LockedOnce(DueDevices):
        def claim(self, limit: int) -> Sequence[Lease]:
            leases = super().claim(limit)
            if len(self.asked) == 1:
                raise RuntimeError("the database is locked")
            return leases

    devices = LockedOnce()
    with running(devices, slots=4, tick=1):
        devices.wait_for("asked", 1)
        devices.due.append(7)
        devices.wait_for("renewed", 1)
    assert "the database is locked" in caplog.text
    assert "the next tick tries again" in caplog.text


def test_a_renewal_that_fails_unforeseen_is_logged_and_frees_its_slot(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class FailingFirst(DueDevices):
        def renew(self, lease: Lease) -> None:
            if lease.device_id == 1:
                raise RuntimeError("out of luck")
            super().renew(lease)

    devices = FailingFirst(due=[1, 2, 3])
    with running(devices, slots=1):
        devices.wait_for("renewed", 2)
    assert devices.renewed == [2, 3]
    assert "out of luck" in caplog.text


def test_after_being_asked_to_stop_nothing_new_begins_and_what_began_is_finished() -> None:
    devices = DueDevices(due=[1], slow=[1])
    with running(devices, slots=4):
        devices.wait_for("began", 1)
        devices.due.append(2)
    assert devices.renewed == [1]
    assert list(devices.due) == [2]


def test_finishing_is_bounded() -> None:
    devices = DueDevices(due=[1], slow=[1])
    renewals = Renewals(devices.claim, devices.renew, slots=1, on_slot_free=lambda: None)
    renewals.hand_on()
    assert not renewals.finish(0.01)
    devices.slow[1].set()
    assert renewals.finish(SOON)


def test_log_lines_of_a_renewal_name_its_device(caplog: pytest.LogCaptureFixture) -> None:
    class Logging(DueDevices):
        def renew(self, lease: Lease) -> None:
            logging.getLogger("test").warning("device %s", context.device_id.get())
            super().renew(lease)

    devices = Logging(due=[7, 8])
    with running(devices, slots=1):
        devices.wait_for("renewed", 2)
    told = [record.getMessage() for record in caplog.records if record.name == "test"]
    assert told == ["device 7", "device 8"]


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
    devices = DueDevices()
    with running(devices, slots=1, tick=1):
        devices.wait_for("asked", 2)
        machine_clock.moved = datetime.timedelta(hours=-1)
        devices.wait_for("asked", 3)


def test_old_runs_are_forgotten_at_the_start_and_every_hour(
    machine_clock: MachineClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    devices = DueDevices()
    with running(devices, slots=1, tick=1):
        devices.wait_for("pruned", 1)
        devices.wait_for("asked", 2)
        machine_clock.moved += datetime.timedelta(minutes=59)
        devices.wait_for("asked", 4)
        assert len(devices.pruned) == 1
        machine_clock.moved += datetime.timedelta(minutes=1)
        devices.wait_for("pruned", 2)
        devices.wait_for("asked", len(devices.asked) + 1)  # by then the next hour has begun
        machine_clock.moved += datetime.timedelta(hours=1)
        devices.wait_for("pruned", 3)
    assert caplog.messages.count("forgot 3 old runs") == 3


def test_old_runs_that_cannot_be_forgotten_keep_no_device_from_its_renewal(
    machine_clock: MachineClock, caplog: pytest.LogCaptureFixture
) -> None:
    class LockedFor(DueDevices):
        def prune(self) -> int:
            super().prune()
            raise RuntimeError("the database is locked")

    devices = LockedFor()
    with running(devices, slots=1, tick=1):
        devices.wait_for("pruned", 1)
        devices.due.append(7)
        devices.wait_for("renewed", 1)
        machine_clock.moved = datetime.timedelta(hours=1)
        devices.wait_for("pruned", 2)
        devices.due.append(8)
        devices.wait_for("renewed", 2)
    assert devices.renewed == [7, 8]
    assert caplog.text.count("could not forget old runs") == 2


def test_who_is_asked_to_stop_before_waiting_does_not_wait() -> None:
    stop = Stop()
    stop.ask()
    bell = Bell(stop)
    waiting = threading.Thread(target=bell.wait, args=(None,))
    waiting.start()
    waiting.join(SOON)
    assert not waiting.is_alive()
