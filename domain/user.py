"""Who may sign in."""

from dataclasses import dataclass, field
from typing import Final, NewType

UserId = NewType("UserId", int)

LONGEST_EMAIL: Final = 1024
"""Characters of an address that is looked for; new ones are shorter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Owner of devices; knows the password only as a hash."""

    id: UserId
    email: str
    password_hash: str = field(repr=False)


def email_key(email: str) -> str:
    """What makes two addresses the same one: everything but case and outer space."""
    return email.strip().casefold()
