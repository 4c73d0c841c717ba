"""Child processes that run our commands, and never outlive their parent."""

import queue
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final, Self

from entrypoints.process.failures import CommandFailedError
from entrypoints.process.stopping import Stop

WITH_PARENT: Final = "--with-parent"
"""Makes a command end when its standard input does."""

# Ctrl-C goes to the parent, which ends its children in order.
if sys.platform == "win32":
    _OWN_GROUP: Final[dict[str, Any]] = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
else:
    _OWN_GROUP: Final[dict[str, Any]] = {"process_group": 0}


class Child:
    """`web-scales COMMAND` in a process of its own."""

    def __init__(
        self,
        *command: str,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        log: IO[bytes] | None = None,
    ) -> None:
        """Start it. Environment, folder and standard error are those of this process unless
        given."""
        self.name = command[0]
        # -P: the working folder may hold packages with the same names.
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-P", "-m", "entrypoints.cli.main", *command, WITH_PARENT],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env=environment,
            cwd=folder,
            **_OWN_GROUP,
        )

    @property
    def exit_code(self) -> int | None:
        """Its exit code: None while it runs, below zero for the signal that ended it."""
        return self._process.poll()

    def ask_to_stop(self) -> None:
        """Ask it to finish what is in flight and end."""
        if self._process.stdin:
            self._process.stdin.close()

    def wait(self) -> int:
        """Wait until it has ended. Returns its exit code."""
        return self._process.wait()

    def kill(self) -> None:
        self._process.kill()


class Children:
    """Several child processes, which all end when the block is left."""

    def __init__(self, stop: Stop) -> None:
        self._running: list[Child] = []
        self._news: queue.SimpleQueue[None] = queue.SimpleQueue()
        stop.wakes(lambda: self._news.put(None))
        stop.before_cut_short(self.kill)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def add(self, child: Child) -> None:
        self._running.append(child)
        threading.Thread(target=self._watch, args=(child,), daemon=True).start()

    def wait(self) -> None:
        """Wait until one ends by itself, or until this process is asked to end."""
        self._news.get()

    def ended(self) -> Child | None:
        """Returns a child that has ended by itself, if there is one."""
        return next((child for child in self._running if child.exit_code is not None), None)

    def stop(self) -> Sequence[int]:
        """End all of them in order, at the same time. Returns their exit codes."""
        for child in self._running:
            child.ask_to_stop()
        return [child.wait() for child in self._running]

    def kill(self) -> None:
        """End all of them at once."""
        for child in self._running:
            child.kill()

    def _watch(self, child: Child) -> None:
        child.wait()
        self._news.put(None)


def start(*commands: str) -> None:
    """Run these commands together until asked to end.

    Raises CommandFailedError when one of them ends by itself.
    """
    stop = Stop()
    stop.on_signals()
    with Children(stop) as children:
        for command in commands:
            children.add(Child(command))
        children.wait()
        ended = None if stop.asked else children.ended()
        codes = children.stop()
    if ended is not None:
        raise CommandFailedError(
            f"web-scales {ended.name} ended by itself ({ended.exit_code}); the rest was stopped."
        )
    if any(codes):
        raise CommandFailedError("Not every process ended in good order.")
