"""Short conversations of the real adapter, for tests of what a device does wrong."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from adapters.mertech.driver.scales import MertechScales
from adapters.system.clock import SystemClock
from application.ports.scales import Connection, Target
from domain.devices.device import Address
from domain.devices.networks import DeviceNetworks
from domain.products.product_file import ProductFile
from tests.harness.installation import LOOPBACK
from tests.harness.products import muffin

CLOCK = SystemClock()
LONG = 20.0
"""Seconds: more than anything takes that is not to run into a limit."""
SOON = LONG / 2
"""Seconds: long enough for a machine that is busy, and shorter than LONG."""
LARGEST = 1_000_000

SENT = ProductFile.of({"products": [muffin()]})


def connected(
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
