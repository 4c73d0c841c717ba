"""Users' passwords as bcrypt hashes."""

import base64
import hashlib
import re
import unicodedata
from typing import Final

import bcrypt

from adapters.security import pbkdf2
from application.ports.password_hasher import PasswordHasher
from domain.accounts.rules import LONGEST_PASSWORD

_WRITTEN: Final = re.compile(r"\$2b\$(0[4-9]|1[0-5])\$[./A-Za-z0-9]{53}", re.ASCII)
"""A bcrypt hash, of a cost that somebody may have chosen: one of 31 would keep us for weeks."""


class BcryptHasher(PasswordHasher):
    """`rounds` is bcrypt's cost: each one more doubles the time that a guess takes.

    Hashes of the service used before (PBKDF2) match too. Each comparison costs one PBKDF2 and one
    bcrypt, whatever it is with: how long it takes does not tell whose password is of which kind,
    nor who is unknown.
    """

    def __init__(self, rounds: int = 12) -> None:
        self._rounds = rounds
        # As dear to compare with as any other, and no password has it.
        self._nobodys = bcrypt.gensalt(rounds) + b"." * 31

    def hash(self, password: str) -> str:
        return bcrypt.hashpw(_digest(password), bcrypt.gensalt(self._rounds)).decode("ascii")

    def matches(self, password: str, password_hash: str | None) -> bool:
        if len(password) > LONGEST_PASSWORD:
            return False
        foreign = pbkdf2.parse(password_hash or "")
        if foreign is not None:
            matched = foreign.matches(password)
            bcrypt.checkpw(_digest(password), self._nobodys)
            return matched
        pbkdf2.spend_the_usual_time(password)
        digest = _digest(password)
        if password_hash is not None and _WRITTEN.fullmatch(password_hash):
            try:
                return bcrypt.checkpw(digest, password_hash.encode("ascii"))
            except ValueError:
                pass  # a salt that bcrypt cannot have written
        bcrypt.checkpw(digest, self._nobodys)
        return False

    def recognises(self, password_hash: str) -> bool:
        return bool(_WRITTEN.fullmatch(password_hash)) or pbkdf2.parse(password_hash) is not None

    def outdated(self, password_hash: str) -> bool:
        return not password_hash.startswith(f"$2b${self._rounds:02}$")


def _digest(password: str) -> bytes:
    """64 printable bytes for any password: bcrypt takes 72 at most, and none that is NUL.

    Normalised, since keyboards differ in how they write one and the same letter. Raises ValueError
    for a password that is too long for that.
    """
    if len(password) > LONGEST_PASSWORD:
        raise ValueError(f"longer than {LONGEST_PASSWORD} characters")
    text = unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
    return base64.b64encode(hashlib.sha384(text).digest())
