"""One device for the contract suite of scales: the fake, and the driver with the emulator."""

import socket
from abc import abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, Protocol

from adapters.mertech.driver.scales import MertechScales
from adapters.mertech.emulator import EmulatedScales, Fault, Fleet
from adapters.system.clock import SystemClock
from application.ports.scales import (
    Connection,
    Scales,
    Target,
)
from domain.devices.device import Address
from domain.products.product_file import ProductFile
from tests.fakes.scales import FakeDevice, FakeScales
from tests.harness.installation import LOOPBACK
from tests.harness.products import muffin

CLOCK = SystemClock()
SHORT = 0.3
"""Seconds: for conversations that are to run into a limit."""

MUFFIN: dict[str, Any] = muffin()
BREAD = muffin(code=51, id=10381, pluNumber=608, name="Хлеб\n«Бородинский» 🍞")
STRANGE = muffin(code=52, id=10382, pluNumber=609, secret=2**80, exact=-(2**70), none=None)
HELD: dict[str, Any] = {
    "categories": [{"idCategory": 1, "name": "Сдоба"}],
    "products": [MUFFIN, BREAD, STRANGE],
}


class ContractDevice(Protocol):
    """One device, and the Scales that reach it."""

    address: Address

    @abstractmethod
    def scales(self, *, reply_timeout: float) -> Scales: ...

    @property
    @abstractmethod
    def device(self) -> FakeDevice | EmulatedScales: ...

    @abstractmethod
    def break_by(self, fault: Fault | None) -> None: ...

    @abstractmethod
    def set_clock(self, ahead: timedelta | None) -> None:
        """Ahead of this machine's; None has it not know the question."""

    @property
    @abstractmethod
    def lines_open(self) -> int: ...

    @property
    @abstractmethod
    def connections(self) -> int: ...

    @property
    @abstractmethod
    def wrong_passwords(self) -> int: ...


class FakeContractDevice(ContractDevice):
    def __init__(self) -> None:
        self.address = Address("10.0.0.7", 1111)
        self._devices = FakeScales(CLOCK)
        self._devices.plug_in(self.address, HELD)

    def scales(self, *, reply_timeout: float) -> FakeScales:
        scales = FakeScales(CLOCK, reply_timeout=reply_timeout)
        scales.devices = self._devices.devices
        return scales

    @property
    def device(self) -> FakeDevice:
        return self._devices.devices[self.address]

    def break_by(self, fault: Fault | None) -> None:
        self.device.fault = fault

    def set_clock(self, ahead: timedelta | None) -> None:
        shown = datetime.now()  # noqa: DTZ005  # a scale knows no zone
        self.device.clock = None if ahead is None else shown + ahead

    @property
    def lines_open(self) -> int:
        return self.device.open

    @property
    def connections(self) -> int:
        return self.device.counts["connections"]

    @property
    def wrong_passwords(self) -> int:
        return self.device.counts["wrong passwords"]


class EmulatedContractDevice(ContractDevice):
    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self.address = Address(self.device.host, self.device.port)
        self.device.document = HELD

    def scales(self, *, reply_timeout: float) -> MertechScales:
        return MertechScales(CLOCK, reply_timeout=reply_timeout, networks=LOOPBACK)

    @property
    def device(self) -> EmulatedScales:
        return self._fleet[0]

    def break_by(self, fault: Fault | None) -> None:
        self._fleet.set_fault(self.address.port, fault)

    def set_clock(self, ahead: timedelta | None) -> None:
        self.device.clock_ahead = ahead

    @property
    def lines_open(self) -> int:
        # It hears of the end a moment after it.
        self.device.wait_until(lambda counters: counters.connections_open == 0)
        return self.device.counters.connections_open

    @property
    def connections(self) -> int:
        return self.device.counters.connections

    @property
    def wrong_passwords(self) -> int:
        return self.device.counters.wrong_passwords


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


def connected(
    tested: ContractDevice,
    *,
    password: str = "1234",  # noqa: S107  the maker's default
    seconds: float = 10.0,
    reply_timeout: float = 10.0,
    heartbeat: Callable[[], None] = lambda: None,
) -> AbstractContextManager[Connection]:
    deadline = CLOCK.monotonic() + seconds
    target = Target(tested.address, password)
    scales = tested.scales(reply_timeout=reply_timeout)
    return scales.conversation(target, deadline=deadline, heartbeat=heartbeat)


def file_of(*products: dict[str, Any]) -> ProductFile:
    return ProductFile.of({"products": list(products)})
