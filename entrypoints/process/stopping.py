"""How a process is asked to end: by a signal, or because whoever started it is gone."""

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
    """Asked to end, once and for all.

    What it wakes is called from a signal handler or another thread, so it must do next to
    nothing, and take no lock that the main thread may hold.
    """

    def __init__(self) -> None:
        self.asked = False
        self._wakes: list[Callable[[], object]] = []
        self._last_things: list[Callable[[], object]] = []

    def wakes(self, waker: Callable[[], object]) -> None:
        """Call this when asked; at once, when that has happened."""
        self._wakes.append(waker)
        if self.asked:
            waker()

    def before_cut_short(self, last_thing: Callable[[], object]) -> None:
        """Call this when a second signal ends the process there and then."""
        self._last_things.append(last_thing)

    def ask(self) -> None:
        """Ask to end in good order."""
        self.asked = True
        for waker in self._wakes:
            waker()

    def on_signals(self) -> None:
        """Be asked by SIGINT and SIGTERM; the second of them ends the process there and then."""
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
        """Be asked when standard input ends: its other end is in the parent's hand, and the
        system lets go of it even when the parent is killed."""

        def watch() -> None:
            while os.read(0, 4096):
                pass
            self.ask()

        threading.Thread(target=watch, name="parent watch", daemon=True).start()
