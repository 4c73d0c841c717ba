"""The time of one conversation."""

import socket

import pytest

from adapters.mertech.driver.watch import READABLE, Watch
from tests.fakes.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def silent() -> None:
    """A heartbeat."""


def test_a_pause_that_fits_in_is_taken_whole(clock: FakeClock) -> None:
    assert Watch(clock, 10.0, silent).pause(0.75)
    assert clock.monotonic() == 0.75


@pytest.mark.parametrize("pause", [2.0, 5.0])
def test_a_pause_ends_at_the_deadline(clock: FakeClock, pause: float) -> None:
    assert not Watch(clock, 2.0, silent).pause(pause)
    assert clock.monotonic() == 2.0


def test_no_time_passes_after_the_deadline(clock: FakeClock) -> None:
    watch = Watch(clock, -1.0, silent)
    assert watch.over
    assert not watch.pause(1.0)
    assert clock.monotonic() == 0.0


@pytest.mark.parametrize(("seconds", "moment"), [(1.0, 1.0), (3.0, 2.0)])
def test_nothing_may_take_longer_than_until_the_deadline(
    clock: FakeClock, seconds: float, moment: float
) -> None:
    assert Watch(clock, 2.0, silent).within(seconds) == moment


def test_nothing_is_waited_for_after_its_time(clock: FakeClock) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.send(b"ready")
        watch = Watch(clock, 10.0, silent)
        assert not watch.wait(ours, READABLE, until=0.0)
        assert watch.wait(ours, READABLE, until=0.1)
