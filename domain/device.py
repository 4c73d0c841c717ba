"""A scale that its owner has registered."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, NewType, Self

from domain.errors import PasswordNotTriedError
from domain.user import UserId

DeviceId = NewType("DeviceId", int)

REFUSALS_ALLOWED: Final = 5
"""A series of about fifteen wrong passwords locks a scale, and ours may not be the only ones."""
PAUSE_AFTER_REFUSAL: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a device listens: an IPv4 or IPv6 address or a host name, and a TCP port."""

    host: str
    port: int


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
    """

    id: DeviceId
    owner_id: UserId
    moves: int = 0
    refusals: int = 0
    refused_at: datetime | None = None

    def changed(self, **details: object) -> Self:
        """This device with other details; a new address counts as a move, and a new password has
        not been refused yet."""
        changed = replace(self, **details)  # type: ignore[arg-type]  # fields of DeviceDetails
        if "encrypted_password" in details:
            changed = changed.password_taken()
        if changed.address == self.address:
            return changed
        return replace(changed, moves=self.moves + 1)

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
