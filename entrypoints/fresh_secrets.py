"""Secrets for a new installation, and whether those of an old one are good."""

import os
import secrets
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet

from entrypoints.process.failures import CommandFailedError

JWT_BYTES: Final = 64
"""As many as the strongest of the algorithms that can be chosen makes use of."""
PLACEHOLDER: Final = b"change-me"
FEWEST_BYTES: Final = 6
"""Different ones: of 32 random digits, one in some seventeen million has fewer."""
FEWEST_STEPS: Final = 4
"""Different steps from one byte to the next."""


def fresh_secrets() -> str:
    """Lines for .env: other ones each time."""
    return (
        f"JWT_SECRET_KEY={secrets.token_urlsafe(JWT_BYTES)}\n"
        f"FERNET_KEY={Fernet.generate_key().decode('ascii')}\n"
    )


def write_secrets(file: Path) -> None:
    """Write fresh secrets into a new file that only its owner may read. Raises CommandFailedError,
    and leaves what is there already as it is."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise CommandFailedError(
            f"{file} is there already, and stays as it is: scales' passwords may depend on it."
        ) from None
    except OSError as error:
        raise CommandFailedError(f"{file} cannot be written: {error.strerror}.") from error
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as new:
            new.write(fresh_secrets())
    except OSError as error:
        file.unlink()
        raise CommandFailedError(f"{file} cannot be written: {error.strerror}.") from error


def others_may_read(file: Path) -> bool:
    """Whether others than its owner may read or write the file, where the system can tell."""
    if os.name != "posix":
        return False
    try:
        return bool(file.stat().st_mode & 0o077)
    except OSError:
        return False


def guessable(secret: bytes) -> bool:
    """Whether anybody may come upon a secret: it repeats something short, is made of few different
    bytes or mostly of one, counts up or down, or is an example's."""
    if not secret:
        return True
    steps = {(after - before) % 256 for before, after in pairwise(secret)}
    [(_, most)] = Counter(secret).most_common(1)
    return (
        len(set(secret)) < FEWEST_BYTES
        or most > len(secret) // 2
        or any(_repeats(secret, length) for length in range(1, len(secret) // 2 + 1))
        or len(steps) < FEWEST_STEPS
        or PLACEHOLDER in secret.lower()
    )


def _repeats(secret: bytes, length: int) -> bool:
    """Whether it is its own beginning of this length, over and over."""
    return secret[length:] == secret[:-length]
