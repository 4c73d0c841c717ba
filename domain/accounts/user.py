"""Who may sign in."""

from dataclasses import dataclass, field
from typing import NewType

UserId = NewType("UserId", int)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Owner of devices; knows the password only as a hash."""

    id: UserId
    email: str
    password_hash: str = field(repr=False)
