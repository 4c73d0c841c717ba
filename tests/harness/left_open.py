"""That a test takes no longer, and leaves no more open, than it may."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """The block takes no longer."""
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds


@contextmanager
def nothing_left_open() -> Iterator[None]:
    """After the block there are no more threads and open files than before, soon at least: the
    other side of a connection hears of its end a moment later. What an earlier test left to end
    by itself may be gone meanwhile."""
    threads, files = threading.active_count(), open_files()
    yield
    give_up = time.monotonic() + 5
    while threading.active_count() > threads or open_files() > files:
        assert time.monotonic() < give_up
        time.sleep(0.005)


def open_files() -> int:
    """Of this process; 0 where the system does not tell."""
    try:
        return len(os.listdir("/proc/self/fd"))
    except FileNotFoundError:
        return 0


def sockets_open() -> int:
    """Of this process; 0 where the system does not tell."""
    count = 0
    try:
        for number in os.listdir("/proc/self/fd"):
            try:
                count += os.readlink(f"/proc/self/fd/{number}").startswith("socket:")
            except FileNotFoundError:
                continue
    except FileNotFoundError:
        return 0
    return count
