"""HTTP clients: one that speaks to the service, and one that loads it.

The load comes from one thread over raw sockets, so that it takes little of a machine on which the
server runs too; how much it takes is measured with it.
"""

import gzip
import http.client
import json
import re
import selectors
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlencode

_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_SILENCE = 30.0
"""Seconds after which a server that does not answer has failed."""


class Answer(NamedTuple):
    """What the service answered; `body` is the JSON, None where there is none."""

    body: Any
    size: int
    etag: str | None
    seconds: float


@dataclass(slots=True)
class Client:
    """A signed-in user."""

    port: int
    token: str = ""

    @classmethod
    def registered(cls, port: int) -> "Client":
        """A user of the service at this port."""
        client = cls(port)
        email, password = "bench@example.org", "correct horse battery"
        client.call("POST", "/auth/register", {"email": email, "password": password}, expect=201)
        form = urlencode({"username": email, "password": password}).encode()
        answer = client.call("POST", "/auth/login", form)
        client.token = answer.body["access_token"]
        return client

    def with_device(self, name: str, port: int) -> int:
        """Register emulated scales and answer their id."""
        device = {"name": name, "ip": "127.0.0.1", "port": port, "password": "1234"}
        return int(self.call("POST", "/devices", device, expect=201).body["id"])

    def call(
        self,
        method: str,
        path: str,
        body: bytes | dict[str, Any] | None = None,
        *,
        expect: int = 200,
        takes_gzip: bool = False,
    ) -> Answer:
        """Ask on a connection of its own; another status than expected fails the benchmark."""
        kind, content = _content(body)
        headers = self._authorization
        if content:
            headers["Content-Type"] = kind
        if takes_gzip:
            headers["Accept-Encoding"] = "gzip"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        started = time.perf_counter()
        try:
            connection.request(method, path, content or None, headers)
            response = connection.getresponse()
            data = response.read()
        finally:
            connection.close()
        seconds = time.perf_counter() - started
        assert response.status == expect, f"{method} {path}: {response.status} {data[:500]!r}"
        assert response.headers["Content-Encoding"] == ("gzip" if takes_gzip else None)
        text = gzip.decompress(data) if takes_gzip else data
        parsed = json.loads(text) if text else None
        return Answer(parsed, len(data), response.headers["ETag"], seconds)

    def request(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        known: str | None = None,
        takes_gzip: bool = False,
    ) -> bytes:
        """The bytes of a request, for `load`; `known` is the ETag of what the client has. Unless
        told so, it sends no Accept-Encoding."""
        kind, content = _content(body)
        given = {"Host": f"127.0.0.1:{self.port}", **self._authorization}
        if known:
            given["If-None-Match"] = known
        if takes_gzip:
            # As browsers write it.
            given["Accept-Encoding"] = "gzip, deflate, br, zstd"
        if content:
            given |= {"Content-Type": kind, "Content-Length": str(len(content))}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {given[name]}" for name in given)]
        return "\r\n".join(lines).encode() + _HEAD_END + content

    @property
    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


def _content(body: bytes | dict[str, Any] | None) -> tuple[str, bytes]:
    if isinstance(body, bytes):
        return "application/x-www-form-urlencoded", body
    return "application/json", b"" if body is None else json.dumps(body).encode()


class Measured(NamedTuple):
    """Answers per second, and which part of a processor the client took."""

    rate: float
    client_share: float


def load(
    port: int, requests: Sequence[Callable[[], bytes]], *, status: int, seconds: float
) -> Measured:
    """Ask and ask again for some seconds: one persistent connection for each member of `requests`,
    which makes its next request; each asks when it has its answer.

    Raises AssertionError for an answer with another status, OSError when a connection breaks.
    """
    answers = 0
    with selectors.DefaultSelector() as selector, ExitStack() as left:
        connections = [_Connection(port, make, status, selector) for make in requests]
        for connection in connections:
            left.callback(connection.close)
        cpu, started = time.process_time(), time.perf_counter()
        until = started + seconds
        for connection in connections:
            connection.ask()
        while (now := time.perf_counter()) < until:
            ready = selector.select(_SILENCE)
            if not ready:
                raise TimeoutError("the server has fallen silent")
            for key, _ in ready:
                if key.data.answered():
                    answers += 1
                    key.data.ask()
        cpu = time.process_time() - cpu
        for connection in connections:
            connection.finish()
    return Measured(answers / (now - started), cpu / (now - started))


class _Connection:
    """Persistent, unless the server closes it after an answer: then a new one is made for the next
    request."""

    def __init__(
        self,
        port: int,
        make: Callable[[], bytes],
        status: int,
        selector: selectors.BaseSelector,
    ) -> None:
        self._port = port
        self._make = make
        self._status = b"HTTP/1.1 %d " % status
        self._selector = selector
        self._head = b""
        self._left = 0
        self._open()

    def ask(self) -> None:
        if b"\r\nconnection: close" in self._head.lower():
            self.close()
            self._open()
        self._head, self._left = b"", 0
        self._sock.sendall(self._make())

    def answered(self) -> bool:
        """Take what has come; whether that completes the answer."""
        data = self._sock.recv(1 << 18)
        if not data:
            raise ConnectionError("the server hung up")
        if self._left:
            self._left -= len(data)
            return not self._left
        self._head += data
        end = self._head.find(_HEAD_END)
        if end < 0:
            return False
        assert self._head.startswith(self._status), self._head[:1000]
        size = int(length[1]) if (length := _LENGTH.search(self._head, 0, end + 2)) else 0
        self._left = end + len(_HEAD_END) + size - len(self._head)
        self._head = self._head[:end]
        return not self._left

    def finish(self) -> None:
        """Take the answer to the last request, so that none is cut off."""
        while not self.answered():
            pass

    def close(self) -> None:
        self._selector.unregister(self._sock)
        self._sock.close()

    def _open(self) -> None:
        self._sock = socket.create_connection(("127.0.0.1", self._port), timeout=_SILENCE)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(self._sock, selectors.EVENT_READ, self)
