"""The addresses of this machine in the network."""

import socket
from collections.abc import Collection
from ipaddress import ip_address

import psutil

from domain.devices.networks import IpAddress


def own_addresses() -> Collection[IpAddress]:
    """Returns the addresses of this machine's network interfaces at this moment."""
    return {
        # A scope (fe80::1%eth0) makes no difference to an address.
        ip_address(found.address.partition("%")[0])
        for interface in psutil.net_if_addrs().values()
        for found in interface
        if found.family in (socket.AF_INET, socket.AF_INET6)
    }
