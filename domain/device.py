"""A scale that its owner has registered."""

from dataclasses import dataclass, field, replace
from typing import NewType, Self

from domain.user import UserId

DeviceId = NewType("DeviceId", int)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a device listens: an IPv4 or IPv6 address or a host name, and a TCP port."""

    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceDetails:
    """What the owner says of a device. The password is encrypted before it gets here."""

    name: str
    description: str
    address: Address
    protocol: str
    encrypted_password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Device(DeviceDetails):
    """A registered device.

    `moves` counts the changes of address, so that a product file can be told to come from the
    device that stands there now. `time_zone` is an IANA name; None follows the service's.
    """

    id: DeviceId
    owner_id: UserId
    time_zone: str | None = None
    moves: int = 0

    def changed(self, **details: object) -> Self:
        """This device with other details; a new address counts as a move."""
        changed = replace(self, **details)  # type: ignore[arg-type]  # fields of DeviceDetails
        if changed.address == self.address:
            return changed
        return replace(changed, moves=self.moves + 1)
