"""Where devices are: a host name leads to other addresses from time to time."""

from application.ports.scales import Scales
from domain.devices.device import Address


class Whereabouts:
    """Where the addresses of devices lead to, for as long as somebody waits for a device.

    Looking up takes its time, so it is done outside of transactions: whoever finds in one that
    something is not known yet comes again.
    """

    def __init__(self, scales: Scales) -> None:
        self._scales = scales
        self._found: dict[Address, tuple[Address, ...]] = {}

    def of(self, address: Address) -> tuple[Address, ...] | None:
        """None for a host name that has to be looked up first."""
        literal = address.endpoint
        return self._found.get(address) if literal is None else (literal,)

    def look_up(self, address: Address) -> None:
        self._found[address] = self._scales.endpoints(address)
