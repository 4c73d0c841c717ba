"""The Scales port over the maker's driver."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from adapters.mertech.driver.connecting import at
from adapters.mertech.driver.driver import MertechDriver
from adapters.mertech.driver.watch import Watch
from adapters.mertech.lookup import Lookups
from application.ports.clock import Clock
from application.ports.scales import (
    UNDELIVERED,
    Connection,
    Received,
    Scales,
    ScalesError,
    ScalesRefusedError,
    ScalesUnreachableError,
    Target,
    without_bound,
)
from domain.devices.device import Address
from domain.devices.networks import DeviceNetworks
from domain.json_value import Json
from domain.products.product_file import LARGEST_FILE, ProductFile

log = logging.getLogger(__name__)


class MertechScales(Scales):
    """Connections to M-ER 725 scales. Keeps nothing between conversations."""

    def __init__(
        self,
        clock: Clock,
        *,
        networks: DeviceNetworks,
        connect_timeout: float = 3.0,
        reply_timeout: float = 5.0,
        largest_file: int = LARGEST_FILE,
        undelivered: float = UNDELIVERED,
    ) -> None:
        """Connects to nothing outside the networks, whatever a host name stands for.

        Timeouts in seconds: to connect, for each whole reply, and until the system cuts a
        connection on which the device takes nothing. `largest_file` in bytes.
        """
        self._clock = clock
        self._networks = networks
        self._connect_timeout = connect_timeout
        self._reply_timeout = reply_timeout
        self._largest_file = largest_file
        self._undelivered = undelivered
        self._lookups = Lookups(connect_timeout)

    def endpoints(self, address: Address) -> tuple[Address, ...]:
        return self._lookups.endpoints(address)

    @contextmanager
    def conversation(
        self,
        target: Target,
        /,
        *,
        deadline: float,
        heartbeat: Callable[[], None],
    ) -> Iterator[Connection]:
        driver = MertechDriver(
            target,
            Watch(self._clock, deadline, heartbeat),
            connect_timeout=self._connect_timeout,
            reply_timeout=self._reply_timeout,
            networks=self._networks,
            largest_file=self._largest_file,
            undelivered=self._undelivered,
        )
        connection = _MertechConnection(driver, target)
        try:
            yield connection
        finally:
            connection.drop()


class _MertechConnection(Connection):
    """Drops the connection after any failure but a refusal, so that a late answer can never be
    taken for that of the next command."""

    def __init__(self, driver: MertechDriver, target: Target) -> None:
        self._driver = driver
        self._target = target
        self._dropped = False
        self._endpoint = driver.endpoint

    @property
    def endpoint(self) -> Address | None:
        return self._endpoint

    def read(self, reserve: Callable[[int], None] = without_bound) -> Received:
        with self._dropped_by_failure():
            return self._driver.get_products_json(reserve)

    def send(self, file: ProductFile, *, clear: bool) -> int:
        with self._dropped_by_failure():
            return self._driver.send_json_products(file.document, clear_database=clear)

    def information(self) -> dict[str, Json]:
        with self._dropped_by_failure():
            return self._driver.get_information()

    def clock(self) -> datetime | None:
        try:
            with self._dropped_by_failure():
                return self._driver.get_clock()
        except ScalesError as error:
            log.debug("the device does not tell its clock: %s", error)
            return None

    def drop(self) -> None:
        """Close the connection; harmless when repeated."""
        self._dropped = True
        self._driver.close()

    @contextmanager
    def _dropped_by_failure(self) -> Iterator[None]:
        if self._dropped:
            raise ScalesUnreachableError(problem="closed", address=at(self._target.address))
        try:
            yield
        except ScalesError as error:
            error.learn(heard=self._driver.heard)
            if not isinstance(error, ScalesRefusedError):
                self.drop()
            raise
        except BaseException:
            self.drop()
            raise
