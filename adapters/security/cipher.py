"""Devices' passwords at rest, encrypted with Fernet."""

from cryptography.fernet import Fernet, InvalidToken

from application.ports.cipher import Cipher, UnreadableSecretError


class FernetCipher(Cipher):
    """`key` is 32 bytes in URL-safe base64. Raises ValueError for any other."""

    def __init__(self, key: str) -> None:
        self._fernet = Fernet(key)

    def encrypt(self, secret: str) -> str:
        return self._fernet.encrypt(secret.encode()).decode("ascii")

    def decrypt(self, encrypted: str) -> str:
        try:
            return self._fernet.decrypt(encrypted.encode()).decode()
        except (InvalidToken, UnicodeError):
            raise UnreadableSecretError from None
