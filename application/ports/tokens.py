"""Proof of having signed in."""

from abc import abstractmethod
from typing import Literal, Protocol

from domain.accounts.user import UserId
from domain.errors import Failure


class InvalidTokenError(Failure):
    """Forged, malformed, expired or meant for something else; `problem` says which."""

    code = "InvalidToken"

    def __init__(
        self, problem: Literal["missing", "expired", "invalid", "user_deleted"] = "invalid"
    ) -> None:
        super().__init__(problem=problem)


class Tokens(Protocol):
    """Proof of having signed in."""

    @abstractmethod
    def issue(self, user_id: UserId) -> str:
        """A token for this user, good for as long as the settings say."""

    @abstractmethod
    def identify(self, token: str) -> UserId:
        """Whose token this is. Raises InvalidTokenError."""
