"""Doing waiting jobs on threads, with the jobs and what is done about them replaced."""

import logging
import threading
from collections import deque
from collections.abc import Iterable, Sequence

import pytest

from application import log_context as context
from application.conversations.errors import DeviceBusyError
from application.ports.repositories.leases import Lease
from application.ports.storage import StorageNotReadyError
from application.ports.waiting_jobs import ClaimedJob
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.runs.job import Job
from domain.runs.run import RunKind
from entrypoints.scheduler.job_threads import JobThreads

SOON = 10.0
"""Seconds within which everything here happens, or the test fails."""


def job(device: int) -> Job:
    return Job(kind=RunKind.AUTO_UPDATE, device_id=DeviceId(device), owner_id=UserId(1))


def claimed_job(device: int, *, first: bool) -> ClaimedJob:
    return ClaimedJob(device, job(device), Lease(DeviceId(device), 1), first)


class WaitingJobs:
    """Jobs that wait, by device, and what becomes of them. Those in `slow` take until released."""

    def __init__(
        self, waiting: Iterable[int] = (), slow: Iterable[int] = (), first: Iterable[int] = ()
    ) -> None:
        self.ordinary = deque(waiting)
        self.first = deque(first)
        self.slow = {device: threading.Event() for device in slow}
        self.asked: list[tuple[int, int]] = []
        self.done: list[int] = []
        self.forgotten: list[int] = []
        self.freed = threading.Semaphore(0)
        self._changed = threading.Condition()

    def claim(
        self, *, done: Sequence[int], places: int, ordinary_places: int
    ) -> Sequence[ClaimedJob]:
        self.asked.append((places, ordinary_places))
        self.forgotten += done
        claimed: list[ClaimedJob] = []
        while self.first and len(claimed) < places:
            claimed.append(claimed_job(self.first.popleft(), first=True))
        while self.ordinary and ordinary_places > 0 and len(claimed) < places:
            claimed.append(claimed_job(self.ordinary.popleft(), first=False))
            ordinary_places -= 1
        return claimed

    def do(self, job: Job, lease: Lease) -> None:
        assert lease.device_id == job.device_id
        if job.device_id in self.slow:
            assert self.slow[job.device_id].wait(SOON)
        with self._changed:
            self.done.append(job.device_id)
            self._changed.notify_all()

    def wait_for_done(self, number: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.done) >= number, SOON)

    def threads(self, places: int) -> JobThreads:
        return JobThreads(self.claim, self.do, places=places, on_place_free=self.freed.release)

    def slot_freed(self) -> None:
        assert self.freed.acquire(timeout=SOON)


def test_as_many_are_claimed_as_can_begin() -> None:
    jobs = WaitingJobs(first=range(6), slow=[0, 1])
    threads = jobs.threads(places=2)
    threads.hand_on()
    threads.hand_on()
    assert [places for places, _ in jobs.asked] == [2]
    jobs.slow[0].set()
    jobs.slot_freed()
    threads.hand_on()
    assert [places for places, _ in jobs.asked] == [2, 1]
    jobs.slow[1].set()
    assert threads.finish(SOON)
    assert sorted(jobs.done) == [0, 1, 2]


def test_a_device_that_hangs_holds_one_slot_and_no_more() -> None:
    jobs = WaitingJobs(first=range(50), slow=[0])
    threads = jobs.threads(places=2)
    while len(jobs.done) < 49:
        threads.hand_on()
        jobs.slot_freed()
    assert 0 not in jobs.done
    jobs.slow[0].set()
    assert threads.finish(SOON)


def test_some_slots_are_kept_for_those_who_have_one_job_only() -> None:
    silent = range(100, 120)
    jobs = WaitingJobs(silent, slow=[*silent, 1], first=[1])
    threads = jobs.threads(places=16)
    threads.hand_on()
    threads.hand_on()
    assert len(jobs.ordinary) == 6
    jobs.first.append(2)
    threads.hand_on()
    jobs.wait_for_done(1)
    assert jobs.done == [2]
    assert jobs.asked == [(16, 14), (1, 0), (1, 0)]
    for event in jobs.slow.values():
        event.set()
    assert threads.finish(SOON)


