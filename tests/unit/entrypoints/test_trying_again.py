"""Which failures leave a job of a worker still to be done."""

from datetime import UTC, datetime, timedelta

import pytest
from procrastinate.jobs import Job

from adapters.procrastinate.worker import CLOCK_WRONG, TRY_AGAIN, Again
from application.conversations.errors import DeviceBusyError
from application.ports.clock import ClockWrongError
from application.ports.storage import StorageNotReadyError

JOB = Job(id=1, queue="devices", lock=None, queueing_lock=None, task_name="web_scales.do_job")


@pytest.mark.parametrize(
    ("failure", "seconds"),
    [
        (DeviceBusyError(), TRY_AGAIN),
        (StorageNotReadyError("gone"), TRY_AGAIN),
        (ClockWrongError(timedelta(hours=1)), CLOCK_WRONG),
    ],
)
def test_it_waits_for_another_worker_or_a_better_moment(failure: Exception, seconds: int) -> None:
    decision = Again().get_retry_decision(exception=failure, job=JOB)
    assert decision is not None
    assert decision.retry_at is not None
    left = decision.retry_at - datetime.now(UTC)
    assert timedelta(seconds=seconds - 2) < left <= timedelta(seconds=seconds + 2)


def test_what_nobody_foresaw_is_not_done_again() -> None:
    assert Again().get_retry_decision(exception=RuntimeError("x"), job=JOB) is None
