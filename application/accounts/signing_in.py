"""Signing in, and telling who sent a token."""

import logging
from dataclasses import dataclass

from application.ports.password_hasher import HashingBusyError, PasswordHasher
from application.ports.storage import Storage, StorageNotReadyError
from application.ports.tokens import InvalidTokenError, Tokens
from domain.accounts.rules import LONGEST_EMAIL
from domain.accounts.user import User, UserId
from domain.errors import SignInRefusedError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SignIn:
    """Give a token for an address and a password.

    A password that was hashed in a former way is hashed anew.
    """

    storage: Storage
    hasher: PasswordHasher
    tokens: Tokens

    def __call__(self, email: str, password: str) -> str:
        """Takes as long for an unknown address as for a known one.

        Raises SignInRefusedError and HashingBusyError.
        """
        user = self._user(email)
        if not self.hasher.matches(password, user.password_hash if user else None) or not user:
            raise SignInRefusedError
        if self.hasher.outdated(user.password_hash):
            self._rehash(user, password)
        return self.tokens.issue(user.id)

    def _user(self, email: str) -> User | None:
        if len(email) > LONGEST_EMAIL:
            return None
        with self.storage.snapshot() as tx:
            return tx.users.by_email(email)

    def _rehash(self, user: User, password: str) -> None:
        """Keep the password as a hash of today's kind, unless another was set meanwhile."""
        try:
            password_hash = self.hasher.hash(password)
            with self.storage.transaction() as tx:
                tx.users.replace_password_hash(user.id, user.password_hash, password_hash)
        except (HashingBusyError, StorageNotReadyError) as error:
            # The password was right all the same. The next sign-in tries again.
            log.warning("the password of user %d was not hashed anew: %s", user.id, error)


@dataclass(frozen=True, slots=True)
class Identify:
    """Tell who sent a token, if that user still exists."""

    storage: Storage
    tokens: Tokens

    def __call__(self, token: str) -> UserId:
        """Raises InvalidTokenError."""
        user_id = self.tokens.identify(token)
        with self.storage.snapshot() as tx:
            if not tx.users.exists(user_id):
                raise InvalidTokenError("user_deleted")
        return user_id
