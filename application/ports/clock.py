"""The time, as the application asks for it."""

from abc import abstractmethod
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time and lets it pass; safe to share between threads."""

    @abstractmethod
    def now(self) -> datetime:
        """This instant, in UTC."""

    @abstractmethod
    def monotonic(self) -> float:
        """Seconds since some fixed moment, those included in which the machine slept; never runs
        backwards."""

    @abstractmethod
    def sleep(self, seconds: float) -> None:
        """Return after this many seconds."""
