"""A clock that tests set."""

import threading
from datetime import UTC, datetime, timedelta

from application.ports.clock import Clock

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class FakeClock(Clock):
    """Stands still until it is set or advanced, or somebody sleeps, which takes no time."""

    def __init__(self, at: datetime = NOON) -> None:
        self._at = at
        self._seconds = 0.0
        self._ahead = timedelta()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        with self._lock:
            return self._at

    def ahead(self) -> timedelta:
        with self._lock:
            return self._ahead

    def monotonic(self) -> float:
        with self._lock:
            return self._seconds

    def sleep(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        self.advance(timedelta(seconds=seconds))

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        with self._lock:
            self._at += by
            self._seconds += by.total_seconds()

    def run_ahead(self, by: timedelta) -> None:
        """As when the machine's own clock is set, and the one that all machines share is not."""
        with self._lock:
            self._ahead = by

    def set(self, at: datetime) -> None:
        """As when somebody sets a computer's clock: only the time of day moves."""
        with self._lock:
            self._at = at.astimezone(UTC)