def test_a_single_slot_is_everybodys() -> None:
    jobs = WaitingJobs([1])
    threads = jobs.threads(places=1)
    threads.hand_on()
    jobs.wait_for_done(1)
    assert threads.finish(SOON)


def test_what_is_done_is_forgotten_with_the_next_claim_and_at_the_end() -> None:
    jobs = WaitingJobs([1, 2])
    threads = jobs.threads(places=1)
    threads.hand_on()
    jobs.slot_freed()
    assert jobs.forgotten == []
    threads.hand_on()
    assert jobs.forgotten == [1]
    assert threads.finish(SOON)
    assert jobs.forgotten == [1, 2]


def test_a_claim_that_fails_is_logged_and_forgets_nothing(caplog: pytest.LogCaptureFixture) -> None:
    class LockedOnce(WaitingJobs):
        def claim(
            self, *, done: Sequence[int], places: int, ordinary_places: int
        ) -> Sequence[ClaimedJob]:
            if len(self.asked) == 1:
                self.asked.append((0, 0))
                raise RuntimeError("the database is locked")
            return super().claim(done=done, places=places, ordinary_places=ordinary_places)

    jobs = LockedOnce([1])
    threads = jobs.threads(places=1)
    threads.hand_on()
    jobs.slot_freed()
    threads.hand_on()
    assert "the database is locked" in caplog.text
    assert jobs.forgotten == []
    threads.hand_on()
    assert jobs.forgotten == [1]


def test_a_job_that_could_not_be_done_for_the_database_waits_again() -> None:
    class Locked(WaitingJobs):
        def do(self, job: Job, lease: Lease) -> None:
            raise StorageNotReadyError("The database is locked.")

    jobs = Locked([1])
    threads = jobs.threads(places=1)
    threads.hand_on()
    jobs.slot_freed()
    assert threads.finish(SOON)
    assert jobs.forgotten == []


def test_a_job_whose_address_is_in_use_waits_again() -> None:
    class Busy(WaitingJobs):
        def do(self, job: Job, lease: Lease) -> None:
            raise DeviceBusyError

    jobs = Busy([1])
    threads = jobs.threads(places=1)
    threads.hand_on()
    jobs.slot_freed()
    assert threads.finish(SOON)
    assert jobs.forgotten == []


def test_a_job_that_fails_unforeseen_is_logged_frees_its_slot_and_does_not_come_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class FailingFirst(WaitingJobs):
        def do(self, job: Job, lease: Lease) -> None:
            if job.device_id == 1:
                raise RuntimeError("out of luck")
            super().do(job, lease)

    jobs = FailingFirst([1, 2])
    threads = jobs.threads(places=1)
    for _ in range(2):
        threads.hand_on()
        jobs.slot_freed()
    assert threads.finish(SOON)
    assert jobs.done == [2]
    assert jobs.forgotten == [1, 2]
    assert "out of luck" in caplog.text


def test_finishing_is_bounded() -> None:
    jobs = WaitingJobs([1], slow=[1])
    threads = jobs.threads(places=1)
    threads.hand_on()
    assert not threads.finish(0.01)
    jobs.slow[1].set()
    assert threads.finish(SOON)


def test_log_lines_of_a_job_name_its_device(caplog: pytest.LogCaptureFixture) -> None:
    class Logging(WaitingJobs):
        def do(self, job: Job, lease: Lease) -> None:
            logging.getLogger("test").warning("device %s", context.device_id.get())
            super().do(job, lease)

    jobs = Logging([7, 8])
    threads = jobs.threads(places=1)
    for _ in range(2):
        threads.hand_on()
        jobs.slot_freed()
    assert threads.finish(SOON)
    told = [record.getMessage() for record in caplog.records if record.name == "test"]
    assert told == ["device 7", "device 8"]
