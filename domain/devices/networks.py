"""The networks of devices: nobody may use the service to scan the host it runs on."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Self, TypeAlias

IpAddress: TypeAlias = IPv4Address | IPv6Address

PRIVATE_NETWORKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
"""RFC 1918 and RFC 4193. Loopback, link-local and most metadata addresses are not in them."""
METADATA = frozenset(
    map(ip_address, ("169.254.169.254", "fd00:ec2::254", "fd20:ce::254", "100.100.100.200"))
)
"""Cloud metadata services: allowed only if listed one by one, not as part of a wider range."""


@dataclass(frozen=True, slots=True)
class DeviceNetworks:
    """The networks to which connections to devices may go.

    `own` returns the present addresses of this machine: what listens there is not a device.
    """

    networks: tuple[IPv4Network | IPv6Network, ...]
    own: Callable[[], Collection[IpAddress]] = field(default=frozenset, compare=False, repr=False)

    @classmethod
    def of(cls, networks: Iterable[str] = PRIVATE_NETWORKS) -> Self:
        """Returns the networks of these texts. Raises ValueError when one is not a network, such as
        10.0.0.1/8."""
        return cls(tuple(ip_network(network.strip()) for network in networks))

    def allow(self, address: IpAddress) -> bool:
        """Whether a device may be at this address.

        An IPv4 address inside an IPv6 one counts as itself. Metadata services and the machine's own
        addresses, except loopback, must be listed one by one.
        """
        if isinstance(address, IPv6Address):
            inner = address.ipv4_mapped or address.sixtofour
            if inner is not None:
                return self.allow(inner)
        listed = [network for network in self.networks if address in network]
        if any(network.num_addresses == 1 for network in listed):
            return True
        if not listed or address in METADATA or address.is_unspecified:
            return False
        return address.is_loopback or address not in self.own()

    def allow_host(self, host: str) -> bool:
        """Whether a device may have this host. Names are checked when they are looked up."""
        address = literal(host)
        return address is None or self.allow(address)


def literal(host: str) -> IpAddress | None:
    """Returns the address in a text, without its scope (fe80::1%eth0); None for a host name."""
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None
