"""A scale that its owner has registered."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import IPv6Address
from typing import Final, NewType, Self

from domain.accounts.user import UserId
from domain.devices.networks import literal
from domain.errors import PasswordNotTriedError

DeviceId = NewType("DeviceId", int)

REFUSALS_ALLOWED: Final = 5
"""About fifteen wrong passwords in a row lock a scale, and other programs may send some too."""
REFUSALS_ALLOWED_AT_ENDPOINT: Final = 8
"""Refused passwords of all devices at one address and port."""
PAUSE_AFTER_REFUSAL: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a device listens: an IPv4 or IPv6 address or a host name, and a TCP port."""

    host: str
    port: int

    def __str__(self) -> str:
        """Returns the address as people write it: 10.0.0.7:1111, [fd00::7]:1111."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def endpoint(self) -> "Address | None":
        """The address in its standard form; None for a host name, which has to be looked up.

        An IPv4 address inside an IPv6 one becomes that IPv4 address.
        """
        host = _in_one_form(self.host)
        return None if host is None else Address(host, self.port)


@lru_cache(maxsize=4096)
def _in_one_form(host: str) -> str | None:
    """Cached, since every device that is shown needs it."""
    found = literal(host)
    if found is None:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    _, at, scope = host.partition("%")
    return f"{found}{at}{scope}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceDetails:
    """The details that the owner gives of a device. The password is encrypted already.

    `time_zone` is an IANA name; None follows the zone of the service.
    """

    name: str
    description: str
    address: Address
    protocol: str
    encrypted_password: str = field(repr=False)
    time_zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Device(DeviceDetails):
    """A registered device.

    `moves` counts changes of address, so that a product file can be matched with the device that is
    there now. `refusals` counts how often the device refused the present password since it last
    accepted it; `refused_at` is the last time.

    `clock_ahead` is how far its clock was ahead of the time in its zone, in whole seconds, when it
    was last asked; None if it never answered. `found_at` is the address of its host name when it
    was last looked up. `doubtful` says that it did not answer last time.
    """

    id: DeviceId
    owner_id: UserId
    moves: int = 0
    refusals: int = 0
    refused_at: datetime | None = None
    found_at: str | None = None
    clock_ahead: timedelta | None = None
    doubtful: bool = False

    @property
    def endpoint(self) -> str | None:
        """The address and port of its conversations; None for a name that was not looked up yet."""
        literal_one = self.address.endpoint
        return self.found_at if literal_one is None else str(literal_one)

    def found(self, endpoints: Sequence[Address]) -> Self:
        """Returns this device after its host was looked up. One of several endpoints stands for
        all."""
        if self.address.endpoint is not None or not endpoints:
            return self
        return replace(self, found_at=min(map(str, endpoints)))

    def changed(self, **details: object) -> Self:
        """Returns this device with other details.

        A new address counts as a move. A new password has not been refused yet.
        """
        changed = replace(self, **details)  # type: ignore[arg-type]  # fields of DeviceDetails
        if "encrypted_password" in details:
            changed = changed.password_taken()
        if changed.address == self.address:
            return changed
        return replace(
            changed, moves=self.moves + 1, found_at=None, clock_ahead=None, doubtful=False
        )

    def password_refused(self, at: datetime) -> Self:
        """Returns this device after it refused the password."""
        return replace(self, refusals=self.refusals + 1, refused_at=at)

    def password_taken(self) -> Self:
        """Returns this device after it accepted the password, or got a new one."""
        return replace(self, refusals=0, refused_at=None)

    def require_password_worth_trying(self, now: datetime) -> None:
        """Raises PasswordNotTriedError when another try might lock the device."""
        if self.refused_at is None:
            return
        if self.refusals >= REFUSALS_ALLOWED:
            raise PasswordNotTriedError(self.refusals, None)
        if now < self.refused_at + PAUSE_AFTER_REFUSAL:
            wait = self.refused_at + PAUSE_AFTER_REFUSAL - now
            raise PasswordNotTriedError(self.refusals, wait)
