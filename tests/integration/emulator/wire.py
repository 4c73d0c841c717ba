"""A client of a few lines that writes frames by hand, right or wrong as a test wants them."""

import hashlib
import json
import socket
import time
from types import TracebackType
from typing import Self

from adapters.mertech.emulator import Pace

AT_ONCE = Pace(build=0, hashing=0, check=0)

BUILD, BUILD_STATUS = b"\xff\x14", b"\xff\x15"
DOWNLOAD, UPLOAD, INFORMATION = b"\xff\x12", b"\xff\x13", b"\xff\x17"


def frame(rest: bytes) -> bytes:
    """The rest of a frame (command code on) with its STX and both lengths."""
    whole = b"\x02" + bytes([min(len(rest), 255)]) + rest
    return len(whole).to_bytes(4, "little") + whole


def sum_of(data: bytes) -> bytes:
    """MD5, as the device has it."""
    return hashlib.md5(data, usedforsecurity=False).digest()


def file_bytes(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def announcement(data: bytes, *, clear: bool = False, size: bytes | None = None) -> bytes:
    """Everything of FF 13 after the password."""
    size = size or len(data).to_bytes(8, "big")
    return b"\x02" + sum_of(data) + b"\x04" + size + b"\x01" + bytes([not clear])


def portion(data: bytes, *, offset: int = 0, last: int = 1, size: int | None = None) -> bytes:
    """Everything of FF 13 after the password."""
    size = len(data) if size is None else size
    return (
        b"\x03" + bytes([last]) + offset.to_bytes(4, "little") + size.to_bytes(2, "little") + data
    )


class Wire:
    """One connection to a device; a context manager."""

    def __init__(self, port: int, *, password: bytes = b"1234", host: str = "127.0.0.1") -> None:
        self.password = password
        self.socket = socket.create_connection((host, port), timeout=5)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.socket.close()

    def receive(self, size: int) -> bytes:
        """Exactly so many bytes; raises ConnectionError when they do not come."""
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise ConnectionError(f"closed after {len(data)} of {size} bytes")
            data += more
        return data

    def reply(self) -> bytes:
        """The next reply, from STX on, its own lengths checked."""
        whole = self.receive(int.from_bytes(self.receive(4), "little"))
        assert whole[0] == 2
        assert whole[1] == min(len(whole) - 2, 255)
        return whole

    def send(self, command: bytes, body: bytes = b"") -> None:
        """A command with the password."""
        self.socket.sendall(frame(command + self.password + body))

    def ask(self, command: bytes, body: bytes = b"") -> bytes:
        """The reply to a command with the password."""
        self.send(command, body)
        reply = self.reply()
        assert reply[2:4] == command
        return reply

    def result(self, command: bytes, body: bytes = b"") -> int:
        """The result byte of the reply, which must hold no more."""
        reply = self.ask(command, body)
        assert len(reply) == 5
        return reply[4]

    def polled(self, command: bytes, body: bytes = b"") -> bytes:
        """The first reply that is not "in progress"."""
        for _ in range(400):
            reply = self.ask(command, body)
            if reply[4] != 0xAC:
                return reply
            time.sleep(0.005)
        raise TimeoutError

    def begin_reading(self) -> bytes:
        """Build and hash; the announced MD5."""
        assert self.result(BUILD) == 0
        assert self.polled(BUILD_STATUS)[4] == 0
        assert self.result(DOWNLOAD, b"\x06") == 0
        reply = self.polled(DOWNLOAD, b"\x07")
        assert (reply[4], len(reply)) == (0, 22)
        return reply[6:]

    def next_portion(self) -> tuple[bool, int, bytes]:
        """Last flag, offset and data."""
        reply = self.ask(DOWNLOAD, b"\x03")
        assert reply[4] == 0
        assert int.from_bytes(reply[10:12], "little") == len(reply[12:]) <= 60_000
        return reply[5] == 1, int.from_bytes(reply[6:10], "little"), reply[12:]

    def read_file(self) -> bytes:
        """The whole product file; its MD5 must be right."""
        md5, data, last = self.begin_reading(), b"", False
        while not last:
            last, offset, more = self.next_portion()
            assert offset == len(data)
            data += more
        assert sum_of(data) == md5
        return data

    def check(self) -> tuple[int, str]:
        """Status and message, once the device has finished checking."""
        for _ in range(400):
            reply = self.ask(UPLOAD, b"\x09")
            assert reply[4] == 0
            assert int.from_bytes(reply[6:8], "little") == len(reply[8:])
            if reply[5] != 1:
                return reply[5], reply[8:].decode()
            time.sleep(0.005)
        raise TimeoutError

    def upload(self, data: bytes, *, clear: bool = False) -> tuple[int, str]:
        """Send a file whole; what the device makes of it."""
        assert self.result(UPLOAD, announcement(data, clear=clear)) == 0
        self.send_portions(data)
        return self.check()

    def send_portions(self, data: bytes) -> None:
        for offset in range(0, len(data), 60_000):
            part = data[offset : offset + 60_000]
            last = offset + len(part) == len(data)
            assert self.result(UPLOAD, portion(part, offset=offset, last=last)) == 0
