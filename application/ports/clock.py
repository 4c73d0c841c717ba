"""The time, as the application asks for it."""

from abc import abstractmethod
from datetime import datetime, timedelta
from typing import Final, Protocol

from domain.errors import Failure

WRONG_FROM: Final = timedelta(seconds=60)
"""A machine whose clock is this far ahead or behind writes no dates."""


class ClockWrongError(Failure):
    """This machine's clock is wrong, so no label is dated by it."""

    code = "ClockWrong"

    def __init__(self, ahead: timedelta) -> None:
        super().__init__(seconds_ahead=round(ahead.total_seconds()))


class Clock(Protocol):
    """Tells the time and lets it pass; safe to share between threads."""

    def require_right(self) -> None:
        """Raises ClockWrongError when this machine's clock is too wrong to date labels by."""
        ahead = self.ahead()
        if abs(ahead) > WRONG_FROM:
            raise ClockWrongError(ahead)

    @abstractmethod
    def now(self) -> datetime:
        """This instant, in UTC."""

    @abstractmethod
    def ahead(self) -> timedelta:
        """How far this machine's own clock is ahead of `now`, where several machines go by one;
        below zero where it is behind."""

    @abstractmethod
    def monotonic(self) -> float:
        """Seconds since some fixed moment, those included in which the machine slept; never runs
        backwards."""

    @abstractmethod
    def sleep(self, seconds: float) -> None:
        """Return after this many seconds."""
