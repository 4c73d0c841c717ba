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
"""A series of about fifteen wrong passwords locks a scale, and ours may not be the only ones."""
REFUSALS_ALLOWED_AT_ENDPOINT: Final = 8
"""Of all passwords of all devices that are registered there."""
PAUSE_AFTER_REFUSAL: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a device listens: an IPv4 or IPv6 address or a host name, and a TCP port."""

    host: str
    port: int

    def __str__(self) -> str:
        """As it is written: 10.0.0.7:1111, [fd00::7]:1111."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def endpoint(self) -> "Address | None":
        """The same in the one form that every way of writing it has; None for a host name, which
        has to be looked up. An IPv4 address inside an IPv6 one is that IPv4 address."""
        host = _in_one_form(self.host)
        return None if host is None else Address(host, self.port)


@lru_cache(maxsize=4096)
def _in_one_form(host: str) -> str | None:
    """Remembered, since every device that is shown asks for it."""
    found = literal(host)
    if found is None:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    _, at, scope = host.partition("%")
    return f"{found}{at}{scope}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceDetails:
    """What the owner says of a device. The password is encrypted before it gets here.

    `time_zone` is an IANA name; None follows the service's.
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

    `moves` counts the changes of address, so that a product file can be told to come from the
    device that stands there now.
    `refusals` counts how often the device refused the password that is set now, since it last
    took it; `refused_at` is the last time.
    `clock_ahead` is how far its clock was ahead of its zone's time, in whole seconds, when it was
    last asked; None where it never told.
    `found_at` is where its host name led to when it was last looked up.
    `doubtful` says that it did not answer when it was last spoken to.
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
        """The address and port that it is talked to at; None for a name not looked up yet."""
        literal_one = self.address.endpoint
        return self.found_at if literal_one is None else str(literal_one)

    def found(self, endpoints: Sequence[Address]) -> Self:
        """This device after its host was looked up; one of several endpoints stands for all."""
        if self.address.endpoint is not None or not endpoints:
            return self
        return replace(self, found_at=min(map(str, endpoints)))

    def changed(self, **details: object) -> Self:
        """This device with other details; a new address counts as a move, and a new password has
        not been refused yet."""
        changed = replace(self, **details)  # type: ignore[arg-type]  # fields of DeviceDetails
        if "encrypted_password" in details:
            changed = changed.password_taken()
        if changed.address == self.address:
            return changed
        return replace(
            changed, moves=self.moves + 1, found_at=None, clock_ahead=None, doubtful=False
        )

    def password_refused(self, at: datetime) -> Self:
        """After the device refused the password."""
        return replace(self, refusals=self.refusals + 1, refused_at=at)

    def password_taken(self) -> Self:
        """After the device took the password, or it was set anew."""
        return replace(self, refusals=0, refused_at=None)

    def require_password_worth_trying(self, now: datetime) -> None:
        """Raises PasswordNotTriedError when trying again might lock the device."""
        if self.refused_at is None:
            return
        if self.refusals >= REFUSALS_ALLOWED:
            raise PasswordNotTriedError(self.refusals, None)
        if now < self.refused_at + PAUSE_AFTER_REFUSAL:
            wait = self.refused_at + PAUSE_AFTER_REFUSAL - now
            raise PasswordNotTriedError(self.refusals, wait)
