"""Looking up where devices are: a host name leads to other addresses from time to time."""

from application.ports.scales import Scales
from domain.devices.device import Address


class EndpointLookup:
    """The endpoints of devices' addresses, for as long as somebody waits for a device.

    A look-up takes its time, so it is done outside of transactions: first `look_up`, then a
    transaction that asks `of`.
    """

    def __init__(self, scales: Scales) -> None:
        self._scales = scales
        self._found: dict[Address, tuple[Address, ...]] = {}

    def of(self, address: Address) -> tuple[Address, ...] | None:
        """Returns its endpoints; None for a host name that has to be looked up first."""
        literal = address.endpoint
        return self._found.get(address) if literal is None else (literal,)

    def look_up(self, address: Address) -> None:
        """Ask where the host name leads. Takes a few seconds at most."""
        self._found[address] = self._scales.endpoints(address)
