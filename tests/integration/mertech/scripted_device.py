"""A device that says whatever a test wants it to, byte for byte."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from domain.devices.device import Address

Script = Callable[[socket.socket], None]


@dataclass
class ScriptedDevice:
    """Where it listens, and the requests it has had, from STX on."""

    address: Address
    requests: list[bytes] = field(default_factory=list)

    def request(self, connection: socket.socket) -> bytes | None:
        """The next request on this connection; None at its end."""
        length = _exactly(connection, 4)
        if length is None:
            return None
        request = _exactly(connection, int.from_bytes(length, "little"))
        if request is not None:
            self.requests.append(request)
        return request


@contextmanager
def scripted(script: Callable[[ScriptedDevice, socket.socket], None]) -> Iterator[ScriptedDevice]:
    """Runs the script on each connection in turn, and closes the connection after it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        device = ScriptedDevice(Address("127.0.0.1", listening.getsockname()[1]))
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                connection, _ = listening.accept()
                with connection, suppress(ConnectionError):
                    connection.settimeout(10)
                    script(device, connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield device
        finally:
            ended.set()
            # Wake it from waiting for a connection.
            socket.create_connection(("127.0.0.1", device.address.port)).close()
            thread.join(10)
            assert not thread.is_alive()


@contextmanager
def answering(*answers: bytes) -> Iterator[ScriptedDevice]:
    """Gives these bytes for one request after the other, then nothing more to any."""

    def script(device: ScriptedDevice, connection: socket.socket) -> None:
        left = iter(answers)
        while device.request(connection) is not None:
            connection.sendall(next(left, b""))

    with scripted(script) as device:
        yield device


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            return None
        data += more
    return data
