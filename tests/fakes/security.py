"""Secrets that cost no time: nothing here is safe, and everything refuses what it must."""

import secrets
import unicodedata
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from application.ports.cipher import Cipher, UnreadableSecretError
from application.ports.password_hasher import PasswordHasher
from application.ports.tokens import InvalidTokenError, Tokens
from domain.accounts.rules import LONGEST_PASSWORD
from domain.accounts.user import UserId


class FakeHasher(PasswordHasher):
    """Keeps the password beside a salt; `compared` counts what a real one would spend time on."""

    def __init__(self) -> None:
        self.compared = 0

    def hash(self, password: str) -> str:
        return f"{secrets.token_hex(4)}:{_hidden(password)}"

    def matches(self, password: str, password_hash: str | None) -> bool:
        if len(password) > LONGEST_PASSWORD:
            return False
        self.compared += 1
        salt, colon, hidden = (password_hash or "").partition(":")
        return bool(salt and colon) and hidden == _hidden(password)

    def recognises(self, password_hash: str) -> bool:
        return ":" in password_hash

    def outdated(self, password_hash: str) -> bool:
        return password_hash.startswith("foreign:")

    def foreign(self, password: str) -> str:
        """A hash as another service would have made it."""
        return f"foreign:{_hidden(password)}"


class FakeCipher(Cipher):
    """Keeps the secret beside the key and a salt."""

    def __init__(self, key: str = "key") -> None:
        self._key = key

    def encrypt(self, secret: str) -> str:
        return f"{secrets.token_hex(4)}:{self._key}:{b64encode(secret.encode()).decode()}"

    def decrypt(self, encrypted: str) -> str:
        match encrypted.split(":"):
            case [_, self._key, hidden]:
                return b64decode(hidden).decode()
        raise UnreadableSecretError("Encrypted with another key.")


class FakeTokens(Tokens):
    """Remembers the tokens it issued, each with its end."""

    def __init__(
        self,
        lifetime: timedelta = timedelta(days=1),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._lifetime = lifetime
        self._now = now
        self._issued: dict[str, tuple[UserId, datetime]] = {}

    def issue(self, user_id: UserId) -> str:
        token = secrets.token_hex(8)
        self._issued[token] = (user_id, self._now() + self._lifetime)
        return token

    def identify(self, token: str) -> UserId:
        try:
            user_id, ends = self._issued[token]
        except KeyError:
            raise InvalidTokenError from None
        if self._now() >= ends:
            raise InvalidTokenError("expired")
        return user_id


def _hidden(password: str) -> str:
    if len(password) > LONGEST_PASSWORD:
        raise ValueError("too long")
    return b64encode(
        unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
    ).decode()
