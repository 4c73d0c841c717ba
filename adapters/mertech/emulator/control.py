"""Faults from outside: lines over TCP, one answer line (or several before the last) for each.

"PORT FAULT" switches a fault on, "PORT none" off, "list" tells each device's, "faults" what there
is. "PORT clock SECONDS" sets a device's clock wrong by so much, "PORT clock none" has it not know
the question. The last line of an answer is "ok" or "error: …".
"""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Protocol

from adapters.mertech.emulator.device import EmulatedScales
from adapters.mertech.emulator.faults import ActiveFault, Fault, parse_fault


class Controlled(Protocol):
    """What the control port needs of a fleet."""

    def __iter__(self) -> Iterator[EmulatedScales]: ...

    async def misbehave(self, port: int, fault: ActiveFault | None) -> None:
        """Raises KeyError when no device has this port."""
        ...


class Control:
    """The control port. Only ever on loopback: it has no password."""

    def __init__(self, fleet: Controlled) -> None:
        self._fleet = fleet
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()
        self.port = 0

    async def listen(self, port: int) -> None:
        """Open the port (0: a free one); raises OSError."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server:
            self._server.close()
        clients = list(self._clients)
        for client in clients:
            client.cancel()
        await asyncio.gather(*clients, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._clients.add(task)
        task.add_done_callback(self._clients.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            # A line beyond the reader's limit raises ValueError: no command is that long.
            while line := await reader.readline():
                answer = await self._answer(line.decode(errors="replace").split())
                writer.write((answer + "\n").encode())
                await writer.drain()
        except (OSError, ValueError):
            pass
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, words: list[str]) -> str:
        match words:
            case ["list"]:
                lines = [f"{device.port} {device.fault or 'none'}" for device in self._fleet]
                return "\n".join([*lines, "ok"])
            case ["faults"]:
                return "\n".join([*(f"{fault.value}: {fault.meaning}" for fault in Fault), "ok"])
            case [port, "clock", ahead]:
                return self._set_clock(port, ahead)
            case [port, fault]:
                return await self._set(port, fault)
            case _:
                return "error: say PORT FAULT, PORT none, PORT clock SECONDS, list or faults"

    def _set_clock(self, port: str, ahead: str) -> str:
        device = next((each for each in self._fleet if str(each.port) == port), None)
        if device is None:
            return f"error: no device has port {port}"
        try:
            device.clock_ahead = None if ahead == "none" else timedelta(seconds=float(ahead))
        except (ValueError, OverflowError):
            return f"error: {ahead!r} is no number of seconds, and not none"
        return "ok"

    async def _set(self, port: str, fault: str) -> str:
        try:
            wanted = None if fault == "none" else parse_fault(fault)
            await self._fleet.misbehave(int(port), wanted)
        except KeyError:
            return f"error: no device has port {port}"
        except (ValueError, OSError) as error:
            return f"error: {error}"
        return "ok"
