"""Everyone who may sign in."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from domain.accounts.user import User, UserId
from domain.errors import DomainError


class EmailTakenError(DomainError):
    """Another user has this address, compared without case."""

    code = "EmailTaken"


class UnknownUserError(DomainError):
    """No such user."""

    code = "UnknownUser"


class Users(Protocol):
    """Everyone who may sign in."""

    @abstractmethod
    def add(self, email: str, password_hash: str) -> User:
        """Raises EmailTakenError when another user has this address."""

    @abstractmethod
    def adopt(self, user: User) -> None:
        """Add a user who has an id already. Ids given later are greater.

        Raises EmailTakenError when another user has this address.
        """

    @abstractmethod
    def get(self, user_id: UserId) -> User:
        """Raises UnknownUserError when there is no such user."""

    @abstractmethod
    def exists(self, user_id: UserId) -> bool: ...

    @abstractmethod
    def by_email(self, email: str) -> User | None:
        """The user with this address, compared without case and in Unicode's compatible form."""

    @abstractmethod
    def all(self) -> Sequence[User]:
        """Every user, ordered by id."""

    @abstractmethod
    def set_password_hash(self, user_id: UserId, password_hash: str) -> None:
        """Raises UnknownUserError when there is no such user."""

    @abstractmethod
    def replace_password_hash(self, user_id: UserId, former: str, password_hash: str) -> bool:
        """Set the hash if it still is `former`. Returns whether it was."""

    @abstractmethod
    def delete(self, user_id: UserId) -> None:
        """Delete a user with all devices and what belongs to them.

        Raises UnknownUserError when there is no such user.
        """
