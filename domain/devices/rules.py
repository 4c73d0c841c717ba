"""What may be said of a device."""

import re
from collections.abc import Callable, Container
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from domain.bounds import Length, Range
from domain.errors import Fault

NAME: Final = Length(least=1, most=120)
DESCRIPTION: Final = Length(most=500)
HOST: Final = Length(most=64)
PORT: Final = Range(1, 65_535)
DEFAULT_PORT: Final = 1111
TCP: Final = "TCP"
PROTOCOLS: Final = (TCP,)
TIME_ZONE: Final = Length(most=64)
"""About twice what any name of a zone has."""

PASSWORD_FORM: Final = "[ -~]{4}"  # noqa: S105 - a pattern
"""The wire has four bytes for a device's password."""

_LABEL: Final = "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
HOST_NAME_FORM: Final = rf"(?!(.*\.)?([0-9]+|0[xX][0-9A-Fa-f]*)$){_LABEL}(\.{_LABEL})*"
"""A number cannot be its end: some systems read 1.1 or 0x7f000001 as addresses."""


def host_fault(host: str) -> Fault | None:
    """What is wrong with a host; None for an IPv4 address, an IPv6 address or a host name."""
    if too_long := HOST.fault(host):
        return too_long
    if _is_address(host) or re.fullmatch(HOST_NAME_FORM, host):
        return None
    return Fault("not_a_host")


def password_fault(password: str) -> Fault | None:
    """What is wrong with a device's password; None for exactly 4 printable ASCII characters."""
    return None if re.fullmatch(PASSWORD_FORM, password) else Fault("not_a_device_password")


def time_zone_fault(name: str, known: Container[str]) -> Fault | None:
    """What is wrong with a time zone's name; None for a known one, and for an empty text, with
    which a device follows the service's zone."""
    if too_long := TIME_ZONE.fault(name):
        return too_long
    return None if not name or name in known else Fault("not_a_time_zone")


def _is_address(host: str) -> bool:
    parsers: tuple[Callable[[str], object], ...] = (IPv4Address, IPv6Address)
    for parser in parsers:
        try:
            parser(host)
        except ValueError:
            continue
        return "%" not in host  # a scope such as %eth0 means something on one machine only
    return False
