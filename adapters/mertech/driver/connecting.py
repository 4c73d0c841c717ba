"""Connecting to a device: every address of its host, IPv4 and IPv6, each in bounded time."""

import errno
import os
import socket
from contextlib import ExitStack, suppress
from typing import Final

from adapters.mertech.driver.watch import WRITABLE, Watch
from application.ports.scales import (
    UNDELIVERED,
    ScalesTimedOutError,
    ScalesUnreachableError,
)
from domain.devices.device import Address
from domain.devices.networks import DeviceNetworks, literal

_USER_TIMEOUT: Final[int | None] = getattr(socket, "TCP_USER_TIMEOUT", None)
"""Linux has it."""


def connect(
    address: Address,
    watch: Watch,
    timeout: float,
    networks: DeviceNetworks,
    *,
    endpoints: tuple[Address, ...] | None = None,
    undelivered: float = UNDELIVERED,
) -> socket.socket:
    """Returns a connected, non-blocking socket to an address inside the networks.

    `timeout` (seconds) is for all addresses in all. Without `endpoints` the host is looked up,
    which takes as long as the system allows. The system closes the connection if the other side
    accepts nothing of what was written for `undelivered` seconds. Raises ScalesUnreachableError,
    and ScalesTimedOutError at the deadline.
    """
    # A name is looked up once, so that we connect to what was found to be allowed.
    found = [end for end in _looked_up(address, endpoints) if _allowed(end[-1], networks)]
    if not found:
        raise ScalesUnreachableError(problem="outside", address=at(address))
    until = watch.within(timeout)
    problem: OSError = TimeoutError()
    for tried, (family, kind, protocol, _, where) in enumerate(found):
        if watch.left(until) <= 0:
            break
        # Each address has a share of the time, so that one that never answers leaves time for the
        # others.
        share = watch.within(watch.left(until) / (len(found) - tried))
        watch.beat()
        try:
            sock = _begun(family, kind, protocol, where)
        except OSError as error:
            problem = error
            continue
        with ExitStack() as closing:
            closing.callback(sock.close)
            if not watch.wait(sock, WRITABLE, share):
                problem = TimeoutError()
            elif code := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                problem = OSError(code, os.strerror(code))
            else:
                if _USER_TIMEOUT is not None:
                    milliseconds = round(undelivered * 1000)
                    sock.setsockopt(socket.IPPROTO_TCP, _USER_TIMEOUT, milliseconds)
                closing.pop_all()
                return sock
    if watch.over:
        raise ScalesTimedOutError(problem="no_time", address=at(address))
    raise _unreachable(problem, address, timeout)


def at(address: Address) -> str:
    """Returns the address as people write it: 10.0.0.7:1111, [fd00::7]:1111."""
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"{host}:{address.port}"


def lost(error: OSError, address: Address) -> ScalesUnreachableError:
    """Returns the error for a connection that broke."""
    if isinstance(error, ConnectionError):
        return ScalesUnreachableError(problem="broken_off", address=at(address))
    return ScalesUnreachableError(problem="broken", address=at(address), system=_named(error))


def _looked_up(
    address: Address, endpoints: tuple[Address, ...] | None
) -> list[tuple[int, int, int, str, tuple[object, ...]]]:
    found = []
    for end in (address,) if endpoints is None else endpoints:
        with suppress(OSError, ValueError):  # ValueError: no host name at all by its very form
            found += socket.getaddrinfo(end.host, end.port, type=socket.SOCK_STREAM)
    if not found:
        raise ScalesUnreachableError(problem="unknown_name", address=at(address))
    return found  # type: ignore[return-value]  # enumerations are integers


def _allowed(where: tuple[object, ...], networks: DeviceNetworks) -> bool:
    """Whether devices may be at this address. A scope (fe80::1%eth0) makes no difference."""
    found = literal(str(where[0]).partition("%")[0])
    return found is not None and networks.allow(found)


def _begun(family: int, kind: int, protocol: int, where: tuple[object, ...]) -> socket.socket:
    """Returns a socket that is connected, or will be once it can be written to. Raises OSError."""
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)
        # Commands are small, and each waits for its answer: send each at once.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(BlockingIOError):
            sock.connect(where)
    except BaseException:
        sock.close()
        raise
    return sock


def _unreachable(problem: OSError, address: Address, timeout: float) -> ScalesUnreachableError:
    where = at(address)
    if isinstance(problem, ConnectionRefusedError):
        return ScalesUnreachableError(problem="refused", address=where)
    if isinstance(problem, TimeoutError):
        return ScalesUnreachableError(problem="silent", address=where, seconds=timeout)
    if problem.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        return ScalesUnreachableError(problem="no_route", address=where)
    return ScalesUnreachableError(problem="other", address=where, system=_named(problem))


def _named(error: OSError) -> str:
    """The system's own name of the error, such as EHOSTDOWN."""
    return errno.errorcode.get(error.errno or 0, type(error).__name__)
