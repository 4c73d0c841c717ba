"""What any clock must do; run against the fake and the machine's own."""

import threading
from datetime import timedelta

import pytest

from adapters.database.backends.shared_clock import SharedClock
from adapters.system.clock import SystemClock
from application.ports.clock import Clock
from tests.fakes.clock import FakeClock


@pytest.fixture(params=["fake", "system", "shared"])
def clock(request: pytest.FixtureRequest) -> Clock:
    if request.param == "shared":
        return SharedClock(request.getfixturevalue("emptied_postgresql"), SystemClock())
    return FakeClock() if request.param == "fake" else SystemClock()


def test_tells_the_time_in_utc(clock: Clock) -> None:
    assert clock.now().utcoffset() == timedelta(0)


def test_sleeping_takes_that_long_on_both_scales(clock: Clock) -> None:
    at, seconds = clock.now(), clock.monotonic()
    clock.sleep(0.02)
    assert clock.monotonic() - seconds >= 0.02
    assert clock.now() - at >= timedelta(seconds=0.019)  # the two need not tick alike


def test_never_runs_backwards(clock: Clock) -> None:
    seen = [clock.monotonic() for _ in range(100)]
    assert seen == sorted(seen)


def test_sleeping_for_nothing_is_fine_and_for_less_is_a_mistake(clock: Clock) -> None:
    clock.sleep(0)
    with pytest.raises(ValueError, match="non-negative"):
        clock.sleep(-1)


def test_a_sleeping_thread_keeps_no_other_from_the_time(clock: Clock) -> None:
    sleeper = threading.Thread(target=clock.sleep, args=(0.05,))
    sleeper.start()
    before = clock.monotonic()
    assert clock.monotonic() >= before
    sleeper.join(5)
    assert not sleeper.is_alive()


def test_is_right_by_itself(clock: Clock) -> None:
    assert abs(clock.ahead()) < timedelta(seconds=1)
    clock.require_right()
