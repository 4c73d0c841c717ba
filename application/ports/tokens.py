"""Proof of having signed in."""

from abc import abstractmethod
from typing import Protocol

from domain.accounts.user import UserId
from domain.errors import Failure


class InvalidTokenError(Failure):
    """Forged, malformed, expired or meant for something else; the text says which."""

    code = "InvalidToken"


class Tokens(Protocol):
    """Proof of having signed in."""

    @abstractmethod
    def issue(self, user_id: UserId) -> str:
        """A token for this user, good for as long as the settings say."""

    @abstractmethod
    def identify(self, token: str) -> UserId:
        """Whose token this is. Raises InvalidTokenError."""
