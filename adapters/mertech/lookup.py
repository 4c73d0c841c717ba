"""Looking host names up, in bounded time."""

import logging
import socket
from concurrent.futures import Future
from threading import BoundedSemaphore, Thread
from typing import Final

from domain.devices.device import Address

log = logging.getLogger(__name__)

MOST_LOOKUPS: Final = 32
"""Lookups under way at once: the system's own cannot be cut short, so that each that is given up
keeps its thread for as long as the system waits."""
MOST_ENDPOINTS: Final = 8
"""Of one name: the first ones that the system tells, the others are not used."""


class Lookups:
    """Which addresses a host has."""

    def __init__(self, timeout: float, *, most: int = MOST_LOOKUPS) -> None:
        """`timeout` in seconds."""
        self._timeout = timeout
        self._free = BoundedSemaphore(most)

    def endpoints(self, address: Address) -> tuple[Address, ...]:
        """In the order in which they are to be tried; none for a name that is unknown, or was not
        found in time."""
        literal = address.endpoint
        if literal is not None:
            return (literal,)
        if not self._free.acquire(timeout=self._timeout):
            log.warning("too many host names are being looked up: %s is not", address.host)
            return ()
        found: Future[tuple[Address, ...]] = Future()
        Thread(target=self._look_up, args=[address, found], daemon=True, name="lookup").start()
        try:
            return found.result(self._timeout)
        except TimeoutError:
            log.warning("looking up %s takes too long", address.host)
            return ()

    def _look_up(self, address: Address, found: "Future[tuple[Address, ...]]") -> None:
        try:
            ends = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
        except (OSError, ValueError):  # ValueError: no host name at all by its very form
            ends = []
        finally:
            self._free.release()
        endpoints = dict.fromkeys(endpoint_of(end[-1]) for end in ends)
        found.set_result(tuple(each for each in endpoints if each)[:MOST_ENDPOINTS])


def endpoint_of(where: tuple[object, ...]) -> Address | None:
    """The endpoint that an address of the system's is."""
    host, port, *rest = where
    scope = f"%{rest[1]}" if len(rest) > 1 and rest[1] and "%" not in str(host) else ""
    return Address(f"{host}{scope}", int(str(port))).endpoint
