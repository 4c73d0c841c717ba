"""Hashing in turns: each hash takes a core for a good part of a second."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Final

from application.ports.password_hasher import HashingBusyError, PasswordHasher

AT_ONCE: Final = 2
"""Passwords that are hashed or compared at one time."""
LONGEST_WAIT: Final = 3.0
"""Seconds for which one more waits for its turn."""


class HashingInTurns(PasswordHasher):
    """Any hasher, with AT_ONCE passwords at a time. A bounded number of others wait for their turn,
    since each keeps a thread from other requests. Whoever comes beyond that is turned away at once.
    """

    def __init__(
        self, hasher: PasswordHasher, *, waiting: int, longest_wait: float = LONGEST_WAIT
    ) -> None:
        """`longest_wait` is in seconds."""
        self._hasher = hasher
        self._longest_wait = longest_wait
        self._places = BoundedSemaphore(AT_ONCE + waiting)
        self._turns = BoundedSemaphore(AT_ONCE)

    def hash(self, password: str) -> str:
        with self._turn():
            return self._hasher.hash(password)

    def matches(self, password: str, password_hash: str | None) -> bool:
        with self._turn():
            return self._hasher.matches(password, password_hash)

    def recognises(self, password_hash: str) -> bool:
        return self._hasher.recognises(password_hash)

    def outdated(self, password_hash: str) -> bool:
        return self._hasher.outdated(password_hash)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise HashingBusyError
        try:
            if not self._turns.acquire(timeout=self._longest_wait):
                raise HashingBusyError
            try:
                yield
            finally:
                self._turns.release()
        finally:
            self._places.release()
