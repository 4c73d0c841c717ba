"""Short conversations of the real adapter, for tests of what a device does wrong."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from adapters.mertech.driver.scales import MertechScales
from adapters.system.clock import SystemClock
from application.ports.scales import Connection, Target
from domain.devices.device import Address
from domain.devices.networks import DeviceNetworks
from domain.products.product_file import ProductFile
from tests.integration.emulator.wire import product

CLOCK = SystemClock()
LONG = 20.0
"""Seconds: more than anything takes that is not to run into a limit."""
LARGEST = 1_000_000
LOOPBACK = DeviceNetworks.of(["127.0.0.0/8", "::1/128"])

SENT = ProductFile.of({"products": [product()]})


def talk(
    address: Address,
    *,
    password: str = "1234",  # noqa: S107  the maker's default
    seconds: float = LONG,
    heartbeat: Callable[[], None] = lambda: None,
    largest_file: int = LARGEST,
    connect_timeout: float = LONG,
    reply_timeout: float = LONG,
    networks: DeviceNetworks = LOOPBACK,
    endpoints: tuple[Address, ...] | None = None,
) -> AbstractContextManager[Connection]:
    scales = MertechScales(
        CLOCK,
        connect_timeout=connect_timeout,
        reply_timeout=reply_timeout,
        networks=networks,
        largest_file=largest_file,
    )
    return scales.conversation(
        Target(address, password, endpoints),
        deadline=CLOCK.monotonic() + seconds,
        heartbeat=heartbeat,
    )


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
