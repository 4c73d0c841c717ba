"""How a process is asked to end: by a signal, or because its parent is gone."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Final

SIGNALS: Final = [signal.SIGINT, signal.SIGTERM]
if sys.platform == "win32":
    SIGNALS.append(signal.SIGBREAK)


class Stop:
    """A request to end, which is made only once.

    It calls its wakers in a signal handler or in another thread. So they must do very little, and
    take no lock that the main thread may hold.
    """

    def __init__(self) -> None:
        self.asked = False
        self._wakes: list[Callable[[], object]] = []
        self._last_things: list[Callable[[], object]] = []

    def wakes(self, waker: Callable[[], object]) -> None:
        """Call this when asked to end, or at once if that has happened."""
        self._wakes.append(waker)
        if self.asked:
            waker()

    def before_cut_short(self, last_thing: Callable[[], object]) -> None:
        """Call this when a second signal ends the process at once."""
        self._last_things.append(last_thing)

    def ask(self) -> None:
        """Ask the process to end in order."""
        self.asked = True
        for waker in self._wakes:
            waker()

    def on_signals(self) -> None:
        """Listen to SIGINT and SIGTERM. The second of them ends the process at once."""
        heard = False

        def hear(number: int, _: FrameType | None) -> None:
            nonlocal heard
            if heard:
                for last_thing in self._last_things:
                    last_thing()
                os._exit(128 + number)
            heard = True
            self.ask()

        for number in SIGNALS:
            signal.signal(number, hear)

    def with_parent(self) -> None:
        """Watch for the end of standard input: the parent holds its other end, and the system
        closes it even if the parent is killed."""

        def watch() -> None:
            while os.read(0, 4096):
                pass
            self.ask()

        threading.Thread(target=watch, name="parent watch", daemon=True).start()
