"""Users' passwords, which are only compared."""

from abc import abstractmethod
from typing import Protocol

from domain.errors import Failure


class HashingBusyError(Failure):
    """As many passwords are being checked as may be, and as many wait."""

    code = "HashingBusy"


class PasswordHasher(Protocol):
    """Users' passwords, of up to `rules.LONGEST_PASSWORD` characters of any script."""

    @abstractmethod
    def hash(self, password: str) -> str:
        """A salted hash; another one each time. Raises ValueError for a longer password, and
        HashingBusyError."""

    @abstractmethod
    def matches(self, password: str, password_hash: str | None) -> bool:
        """Whether the hash was made from this password.

        None, for an unknown user, and a damaged hash take as long as any other and never match. A
        longer password matches nothing, and takes no time. Raises HashingBusyError.
        """

    @abstractmethod
    def recognises(self, password_hash: str) -> bool:
        """Whether this is a hash that some password may match, of our making or another's."""

    @abstractmethod
    def outdated(self, password_hash: str) -> bool:
        """Whether `hash` makes others by now: of another kind, or another cost."""
