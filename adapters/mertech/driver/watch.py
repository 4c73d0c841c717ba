"""The time a conversation may take, and the heartbeat that goes on while it waits."""

import selectors
import socket
from collections.abc import Callable
from typing import Final

from application.ports.clock import Clock

BEAT_EVERY: Final = 1.0
"""Seconds: half of what is promised, since a heartbeat takes time of its own."""

# Not select, which knows no socket beyond number 1024; not epoll, which costs one more to open.
_Selector: Final[type[selectors.BaseSelector]] = getattr(
    selectors, "PollSelector", selectors.SelectSelector
)

READABLE: Final = selectors.EVENT_READ
WRITABLE: Final = selectors.EVENT_WRITE


class Watch:
    """The time of one conversation. Moments are those of the clock's `monotonic`."""

    def __init__(self, clock: Clock, deadline: float, heartbeat: Callable[[], None]) -> None:
        self.deadline = deadline
        self._clock = clock
        self._heartbeat = heartbeat
        self._beat_at = clock.monotonic() + BEAT_EVERY

    @property
    def over(self) -> bool:
        """Whether the deadline has passed."""
        return self._clock.monotonic() >= self.deadline

    def within(self, seconds: float) -> float:
        """Returns the moment in this many seconds, or the deadline if that is sooner."""
        return min(self.deadline, self._clock.monotonic() + seconds)

    def left(self, until: float) -> float:
        """Returns the seconds until a moment; negative after it."""
        return until - self._clock.monotonic()

    def beat(self) -> None:
        """Send the heartbeat now. Raises what the heartbeat raises."""
        self._heartbeat()
        self._beat_at = self._clock.monotonic() + BEAT_EVERY

    def wait(self, sock: socket.socket, event: int, until: float) -> bool:
        """Wait for the socket until that moment. Returns whether it became ready. Raises what the
        heartbeat raises."""
        with _Selector() as selector:
            selector.register(sock, event)
            while (left := self.left(until)) > 0:
                to_beat = self.left(self._beat_at)
                if to_beat <= 0:
                    self.beat()
                elif selector.select(min(left, to_beat)):
                    return True
        return False

    def pause(self, seconds: float) -> bool:
        """Wait this many seconds. Returns False if the deadline came first."""
        self._clock.sleep(max(0.0, min(seconds, self.left(self.deadline))))
        return not self.over
