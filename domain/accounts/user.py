"""Who may sign in."""

import unicodedata
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
    """What makes two addresses the same one: everything but case, outer space and the ways in which
    Unicode writes a letter (NFKC)."""
    folded = unicodedata.normalize("NFKC", email.strip()).casefold()
    return unicodedata.normalize("NFKC", folded)


def former_email_key(email: str) -> str:
    """What made two addresses the same one before: two users may have addresses that only this
    tells apart."""
    return email.strip().casefold()
