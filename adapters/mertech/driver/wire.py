"""A connection to a device on which a command is sent and its one reply received."""

import socket

from adapters.mertech.driver.connecting import at, lost
from adapters.mertech.driver.replies import LENGTH_BYTES, Reply, frame_length, parse
from adapters.mertech.driver.watch import READABLE, WRITABLE, Watch
from application.ports.scales import ScalesNonsenseError, ScalesTimedOutError
from domain.devices.device import Address

_COMMAND = LENGTH_BYTES + 2
"""Where the command code begins in a request."""
_LONG = 0xFF
"""The first byte of command codes that have two."""


class Wire:
    """A connection that owns neither the socket nor the time. Do not use it after an error of its
    own."""

    def __init__(
        self, sock: socket.socket, address: Address, watch: Watch, reply_timeout: float
    ) -> None:
        self.heard = False
        """Whether a reply of the right form has arrived."""
        self.requests_sent = 0
        """The number of requests that were sent to their last byte."""
        self._socket = sock
        self._address = address
        self._watch = watch
        self._reply_timeout = reply_timeout

    def ask(self, request: bytes, within: float | None = None) -> Reply:
        """Send a request and receive its reply, each within the reply timeout and the deadline;
        the reply `within` fewer seconds, where they are given.

        Raises ScalesUnreachableError, ScalesTimedOutError and ScalesNonsenseError.
        """
        self._watch.beat()  # which takes time, in which the device may speak or hang up
        self._expect_silence()
        self._send(request)
        self.requests_sent += 1
        until = self._watch.within(self._reply_timeout if within is None else within)
        length = frame_length(self._receive(LENGTH_BYTES, until))
        reply = parse(
            self._receive(length, until),
            request[_COMMAND : _COMMAND + 1 + (request[_COMMAND] == _LONG)],
        )
        self.heard = True
        return reply

    def _expect_silence(self) -> None:
        """Raises ScalesNonsenseError when something arrived unasked: it must not be taken for the
        answer to the next command. Raises ScalesUnreachableError when the connection is closed."""
        try:
            early = self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return
        except OSError as error:
            raise lost(error, self._address) from None
        if not early:
            raise lost(ConnectionResetError(), self._address)
        raise ScalesNonsenseError(problem="unasked")

    def _send(self, request: bytes) -> None:
        until = self._watch.within(self._reply_timeout)
        left = memoryview(request)
        while left:
            if self._watch.left(until) <= 0:
                raise self._timed_out("not_taken")
            # Nothing may come between this and the writing.
            self._watch.beat()
            try:
                left = left[self._socket.send(left) :]
            except BlockingIOError:
                self._watch.wait(self._socket, WRITABLE, until)
            except OSError as error:
                raise lost(error, self._address) from None

    def _receive(self, size: int, until: float) -> memoryview:
        frame = memoryview(bytearray(size))
        left = frame
        while left:
            if self._watch.left(until) <= 0:
                raise self._timed_out("no_answer")
            try:
                received = self._socket.recv_into(left)
            except BlockingIOError:
                self._watch.wait(self._socket, READABLE, until)
                continue
            except OSError as error:
                raise lost(error, self._address) from None
            if not received:
                raise lost(ConnectionResetError(), self._address)
            left = left[received:]
        return frame

    def _timed_out(self, problem: str) -> ScalesTimedOutError:
        if self._watch.over:
            return ScalesTimedOutError(problem="given_up", address=at(self._address))
        return ScalesTimedOutError(
            problem=problem, address=at(self._address), seconds=self._reply_timeout
        )
