"""Users: registering, and what the chain's IT does with accounts."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.ports.password_hasher import PasswordHasher
from application.ports.repositories.users import UnknownUserError
from application.ports.storage import Storage
from domain.accounts.user import User


@dataclass(frozen=True, slots=True)
class RegisterUser:
    """Add a user. Hashing takes its time, so it happens before the transaction."""

    storage: Storage
    hasher: PasswordHasher

    def __call__(self, email: str, password: str) -> User:
        """Raises EmailTakenError and HashingBusyError."""
        password_hash = self.hasher.hash(password)
        with self.storage.transaction() as tx:
            return tx.users.add(email, password_hash)


@dataclass(frozen=True, slots=True)
class ListUsers:
    """Everyone who may sign in."""

    storage: Storage

    def __call__(self) -> Sequence[User]:
        with self.storage.snapshot() as tx:
            return tx.users.all()


@dataclass(frozen=True, slots=True)
class FindUser:
    """Whose an email address is, compared without case."""

    storage: Storage

    def __call__(self, email: str) -> User:
        """Raises UnknownUserError."""
        with self.storage.snapshot() as tx:
            user = tx.users.by_email(email)
        if user is None:
            raise UnknownUserError
        return user


@dataclass(frozen=True, slots=True)
class SetPassword:
    """Give a user another password."""

    storage: Storage
    hasher: PasswordHasher

    def __call__(self, email: str, password: str) -> None:
        """Raises UnknownUserError and HashingBusyError."""
        password_hash = self.hasher.hash(password)
        with self.storage.transaction() as tx:
            user = tx.users.by_email(email)
            if user is None:
                raise UnknownUserError
            tx.users.set_password_hash(user.id, password_hash)


@dataclass(frozen=True, slots=True)
class DeleteUser:
    """Remove a user with all devices; their tokens end with them."""

    storage: Storage

    def __call__(self, email: str) -> None:
        """Raises UnknownUserError."""
        with self.storage.transaction() as tx:
            user = tx.users.by_email(email)
            if user is None:
                raise UnknownUserError
            tx.users.delete(user.id)
