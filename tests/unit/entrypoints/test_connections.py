"""What the web server is given beside waitress."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest
from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser
from waitress.server import BaseWSGIServer

from entrypoints.api.connections import Channel

ANSWER = b"x" * 1000


class Server:
    """As much of waitress's server as a channel asks for."""

    def __init__(self) -> None:
        self.active_channels: dict[int, Any] = {}
        self.woken = 0

    def pull_trigger(self) -> None:
        self.woken += 1


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def channel(server: Server) -> Iterator[Channel]:
    """A connection with a request that is being worked on, and nothing sent of its answer."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs:
        stands_in, request = cast(BaseWSGIServer, server), cast(HTTPRequestParser, object())
        channel = Channel(stands_in, ours, ("127.0.0.1", 1), Adjustments(), map={})
        channel.requests = [request]
        yield channel
        channel.handle_close()


@contextmanager
def sending(channel: Channel) -> Iterator[None]:
    """While a thread has the answer in its hands."""
    has, done = threading.Event(), threading.Event()

    def send() -> None:
        with channel.outbuf_lock:
            channel.total_outbufs_len += len(ANSWER)
            has.set()
            done.wait(10)

    thread = threading.Thread(target=send)
    thread.start()
    has.wait(10)
    yield
    done.set()
    thread.join()


def test_the_loop_does_not_look_while_a_thread_sends(channel: Channel) -> None:
    assert not channel.writable()
    with sending(channel):
        assert not channel.writable()
    assert channel.writable()


def test_the_loop_sends_what_was_left_of_an_earlier_answer(channel: Channel) -> None:
    channel.requests = []
    assert not channel.writable()
    channel.total_outbufs_len = 1
    assert channel.writable()


def test_the_loop_is_woken_for_what_a_thread_could_not_send(
    channel: Channel, server: Server
) -> None:
    seen: list[bool] = []

    def note() -> None:
        looked = threading.Thread(target=lambda: seen.append(channel.writable()))
        looked.start()
        looked.join()

    server.pull_trigger = note  # type: ignore[method-assign] # as the loop would, at once
    channel.write_soon(b"x" * 10_000_000)
    assert channel.total_outbufs_len
    assert seen[-1], "woken too early only, it would sleep on"


def test_nobody_is_woken_for_an_answer_that_was_sent(channel: Channel, server: Server) -> None:
    channel.write_soon(ANSWER)
    assert channel.total_outbufs_len == 0
    assert server.woken == 0


def test_the_loop_looks_again_while_a_thread_waits_for_the_client_to_take_what_there_is(
    channel: Channel,
) -> None:
    with sending(channel):
        assert not channel.writable()
        channel.total_outbufs_len = channel.adj.outbuf_high_watermark + 1
        assert channel.writable()
