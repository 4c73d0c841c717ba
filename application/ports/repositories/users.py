"""Everyone who may sign in."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from domain.accounts.user import User, UserId


class Users(Protocol):
    """Everyone who may sign in."""

    @abstractmethod
    def add(self, email: str, password_hash: str) -> User:
        """Raises EmailTakenError."""

    @abstractmethod
    def adopt(self, user: User) -> None:
        """Add a user who has an id already; ids that are given later are greater.

        Raises EmailTakenError.
        """

    @abstractmethod
    def get(self, user_id: UserId) -> User:
        """Raises UnknownUserError."""

    @abstractmethod
    def exists(self, user_id: UserId) -> bool: ...

    @abstractmethod
    def by_email(self, email: str) -> User | None:
        """Whose address this is, compared without case and in Unicode's compatible form."""

    @abstractmethod
    def all(self) -> Sequence[User]:
        """Ordered by id."""

    @abstractmethod
    def set_password_hash(self, user_id: UserId, password_hash: str) -> None:
        """Raises UnknownUserError."""

    @abstractmethod
    def replace_password_hash(self, user_id: UserId, former: str, password_hash: str) -> bool:
        """Set it where it still is `former`; False, and nothing is set, where it is not."""

    @abstractmethod
    def delete(self, user_id: UserId) -> None:
        """With all devices and what belongs to them. Raises UnknownUserError."""
