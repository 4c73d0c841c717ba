"""The wire against a peer that neither reads nor answers as it should."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from adapters.mertech.driver.watch import Watch
from adapters.mertech.driver.wire import Wire
from adapters.mertech.emulator import frames
from adapters.system.clock import SystemClock
from application.ports.scales import (
    ScalesNonsenseError,
    ScalesTimedOutError,
    ScalesUnreachableError,
)
from domain.devices.device import Address
from tests.harness.failures import raises

CLOCK = SystemClock()
REQUEST = b"\x0b\0\0\0\x02\x06\xff\x141234"
REPLY = frames.reply(frames.BUILD, 0)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        yield ours, theirs


def wire_on(
    sock: socket.socket, *, seconds: float = 10.0, reply_timeout: float = 0.2, beats: list[float]
) -> Wire:
    watch = Watch(CLOCK, CLOCK.monotonic() + seconds, lambda: beats.append(time.monotonic()))
    return Wire(sock, Address("10.0.0.7", 1111), watch, reply_timeout)


def test_a_reply_in_single_bytes_is_put_together(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair

    def dribble() -> None:
        theirs.recv(100)
        for byte in REPLY:
            theirs.send(bytes([byte]))

    thread = threading.Thread(target=dribble)
    thread.start()
    reply = wire_on(ours, reply_timeout=5.0, beats=[]).ask(REQUEST)
    thread.join()
    assert (reply.result, bytes(reply.body)) == (0, b"")


def test_a_peer_that_does_not_read_cannot_hold_a_request_for_ever(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, _ = pair
    wire = wire_on(ours, beats=[])
    started = time.monotonic()
    with raises(ScalesTimedOutError, match=r"did not take what it was sent within 0\.2 s"):
        wire.ask(REQUEST + bytes(50_000_000))
    assert 0.2 <= time.monotonic() - started < 5.0
    assert wire.requests_sent == 0


def test_the_deadline_goes_before_the_reply_timeout(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, _ = pair
    started = time.monotonic()
    with raises(ScalesTimedOutError, match="took too long"):
        wire_on(ours, seconds=0.1, reply_timeout=10.0, beats=[]).ask(REQUEST)
    assert 0.1 <= time.monotonic() - started < 5.0


def test_a_request_counts_as_sent_when_it_is_handed_over_whole(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    wire = wire_on(ours, beats=[])
    with raises(ScalesTimedOutError, match="did not answer"):
        wire.ask(REQUEST)
    assert wire.requests_sent == 1
    assert theirs.recv(100) == REQUEST


def test_nothing_is_sent_when_the_device_spoke_unasked(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    theirs.send(REPLY)
    with raises(ScalesNonsenseError, match="not asked"):
        wire_on(ours, beats=[]).ask(REQUEST)
    theirs.setblocking(False)
    with pytest.raises(BlockingIOError):
        theirs.recv(1)


def test_nothing_is_sent_on_a_line_that_the_device_closed(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    theirs.close()
    with raises(ScalesUnreachableError, match=r"10\.0\.0\.7:1111 broke the connection"):
        wire_on(ours, beats=[]).ask(REQUEST)


def test_the_heart_beats_about_a_request_and_each_second_of_waiting(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, _ = pair
    beats: list[float] = []
    with pytest.raises(ScalesTimedOutError):
        wire_on(ours, reply_timeout=2.2, beats=beats).ask(REQUEST)
    assert len(beats) == 4, "before it is begun, before it is written, and twice while waiting"


class Recorded:
    """A socket that takes a few bytes at a time, and notes when it is written to."""

    def __init__(self, events: list[str]) -> None:
        self.taken = b""
        self._events = events

    def recv(self, size: int, flags: int) -> bytes:
        raise BlockingIOError

    def recv_into(self, buffer: memoryview) -> int:
        raise ConnectionResetError

    def send(self, data: memoryview) -> int:
        self._events.append("written")
        self.taken += data[:5]
        return 5


def test_the_heart_beats_immediately_before_each_part_is_written() -> None:
    events: list[str] = []
    sock = Recorded(events)
    watch = Watch(CLOCK, CLOCK.monotonic() + 10, lambda: events.append("beat"))
    wire = Wire(sock, Address("10.0.0.7", 1111), watch, 5.0)  # type: ignore[arg-type]  # as a socket
    with pytest.raises(ScalesUnreachableError):
        wire.ask(REQUEST)
    assert sock.taken == REQUEST
    assert events == ["beat", *["beat", "written"] * 3]


@pytest.mark.parametrize("parts", range(3))
def test_no_further_part_is_written_once_the_heartbeat_raises(parts: int) -> None:
    events: list[str] = []
    sock = Recorded(events)

    def heartbeat() -> None:
        if events.count("written") == parts:
            raise LookupError

    watch = Watch(CLOCK, CLOCK.monotonic() + 10, heartbeat)
    wire = Wire(sock, Address("10.0.0.7", 1111), watch, 5.0)  # type: ignore[arg-type]  # as a socket
    with pytest.raises(LookupError):
        wire.ask(REQUEST)
    assert sock.taken == REQUEST[: 5 * parts]
    assert wire.requests_sent == 0


@pytest.mark.parametrize("error", [TimeoutError, ConnectionResetError, BlockingIOError])
def test_what_the_heartbeat_raises_is_not_taken_for_an_error_of_the_line(
    pair: tuple[socket.socket, socket.socket], error: type[OSError]
) -> None:
    ours, _ = pair
    beats = iter([None, error("lease lost")])

    def heartbeat() -> None:
        if raised := next(beats):
            raise raised

    watch = Watch(CLOCK, CLOCK.monotonic() + 10, heartbeat)
    with pytest.raises(error, match="lease lost"):
        Wire(ours, Address("10.0.0.7", 1111), watch, reply_timeout=10.0).ask(REQUEST)
