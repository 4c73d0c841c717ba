"""Running a fleet: as a process of its own, or in a thread beside tests and benchmarks."""

import asyncio
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from adapters.mertech.emulator.fleet import EmulatorOptions, Fleet

_log = logging.getLogger(__name__)


async def run(
    options: EmulatorOptions,
    *,
    on_ready: Callable[[Fleet], None] | None = None,
    stop: asyncio.Event | None = None,
) -> None:
    """Serve until stopped or cancelled; `on_ready` is called when every port listens.

    Raises OSError when a port cannot be had.
    """
    fleet = Fleet(options)
    try:
        await fleet.open()
        if on_ready:
            on_ready(fleet)
        _log.info("%d emulated scales at %s, from port %d", len(fleet), options.host, fleet[0].port)
        await (stop or asyncio.Event()).wait()
    finally:
        await fleet.close()


def serve_emulator(
    options: EmulatorOptions, *, on_ready: Callable[[Fleet], None] | None = None
) -> None:
    """Serve until SIGINT or SIGTERM, then end cleanly. For the main thread; raises OSError."""

    async def until_signalled() -> None:
        stop = asyncio.Event()
        # Windows has no such handlers: there Ctrl-C cancels `run`, which closes all the same.
        with suppress(NotImplementedError):
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await run(options, on_ready=on_ready, stop=stop)

    with suppress(KeyboardInterrupt):
        asyncio.run(until_signalled())


@contextmanager
def running_scales(count: int = 1, **options: Any) -> Iterator[Fleet]:
    """Emulated scales on free loopback ports in a thread of their own, for tests and benchmarks.

    Takes the members of EmulatorOptions.
    """
    chosen = EmulatorOptions(**({"count": count, "base_port": 0} | options))
    started: list[Fleet] = []
    failed: list[BaseException] = []
    ready, stop = threading.Event(), asyncio.Event()

    def on_ready(fleet: Fleet) -> None:
        started.append(fleet)
        ready.set()

    def serve() -> None:
        try:
            with asyncio.Runner() as runner:
                loops.append(runner.get_loop())
                runner.run(run(chosen, on_ready=on_ready, stop=stop))
        except BaseException as error:
            failed.append(error)
        finally:
            ready.set()

    loops: list[asyncio.AbstractEventLoop] = []
    thread = threading.Thread(target=serve, name="emulated scales", daemon=True)
    thread.start()
    ready.wait()
    try:
        if failed:
            raise failed[0]
        yield started[0]
    finally:
        if thread.is_alive():
            # The thread may end by itself in between: then there is nothing to stop.
            with suppress(RuntimeError):
                loops[0].call_soon_threadsafe(stop.set)
        thread.join(10)
    if failed:
        raise failed[0]
