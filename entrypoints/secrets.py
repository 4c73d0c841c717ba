"""Secrets for a new installation."""

import secrets
from typing import Final

from cryptography.fernet import Fernet

JWT_BYTES: Final = 64
"""As many as the strongest of the algorithms that can be chosen makes use of."""


def fresh_secrets() -> str:
    """Lines for .env: other ones each time."""
    return (
        f"JWT_SECRET_KEY={secrets.token_urlsafe(JWT_BYTES)}\n"
        f"FERNET_KEY={Fernet.generate_key().decode('ascii')}\n"
    )
