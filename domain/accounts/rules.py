"""What users may sign in with."""

import unicodedata
from typing import Final

from domain.bounds import Length
from domain.errors import Fault

EMAIL: Final = Length(most=254)
LONGEST_EMAIL: Final = 1024
"""Characters of an address that is looked for; new ones are shorter."""

PASSWORD: Final = Length(least=8, most=128)
LONGEST_PASSWORD: Final = 1024
"""Characters: whatever is longer is nobody's password, and is not looked at. Normalising some texts
takes time that grows with the square of their length."""


def email_fault(email: str) -> Fault | None:
    """What is wrong with the characters of an address, or with their number; None where nothing
    is. An address has no control, format or separator character. Its form is another matter."""
    if too_long := EMAIL.fault(email):
        return too_long
    if any(unicodedata.category(letter)[0] in "CZ" for letter in email):
        return Fault("not_an_email")
    return None


def email_key(email: str) -> str:
    """What makes two addresses the same one: everything but case, outer space and the ways in which
    Unicode writes a letter (NFKC)."""
    folded = unicodedata.normalize("NFKC", email.strip()).casefold()
    return unicodedata.normalize("NFKC", folded)


def former_email_key(email: str) -> str:
    """What made two addresses the same one before: two users may have addresses that only this
    tells apart."""
    return email.strip().casefold()
