"""Secrets that must be read again."""

from abc import abstractmethod
from typing import Protocol

from domain.errors import Failure


class UnreadableSecretError(Failure):
    """The text was not encrypted with the key in use."""

    code = "UnreadableSecret"


class Cipher(Protocol):
    """Devices' passwords at rest."""

    @abstractmethod
    def encrypt(self, secret: str) -> str:
        """A text that only `decrypt` with the same key can read, different each time."""

    @abstractmethod
    def decrypt(self, encrypted: str) -> str:
        """Raises UnreadableSecretError when the text was encrypted with another key."""
