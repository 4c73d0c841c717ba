"""One device on the network: its listening socket and its connections."""

import asyncio
import logging
import os
import socket
import struct
from contextlib import suppress

from adapters.mertech.emulator.device import Answer, EmulatedScales
from adapters.mertech.emulator.faults import ActiveFault, Fault
from adapters.mertech.emulator.frames import FrameError, parse, read_frame

LATE_SECONDS = 6.0
SLOW_SECONDS = 1.0
_CLAIMED = b"\xff\xff\xff\xff"
_HARD = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)

_log = logging.getLogger(__name__)


class Reader(asyncio.StreamReader):
    """A stream that tells when the other side has gone, also while nobody reads."""

    def __init__(self) -> None:
        super().__init__()
        self.gone = asyncio.Event()

    def feed_eof(self) -> None:
        super().feed_eof()
        self.gone.set()

    def set_exception(self, exc: Exception) -> None:
        super().set_exception(exc)
        self.gone.set()


class DeviceServer:
    """Serves one device at its address, with the faults that only the network shows."""

    def __init__(self, device: EmulatedScales, *, latency: float = 0.0) -> None:
        self.device = device
        self._latency = latency
        self._server: asyncio.Server | None = None
        self._parked: socket.socket | None = None
        self._conversations: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def listen(self, host: str, port: int) -> None:
        """Open the device's port (0: a free one); raises OSError."""
        await self._serve(_bound(host, port))

    async def misbehave(self, fault: ActiveFault | None) -> None:
        """Put the fault in force; when this returns it is."""
        self.device.misbehave(fault)
        if fault and fault.kind is Fault.REFUSE_CONNECTIONS:
            await self._switch_off()
        elif self._parked:
            parked, self._parked = self._parked, None
            await self._serve(parked)

    async def close(self) -> None:
        """Stop listening and cut every connection."""
        self._close_server()
        if self._parked:
            self._parked.close()
        await self._cut()

    async def _serve(self, sock: socket.socket) -> None:
        try:
            self._server = await asyncio.get_running_loop().create_server(
                self._protocol, sock=sock, backlog=100
            )
        except OSError:
            sock.close()
            raise
        self.device.host, self.device.port = sock.getsockname()[:2]

    async def _switch_off(self) -> None:
        if self._parked is None:
            self._close_server()
            # Bound and not listening: connecting is refused, and nobody else gets the port.
            self._parked = _bound(self.device.host, self.device.port)
        await self._cut()

    def _close_server(self) -> None:
        if self._server:
            self._server.close()
            self._server = None

    async def _cut(self) -> None:
        tasks = list(self._conversations)
        for task, writer in self._conversations.items():
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _protocol(self) -> asyncio.StreamReaderProtocol:
        reader = Reader()

        def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if self._server is None:  # switched off since it was accepted
                writer.transport.abort()
                return
            task = asyncio.get_running_loop().create_task(self._converse(reader, writer))
            self._conversations[task] = writer
            task.add_done_callback(self._conversations.pop)

        return asyncio.StreamReaderProtocol(reader, connected)

    async def _converse(self, reader: Reader, writer: asyncio.StreamWriter) -> None:
        self.device.connected(1)
        try:
            await self._answer_all(reader, writer)
        except FrameError as error:
            _log.debug("%s:%d cut a client: %s", self.device.host, self.device.port, error)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()
            # Waited for, so that nobody who is told of the end still finds the socket.
            with suppress(OSError):
                await writer.wait_closed()
            self.device.connected(-1)

    async def _answer_all(self, reader: Reader, writer: asyncio.StreamWriter) -> None:
        while True:
            frame = await read_frame(reader)
            fault = self.device.fault
            if fault and fault.kind is Fault.SILENT:
                continue
            answer = self.device.answer(parse(frame), received=4 + len(frame))
            await _pause(reader, self._latency)
            await self._send(answer, fault, reader, writer)
            if answer.reset:
                _reset(writer)
                return

    async def _send(
        self,
        answer: Answer,
        fault: ActiveFault | None,
        reader: Reader,
        writer: asyncio.StreamWriter,
    ) -> None:
        data = answer.frame
        kind = fault.kind if fault else None
        seconds = fault.seconds if fault else None
        if kind is Fault.LATE:
            await _pause(reader, seconds or LATE_SECONDS)
        if kind is Fault.HUGE_FRAME:
            data = _CLAIMED + data[4:]
        if kind is Fault.SLOW:
            for byte in data:
                self.device.sent(1)
                writer.write(bytes([byte]))
                await _pause(reader, seconds or SLOW_SECONDS)
            return
        # Counted first: whoever has the reply finds it in the counts.
        self.device.sent(len(data))
        writer.write(data)
        await writer.drain()


async def _pause(reader: Reader, seconds: float) -> None:
    """Wait; raises ConnectionResetError when the other side goes meanwhile."""
    if seconds <= 0:
        return
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await reader.gone.wait()
        raise ConnectionResetError


def _reset(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _HARD)
    writer.transport.abort()


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # elsewhere it would let two listen on one port
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from error
    return sock
