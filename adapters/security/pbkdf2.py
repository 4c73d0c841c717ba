"""Password hashes of the service that Web Scales takes over from: PBKDF2 with SHA-256.

They are written `$pbkdf2-sha256$rounds$salt$checksum`, salt and checksum in base64 with "." for
"+" and no padding.
"""

import base64
import binascii
import hashlib
import hmac
import re
from typing import Final, NamedTuple

USUAL_ROUNDS: Final = 29_000
"""What that service wrote, unless somebody set it to write others."""
MOST_ROUNDS: Final = 2_000_000
"""About half a second: a hash that somebody planted must not keep us for hours."""

_WRITTEN: Final = re.compile(
    r"\$pbkdf2-sha256\$([1-9][0-9]{0,6})\$([./A-Za-z0-9]{0,1366})\$([./A-Za-z0-9]{43})", re.ASCII
)


class Pbkdf2Hash(NamedTuple):
    """A hash, taken apart."""

    rounds: int
    salt: bytes
    checksum: bytes

    def matches(self, password: str) -> bool:
        """Whether the hash was made from this password, to the letter."""
        found = _derived(password, self.salt, self.rounds)
        return hmac.compare_digest(found, self.checksum)


def parse(password_hash: str) -> Pbkdf2Hash | None:
    """None for what is no such hash, or one that would take too long to compare with."""
    written = _WRITTEN.fullmatch(password_hash)
    if written is None or int(written[1]) > MOST_ROUNDS:
        return None
    try:
        return Pbkdf2Hash(int(written[1]), _decoded(written[2]), _decoded(written[3]))
    except binascii.Error:  # a length that no bytes have
        return None


def spend_the_usual_time(password: str) -> None:
    """Take as long as comparing with a usual hash."""
    _derived(password, b"\0" * 16, USUAL_ROUNDS)


def _derived(password: str, salt: bytes, rounds: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", password.encode("utf-8", "surrogatepass"), salt, rounds)


def _decoded(text: str) -> bytes:
    padding = "=" * (-len(text) % 4)
    return base64.b64decode(text.replace(".", "+") + padding, validate=True)
